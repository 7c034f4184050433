using System.Buffers;
using System.Globalization;
using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>
/// Old snapshots are deleted beside the log's writes; what those make the newest meanwhile stays. Locks hold up the one and the other.
/// </summary>
public sealed class PostgreSqlSnapshotTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    private static readonly byte[] State = [.. Enumerable.Range(0, 700_000).Select(static i => (byte)(i * 31))];

    // More than two deletions of it take.
    private static readonly byte[] LargeState = [.. Enumerable.Repeat(State, 7).SelectMany(static part => part)];

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
        var locked = await LockReplicaAsync(database, "counters-0");

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
        var first = await LockReplicaAsync(database, "counters-2");
        var second = await LockReplicaAsync(database, "counters-0");
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

        // PostgreSQL notices a connection that has gone in its own time, and what is locked is passed over.
        await ExecuteAsync(locked, "ROLLBACK");
        await locked.DisposeAsync();
        var again = await OpenReplica.OpenAsync(store, Key);

        reopened.Recovered.LogStart.ShouldBe(end);
        reopened.Bodies.ShouldBe(["c"]);
        again.Bodies.ShouldBe(["c"]);
        await EventuallyAsync(async () => await CountBlocksAsync(database) == 1);
        await again.AppendAsync(1, "d");
        (await OpenReplica.OpenAsync(store, Key)).Bodies.ShouldBe(["c", "d"]);
    }

    [Theory]
    [InlineData(200, 1)]
    [InlineData(6, 1_500_000)]
    public async Task A_long_log_that_is_compacted_is_deleted_to_its_end(int blocks, int length)
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        for (var block = 0; block < blocks; block++)
        {
            await replica.AppendAsync(1, new string('a', length));
        }

        await replica.SaveSnapshotAsync(1, blocks - 1, State);
        await replica.WriteAsync(compactThrough: new EntryId(new Term(1), new LogIndex(blocks - 1)));

        await EventuallyAsync(async () => await CountBlocksAsync(database) == 1);
        (await OpenReplica.OpenAsync(store, Key)).Bodies.ShouldBe([new string('a', length)]);
    }

    /// <summary>A follower that lags far behind has a long log when a snapshot comes; all replicas of its silo would wait for the deletion.</summary>
    [Fact]
    public async Task An_installation_waits_for_no_deletion_of_what_its_snapshot_covers_and_that_does_not_count()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");
        await replica.AppendAsync(1, "b");
        await replica.AppendAsync(1, "c", "d");
        await replica.AppendAsync(1, "e");
        var snapshot = replica.Describe(2, 3, [1, 2]);
        var locked = await LockAsync(database, "SELECT count(*) FROM (SELECT 1 FROM raft.log_block WHERE last_index <= 2 FOR UPDATE) held");

        await InstallAsync(replica, snapshot, [1, 2]);
        var reopened = await OpenReplica.OpenAsync(store, Key);
        await DeletionsAsync(reopened);
        (await CountBlocksAsync(database)).ShouldBe(2, "what goes on behind the snapshot is cut off, and the rest is locked");

        // PostgreSQL notices a connection that has gone in its own time, and what is locked is passed over.
        await ExecuteAsync(locked, "ROLLBACK");
        await locked.DisposeAsync();
        var again = await OpenReplica.OpenAsync(store, Key);

        reopened.Recovered.LogStart.ShouldBe(snapshot.LastIncluded);
        reopened.Bodies.ShouldBeEmpty();
        again.Bodies.ShouldBeEmpty();
        await EventuallyAsync(async () => await CountBlocksAsync(database) == 0);
        await again.AppendAsync(2, "f");
        (await OpenReplica.OpenAsync(store, Key)).Bodies.ShouldBe(["f"]);
    }

    [Fact]
    public async Task What_an_installed_snapshot_covers_is_deleted_without_a_further_compaction()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");
        await replica.AppendAsync(1, "b");

        await InstallAsync(replica, replica.Describe(2, 9, [1]), [1]);

        await EventuallyAsync(async () => await CountBlocksAsync(database) == 0);
    }

    /// <summary>What is deleted of a large snapshot, and what a server writes into its log for that, delays nobody for long.</summary>
    [Fact]
    public async Task A_large_snapshot_is_deleted_in_pieces_between_which_another_is_staged_and_a_crash_leaves_none_of_it()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a", "b");
        await replica.SaveSnapshotAsync(1, 1, LargeState);
        var first = await LockAsync(database, ChunkFromEnd(0));
        var second = await LockAsync(database, ChunkFromEnd(12));

        await replica.SaveSnapshotAsync(1, 2, [1]);
        await EventuallyAsync(() => IsAnybodyWaitingAsync(database));
        var staging = DeletionsAsync(replica);
        await first.DisposeAsync();
        await staging;

        // As after a crash: another activation finds what is left.
        var reopened = await OpenReplica.OpenAsync(store, Key);
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe([1]);
        await second.DisposeAsync();
        await EventuallyAsync(async () => await CountAsync(database, "snapshot_chunk") == 1);
        await EventuallyAsync(async () => await CountAsync(database, "snapshot") == 1);
        (await OpenReplica.OpenAsync(store, Key)).Log.RecoveredSnapshot.ReadAll().ShouldBe([1]);
    }

    /// <summary>A deletion that finds less than it looked for, because another deletes the same, has not come to the end.</summary>
    [Fact]
    public async Task Two_activations_that_delete_a_snapshot_at_once_leave_nothing_of_it_when_the_first_is_gone()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a", "b");
        await replica.SaveSnapshotAsync(1, 1, LargeState);
        var (last, earlier) = (await LockAsync(database, ChunkFromEnd(0)), await LockAsync(database, ChunkFromEnd(12)));
        await replica.SaveSnapshotAsync(1, 2, [1]);
        await EventuallyAsync(() => IsAnybodyWaitingAsync(database));
        var successor = await OpenReplica.OpenAsync(store, Key);
        await EventuallyAsync(() => AreWaitingAsync(database, 2));

        await last.DisposeAsync();
        await EventuallyAsync(async () => await CountAsync(database, "snapshot_chunk") <= 12
            && (await IsAnybodyWaitingAsync(database) || await CountAsync(database, "snapshot") == 1));
        await replica.DisposeAsync();
        await earlier.DisposeAsync();

        await EventuallyAsync(async () => await CountAsync(database, "snapshot") == 1 && !await IsAnybodyWaitingAsync(database));
        await EventuallyAsync(async () => await CountAsync(database, "snapshot_chunk") == 1);
        successor.Log.RecoveredSnapshot.ReadAll().ShouldBe([1]);
    }

    /// <summary>A server may still be at work for an activation that another has followed.</summary>
    [Fact]
    public async Task A_chunk_that_is_on_its_way_while_its_snapshot_is_deleted_is_deleted_too()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");
        var (begun, go) = (NewSignal(), NewSignal());
        var view = new ActionView(output =>
        {
            output.Write(State);
            begun.SetResult();
            go.Task.GetAwaiter().GetResult();
            output.Write(State);
        });
        replica.Log.SaveSnapshot(replica.Describe(1, 1, []) with { SizeBytes = 2 * State.Length }, view);
        await begun.Task.WaitAsync(Cancellation);
        await EventuallyAsync(async () => await CountAsync(database, "snapshot") == 1);
        var blocked = await LockAsync(database, "INSERT INTO raft.snapshot_chunk SELECT id, 3 * 262144, 0, '' FROM raft.snapshot");
        go.SetResult();
        await EventuallyAsync(() => IsAnybodyWaitingAsync(database));

        await OpenReplica.OpenAsync(store, Key);
        await EventuallyAsync(async () => await AreWaitingAsync(database, 2) || await CountAsync(database, "snapshot") == 0);
        await blocked.DisposeAsync();

        await EventuallyAsync(async () => await CountAsync(database, "snapshot") == 0 && !await IsAnybodyWaitingAsync(database));
        await EventuallyAsync(async () => await CountAsync(database, "snapshot_chunk") == 0);
    }

    [Fact]
    public async Task Nothing_of_a_replica_that_is_removed_twice_at_once_is_left_when_the_first_removal_is_given_up()
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a", "b");
        await replica.SaveSnapshotAsync(1, 1, LargeState);
        var (last, earlier) = (await LockAsync(database, ChunkFromEnd(0)), await LockAsync(database, ChunkFromEnd(12)));
        using var givingUp = new CancellationTokenSource();
        var first = store.DeleteReplicaAsync(Key, givingUp.Token);
        await EventuallyAsync(async () => first.IsCompleted || await IsAnybodyWaitingAsync(database));
        var second = store.DeleteReplicaAsync(Key, Cancellation);
        await EventuallyAsync(async () => second.IsCompleted || await AreWaitingAsync(database, 2));

        await last.DisposeAsync();
        await EventuallyAsync(async () => second.IsCompleted
            || (await CountAsync(database, "snapshot_chunk") <= 12 && await AreWaitingAsync(database, 2)));
        await givingUp.CancelAsync();
        await first.ContinueWith(static _ => { }, TaskScheduler.Default);
        await earlier.DisposeAsync();
        await second;

        (await CountAsync(database, "snapshot_chunk")).ShouldBe(0);
        (await CountAsync(database, "snapshot")).ShouldBe(0);
        (await CountBlocksAsync(database)).ShouldBe(0);
        (await store.ListReplicasAsync(Cancellation)).ShouldNotContain(Key);
    }

    /// <summary>A server may come to what an activation asked for when a removal has looked for everything already.</summary>
    [Theory]
    [InlineData("snapshot", 1)]
    [InlineData("snapshot", 2)]
    [InlineData("apply_mark", 0)]
    public async Task What_is_made_while_its_replica_is_removed_is_removed_too(string table, int states)
    {
        var (store, database) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");
        await ExecuteAsync(
            database,
            $"""
            CREATE FUNCTION raft.hesitate() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END';
            CREATE TRIGGER hesitate BEFORE INSERT ON raft.{table} FOR EACH ROW EXECUTE FUNCTION raft.hesitate();
            """);
        var hesitating = await LockAsync(database, "SELECT pg_advisory_xact_lock(42)");
        if (states == 0)
        {
            replica.Log.WriteMark(new ApplyMark { Life = 1 }, static _ => { });
        }
        else
        {
            byte[] state = [.. Enumerable.Repeat(State, states).SelectMany(static part => part)];
            replica.Log.SaveSnapshot(replica.Describe(1, 1, state), new ActionView(output => output.Write(state)));
        }

        await EventuallyAsync(() => IsAnybodyWaitingAsync(database));
        var removal = store.DeleteReplicaAsync(Key, Cancellation);
        await EventuallyAsync(async () => removal.IsCompleted || await AreWaitingAsync(database, 2));
        await hesitating.DisposeAsync();
        await removal;

        await EventuallyAsync(async () => !await IsAnybodyWaitingAsync(database) && await CountAsync(database, table) == 0);
        (await CountAsync(database, "snapshot_chunk")).ShouldBe(0);
        (await store.ListReplicasAsync(Cancellation)).ShouldNotContain(Key);
    }

    /// <summary>The buffers of chunks that were read are used for those that come.</summary>
    [Fact]
    public async Task A_snapshot_of_many_chunks_is_read_back_as_it_was_written_also_by_a_slow_reader()
    {
        var (store, _) = await StartAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        var written = new byte[20_000_000];
        new Random(1).NextBytes(written);
        await replica.AppendAsync(1, "a");
        await replica.SaveSnapshotAsync(1, 1, written);
        var reopened = await OpenReplica.OpenAsync(store, Key);

        using var stream = reopened.Log.RecoveredSnapshot;
        var piece = new byte[5_000];
        for (var offset = 0; offset < written.Length; offset += piece.Length)
        {
            await Task.Yield();
            stream.ReadExactly(piece);
            piece.AsSpan().SequenceEqual(written.AsSpan(offset, piece.Length)).ShouldBeTrue($"at byte {offset}");
        }
    }

    private static async Task<long> CountBlocksAsync(string database) =>
        await CountAsync(database, "log_block");

    private static async Task<long> CountAsync(string database, string table) =>
        (long)(await ExecuteAsync(database, $"SELECT count(*) FROM raft.{table}"))!;

    // What an offset passes over would be locked as well.
    private static string ChunkFromEnd(int place) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        SELECT 1 FROM raft.snapshot_chunk
        WHERE first_offset = (SELECT first_offset FROM raft.snapshot_chunk ORDER BY first_offset DESC OFFSET {place} LIMIT 1) FOR UPDATE
        """);

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

    /// <summary>Holds a replica's row as a write of its log does.</summary>
    private static Task<NpgsqlConnection> LockReplicaAsync(string database, string group) => LockAsync(
        database, $"SELECT count(*) FROM (SELECT 1 FROM raft.replica WHERE group_name = '{group}' FOR NO KEY UPDATE) held");

    private static Task<bool> IsAnybodyWaitingAsync(string database) => AreWaitingAsync(database, 1);

    private static async Task<bool> AreWaitingAsync(string database, long count) => await ExecuteAsync(
        database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") is long waiting
            && waiting >= count;

    private async Task<(ILogStore Store, string Database)> StartAsync()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("snapshots");
        return (await StartStoreAsync(database), database);
    }
}
