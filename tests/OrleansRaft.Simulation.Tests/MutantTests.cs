using OrleansRaft.Simulation.Mutants;

namespace OrleansRaft.Simulation.Tests;

/// <summary>A simulator that finds nothing in a broken Raft says nothing about a sound one.</summary>
public sealed class MutantTests
{
    /// <summary>Those that a few seeds find. The rarer ones take minutes each, and are hunted with the program.</summary>
    public static TheoryData<string> FoundQuickly =>
    [
        "quorum-off-by-one", "double-vote", "vote-not-persisted", "vote-before-durable", "vote-without-log-check", "answer-before-persist", "leader-counts-unwritten",
    ];

    [Theory]
    [MemberData(nameof(FoundQuickly))]
    public void Is_found(string name)
    {
        var took = MutantHost.CountUntilFailure(MutantCatalogue.Find(name)!, firstSeeds: [1], count: 200);

        took.ShouldHaveSingleItem().ShouldBeGreaterThan(0);
    }

    /// <summary>A text that no longer stands in the sources would otherwise be noticed only by whoever hunts that mutant.</summary>
    [Fact]
    public void All_fit_the_sources_and_compile()
    {
        foreach (var mutant in MutantCatalogue.All)
        {
            MutantCompiler.Compile(mutant).ShouldNotBeEmpty(mutant.Name);
        }
    }

    [Fact]
    public void Names_differ()
    {
        MutantCatalogue.All.Select(mutant => mutant.Name).ShouldBeUnique();
    }
}
