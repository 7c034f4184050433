using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>An application that is compiled twice: real silos go over to its newer build under load, and one goes back meanwhile.</summary>
public sealed class RollingUpgradeTests(PostgresFixture postgres, ITestOutputHelper log)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(8);

    // In its own folder: beside the tests, its silos would find those of the tests.
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace(
            Path.Combine("tests", "OrleansRaft.Integration.Tests"), Path.Combine("tests", "OrleansRaft.RollingUpgrade"), StringComparison.Ordinal),
        "OrleansRaft.RollingUpgrade.dll");

    [LongFact]
    public async Task No_acknowledged_result_changes_while_silos_go_over_to_a_newer_build_and_back()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("upgrade");

        await using var program = OraftProcess.StartProgram(Program, ["--brief", "--rest", "0", "--clients", "4", "--postgres", database]);
        var code = await program.WaitForExitAsync(Deadline);

        log.WriteLine(program.Transcript);
        code.ShouldBe(0, program.Transcript);
        program.Output[^1].ShouldContain("\"violations\":[]");
        program.Output.Count(static line => line.Contains("longestGapMilliseconds", StringComparison.Ordinal)).ShouldBe(
            4, "three replaced silos, and the end");
    }
}
