using System.Globalization;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>What the README shows of the library is a whole program, which runs on an empty database.</summary>
public sealed class ReadmeExampleTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // In its own folder, as a user has it: beside the tests, it would find theirs.
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory.Replace(
        Path.Combine("tests", "OrleansRaft.Integration.Tests"),
        Path.Combine("src", "Samples", "Bank"),
        StringComparison.Ordinal), "Bank.dll");

    [Fact]
    public async Task It_runs_on_an_empty_database_and_applies_each_change_once_however_often_it_is_started()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("readme");

        (await RunAsync(database)).ShouldBe(["alice has 6"]);
        (await RunAsync(database)).ShouldBe(["alice has 6"]);
    }

    private static async Task<string[]> RunAsync(string database)
    {
        await using var program = OraftProcess.StartProgram(
            Program,
            [
                $"--Database={database}",
                "--Logging:LogLevel:Default=Warning",
                "--Orleans:Endpoints:AdvertisedIPAddress=127.0.0.1",
                $"--Orleans:Endpoints:SiloPort={FreePorts.Next().ToString(CultureInfo.InvariantCulture)}",
                $"--Orleans:Endpoints:GatewayPort={FreePorts.Next().ToString(CultureInfo.InvariantCulture)}",
            ]);
        await program.WaitForExitAsync(Patience);
        return [.. program.Output.Where(line => line.StartsWith("alice", StringComparison.Ordinal)).DefaultIfEmpty(program.Transcript)];
    }
}
