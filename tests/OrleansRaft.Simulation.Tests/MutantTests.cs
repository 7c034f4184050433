using OrleansRaft.Simulation.Mutants;

namespace OrleansRaft.Simulation.Tests;

/// <summary>A simulator that finds nothing in a broken Raft says nothing about a sound one.</summary>
public sealed class MutantTests
{
    private const ulong FirstSeed = 1;
    private const long SeedsMax = 2_000;

    public static TheoryData<string> Names => [.. MutantCatalogue.All.Select(mutant => mutant.Name)];

    /// <summary>
    /// Any seed will do, so those that found it when the table of the README was made are tried before all others. Where the code has changed since,
    /// and they tell other stories, the hunt begins with the first.
    /// </summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Is_found(string name)
    {
        var mutant = MutantCatalogue.Find(name)!;
        if (HuntTable.SeedsOf(name).Any(seed => MutantHost.CountUntilFailure(mutant, [seed], 1) is [1]))
        {
            return;
        }

        var took = MutantHost.CountUntilFailure(mutant, [FirstSeed], SeedsMax);

        took.ShouldHaveSingleItem().ShouldBeInRange(1, SeedsMax, $"seeds from {FirstSeed}");
    }

    [Fact]
    public void Names_differ()
    {
        MutantCatalogue.All.Select(mutant => mutant.Name).ShouldBeUnique();
    }
}
