using OrleansRaft.Simulation.Faults;
using OrleansRaft.Simulation.Machine;
using OrleansRaft.Simulation.Running;

namespace OrleansRaft.Simulation.Tests;

/// <summary>State machines that are not deterministic are noticed by comparisons: by nothing else, since all their answers are right.</summary>
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
            SimulationRun.Execute(Plan(seed, (Deviation)deviation, isExpected: false)).Violation.ShouldNotBeNull($"seed {seed}").Property.ShouldBe(
                "State Machine Safety");
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

    /// <summary>What no answer shows, on one node of three: the replicas of the others are a majority.</summary>
    [Fact]
    public void A_state_that_goes_wrong_on_one_node_is_found_and_mended()
    {
        var mended = 0;
        foreach (var seed in Enumerable.Range(1, 30).Select(static seed => (ulong)seed)
            .Where(static seed => PlanGenerator.Make(seed) is { Nodes: 3, Raft.CompareEntries: > 0 }))
        {
            var plan = Plan(seed, Deviation.None, isExpected: false);
            var drift = new Fault(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(5), FaultKind.MachineDrifts, (int)(seed % 3), 0, 0);

            var result = SimulationRun.Execute(plan with { Faults = [drift] });

            result.Violation.ShouldBeNull($"seed {seed}");
            mended += result.Faults.GetValueOrDefault(FaultKind.WrongState);
        }

        mended.ShouldBeGreaterThan(4);
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
        var drawn = Enumerable.Range(1, 500)
            .Select(static seed => PlanGenerator.Make((ulong)seed))
            .Where(static plan => plan.IsDivergenceExpected)
            .ToList();

        drawn.Select(static plan => plan.Deviation).Distinct().ShouldBe([Deviation.Randomness, Deviation.Order], ignoreOrder: true);
    }

    /// <summary>Without faults, so that every group keeps its replicas on different nodes.</summary>
    private static SimulationPlan Plan(ulong seed, Deviation deviation, bool isExpected) =>
        PlanGenerator.Make(seed) with { Deviation = deviation, IsDivergenceExpected = isExpected, Faults = [] };
}
