using System.Globalization;
using Npgsql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>Who may join, and what becomes of those that ran before: real processes on PostgreSQL.</summary>
public sealed class ServeMembershipTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_silo_on_the_database_of_a_cluster_of_one_is_refused_and_a_crash_of_the_first_blocks_nobody()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync();
        await using var first = Silo("first", database, "localhost");
        first.Start();
        await first.WaitUntilReadyAsync();

        foreach (var clustering in new[] { "localhost", "postgres" })
        {
            await using var second = Silo("second", database, clustering);
            second.Start();
            (await second.Process.WaitForExitAsync(TimeSpan.FromMinutes(2))).ShouldBe(1, second.Process.Transcript);
            var line = second.Process.Errors.ShouldHaveSingleItem();
            line.ShouldContain("silo 'first'");
            line.ShouldContain("--clustering postgres");
        }

        (await first.IsReadyAsync()).ShouldBeTrue();
        await first.Process.KillAsync();
        first.Start();
        await first.WaitUntilReadyAsync();
    }

    /// <summary>Also what becomes of a clock that was an hour ahead once.</summary>
    [LongFact]
    public async Task A_second_silo_of_a_name_is_refused_and_the_first_starts_again_after_its_clock_went_back_by_an_hour()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync();
        await using var first = Silo("one", database, "postgres");
        first.Start();
        await first.WaitUntilReadyAsync();
        await using var second = Silo("one", database, "postgres");
        second.Start();

        (await second.Process.WaitForExitAsync(TimeSpan.FromMinutes(2))).ShouldBe(1, second.Process.Transcript);
        second.Process.Errors.ShouldHaveSingleItem().ShouldContain("silo 'one' (127.0.0.1:");
        await first.Process.KillAsync();
        await ExecuteAsync(
            database,
            "UPDATE raft.OrleansMembershipTable SET Generation = Generation + 3600, StartTime = StartTime + interval '1 hour', "
                + "IAmAliveTime = IAmAliveTime + interval '1 hour'");
        for (var start = 0; start < 2; start++)
        {
            first.Start();
            await first.WaitUntilReadyAsync();
            await first.Process.KillAsync();
        }

        var generations = await ReadAsync(database, "SELECT string_agg(Generation::text, ' ' ORDER BY Generation) FROM raft.OrleansMembershipTable");
        var numbers = generations.Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToList();
        numbers.Count.ShouldBe(3);
        numbers[2].ShouldBe(numbers[0] + 2);
    }

    [LongFact]
    public async Task A_cluster_that_was_killed_whole_comes_back_under_other_addresses_and_some_other_names()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync();
        var before = new[] { "one", "two", "three" }.Select(name => Silo(name, database, "postgres")).ToList();
        before.ForEach(silo => silo.Start());
        await Task.WhenAll(before.Select(silo => silo.WaitUntilReadyAsync()));
        await Task.WhenAll(before.Select(silo => silo.Process.KillAsync()));

        var after = new[] { "one", "two", "four" }.Select(name => Silo(name, database, "postgres")).ToList();
        after.ForEach(silo => silo.Start());
        await Task.WhenAll(after.Select(silo => silo.WaitUntilReadyAsync()));

        // Whoever takes the others for alive while they are not waits for minutes, and then nobody declared them dead for a start.
        foreach (var silo in after)
        {
            (
                await ReadAsync(
                    database,
                    "SELECT count(*)::text FROM raft.OrleansMembershipTable WHERE SiloName = "
                        + $"'{silo.Name}' AND Status = 3")).ShouldBe("1", silo.Name);
        }

        (
            await ReadAsync(
                database,
                "SELECT count(*)::text FROM raft.OrleansMembershipTable WHERE Status = 6 AND coalesce(SuspectTimes, '') = ''")).ShouldBe("3");
        foreach (var silo in before.Concat(after))
        {
            await silo.DisposeAsync();
        }
    }

    private static OraftSilo Silo(string name, string database, string clustering) =>
        new(name, ["--store", "postgres", "--clustering", clustering, "--postgres", database, "--groups", "2"]);

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static async Task<string> ReadAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
