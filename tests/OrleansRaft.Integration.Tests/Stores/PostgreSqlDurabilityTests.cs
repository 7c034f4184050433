using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.PostgreSql;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>
/// What is acknowledged is on the disk, whatever the server, the database or the role say, and whatever stands between a silo and its server.
/// </summary>
public sealed class PostgreSqlDurabilityTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    /// <summary>Notes, at the very end of each transaction that changes one of the tables, what is in force for its commit.</summary>
    private const string Witness = """
        CREATE TABLE public.seen (change text, value text);
        CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO public.seen VALUES (TG_OP || ' ' || TG_TABLE_NAME, current_setting('synchronous_commit'));
            RETURN NULL;
        END $$;
        DO $$
        DECLARE
            name text;
        BEGIN
            FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'raft'::regnamespace AND relkind = 'r' AND relname <> 'migration' LOOP
                EXECUTE format('CREATE CONSTRAINT TRIGGER see AFTER INSERT OR UPDATE OR DELETE ON raft.%I '
                    'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.see()', name);
            END LOOP;
        END $$
        """;

    [Fact]
    public async Task A_crash_of_a_server_that_commits_asynchronously_loses_nothing_acknowledged_behind_a_proxy_that_drops_startup_options()
    {
        var server = await StartServerAsync();
        var database = await server.CreateDatabaseAsync();
        await ExecuteAsync(database, "ALTER SYSTEM SET wal_writer_delay = '10s'");
        await ExecuteAsync(database, "ALTER ROLE postgres SET synchronous_commit = off");
        await ExecuteAsync(database, "SELECT pg_reload_conf()");
        await using var proxy = new CuttableProxy(server.Port) { StripsOptions = true };
        var store = await StartStoreAsync(proxy.Redirect(database));
        var replica = await OpenReplica.OpenAsync(store, Key);

        // The lease is extended in between, and would carry earlier writes to the disk: the last ones are what counts.
        for (var i = 0; i < 200; i++)
        {
            await replica.AppendAsync(1, $"{i}");
        }

        await server.KillAsync();
        await server.StartAsync();

        (await OpenReplica.OpenAsync(store, Key)).Bodies.Length.ShouldBe(200);
    }

    [Theory]
    [InlineData("ALTER DATABASE {0} SET synchronous_commit = off")]
    [InlineData("ALTER DATABASE {0} SET synchronous_commit = local")]
    [InlineData("ALTER ROLE postgres IN DATABASE {0} SET synchronous_commit = remote_write")]
    public async Task Every_write_carries_its_own_durability(string setting)
    {
        var (proxy, database) = await CreateDatabaseAsync(setting);
        await PostgreSqlSchema.MigrateAsync(proxy.Redirect(database), cancellation: Cancellation);
        await ExecuteAsync(database, Witness);

        var store = await StartStoreAsync(proxy.Redirect(database));
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a", "b", "c");
        await replica.WriteAsync(OpenReplica.Block(new EntryId(new Term(1), new LogIndex(1)), 2, "cuts b and c off"));
        await replica.SaveSnapshotAsync(2, 2, new byte[600_000]);
        await replica.WriteAsync(compactThrough: replica.Last);
        proxy.CutAnswerTo("lost answer");
        await replica.AppendAsync(2, "lost answer");
        await store.CreateReplicaAsync(Key with { Replica = new ReplicaId(4) }, Configuration.OfVoters(3), Cancellation);
        await store.CheckAsync(Cancellation);
        await replica.Log.WaitUntilMaySpeakAsync(Cancellation);
        await replica.Log.ReleaseAsync(Cancellation);

        (
            await ExecuteAsync(
                database,
                "SELECT string_agg(DISTINCT value || ' for ' || change, ', ') FROM public.seen WHERE value <> 'on'")).ShouldBe(DBNull.Value);
        (await ExecuteAsync(database, "SELECT string_agg(DISTINCT change, ', ' ORDER BY change) FROM public.seen")).ShouldBe(
            "DELETE log_block, INSERT cluster, INSERT identity, INSERT log_block, INSERT replica, INSERT silo_lease, INSERT snapshot, "
            + "INSERT snapshot_chunk, "
            + "UPDATE identity, UPDATE log_block, UPDATE replica, UPDATE silo_lease, UPDATE snapshot");
    }

    [Theory]
    [InlineData("default_transaction_read_only = on")]
    [InlineData("default_transaction_isolation = 'serializable'")]
    [InlineData("statement_timeout = '2s'")]
    [InlineData("lock_timeout = 1")]
    [InlineData("idle_in_transaction_session_timeout = 1")]
    [InlineData("search_path = evil, pg_catalog")]
    public async Task Settings_of_the_role_do_not_reach_the_sessions_of_a_silo(string setting)
    {
        var (proxy, database) = await CreateDatabaseAsync(
            "CREATE SCHEMA evil; CREATE FUNCTION evil.unnest(bigint[]) RETURNS SETOF bigint LANGUAGE sql AS 'SELECT 0::bigint'");
        await ExecuteAsync(database, $"ALTER ROLE postgres IN DATABASE {new NpgsqlConnectionStringBuilder(database).Database} SET {setting}");

        var store = await StartStoreAsync(proxy.Redirect(database));
        if (setting.StartsWith("statement_timeout", StringComparison.Ordinal))
        {
            await ExecuteAsync(
                database,
                "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2.5); RETURN NULL; END'; "
                    + "CREATE TRIGGER slow AFTER INSERT ON raft.log_block FOR EACH STATEMENT EXECUTE FUNCTION slow()");
        }

        await (await OpenReplica.OpenAsync(store, Key)).AppendAsync(1, "a", "b");

        (await OpenReplica.OpenAsync(store, Key)).Bodies.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_big_snapshot_is_written_and_forgotten_in_small_transactions()
    {
        var (_, database) = await CreateDatabaseAsync("SELECT 1");
        var store = await StartStoreAsync(database);
        await ExecuteAsync(database, """
            CREATE TABLE changed (kind text, bytes bigint);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO public.changed SELECT TG_OP, sum(length(data)) FROM rows;
                RETURN NULL;
            END $$;
            CREATE TRIGGER inserted AFTER INSERT ON raft.snapshot_chunk REFERENCING NEW TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION note();
            CREATE TRIGGER deleted AFTER DELETE ON raft.snapshot_chunk REFERENCING OLD TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION note()
            """);
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a", "b", "c");

        const int Size = 40 * 1024 * 1024;
        await replica.SaveSnapshotAsync(1, 1, new byte[Size]);
        await replica.SaveSnapshotAsync(1, 2, new byte[1]);
        await EventuallyAsync(async () => await ExecuteAsync(database, "SELECT count(*) FROM raft.snapshot") is 1L);

        (await ExecuteAsync(database, "SELECT max(bytes) FROM changed WHERE kind = 'INSERT'")).ShouldBe(256L * 1024);
        ((long)(await ExecuteAsync(database, "SELECT max(bytes) FROM changed WHERE kind = 'DELETE'"))!).ShouldBeLessThanOrEqualTo(16L * 1024 * 1024);
        (await ExecuteAsync(database, "SELECT sum(bytes)::bigint FROM changed WHERE kind = 'DELETE'")).ShouldBe((long)Size);
        (await ExecuteAsync(database, "SELECT count(*) FROM raft.snapshot_chunk")).ShouldBe(1L);
    }

    [Fact]
    public async Task A_server_that_does_not_care_for_its_disk_is_refused_and_one_that_ceases_to_is_not_used_any_longer()
    {
        var server = await StartServerAsync();
        var database = await server.CreateDatabaseAsync();
        var store = await StartStoreAsync(database);
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.Log.WaitUntilMaySpeakAsync(Cancellation);

        foreach (var setting in new[] { "fsync", "full_page_writes" })
        {
            await SwitchAsync(database, setting, "off");
            await EventuallyAsync(() => Task.FromResult(!replica.Log.MaySpeak && Board.Count(AlarmNames.StoreUnreachable) == 1));
            var unhealthy = await RefusedAsync(() => store.CheckAsync(Cancellation));
            var refused = await RefusedAsync(() => StartStoreAsync(database));
            await SwitchAsync(database, setting, "on");
            await EventuallyAsync(() => Task.FromResult(replica.Log.MaySpeak && Board.Active.Count == 0));

            unhealthy.Message.ShouldContain($"{setting}=off");
            refused.Message.ShouldContain($"{setting}=off");
        }
    }

    [Fact]
    public async Task A_connection_that_was_forgotten_while_it_was_idle_costs_a_probe_and_not_a_timeout()
    {
        var (proxy, database) = await CreateDatabaseAsync("SELECT 1");
        var store = CreateStore(TimeSpan.Zero, proxy.Redirect(database));
        await store.InitializeAsync(Define(1), Cancellation);
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "a");

        // A statement waits for a minute in these tests; so does an extension of the lease that is under way at this moment, and the lease is taken
        // anew then.
        proxy.ForgetConnections();
        await replica.AppendAsync(1, "b").WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        proxy.ForgetConnections();
        var successor = await OpenReplica.OpenAsync(store, Key).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        var extensions = await ExtensionsAsync(database);
        await EventuallyAsync(async () => await ExtensionsAsync(database) > extensions + 1);

        successor.Bodies.ShouldBe(["a", "b"]);
    }

    private static async Task SwitchAsync(string database, string setting, string value)
    {
        await ExecuteAsync(database, $"ALTER SYSTEM SET {setting} = {value}");
        await ExecuteAsync(database, "SELECT pg_reload_conf()");
        await EventuallyAsync(async () => await ExecuteAsync(database, $"SHOW {setting}") is string shown && shown == value);
    }

    private static async Task<long> ExtensionsAsync(string database) =>
        (long)(await ExecuteAsync(database, "SELECT coalesce(sum(extensions), 0)::bigint FROM raft.silo_lease"))!;

    private async Task<(CuttableProxy Proxy, string Database)> CreateDatabaseAsync(string setting)
    {
        var server = await postgres.GetServerAsync();
        var database = await server.CreateDatabaseAsync("durable");
        await ExecuteAsync(
            database,
            string.Format(System.Globalization.CultureInfo.InvariantCulture, setting, new NpgsqlConnectionStringBuilder(database).Database));
        return (Own(new CuttableProxy(server.Port) { StripsOptions = true }), database);
    }
}
