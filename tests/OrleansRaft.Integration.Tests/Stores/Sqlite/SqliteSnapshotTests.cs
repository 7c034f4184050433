using System.IO.Compression;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Sqlite.Internal;
using static OrleansRaft.Integration.Tests.Stores.Sqlite.SqliteStoreFiles;

namespace OrleansRaft.Integration.Tests.Stores.Sqlite;

/// <summary>A snapshot goes to the disk in many small transactions: what a crash leaves of it is cleared away.</summary>
public sealed class SqliteSnapshotTests : IDisposable
{
    private static readonly byte[] State = [.. Enumerable.Range(0, 8_000_000).Select(static i => (byte)(i * 31))];

    private readonly SqliteStoreFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task A_crash_in_the_middle_of_a_snapshot_leaves_the_old_one_and_nothing_else()
    {
        var directory = files.NewPath();
        string image;
        await using (var store = await OpenAsync(directory))
        {
            var replica = await OpenReplica.OpenAsync(store, Key);
            var other = await OpenReplica.OpenAsync(store, OtherKey);
            await replica.AppendAsync(1, "a", "b");
            await replica.SaveSnapshotAsync(1, 1, [7]);

            replica.Log.SaveSnapshot(replica.Describe(1, 2, State), new CapturedState(State));
            await other.AppendAsync(1, "meanwhile");
            await other.AppendAsync(1, "meanwhile");
            image = files.Copy(directory);
        }

        await using (var store = await OpenAsync(image))
        {
            var replica = await OpenReplica.OpenAsync(store, Key);
            replica.Log.RecoveredSnapshot.ReadAll().ShouldBe([7]);

            await WhenClearedAsync(replica, await replica.SaveSnapshotAsync(1, 2, [8]));
        }

        (await ExecuteAsync(image, "SELECT count(*) FROM snapshot")).ShouldBe(1);
        (await ExecuteAsync(image, "SELECT sum(length(data)) FROM snapshot_chunk")).ShouldBe(1);
    }

    [Fact]
    public async Task What_was_compacted_or_replaced_is_deleted_in_time()
    {
        var directory = files.NewPath();
        await using (var store = await OpenAsync(directory))
        {
            var replica = await OpenReplica.OpenAsync(store, Key);
            for (var i = 0; i < 20; i++)
            {
                await replica.AppendAsync(1, new string('x', 100_000));
            }

            await replica.SaveSnapshotAsync(1, 10, State);
            await replica.SaveSnapshotAsync(1, 15, [1]);
            await replica.WriteAsync(compactThrough: replica.Recovered.LogStart with { Term = new Term(1), Index = new LogIndex(15) });
            var reopened = await OpenReplica.OpenAsync(store, Key);
            reopened.Recovered.Entries.Count.ShouldBe(5);

            await WhenClearedAsync(reopened, await reopened.SaveSnapshotAsync(1, 16, [2]));
        }

        (await ExecuteAsync(directory, "SELECT count(*) FROM log_block")).ShouldBe(5);
        (await ExecuteAsync(directory, "SELECT count(*) FROM snapshot_chunk")).ShouldBe(1);
    }

    /// <summary>
    /// The only writer takes a little of it at a time: what another group writes meanwhile has its place between any two pieces, however many come.
    /// </summary>
    [Fact]
    public async Task Another_group_writes_between_the_pieces_of_a_large_snapshot_that_is_installed()
    {
        const int ChunkBytes = 256 * 1024;
        await using var store = await OpenAsync(files.NewPath());
        var replica = await OpenReplica.OpenAsync(store, Key);
        var other = await OpenReplica.OpenAsync(store, OtherKey);
        await replica.AppendAsync(1, "a");
        await replica.SaveSnapshotAsync(1, 1, State);
        var snapshot = replica.Describe(2, 10, State);
        var pieces = 0;

        for (var offset = 0; offset < State.Length; offset += ChunkBytes, pieces++)
        {
            var length = Math.Min(ChunkBytes, State.Length - offset);
            var isLast = offset + length == State.Length;
            replica.Log.StageChunk(new Core.StageSnapshotChunk(snapshot, offset, State.AsMemory(offset, length), isLast));
        }

        var written = await WriteUntilAsync(other, replica.Events.StagedAsync(State.Length));
        replica.HardState = new Core.HardState(new Term(2), null, new LogIndex(10));
        replica.Send(install: snapshot);
        replica.Log.LoadSnapshot(snapshot);
        var loaded = await replica.Events.LoadedAsync();
        var writtenLater = await WriteUntilAsync(other, Task.Run(() => loaded.State.ShouldBe(State), TestContext.Current.CancellationToken));

        written.ShouldBeGreaterThan(pieces / 4, "as many as pieces in any order that is fair, and one if all of it were one transaction");
        writtenLater.ShouldBeGreaterThan(pieces / 4);
    }

    /// <summary>A store as the program before views left it: three entries, and a snapshot of 600,000 bytes through the second.</summary>
    [Fact]
    public async Task A_store_that_was_written_before_snapshots_were_streams_is_opened_and_gone_on_with()
    {
        var directory = files.NewPath();
        Directory.CreateDirectory(directory);
        await using (var old = typeof(SqliteSnapshotTests).Assembly.GetManifestResourceStream("before-views.zip").ShouldNotBeNull())
        {
            await ZipFile.ExtractToDirectoryAsync(old, directory, TestContext.Current.CancellationToken);
        }

        await using (var store = await OpenAsync(directory))
        {
            var replica = await OpenReplica.OpenAsync(store, Key);
            replica.Bodies.ShouldBe(["a", "b", "c"]);
            replica.Recovered.Snapshot.SizeBytes.ShouldBe(600_000);
            replica.Recovered.Snapshot.LastIncluded.Index.ShouldBe(new LogIndex(2));
            var state = replica.Log.RecoveredSnapshot.ReadAll();
            Core.Codec.Crc32C.Compute(state).ShouldBe(replica.Recovered.Snapshot.Checksum!.Value);
            state.ShouldBe([.. Enumerable.Range(0, 600_000).Select(static i => (byte)(i % 64 == 0 ? i / 64 : 7))]);
            (await store.ReadLevelsAsync(TestContext.Current.CancellationToken))!.InForce.ShouldBe(
                Core.FeatureLevels.Oldest, "its program knew no levels");
            await replica.AppendAsync(1, "d");
            await WhenClearedAsync(replica, await replica.SaveSnapshotAsync(1, 4, [4]));
        }

        await using (var store = await OpenAsync(directory))
        {
            (await OpenReplica.OpenAsync(store, Key)).Log.RecoveredSnapshot.ReadAll().ShouldBe([4]);
        }

        (await ExecuteAsync(directory, "SELECT count(*) FROM snapshot")).ShouldBe(1);
    }

    /// <summary>A small snapshot costs one transaction, and so a group of many small states one sync each.</summary>
    [Fact]
    public async Task A_snapshot_of_one_chunk_becomes_the_newest_in_the_transaction_that_writes_it()
    {
        var directory = files.NewPath();
        await using var store = await OpenAsync(directory);
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");
        var before = files.Copy(directory);
        replica.Log.SaveSnapshot(replica.Describe(1, 1, []), new PiecewiseView([.. State.Take(100_000)], 1_000));
        await replica.Events.SavedAsync(new EntryId(new Term(1), new LogIndex(1)));

        (CommitsOf(files.Copy(directory)) - CommitsOf(before)).ShouldBe(1);
    }

    /// <summary>Appends one entry after the other until something else is done.</summary>
    /// <returns>How many were written.</returns>
    private static async Task<int> WriteUntilAsync(OpenReplica replica, Task done)
    {
        for (var count = 0; ; count++)
        {
            if (done.IsCompleted)
            {
                await done;
                return count;
            }

            await replica.AppendAsync(1, "meanwhile");
        }
    }

    private static long CommitsOf(string directory) => WalScan.Read(Path.Combine(directory, "raft.db-wal"), 0).Commits;

    /// <summary>A replica's work on snapshots is done in order: what is read last is read after what was cleared away.</summary>
    private static async Task WhenClearedAsync(OpenReplica replica, Core.SnapshotDescriptor saved)
    {
        replica.Log.LoadSnapshot(saved);
        await replica.Events.LoadedAsync();
    }
}
