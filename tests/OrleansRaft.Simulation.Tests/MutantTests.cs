using OrleansRaft.Simulation.Mutants;

namespace OrleansRaft.Simulation.Tests;

/// <summary>A simulator that finds nothing in a broken Raft says nothing about a sound one.</summary>
public sealed class MutantTests
{
    private const ulong FirstSeed = 1;
    private const long SeedsMax = 2_000;

    public static TheoryData<string> Names => [.. MutantCatalogue.All.Select(mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_found(string name)
    {
        var took = MutantHost.CountUntilFailure(MutantCatalogue.Find(name)!, [FirstSeed], SeedsMax);

        took.ShouldHaveSingleItem().ShouldBeInRange(1, SeedsMax, $"seeds from {FirstSeed}");
    }

    [Fact]
    public void Names_differ()
    {
        MutantCatalogue.All.Select(mutant => mutant.Name).ShouldBeUnique();
    }
}
