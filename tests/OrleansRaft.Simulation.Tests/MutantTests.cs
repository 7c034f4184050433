using OrleansRaft.Simulation.Mutants;

namespace OrleansRaft.Simulation.Tests;

/// <summary>A simulator that finds nothing in a broken Raft says nothing about a sound one.</summary>
public sealed class MutantTests
{
    public static TheoryData<string> Names => [.. MutantCatalogue.All.Select(mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_found(string name)
    {
        var found = MutantHost.FindFailure(MutantCatalogue.Find(name)!, seed: 1, count: 4_000);

        found.ShouldNotBeNull();
    }

    [Fact]
    public void Names_differ()
    {
        MutantCatalogue.All.Select(mutant => mutant.Name).ShouldBeUnique();
    }
}
