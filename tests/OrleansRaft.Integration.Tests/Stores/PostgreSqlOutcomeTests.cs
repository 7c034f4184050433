using System.Globalization;
using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>A write whose answer is missing landed, or it did not; its replica is told the truth, late.</summary>
public sealed class PostgreSqlOutcomeTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    [Fact]
    public async Task A_write_whose_answer_was_lost_is_found_to_have_landed()
    {
        var (proxy, store, _) = await StartBehindProxyAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "before");
        var epoch = replica.Log.Epoch;

        proxy.CutAnswerTo("this answer is lost");
        await replica.AppendAsync(1, "this answer is lost");
        await replica.AppendAsync(1, "after");
        var successor = await OpenReplica.OpenAsync(store, Key);

        proxy.HasCutAnswer.ShouldBeTrue();
        replica.Log.Epoch.ShouldBeGreaterThan(epoch, "the owner fences its own late writes before it looks");
        successor.Bodies.ShouldBe(["before", "this answer is lost", "after"]);
    }

    [Fact]
    public async Task A_truncation_whose_answer_was_lost_is_not_undone()
    {
        var (proxy, store, _) = await StartBehindProxyAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a", "b", "c");

        proxy.CutAnswerTo("replaces b and c");
        await replica.WriteAsync(OpenReplica.Block(new EntryId(new Term(1), new LogIndex(1)), 2, "replaces b and c"));
        await replica.AppendAsync(2, "d");

        (await OpenReplica.OpenAsync(store, Key)).Bodies.ShouldBe(["a", "replaces b and c", "d"]);
    }

    [Fact]
    public async Task An_owner_that_lost_its_answer_and_its_replica_is_told_neither_success_nor_failure()
    {
        var (proxy, store, database) = await StartBehindProxyAsync();
        var other = await StartStoreAsync(database);
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");

        proxy.Cut();
        replica.SendAppend(1, "never arrives");
        var successor = await OpenReplica.OpenAsync(other, Key);
        await successor.AppendAsync(2, "b");
        proxy.Heal();

        (await replica.Events.StoppedAsync()).Reason.ShouldBe(LogStopReason.Fenced);
        replica.Events.Written.Count.ShouldBe(1);
        (await OpenReplica.OpenAsync(other, Key)).Bodies.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Connections_that_are_cut_under_load_lose_and_repeat_nothing()
    {
        var (_, store, database) = await StartBehindProxyAsync();
        var replicas = await OpenAllAsync(store);

        // One cut for every ten writes of one of them: each has time to go on, however slow the machine is.
        var writing = Task.WhenAll(replicas.Select(static replica => WriteManyAsync(replica, 200)));
        for (var written = 10; written < 200; written += 10)
        {
            await replicas[written / 10 % replicas.Count].Events.WrittenAsync(new PersistTicket(written));
            await ExecuteAsync(
                database,
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        }

        await writing;
        await RequireAllThereAsync(store, replicas, 200);
    }

    [Fact]
    public async Task A_server_that_crashes_under_load_loses_nothing_acknowledged()
    {
        var server = await StartServerAsync();
        var store = await StartStoreAsync(await server.CreateDatabaseAsync());
        var replicas = await OpenAllAsync(store);

        var writing = Task.WhenAll(replicas.Select(static replica => WriteManyAsync(replica, 300)));
        await replicas[0].Events.WrittenAsync(new PersistTicket(50));
        await server.KillAsync();
        await server.StartAsync();
        await writing;

        await RequireAllThereAsync(store, replicas, 300);
    }

    [Fact]
    public async Task One_write_that_the_database_refuses_stops_its_own_replica_only()
    {
        var (_, store, database) = await StartBehindProxyAsync();
        var replicas = await OpenAllAsync(store);
        await replicas[0].AppendAsync(1, "a");
        await ExecuteAsync(
            database,
            "INSERT INTO raft.log_block SELECT id, last_index + 1, writes + 1, last_index + 1, "
                + "'' FROM raft.replica WHERE group_name = 'counters-0' AND replica = 1");

        var tickets = replicas.Skip(1).Select(static replica => replica.SendAppend(1, "b")).ToList();
        replicas[0].SendAppend(1, "collides with the row that somebody else put there");
        var stopped = await replicas[0].Events.StoppedAsync();
        for (var i = 0; i < tickets.Count; i++)
        {
            await replicas[i + 1].Events.WrittenAsync(tickets[i]);
            await replicas[i + 1].AppendAsync(1, "c");
        }

        stopped.Reason.ShouldBe(LogStopReason.Failed);
        stopped.Cause.ShouldBeOfType<PostgresException>();
    }

    [Fact]
    public async Task What_was_prepared_and_is_not_there_is_not_prepared_again()
    {
        var (_, store, database) = await StartBehindProxyAsync();
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");
        var epoch = replica.Log.Epoch;
        await ExecuteAsync(database, """
            CREATE FUNCTION public.deallocate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN NULL; END $$;
            CREATE TRIGGER deallocate AFTER INSERT ON raft.log_block FOR EACH STATEMENT EXECUTE FUNCTION public.deallocate()
            """);

        for (var i = 0; i < 5; i++)
        {
            await replica.AppendAsync(1, "b");
        }

        replica.Log.Epoch.ShouldBe(epoch + 1, "one statement fails, as if it had run in another session, and from then on none is prepared");
        (await OpenReplica.OpenAsync(store, Key)).Bodies.Length.ShouldBe(6);
    }

    [Fact]
    public async Task No_transaction_stays_open_between_writes()
    {
        var (_, store, database) = await StartBehindProxyAsync();
        var replicas = await OpenAllAsync(store);

        await Task.WhenAll(replicas.Select(static replica => WriteManyAsync(replica, 20)));

        await EventuallyAsync(async () => await ExecuteAsync(
            database,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'") is 0L);
    }

    private async Task<(CuttableProxy Proxy, ILogStore Store, string Database)> StartBehindProxyAsync()
    {
        var server = await postgres.GetServerAsync();
        var database = await server.CreateDatabaseAsync("outcome");
        var proxy = Own(new CuttableProxy(server.Port));
        return (proxy, await StartStoreAsync(proxy.Redirect(database)), database);
    }

    private static async Task<List<OpenReplica>> OpenAllAsync(ILogStore store)
    {
        var replicas = new List<OpenReplica>();
        for (var group = 0; group < 4; group++)
        {
            replicas.Add(await OpenReplica.OpenAsync(store, new ReplicaKey($"counters-{group}", new ReplicaId(1))));
        }

        return replicas;
    }

    private static async Task WriteManyAsync(OpenReplica replica, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await replica.AppendAsync(1, i.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static async Task RequireAllThereAsync(ILogStore store, List<OpenReplica> replicas, int count)
    {
        for (var group = 0; group < replicas.Count; group++)
        {
            replicas[group].Events.Written.Count.ShouldBe(count);
            var reopened = await OpenReplica.OpenAsync(store, new ReplicaKey($"counters-{group}", new ReplicaId(1)));
            reopened.Bodies.ShouldBe(Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
