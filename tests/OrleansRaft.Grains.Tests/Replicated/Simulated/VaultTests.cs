namespace OrleansRaft.Grains.Tests.Replicated.Simulated;

/// <summary>Replicated grains through crashes, partitions, leaders that change, snapshots, upgrades and rollbacks, under a virtual clock.</summary>
public sealed class VaultTests(ITestOutputHelper output)
{
    private const int Seeds = 12;
    private const int SeedsMax = 25;

    [Fact]
    public void Calls_are_linearizable_and_entries_whole_whatever_happens_to_the_nodes()
    {
        var (acknowledged, threw, upgraded) = (0, 0, 0);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var run = new VaultRun(seed, Bug.None);
            run.Run();

            run.Problem.ShouldBeNull($"seed {seed}");
            acknowledged += run.Acknowledged;
            threw += run.Threw;
            upgraded += run.Upgraded;
        }

        output.WriteLine($"{acknowledged} calls were acknowledged, {threw} threw, {upgraded} were applied by the later version");
        acknowledged.ShouldBeGreaterThan(100 * Seeds);
        threw.ShouldBeGreaterThan(Seeds);
        upgraded.ShouldBeGreaterThan(10 * Seeds);
    }

    [Theory]
    [InlineData(Bug.KeepsWhatThrew)]
    [InlineData(Bug.ChangesHalf)]
    [InlineData(Bug.IgnoresVersion)]
    [InlineData(Bug.ForgetsOnRestore)]
    [InlineData(Bug.ReadsAnywhere)]
    [InlineData(Bug.SwallowsExceptions)]
    public void A_bug_that_is_planted_is_found(Bug bug)
    {
        for (var seed = 1; seed <= SeedsMax; seed++)
        {
            using var run = new VaultRun(seed, bug);
            run.Run();
            if (run.Problem is { } problem)
            {
                output.WriteLine($"seed {seed}: {problem}");
                return;
            }
        }

        Assert.Fail($"{SeedsMax} seeds have not found {bug}");
    }
}
