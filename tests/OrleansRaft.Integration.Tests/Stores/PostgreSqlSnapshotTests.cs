using System.Buffers;
using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>
/// Old snapshots are deleted beside the log's writes; what those make the newest meanwhile stays. Locks hold up the one and the other.
/// </summary>
public sealed class PostgreSqlSnapshotTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    private static readonly byte[] State = [.. Enumerable.Range(0, 700_000).Select(static i => (byte)(i * 31))];

    /// <summary>Whoever deletes looks once for what is old, and takes its time.</summary>
    [Fact]
    public async Task A_snapshot_that_becomes_the_newest_while_older_ones_are_deleted_stays()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a", "b", "c");
        await replica.SaveSnapshotAsync(1, 1, [1]);
        var (begun, go) = (NewSignal(), NewSignal());
        var view = new ActionView(output =>
        {
            output.Write(State);
            begun.SetResult();
            go.Task.GetAwaiter().GetResult();
            output.Write(State);
        });
        replica.Log.SaveSnapshot(replica.Describe(1, 3, []) with { SizeBytes = 1L << 40 }, view);
        await begun.Task.WaitAsync(Cancellation);
        var locked = await LockAsync(database, "SELECT count(*) FROM (SELECT 1 FROM raft.snapshot_chunk WHERE length(data) = 1 FOR UPDATE) old");

        // The first snapshot is old now, and its deletion, of it and of what else is old, waits for the lock.
        await InstallAsync(replica, replica.Describe(1, 2, [2]), [2]);
        await replica.AppendAsync(1, "c");
        await EventuallyAsync(() => IsAnybodyWaitingAsync(database));
        go.SetResult();
        await replica.Events.SavedAsync(new EntryId(new Term(1), new LogIndex(3)));
        await locked.DisposeAsync();
        await DeletionsAsync(replica);

        var reopened = await OpenReplica.OpenAsync(store, Key);
        reopened.Recovered.Snapshot.LastIncluded.Index.ShouldBe(new LogIndex(3));
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe([.. State, .. State]);
    }

    /// <summary>A server that is slow to install one snapshot is sent the next, by another leader.</summary>
    [Fact]
    public async Task A_snapshot_that_is_being_installed_while_another_is_staged_stays()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a", "b", "c");
        var first = replica.Describe(4, 10, [1, 2, 3]);
        await StageAsync(replica, first, [1, 2, 3]);
        var locked = await LockAsync(database, "SELECT count(*) FROM (SELECT 1 FROM raft.replica WHERE group_name = 'counters-0' FOR UPDATE) held");

        var installing = replica.Send(install: first);
        await EventuallyAsync(() => IsAnybodyWaitingAsync(database));
        await StageAsync(replica, replica.Describe(5, 20, State), State);
        await DeletionsAsync(replica);
        await locked.DisposeAsync();
        await replica.Events.WrittenAsync(installing);

        var reopened = await OpenReplica.OpenAsync(store, Key);
        reopened.Recovered.Snapshot.ShouldBe(first);
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe([1, 2, 3]);
    }

    /// <summary>All that one statement writes has landed, whoever of them is still there to hear it.</summary>
    [Fact]
    public async Task A_replica_that_is_closed_while_its_snapshot_becomes_the_newest_takes_no_other_with_it()
    {
        var (store, database) = await StartAsync();
        var (leaving, staying, slow) = (await OpenAsync(store, 0), await OpenAsync(store, 1), await OpenAsync(store, 2));
        await leaving.AppendAsync(1, "a");
        var first = await LockAsync(database, "SELECT count(*) FROM (SELECT 1 FROM raft.replica WHERE group_name = 'counters-2' FOR UPDATE) held");
        var second = await LockAsync(database, "SELECT count(*) FROM (SELECT 1 FROM raft.replica WHERE group_name = 'counters-0' FOR UPDATE) held");
        var gathering = slow.SendAppend(1, "holds the writer up");
        await EventuallyAsync(() => IsAnybodyWaitingAsync(database));

        // One statement for both, which waits for the row of the one that is closed meanwhile.
        var ticket = staying.SendAppend(1, "a");
        leaving.Log.SaveSnapshot(leaving.Describe(1, 1, [1]), new Runtime.StateMachines.CapturedState(new byte[] { 1 }));
        await EventuallyAsync(async () => await ExecuteAsync(database, "SELECT count(*) FROM raft.snapshot") is 1L);
        await first.DisposeAsync();
        await slow.Events.WrittenAsync(gathering);
        await EventuallyAsync(() => IsAnybodyWaitingAsync(database));
        await leaving.DisposeAsync();
        await second.DisposeAsync();

        await staying.Events.WrittenAsync(ticket);
        await staying.AppendAsync(1, "b");
        staying.Events.StoppedWith.ShouldBeNull();
        (await OpenAsync(store, 1)).Bodies.ShouldBe(["a", "b"]);
    }

    /// <summary>
    /// Deleting the log of a large state takes as long as many writes, for which all replicas of a silo would wait: it is deleted beside them,
    /// whatever holds that up.
    /// </summary>
    [Fact]
    public async Task A_compaction_waits_for_no_deletion_and_what_it_leaves_does_not_count()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");
        await replica.AppendAsync(1, "b");
        await replica.AppendAsync(1, "c");
        await replica.SaveSnapshotAsync(1, 2, State);
        var end = new EntryId(new Term(1), new LogIndex(2));
        var locked = await LockAsync(database, "SELECT count(*) FROM (SELECT 1 FROM raft.log_block FOR UPDATE) held");

        await replica.WriteAsync(compactThrough: end);
        var reopened = await OpenReplica.OpenAsync(store, Key);
        await DeletionsAsync(reopened);
        (await CountBlocksAsync(database)).ShouldBe(3, "somebody has them locked");
        await locked.DisposeAsync();
        var again = await OpenReplica.OpenAsync(store, Key);

        reopened.Recovered.LogStart.ShouldBe(end);
        reopened.Bodies.ShouldBe(["c"]);
        again.Bodies.ShouldBe(["c"]);
        await EventuallyAsync(async () => await CountBlocksAsync(database) == 1);
        await again.AppendAsync(1, "d");
        (await OpenReplica.OpenAsync(store, Key)).Bodies.ShouldBe(["c", "d"]);
    }

    [Fact]
    public async Task A_long_log_that_is_compacted_is_deleted_to_its_end()
    {
        const int Blocks = 200;
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        for (var block = 0; block < Blocks; block++)
        {
            await replica.AppendAsync(1, "a");
        }

        await replica.SaveSnapshotAsync(1, Blocks - 1, State);
        await replica.WriteAsync(compactThrough: new EntryId(new Term(1), new LogIndex(Blocks - 1)));

        await EventuallyAsync(async () => await CountBlocksAsync(database) == 1);
        (await OpenReplica.OpenAsync(store, Key)).Bodies.ShouldBe(["a"]);
    }

    private static async Task<long> CountBlocksAsync(string database) =>
        (long)(await ExecuteAsync(database, "SELECT count(*) FROM raft.log_block"))!;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Task<OpenReplica> OpenAsync(ILogStore store, int group) =>
        OpenReplica.OpenAsync(store, new ReplicaKey($"counters-{group}", new ReplicaId(1)));

    private static async Task StageAsync(OpenReplica replica, SnapshotDescriptor snapshot, byte[] state)
    {
        replica.Log.StageChunk(new StageSnapshotChunk(snapshot, 0, state, true));
        await replica.Events.StagedAsync(state.Length);
        replica.Events.Forget();
    }

    private static async Task InstallAsync(OpenReplica replica, SnapshotDescriptor snapshot, byte[] state)
    {
        await StageAsync(replica, snapshot, state);
        await replica.WriteAsync(install: snapshot);
    }

    /// <summary>Staging waits for the deletions before it.</summary>
    private static Task DeletionsAsync(OpenReplica replica) => StageAsync(replica, replica.Describe(9, 90, [9, 9]), [9, 9]);

    /// <summary>Holds rows until the connection is closed.</summary>
    private static async Task<NpgsqlConnection> LockAsync(string database, string rows)
    {
        var connection = await ConnectAsync(database);
        await ExecuteAsync(connection, "BEGIN");
        await ExecuteAsync(connection, rows);
        return connection;
    }

    private static async Task<bool> IsAnybodyWaitingAsync(string database) => await ExecuteAsync(
        database, "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')") is true;

    private async Task<(ILogStore Store, string Database)> StartAsync()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("snapshots");
        return (await StartStoreAsync(database), database);
    }
}
