using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>The first thing that anybody runs.</summary>
[Collection(EndToEndCluster.Name)]
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_kills_the_leaders_silo_and_ends_with_nothing_lost_and_nothing_applied_twice()
    {
        var (exitCode, process) = await OraftProcess.RunAsync(
            ["demo", "--no-input", "--seconds", "20"], deadline: TimeSpan.FromMinutes(4));

        exitCode.ShouldBe(0, process.Transcript);
        process.Output[^1].ShouldContain("0 acknowledged increments lost, 0 applied twice");
        process.Output.ShouldContain(line => line.Contains("is killed", StringComparison.Ordinal));
        process.Output.ShouldContain(line => line.Contains("new leader", StringComparison.Ordinal));
        process.Output.ShouldContain(line => line.Contains("is back", StringComparison.Ordinal));
        process.Output.ShouldContain(line => line.Contains("writes stopped for", StringComparison.Ordinal));
        process.Errors.ShouldBeEmpty();
    }
}
