using Npgsql;
using OrleansRaft.Integration.Tests.Stores;
using OrleansRaft.PostgreSql;
using OrleansRaft.Core;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>The work on databases that needs no silo, and silos whose database is away.</summary>
public sealed class PostgresCommandTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    [Fact]
    public async Task Migrate_checks_prints_and_applies_what_a_database_lacks()
    {
        var database = await CreateDatabaseAsync();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $"# the only server\n\n  {database}\n", Cancellation);

        var lacking = await CommandLineRun.RunAsync("migrate", "--check", "--postgres-file", file);
        var printed = await CommandLineRun.RunAsync("migrate", "--print", "--postgres", database);
        await ExecuteAsync(database, printed.Output);
        var checkedAgain = await CommandLineRun.RunAsync("migrate", "--check", "--postgres", database);
        var other = await CreateDatabaseAsync();
        var applied = await CommandLineRun.RunAsync("migrate", "--apply", "--postgres", other);
        var appliedAgain = await CommandLineRun.RunAsync("migrate", "--apply", "--postgres", other);
        File.Delete(file);

        (
            lacking.ExitCode,
            checkedAgain.ExitCode,
            applied.ExitCode,
            appliedAgain.ExitCode).ShouldBe((1, 0, 0, 0),
            printed.Error + checkedAgain.Error + applied.Error);
        lacking.Output.ShouldContain("lacks 1 raft, 2 orleans, 3 orleans_schema, 4 silos, 5 lives");
        applied.Output.ShouldContain("was given 1 raft, 2 orleans, 3 orleans_schema, 4 silos, 5 lives");
        appliedAgain.Output.ShouldContain("is up to date");
    }

    [Theory]
    [InlineData(2, "needs one of", "migrate", "--postgres", "Host=a")]
    [InlineData(2, "no PostgreSQL server is named", "migrate", "--check")]
    [InlineData(2, "both name PostgreSQL servers", "migrate", "--check", "--postgres", "Host=a", "--postgres-file", "b")]
    [InlineData(1, "cannot be read", "migrate", "--check", "--postgres-file", "/nowhere/file")]
    [InlineData(1, "cannot be reached", "migrate", "--check", "--postgres", "Host=127.0.0.1;Port=1;Username=u;Password=hunter2")]
    [InlineData(1, "not a connection string", "migrate", "--check", "--postgres", "Host=;;Password=hunter2=")]
    public async Task A_command_line_that_makes_no_sense_is_refused_without_its_password(int exitCode, string words, params string[] arguments)
    {
        var run = await CommandLineRun.RunAsync(arguments);

        run.ExitCode.ShouldBe(exitCode, run.Error);
        run.Error.ShouldContain(words);
        run.Error.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Silos_whose_role_may_only_read_and_write_start_on_a_schema_that_its_owner_applied()
    {
        var database = await CreateDatabaseAsync();
        await CommandLineRun.RunAsync("migrate", "--apply", "--postgres", database);
        await ExecuteAsync(database, "DO $$ BEGIN CREATE ROLE silo LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        await ExecuteAsync(database, "GRANT USAGE ON SCHEMA raft TO silo; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA raft TO silo");
        var limited = new NpgsqlConnectionStringBuilder(database) { Username = "silo" }.ConnectionString;

        var store = await StartStoreAsync(limited);
        await PostgreSqlSchema.RequireFoundAsync(PostgreSqlSchema.ForOrleans(limited), Cancellation);
        await (await OpenReplica.OpenAsync(store, Key)).AppendAsync(1, "a");

        (await OpenReplica.OpenAsync(store, Key)).Bodies.ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_dump_of_the_only_server_is_adopted_only_when_told_to()
    {
        var database = await CreateDatabaseAsync();
        await using (var store = await StartStoreAsync(database))
        {
            await (await OpenReplica.OpenAsync(store, Key)).AppendAsync(1, "a");
        }

        await ExecuteAsync(database, "UPDATE raft.identity SET system_identifier = 42");
        var refused = await RefusedAsync(() => StartStoreAsync(database));
        var warned = await CommandLineRun.RunAsync("postgres", "adopt", "--postgres", database);
        var unchanged = await ExecuteAsync(database, "SELECT system_identifier FROM raft.identity");
        var adopted = await CommandLineRun.RunAsync("postgres", "adopt", "--postgres", database, "--accept-data-loss");
        var again = await CommandLineRun.RunAsync("postgres", "adopt", "--postgres", database, "--accept-data-loss");

        refused.Message.ShouldContain("oraft postgres adopt");
        (warned.ExitCode, unchanged, adopted.ExitCode, again.ExitCode).ShouldBe((1, 42L, 0, 0), warned.Error + adopted.Error);
        warned.Output.ShouldContain("what was acknowledged after it was made would be lost");
        again.Output.ShouldContain("nothing to accept");
        (await OpenReplica.OpenAsync(await StartStoreAsync(database), Key)).Bodies.ShouldBe(["a"]);
    }

    [Fact]
    public async Task Of_three_servers_a_minority_is_adopted_and_its_replicas_stay_out()
    {
        string[] databases = [await CreateDatabaseAsync(), await CreateDatabaseAsync(), await CreateDatabaseAsync()];
        await (await StartStoreAsync(databases)).DisposeAsync();
        string[] named = [.. databases.SelectMany(static database => new[] { "--postgres", database })];

        await ExecuteAsync(databases[1], "UPDATE raft.identity SET system_identifier = 42");
        await ExecuteAsync(databases[0], "UPDATE raft.server SET system_identifier = 42 WHERE number = 1");
        var adopted = await CommandLineRun.RunAsync(["postgres", "adopt", .. named, "--accept-data-loss"]);
        var store = await StartStoreAsync(databases);
        var stays = await RefusedAsync(() => OpenReplica.OpenAsync(store, Key with { Replica = new ReplicaId(2) }));
        await (await OpenReplica.OpenAsync(store, Key)).AppendAsync(1, "a");
        await ExecuteAsync(databases[1], "UPDATE raft.identity SET system_identifier = 42");
        await ExecuteAsync(databases[2], "UPDATE raft.identity SET system_identifier = 42");
        var tooMany = await CommandLineRun.RunAsync(["postgres", "adopt", .. named, "--accept-data-loss"]);

        adopted.ExitCode.ShouldBe(0, adopted.Error);
        stays.Message.ShouldContain("may have forgotten votes");
        tooMany.ExitCode.ShouldBe(1);
        tooMany.Error.ShouldContain("2 of 3 servers");
    }

    /// <summary>pg_upgrade gives a server another system identifier; its logs and votes are those that were.</summary>
    [Fact]
    public async Task An_upgraded_server_goes_on_with_its_logs_and_an_older_copy_is_not_taken_for_one()
    {
        string[] databases = [await CreateDatabaseAsync(), await CreateDatabaseAsync()];
        var second = Key with { Replica = new ReplicaId(2) };
        var before = await StartStoreAsync(databases);
        await (await OpenReplica.OpenAsync(before, second)).AppendAsync(1, "a");
        await EventuallyAsync(async () => await ExecuteAsync(databases[0], "SELECT counter > 0 FROM raft.witness WHERE server = 1") is true);
        await before.DisposeAsync();
        string[] named = [.. databases.SelectMany(static database => new[] { "--postgres", database })];

        // Other than by its number, an upgraded server is known by nothing.
        await ExecuteAsync(databases[1], "UPDATE raft.identity SET system_identifier = 42");
        var refused = await CommandLineRun.RunAsync(["postgres", "upgraded", .. named]);
        var unchanged = await ExecuteAsync(databases[1], "SELECT system_identifier FROM raft.identity");
        var accepted = await CommandLineRun.RunAsync(["postgres", "upgraded", .. named, "--original-is-stopped"]);
        var again = await CommandLineRun.RunAsync(["postgres", "upgraded", .. named, "--original-is-stopped"]);
        var after = await StartStoreAsync(databases);
        var bodies = (await OpenReplica.OpenAsync(after, second)).Bodies;
        await after.DisposeAsync();
        await ExecuteAsync(databases[1], "UPDATE raft.identity SET system_identifier = 42, counter = 0");
        var older = await CommandLineRun.RunAsync(["postgres", "upgraded", .. named, "--original-is-stopped"]);

        (refused.ExitCode, unchanged, accepted.ExitCode, again.ExitCode, older.ExitCode).ShouldBe((1, 42L, 0, 0, 1), accepted.Error + older.Error);
        refused.Error.ShouldContain("--original-is-stopped");
        again.Output.ShouldContain("nothing to accept");
        bodies.ShouldBe(["a"], "nothing is set aside");
        older.Error.ShouldContain("older copy");
    }

    [Fact]
    public async Task A_lost_server_is_replaced_by_an_empty_one_while_silos_run()
    {
        string[] databases = [await CreateDatabaseAsync(), await CreateDatabaseAsync()];
        var second = Key with { Replica = new ReplicaId(2) };
        var store = await StartStoreAsync(databases);
        await (await OpenReplica.OpenAsync(store, second)).AppendAsync(1, "a");
        var name = new NpgsqlConnectionStringBuilder(databases[1]).Database;
        string[] named = [.. databases.SelectMany(static database => new[] { "--postgres", database })];
        var full = await CommandLineRun.RunAsync(["postgres", "replace", "--server", "1", "--postgres", databases[0], "--postgres", databases[0]]);
        var first = await CommandLineRun.RunAsync(["postgres", "replace", "--server", "0", .. named]);

        await ExecuteAsync(databases[0], $"DROP DATABASE {name} WITH (FORCE)");
        await ExecuteAsync(databases[0], $"CREATE DATABASE {name}");
        var replaced = await CommandLineRun.RunAsync(["postgres", "replace", "--server", "1", .. named]);
        var again = await CommandLineRun.RunAsync(["postgres", "replace", "--server", "1", .. named]);
        var lost = await RefusedAsync(() => OpenReplica.OpenAsync(store, second));
        await store.CreateReplicaAsync(Key with { Replica = new ReplicaId(4) }, Configuration.OfVoters(3), Cancellation);
        await (await OpenReplica.OpenAsync(store, Key with { Replica = new ReplicaId(4) })).AppendAsync(1, "b");

        (full.ExitCode, first.ExitCode, replaced.ExitCode, again.ExitCode).ShouldBe((1, 1, 0, 0), replaced.Error + again.Error);
        full.Error.ShouldContain("holds logs of cluster");
        first.Error.ShouldContain("restore it from a backup");
        replaced.Output.ShouldContain("oraft member repair");
        lost.Message.ShouldContain("counters-0/2");
        (await StartStoreAsync(databases)).LocalId.ShouldBeEmpty("silos that start take it, too");
    }

    [Fact]
    public async Task A_silo_waits_for_its_database_and_says_so_and_stops_in_order_while_the_database_is_away()
    {
        var server = await StartServerAsync();
        var database = await server.CreateDatabaseAsync();
        await server.StopAsync();
        await using var silo = new OraftSilo("patient", ["--groups", "1", "--store", "postgres", "--clustering", "postgres", "--postgres", database]);

        silo.Start();
        await SaysAsync(silo, $"Waiting for PostgreSQL at 127.0.0.1:{server.Port}");
        silo.Process.Terminate();
        var whileWaiting = await silo.Process.WaitForExitAsync(TimeSpan.FromSeconds(100));
        var transcript = silo.Process.Transcript;
        silo.Start();
        await SaysAsync(silo, "Waiting for PostgreSQL");
        await server.StartAsync();
        await silo.WaitUntilReadyAsync();
        await server.StopImmediatelyAsync();
        silo.Process.Terminate();
        var whileAway = await silo.Process.WaitForExitAsync(TimeSpan.FromSeconds(100));

        whileWaiting.ShouldBe(0, transcript);
        whileAway.ShouldBe(0, silo.Process.Transcript);
    }

    [Fact]
    public async Task A_silo_logs_no_password_and_stops_in_order_while_its_database_does_not_answer()
    {
        var server = await StartServerAsync();
        var database = await server.CreateDatabaseAsync() + ";Password=hunter2";
        await using var silo = new OraftSilo(
            "orderly",
            ["--groups", "4", "--store", "postgres", "--clustering", "postgres", "--postgres", database, "--set", "Logging:LogLevel:Default=Debug"]);
        silo.Start();
        await silo.WaitUntilReadyAsync();

        server.Pause();
        silo.Process.Terminate();
        var exitCode = await silo.Process.WaitForExitAsync(TimeSpan.FromSeconds(100));
        server.Resume();

        exitCode.ShouldBe(0, silo.Process.Transcript);
        silo.Process.Errors.Count.ShouldBeGreaterThan(100);
        silo.Process.Errors.ShouldNotContain(line => line.Contains("hunter2", StringComparison.Ordinal));
    }

    private static Task SaysAsync(OraftSilo silo, string words) => Until.TrueAsync(
        () => Task.FromResult(silo.Process.Errors.Any(line => line.Contains(words, StringComparison.Ordinal))),
        TimeSpan.FromMinutes(2),
        () => $"'{words}' was not said:\n{silo.Process.Transcript}");

    private async Task<string> CreateDatabaseAsync() => await (await postgres.GetServerAsync()).CreateDatabaseAsync("command");
}
