using OrleansRaft.Simulation.Machine;
using OrleansRaft.Simulation.Running;

namespace OrleansRaft.Simulation.Tests;

/// <summary>State machines that are not deterministic are noticed by their digests: by nothing else, since all their answers are right.</summary>
public sealed class DivergenceTests
{
    private static readonly ulong[] Seeds = [11, 12, 13, 14];

    public static TheoryData<int> Deviations => [(int)Deviation.Randomness, (int)Deviation.Order];

    [Theory]
    [MemberData(nameof(Deviations))]
    public void The_digests_of_machines_that_are_not_deterministic_differ(int deviation)
    {
        foreach (var seed in Seeds)
        {
            var violation = SimulationRun.Execute(Plan(seed, (Deviation)deviation, isExpected: false)).Violation;

            violation.ShouldNotBeNull($"seed {seed}").Property.ShouldBe("State Machine Safety");
            violation.Detail.ShouldContain(" has ");
        }
    }

    [Theory]
    [MemberData(nameof(Deviations))]
    public void A_run_that_expects_that_passes(int deviation)
    {
        foreach (var seed in Seeds)
        {
            SimulationRun.Execute(Plan(seed, (Deviation)deviation, isExpected: true)).Violation.ShouldBeNull($"seed {seed}");
        }
    }

    [Fact]
    public void A_run_that_expects_it_of_machines_that_are_deterministic_fails()
    {
        SimulationRun.Execute(Plan(Seeds[0], Deviation.None, isExpected: true)).Violation
            .ShouldNotBeNull().Property.ShouldBe("a machine that is not deterministic is noticed");
    }

    [Fact]
    public void Some_seeds_run_such_machines()
    {
        var drawn = Enumerable.Range(1, 500).Select(static seed => PlanGenerator.Make((ulong)seed)).Where(static plan => plan.IsDivergenceExpected).ToList();

        drawn.Select(static plan => plan.Deviation).Distinct().ShouldBe([Deviation.Randomness, Deviation.Order], ignoreOrder: true);
    }

    /// <summary>Without faults, so that every group keeps its replicas on different nodes.</summary>
    private static SimulationPlan Plan(ulong seed, Deviation deviation, bool isExpected) =>
        PlanGenerator.Make(seed) with { Deviation = deviation, IsDivergenceExpected = isExpected, Faults = [] };
}
