using OrleansRaft.Hostile;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>A silo among strangers. <c>.ci/full hostile</c> does it for ten minutes.</summary>
public sealed class HostileTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_silo_takes_every_attack_and_serves_an_honest_client_meanwhile()
    {
        var verdict = await HostileRun.RunAsync(seed: 1, TimeSpan.Zero, output.WriteLine, TestContext.Current.CancellationToken);

        output.WriteLine(verdict.Summary);
        verdict.Problems.ShouldBeEmpty();
        verdict.Rounds.ShouldBe(1);
    }
}
