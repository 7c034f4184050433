using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

public abstract partial class LogStoreContract
{
    private static readonly Guid Backup = new("8d1dd0e5-6a0e-4f54-8a3b-1b7b62c3a001");

    [Fact]
    public async Task The_cluster_row_changes_and_says_so_from_then_on()
    {
        var before = await Store.ReadClusterAsync(Cancellation);

        var changed = await Store.ChangeClusterAsync(static row => row with { Restoring = Backup }, Cancellation);
        var read = await Store.ReadClusterAsync(Cancellation);
        await Store.ChangeClusterAsync(static row => row with { Restoring = null }, Cancellation);
        await RestartAsync();

        changed.ShouldBe(before with { Restoring = Backup });
        read.ShouldBe(changed);
        (await Store.ReadClusterAsync(Cancellation)).ShouldBe(before);
    }

    [Fact]
    public async Task A_store_into_which_a_backup_was_restored_in_part_starts_no_cluster_and_says_what_to_do()
    {
        await Store.ChangeClusterAsync(static row => row with { Restoring = Backup }, Cancellation);

        var refusal = await Should.ThrowAsync<StoreRefusedException>(() => Store.InitializeAsync(Definition, Cancellation));
        var other = await Should.ThrowAsync<StoreRefusedException>(
            () => Store.InitializeAsync(Definition with { Restoring = Guid.NewGuid() }, Cancellation));
        await Store.InitializeAsync(Definition with { Restoring = Backup }, Cancellation);

        refusal.Message.ShouldContain($"the restore of backup {Backup}");
        refusal.Message.ShouldContain("run `oraft backup restore` with that backup again");
        other.Message.ShouldContain($"the restore of backup {Backup}");
    }

    [Fact]
    public async Task No_backup_is_restored_over_a_cluster() =>
        (await Should.ThrowAsync<StoreRefusedException>(() => Store.InitializeAsync(Definition with { Restoring = Backup }, Cancellation)))
            .Message.ShouldContain($"holds cluster '{ClusterId}' already");

    /// <summary>As a restore does it, without a replica that runs.</summary>
    [Fact]
    public async Task A_replica_is_given_a_snapshot_by_somebody_who_does_not_run_it()
    {
        var state = new byte[(2 * ViewWriter.ChunkBytes) + 17];
        new Random(7).NextBytes(state);
        var snapshot = new SnapshotDescriptor(Id(3, 40), new LogTime(9), Configuration.OfVoters(3), state.Length)
        {
            Checksum = Crc32C.Compute(state),
        };
        await using (var session = await ReplicaLogSession.OpenAsync(Store, Key, Cancellation))
        {
            for (var offset = 0; offset < state.Length; offset += ViewWriter.ChunkBytes)
            {
                var data = state.AsMemory(offset, Math.Min(ViewWriter.ChunkBytes, state.Length - offset));
                await session.StageAsync(new StageSnapshotChunk(snapshot, offset, data, offset + data.Length == state.Length), Cancellation);
            }

            var hardState = new HardState(new Term(3), null, new LogIndex(40));
            await session.WriteAsync(new LogWrite(default, hardState, EntryId.Zero, null, snapshot, null), Cancellation);
            await session.ReleaseAsync(Cancellation);
        }

        await RestartAsync();
        await using var again = await ReplicaLogSession.OpenAsync(Store, Key, Cancellation);

        again.Log.Recovered.Snapshot.ShouldBe(snapshot);
        again.Log.Recovered.HardState.CurrentTerm.ShouldBe(new Term(3));
        again.Log.Recovered.Entries.ShouldBeEmpty();
        using var copy = new MemoryStream();
        await using var stored = again.Log.RecoveredSnapshot;
        await stored.CopyToAsync(copy, Cancellation);
        copy.ToArray().ShouldBe(state);
    }
}
