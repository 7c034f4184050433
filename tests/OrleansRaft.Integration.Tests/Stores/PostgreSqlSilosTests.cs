using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime.Hosting;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>Which silos may use a database at one time.</summary>
public sealed class PostgreSqlSilosTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    [Fact]
    public async Task A_second_silo_of_a_name_is_refused_by_the_name_and_place_of_the_first_until_that_has_stopped()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync();
        var first = CreateStore(database, new SiloIdentity("one", "10.0.0.1:11111"));
        await first.InitializeAsync(Define(1), Cancellation);
        await CreateStore(database, new SiloIdentity("two", "10.0.0.2:11111")).InitializeAsync(Define(1), Cancellation);

        var refusal = await RefusedAsync(
            () => CreateStore(database, new SiloIdentity("one", "10.0.0.3:11111")).InitializeAsync(Define(1), Cancellation));
        await first.DisposeAsync();
        await CreateStore(database, new SiloIdentity("one", "10.0.0.3:11111")).InitializeAsync(Define(1), Cancellation);

        refusal.Message.ShouldContain("'one' (10.0.0.1:11111)");
        refusal.Message.ShouldContain("two silos cannot have one name");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_cluster_of_one_silo_tolerates_no_other_silo_on_its_database_and_comes_to_no_other(bool isFirstAlone, bool isSecondAlone)
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync();
        await CreateStore(database, new SiloIdentity("one", "10.0.0.1:11111") { IsAlone = isFirstAlone }).InitializeAsync(Define(1), Cancellation);

        var refusal = await RefusedAsync(() =>
            CreateStore(database, new SiloIdentity("two", "10.0.0.2:11111") { IsAlone = isSecondAlone }).InitializeAsync(Define(1), Cancellation));

        refusal.Message.ShouldContain("'one' (10.0.0.1:11111)");
        refusal.Message.ShouldContain("--clustering postgres");
    }

    [Theory]
    [InlineData("1 hour")]
    [InlineData("0 seconds")]
    [InlineData("-1 hour")]
    public async Task A_silo_that_crashed_does_not_block_its_restart_however_lately_and_whatever_the_servers_clock_did(string age)
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync();
        await PostgreSqlSchema.MigrateAsync(database, cancellation: Cancellation);
        await ExecuteAsync(
            database, $"INSERT INTO raft.silo_lease (id, silo, extensions, extended_at) VALUES (7, 'one', 42, clock_timestamp() - interval '{age}')");

        var store = CreateStore(database, new SiloIdentity("one", "10.0.0.1:11111"));
        await store.InitializeAsync(Define(1), Cancellation);

        (await store.ListSilosAsync(Cancellation)).Count(run => run.Silo == "one" && run.Whereabouts.Length > 0).ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_that_start_at_one_time_under_one_name_one_is_refused()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync();
        await PostgreSqlSchema.MigrateAsync(database, cancellation: Cancellation);

        var starts = await Task.WhenAll(Enumerable.Range(1, 4).Select(async number =>
        {
            try
            {
                await CreateStore(database, new SiloIdentity("one", $"10.0.0.{number}:11111")).InitializeAsync(Define(1), Cancellation);
                return true;
            }
            catch (StoreRefusedException)
            {
                return false;
            }
        }));

        starts.Count(hasStarted => hasStarted).ShouldBe(1);
    }

    private PostgreSqlLogStore CreateStore(string database, SiloIdentity silo) => Own(new PostgreSqlLogStore(
        new PostgreSqlStoreOptions { ConnectionStrings = [database], Silo = silo, StatementTimeout = TimeSpan.FromMinutes(1) },
        TimeProvider.System,
        NullLogger.Instance));
}
