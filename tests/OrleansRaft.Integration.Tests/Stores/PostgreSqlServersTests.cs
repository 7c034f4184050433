using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.PostgreSql;
using OrleansRaft.Storage.TestKit;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>Which servers are accepted, and which are refused with a sentence that says what to do.</summary>
public sealed class PostgreSqlServersTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    [Fact]
    public async Task Replica_k_logs_to_server_k_minus_1_mod_n()
    {
        var databases = await CreateDatabasesAsync(2);
        var store = await StartStoreAsync(databases);

        foreach (var number in new long[] { 1, 2, 3 })
        {
            await (await OpenReplica.OpenAsync(store, Key with { Replica = new ReplicaId(number) })).AppendAsync(1, $"replica {number}");
        }

        (await ReplicasWithLogsAsync(databases[0])).ShouldBe("1,3");
        (await ReplicasWithLogsAsync(databases[1])).ShouldBe("2");
    }

    [Fact]
    public async Task Servers_named_in_another_order_are_refused()
    {
        var databases = await CreateDatabasesAsync(2);
        await StartStoreAsync(databases);

        var refused = await RefusedAsync(() => StartStoreAsync(databases[1], databases[0]));

        refused.Message.ShouldContain("in the order in which the cluster was created");
    }

    [Fact]
    public async Task Another_number_of_servers_is_refused()
    {
        var databases = await CreateDatabasesAsync(2);
        await StartStoreAsync(databases);

        var refused = await RefusedAsync(() => StartStoreAsync(databases[0]));

        refused.Message.ShouldContain("2 server(s), not 1");
    }

    [Fact]
    public async Task Rule_20_a_server_that_lost_its_rows_is_refused()
    {
        var databases = await CreateDatabasesAsync(2);
        await StartStoreAsync(databases);
        var empty = (await CreateDatabasesAsync(1))[0];

        var refused = await RefusedAsync(() => StartStoreAsync(databases[0], empty));

        refused.Message.ShouldContain("has lost the logs of cluster 'failures'");
    }

    [Fact]
    public async Task Rule_20_a_first_server_that_was_replaced_by_an_empty_one_is_refused_by_the_others()
    {
        var databases = await CreateDatabasesAsync(2);
        await StartStoreAsync(databases);
        var empty = (await CreateDatabasesAsync(1))[0];

        var refused = await RefusedAsync(() => StartStoreAsync(empty, databases[1]));

        refused.Message.ShouldContain("one of the two was replaced");
    }

    [Fact]
    public async Task A_silo_that_starts_while_another_ends_the_creation_of_a_server_does_not_take_it_for_one_that_lost_its_rows()
    {
        var databases = await CreateDatabasesAsync(2);
        await (await StartStoreAsync(databases)).DisposeAsync();
        await ExecuteAsync(databases[1], "CREATE TABLE kept AS SELECT * FROM raft.identity; DELETE FROM raft.identity");
        await using var first = await LockTableAsync(databases[0], "raft.server");

        // The store waits to read that the server was created, which the other silo notes after it wrote the server's rows.
        var starting = StartStoreAsync(databases);
        await EventuallyAsync(async () => await IsWaitedForAsync(databases[0], "raft.server"));
        await ExecuteAsync(databases[1], "INSERT INTO raft.identity SELECT * FROM kept");
        await first.CloseAsync();

        await (await OpenReplica.OpenAsync(await starting, Key with { Replica = new ReplicaId(2) })).AppendAsync(1, "a");
    }

    [Fact]
    public async Task A_silo_that_starts_while_another_begins_the_creation_of_a_server_does_not_take_it_for_a_replaced_one()
    {
        var databases = await CreateDatabasesAsync(2);
        await (await StartStoreAsync(databases)).DisposeAsync();
        await ExecuteAsync(
            databases[0], "CREATE TABLE kept AS SELECT * FROM raft.server; UPDATE raft.server SET system_identifier = NULL, is_created = false");
        await using var second = await LockTableAsync(databases[1], "raft.identity");

        // The store has read that nothing is noted of the server, and waits to read the rows that another silo gives it meanwhile.
        var starting = StartStoreAsync(databases);
        await EventuallyAsync(async () => await IsWaitedForAsync(databases[1], "raft.identity"));
        await ExecuteAsync(
            databases[0],
            "UPDATE raft.server s SET system_identifier = k.system_identifier, is_created = k.is_created FROM kept k WHERE k.number = s.number");
        await second.CloseAsync();

        await (await OpenReplica.OpenAsync(await starting, Key with { Replica = new ReplicaId(2) })).AppendAsync(1, "a");
    }

    [Fact]
    public async Task A_copy_of_a_server_is_refused()
    {
        var databases = await CreateDatabasesAsync(1);
        await StartStoreAsync(databases);
        await ExecuteAsync(databases[0], "UPDATE raft.identity SET system_identifier = 42");

        var refused = await RefusedAsync(async () => await OpenReplica.OpenAsync(await StartStoreAsync(databases), Key));

        refused.Message.ShouldContain("holds a copy of the logs");
    }

    [Fact]
    public async Task A_silo_starts_while_one_of_several_servers_is_down_and_uses_it_when_it_returns()
    {
        var second = await StartServerAsync();
        var databases = new[] { (await CreateDatabasesAsync(1))[0], await second.CreateDatabaseAsync() };
        await StartStoreAsync(databases);
        await second.StopImmediatelyAsync();

        var store = await StartStoreAsync(databases);
        var here = await OpenReplica.OpenAsync(store, Key);
        await here.AppendAsync(1, "a");
        var there = OpenReplica.OpenAsync(store, Key with { Replica = new ReplicaId(2) });
        var openedWhileDown = there.IsCompleted;
        await EventuallyAsync(() => Task.FromResult(Board.Count(AlarmNames.StoreUnreachable) == 1));
        await second.StartAsync();
        await (await there).AppendAsync(1, "b");
        await EventuallyAsync(() => Task.FromResult(Board.Active.Count == 0));

        openedWhileDown.ShouldBeFalse();
    }

    [Fact]
    public async Task Replicas_of_a_server_restored_from_an_old_backup_stay_out_and_new_ones_may_join()
    {
        var databases = await CreateDatabasesAsync(2);
        var before = await StartStoreAsync(databases);
        await (await OpenReplica.OpenAsync(before, Key with { Replica = new ReplicaId(2) })).AppendAsync(1, "a");
        await EventuallyAsync(async () => await ExecuteAsync(databases[0], "SELECT counter > 0 FROM raft.witness WHERE server = 1") is true);
        await before.DisposeAsync();
        await ExecuteAsync(databases[1], "UPDATE raft.identity SET counter = 0");

        var store = await StartStoreAsync(databases);
        var refused = await RefusedAsync(() => OpenReplica.OpenAsync(store, Key with { Replica = new ReplicaId(2) }));
        var added = Key with { Replica = new ReplicaId(4) };
        await store.CreateReplicaAsync(added, Configuration.OfVoters(3), Cancellation);
        await (await OpenReplica.OpenAsync(store, added)).AppendAsync(1, "b");
        await (await OpenReplica.OpenAsync(store, Key)).AppendAsync(1, "c");

        refused.Message.ShouldContain("may have forgotten votes");
    }

    [Fact]
    public async Task A_user_who_turns_synchronous_commit_off_does_not_get_it()
    {
        var database = (await CreateDatabasesAsync(1))[0];
        await ExecuteAsync(database, $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(database).Database} SET synchronous_commit = off");

        var store = await StartStoreAsync(database + ";Options=-c synchronous_commit=off");
        await ExecuteAsync(
            database,
            "CREATE TABLE seen (value text); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES "
                + "(current_setting('synchronous_commit')); RETURN NULL; END $$; "
                + "CREATE TRIGGER see AFTER INSERT ON raft.log_block FOR EACH STATEMENT EXECUTE FUNCTION see()");
        await (await OpenReplica.OpenAsync(store, Key)).AppendAsync(1, "a");

        (await ExecuteAsync(database, "SELECT string_agg(DISTINCT value, ',') FROM seen")).ShouldBe("on");
    }

    /// <summary>A migration that only adds something lets former programs go on beside it; one that takes something away does not.</summary>
    [Fact]
    public async Task A_schema_of_a_newer_program_is_refused_where_it_takes_a_later_feature_level()
    {
        var database = (await CreateDatabasesAsync(1))[0];
        await PostgreSqlSchema.MigrateAsync(database, cancellation: Cancellation);
        await ExecuteAsync(database, $"INSERT INTO raft.migration (number, name, level) VALUES (98, 'of the future', {FeatureLevels.Newest})");
        await StartStoreAsync(database);
        await ExecuteAsync(database, $"INSERT INTO raft.migration (number, name, level) VALUES (99, 'of the future', {FeatureLevels.Newest + 1})");

        var refused = await RefusedAsync(() => PostgreSqlSchema.MigrateAsync(database, cancellation: Cancellation));

        refused.Message.ShouldContain($"version 99, which takes a program of feature level {FeatureLevels.Newest + 1}");
    }

    /// <summary>Its silos say nothing of levels, and may still run beside the first one that does.</summary>
    [Fact]
    public async Task A_cluster_that_is_older_than_feature_levels_works_at_the_first()
    {
        var database = (await CreateDatabasesAsync(1))[0];
        var store = await StartStoreAsync(database);
        (await store.ReadLevelsAsync(Cancellation)).ShouldBeNull("a new cluster begins at the level of its first silo");
        await ExecuteAsync(
            database,
            "ALTER TABLE raft.cluster DROP COLUMN levels; DELETE FROM raft.migration WHERE number >= 6; ALTER TABLE raft.migration DROP COLUMN "
                + "level");

        store = await StartStoreAsync(database);

        (await store.ReadLevelsAsync(Cancellation)).ShouldNotBeNull().InForce.ShouldBe(FeatureLevels.Oldest);
    }

    [Fact]
    public async Task Silos_that_start_together_create_the_cluster_once()
    {
        var databases = await CreateDatabasesAsync(2);

        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartStoreAsync(databases)));

        (await ExecuteAsync(databases[0], "SELECT count(*) FROM raft.replica")).ShouldBe(8L);
        (await ExecuteAsync(databases[1], "SELECT count(*) FROM raft.replica")).ShouldBe(4L);
        await (await OpenReplica.OpenAsync(stores[3], Key)).AppendAsync(1, "a");
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=u;Password=hunter2;Database=d", "127.0.0.1:1/d cannot be reached")]
    [InlineData("Host=;;=nonsense", "not well-formed")]
    public async Task A_wrong_connection_string_is_refused_with_its_place_and_without_its_password(string connectionString, string expected)
    {
        var refused = await RefusedAsync(() => StartStoreAsync(connectionString));

        refused.Message.ShouldContain(expected);
        refused.ToString().ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_refused()
    {
        var server = await postgres.GetServerAsync();

        var refused = await RefusedAsync(() => StartStoreAsync(server.ConnectionString("nowhere")));

        refused.Message.ShouldContain("/nowhere has no such database");
    }

    [Fact]
    public async Task People_can_read_the_entries_inside_the_blocks()
    {
        var database = (await CreateDatabasesAsync(1))[0];
        var replica = await OpenReplica.OpenAsync(await StartStoreAsync(database), Key);
        await replica.AppendAsync(1, "a", "b", "c");

        await replica.WriteAsync(OpenReplica.Block(new EntryId(new Term(1), new LogIndex(2)), 300, "d", "e"));
        var read = await ExecuteAsync(
            database,
            "SELECT string_agg(concat_ws(' ', term || '.' || index, kind, log_time, convert_from(body, 'UTF8')), ', ' ORDER BY index) FROM raft.log");

        read.ShouldBe("1.1 command 1 a, 1.2 command 2 b, 300.3 command 3 d, 300.4 command 4 e");
    }

    private static async Task<object?> ReplicasWithLogsAsync(string database) => await ExecuteAsync(
        database,
        "SELECT string_agg(DISTINCT r.replica::text, ',' ORDER BY r.replica::text) FROM raft.replica r JOIN raft.log_block b ON b.replica_id = r.id");

    /// <summary>Keeps everybody from reading a table until the connection is closed.</summary>
    private static async Task<NpgsqlConnection> LockTableAsync(string database, string table)
    {
        var connection = await ConnectAsync(database);
        await ExecuteAsync(connection, $"BEGIN; LOCK TABLE {table}");
        return connection;
    }

    private static async Task<bool> IsWaitedForAsync(string database, string table) => await ExecuteAsync(
        database, $"SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = '{table}'::regclass AND NOT granted)") is true;

    private async Task<string[]> CreateDatabasesAsync(int count)
    {
        var server = await postgres.GetServerAsync();
        var databases = new string[count];
        for (var i = 0; i < count; i++)
        {
            databases[i] = await server.CreateDatabaseAsync("servers");
        }

        return databases;
    }
}
