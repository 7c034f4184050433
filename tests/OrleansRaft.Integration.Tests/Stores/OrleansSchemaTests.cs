using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;
using Orleans.Storage;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>What the migrations make for Orleans is what its AdoNet providers expect: tried with the providers themselves.</summary>
public sealed class OrleansSchemaTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_find_each_other_by_the_membership_table_and_leave_it()
    {
        var database = await MigrateAsync();
        using var first = await StartSiloAsync(database, "silo-1");
        using var second = await StartSiloAsync(database, "silo-2");

        var seen = await HostsAsync(first);
        await second.StopAsync(Cancellation);
        var left = await HostsAsync(first);
        await first.StopAsync(Cancellation);

        seen.ShouldBe(2);
        left.ShouldBe(1);
        (await ScalarAsync(database, "SELECT count(*) FROM raft.OrleansMembershipTable WHERE Status = 6")).ShouldBe(2L);
    }

    [Fact]
    public async Task A_membership_table_is_cleaned_of_silos_that_are_long_dead()
    {
        var database = await MigrateAsync();
        using var first = await StartSiloAsync(database, "silo-1");
        var table = first.Services.GetRequiredService<IMembershipTable>();
        using (var second = await StartSiloAsync(database, "silo-2"))
        {
            await second.StopAsync(Cancellation);
        }

        await table.CleanupDefunctSiloEntriesAsync(DateTimeOffset.UtcNow.AddDays(1), Cancellation);
        var members = (await table.ReadAllAsync(Cancellation)).Members;
        await first.StopAsync(Cancellation);

        members.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Grain_state_is_written_read_and_cleared_and_conflicts_are_found()
    {
        var database = await MigrateAsync();
        using var silo = await StartSiloAsync(database, "silo-1");
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>("Default");
        var grain = GrainId.Create("account", "alice");
        var state = new GrainState<Account> { State = new Account { Balance = 7 } };
        var stale = new GrainState<Account> { State = new Account { Balance = 8 } };

        await storage.WriteStateAsync("account", grain, state);
        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("account", grain, stale));
        state.State.Balance = 9;
        await storage.WriteStateAsync("account", grain, state);
        var read = new GrainState<Account> { State = new Account() };
        await storage.ReadStateAsync("account", grain, read);
        var balance = read.State.Balance;
        await storage.ClearStateAsync("account", grain, read);
        var cleared = new GrainState<Account> { State = new Account() };
        await storage.ReadStateAsync("account", grain, cleared);
        await silo.StopAsync(Cancellation);

        (state.ETag, balance, cleared.State.Balance).ShouldBe(("2", 9, 0));
    }

    [Fact]
    public async Task Every_statement_of_the_providers_is_accepted_by_the_server()
    {
        var database = await MigrateAsync();
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        var statements = new Dictionary<string, string>();
        await using (var command = new NpgsqlCommand("SELECT QueryKey, QueryText FROM OrleansQuery", connection))
        await using (var reader = await command.ExecuteReaderAsync(Cancellation))
        {
            while (await reader.ReadAsync(Cancellation))
            {
                statements.Add(reader.GetString(0), reader.GetString(1));
            }
        }

        foreach (var (key, text) in statements)
        {
#pragma warning disable CA2100 // Our own migrations.
            await using var command = new NpgsqlCommand(text, connection);
#pragma warning restore CA2100
            foreach (var (name, value) in Parameters().Where(parameter => text.Contains("@" + parameter.Key, StringComparison.Ordinal)))
            {
                command.Parameters.AddWithValue(name, value);
            }

            await Should.NotThrowAsync(() => command.ExecuteNonQueryAsync(Cancellation), key);
        }

        statements.Count.ShouldBe(21);
        statements.Keys.ShouldBe(
            [
                "GatewaysQueryKey",
                "MembershipReadRowKey",
                "MembershipReadAllKey",
                "InsertMembershipVersionKey",
                "InsertMembershipKey",
                "UpdateMembershipKey",
                "UpdateIAmAlivetimeKey",
                "DeleteMembershipTableEntriesKey",
                "CleanupDefunctSiloEntriesKey",
                "CleanupDefunctSiloEntryKey",
                "WriteToStorageKey",
                "ReadFromStorageKey", "ClearStorageKey", "DeleteStorageKey", "ReadReminderRowsKey", "ReadReminderRowKey", "ReadRangeRows1Key",
                "ReadRangeRows2Key", "UpsertReminderRowKey", "DeleteReminderRowKey", "DeleteReminderRowsKey",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public async Task Migrations_are_applied_once_whoever_comes_first()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("orleans");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgreSqlSchema.MigrateAsync(database, cancellation: Cancellation)));

        (
            await ScalarAsync(
                database,
                "SELECT string_agg(number || ' ' || name, ', "
                    + "' ORDER BY number) FROM raft.migration")).ShouldBe("1 raft, 2 orleans, 3 orleans_schema, 4 silos, 5 lives, 6 levels");
    }

    [Theory]
    [InlineData("TABLE public.OrleansQuery (QueryKey varchar, QueryText text)")]
    [InlineData("VIEW public.OrleansQuery AS SELECT 'MembershipReadAllKey'::varchar AS QueryKey, pg_sleep(3600)::text AS QueryText")]
    [InlineData("MATERIALIZED VIEW public.OrleansQuery AS SELECT 1 AS QueryKey")]
    [InlineData("SEQUENCE public.OrleansMembershipTable")]
    [InlineData("TYPE public.OrleansQuery AS ENUM ('mine')")]
    [InlineData("FUNCTION public.OrleansQuery() RETURNS integer LANGUAGE sql AS 'SELECT 1'")]
    public async Task What_somebody_else_made_under_a_name_of_Orleans_is_not_taken_for_ours(string planted)
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("planted");
        await ScalarAsync(database, "DO $$ BEGIN CREATE ROLE mallory; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        await ScalarAsync(database, $"GRANT CREATE ON SCHEMA public TO mallory; SET ROLE mallory; CREATE {planted}");

        await PostgreSqlSchema.MigrateAsync(database, cancellation: Cancellation);
        var forOrleans = PostgreSqlSchema.ForOrleans(database);
        await PostgreSqlSchema.RequireFoundAsync(forOrleans, Cancellation);
        using var silo = await StartSiloAsync(forOrleans, "silo-1");
        await silo.StopAsync(Cancellation);

        (await ScalarAsync(database, "SELECT count(*) FROM raft.OrleansMembershipTable")).ShouldBe(1L);
        if (planted.Contains("OrleansQuery", StringComparison.Ordinal)
            && !planted.Contains("FUNCTION", StringComparison.Ordinal)
            && !planted.Contains("ENUM", StringComparison.Ordinal))
        {
            var refused = await Should.ThrowAsync<StoreRefusedException>(() => PostgreSqlSchema.RequireFoundAsync(database, Cancellation));
            refused.Message.ShouldContain("public.orleansquery, which belongs to mallory");
        }
    }

    [Fact]
    public async Task Tables_of_the_former_program_are_moved_with_their_data_and_its_silos_go_on()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("moved");
        foreach (var script in (await PostgreSqlSchema.ReadScriptsAsync(Cancellation)).Take(2))
        {
            await ScalarAsync(database, script.Text);
        }

        await ScalarAsync(
            database,
            "DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; "
                + "GRANT SELECT, UPDATE ON OrleansStorage TO reader");
        using var former = await StartSiloAsync(database, "former");
        var storage = former.Services.GetRequiredKeyedService<IGrainStorage>("Default");
        var grain = GrainId.Create("account", "alice");
        var state = new GrainState<Account> { State = new Account { Balance = 7 } };
        await storage.WriteStateAsync("account", grain, state);

        await PostgreSqlSchema.MigrateAsync(database, cancellation: Cancellation);
        state.State.Balance = 8;
        await storage.WriteStateAsync("account", grain, state);
        using var latter = await StartSiloAsync(PostgreSqlSchema.ForOrleans(database), "latter");
        var seen = await HostsAsync(latter);
        var read = new GrainState<Account> { State = new Account() };
        await latter.Services.GetRequiredKeyedService<IGrainStorage>("Default").ReadStateAsync("account", grain, read);
        await latter.StopAsync(Cancellation);
        await former.StopAsync(Cancellation);

        (seen, read.State.Balance).ShouldBe((2, 8));
        (await ScalarAsync(database + ";Username=reader", "UPDATE OrleansStorage SET ModifiedOn = now() RETURNING Version")).ShouldBe(2);
        (
            await ScalarAsync(
                database,
                "SELECT string_agg(relname, "
                    + "' ' ORDER BY relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")).ShouldBe(DBNull.Value);
    }

    [Fact]
    public async Task Grain_state_that_was_written_is_on_the_disk_whatever_the_role_says_of_synchronous_commit()
    {
        var database = await MigrateAsync();
        await ScalarAsync(database, $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(database).Database} SET synchronous_commit = off");
        await ScalarAsync(database, """
            CREATE TABLE public.seen (value text);
            CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN INSERT INTO public.seen VALUES (TG_OP || ' ' || current_setting('synchronous_commit')); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER see AFTER INSERT OR UPDATE OR DELETE ON raft.OrleansStorage
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.see()
            """);
        using var silo = await StartSiloAsync(PostgreSqlSchema.ForOrleans(database), "silo-1");
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>("Default");
        var state = new GrainState<Account> { State = new Account { Balance = 7 } };

        await storage.WriteStateAsync("account", GrainId.Create("account", "bob"), state);
        await storage.WriteStateAsync("account", GrainId.Create("account", "bob"), state);
        await storage.ClearStateAsync("account", GrainId.Create("account", "bob"), state);
        await silo.StopAsync(Cancellation);

        (await ScalarAsync(database, "SELECT string_agg(DISTINCT value, ', ' ORDER BY value) FROM public.seen")).ShouldBe("INSERT on, UPDATE on");
    }

    [Fact]
    public async Task A_host_on_an_empty_database_starts_as_the_README_shows_it()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("readme");
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", database))
            .AddRaft(raft => raft.UsePostgreSql(database))
            .AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>("ledgers", groups: 1, replicas: 1)
            .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = "readme")
            .ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort(), listenOnAnyHostAddress: false));
        using var host = builder.Build();

        await host.StartAsync(Cancellation);
        await host.StopAsync(Cancellation);

        (await ScalarAsync(database, "SELECT count(*) FROM raft.cluster")).ShouldBe(1L);
    }

    [Fact]
    public void A_connection_string_for_Orleans_keeps_connections_alive_and_keeps_what_it_was_told()
    {
        var made = new NpgsqlConnectionStringBuilder(PostgreSqlSchema.ForOrleans("Host=db;Username=oraft;Command Timeout=40;Search Path=public"));

        (made.SearchPath, made.CommandTimeout, made.Timeout).ShouldBe(("raft", 40, 5));
        (made.TcpKeepAlive, made.TcpKeepAliveTime, made.KeepAlive).ShouldBe((true, 3, 3));
    }

    private static Dictionary<string, object> Parameters() => new()
    {
        ["DeploymentId"] = "cluster", ["Address"] = "127.0.0.1", ["Port"] = 1, ["Generation"] = 1, ["SiloName"] = "silo", ["HostName"] = "host",
        ["Status"] = 1, ["ProxyPort"] = 2, ["SuspectTimes"] = DBNull.Value, ["StartTime"] = DateTime.UnixEpoch, ["IAmAliveTime"] = DateTime.UnixEpoch,
        ["Version"] = 0, ["ServiceId"] = "service", ["GrainTypeHash"] = 1, ["GrainIdHash"] = 1, ["GrainIdN0"] = 1L, ["GrainIdN1"] = 1L,
        ["GrainTypeString"] = "type",
        ["GrainIdExtensionString"] = DBNull.Value,
        ["GrainStateVersion"] = DBNull.Value,
        ["PayloadBinary"] = new byte[] { 1 },
        ["GrainId"] = "grain", ["ReminderName"] = "reminder", ["BeginHash"] = 1, ["EndHash"] = 2, ["GrainHash"] = 1, ["Period"] = 1,
    };

    private static async Task<IHost> StartSiloAsync(string database, string name)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", database))
            .AddAdoNetGrainStorage("Default", options => (options.Invariant, options.ConnectionString) = ("Npgsql", database))
            .Configure<SiloOptions>(options => options.SiloName = name)
            .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = "schema")
            .ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort(), listenOnAnyHostAddress: false));
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return host;
    }

    private static async Task<int> HostsAsync(IHost silo)
    {
        var hosts = await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
        return hosts.Count;
    }

    private async Task<string> MigrateAsync()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("orleans");
        await PostgreSqlSchema.MigrateAsync(database, cancellation: Cancellation);
        return database;
    }

    private static async Task<object?> ScalarAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
#pragma warning disable CA2100 // Constants of this file.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(Cancellation);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class Account
    {
        public int Balance { get; set; }
    }
}
