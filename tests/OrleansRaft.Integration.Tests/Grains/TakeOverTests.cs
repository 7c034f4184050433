using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Grains;

public sealed class TakeOverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Rule 23: Orleans may run two activations of one replica; the store's epoch makes the earlier one stop, and nothing acknowledged is lost.
    /// </summary>
    [Fact]
    public async Task R23_a_replica_that_another_activation_took_over_stops_and_comes_back_without_loss()
    {
        await using var cluster = await RaftTestCluster.StartAsync(groups: 1);
        await cluster.WaitUntilSpreadAsync();
        (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(1, 1));
        var leader = await cluster.FindLeaderAsync("ledgers-0");
        var thief = cluster.Silos.First(silo => silo.Name != leader.Silo).ServiceProvider.GetRequiredService<ILogStore>();

        await using (var stolen = await thief.OpenAsync(new ReplicaKey("ledgers-0", leader.Replica), new Silent(), Token))
        {
            stolen.Epoch.ShouldBeGreaterThan(leader.Snapshot!.Epoch);
            (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(2, 2));
            await RaftTestCluster.EventuallyAsync(async () =>
                (
                    await cluster.Admin.GetGroupAsync("ledgers-0", Token))!.Replicas.Single(replica =>
                        replica.Replica == leader.Replica).Snapshot is { } snapshot
                && snapshot.Epoch > stolen.Epoch
                    ? null
                    : "the replica has not come back");
        }

        (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(3, 3));
    }

    private sealed class Silent : IReplicaLogEvents
    {
        public void OnWritten(PersistTicket ticket)
        {
        }

        public void OnChunkStaged(EntryId lastIncluded, long nextOffset)
        {
        }

        public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast)
        {
        }

        public void OnSnapshotSaved(SnapshotDescriptor snapshot)
        {
        }

        public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause)
        {
        }

        public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state)
        {
        }

        public void OnRightToSpeakChanged()
        {
        }

        public void OnStopped(LogStopReason reason, Exception cause)
        {
        }
    }
}
