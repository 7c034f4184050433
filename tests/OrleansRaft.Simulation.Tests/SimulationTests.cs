using System.Text.Json;
using Microsoft.CodeAnalysis;
using OrleansRaft.Lab;
using OrleansRaft.Simulation.Cli;
using OrleansRaft.Simulation.Faults;
using OrleansRaft.Simulation.Mutants;
using OrleansRaft.Simulation.Running;

namespace OrleansRaft.Simulation.Tests;

public sealed class SimulationTests
{
    private const ulong FirstSeed = 1;

    /// <summary>
    /// Five hundred on CI; without <c>CI=true</c> a hundred, which take ten seconds and hold every kind of fault. <c>.ci/full</c> runs ten
    /// thousand.
    /// </summary>
    private static readonly int Seeds = Environment.GetEnvironmentVariable("CI") == "true" ? 500 : 100;

    /// <summary>Kinds that are counted, and no faults in themselves.</summary>
    private static readonly string[] NoFaults =
    [
        ResultLine.NameOf(FaultKind.Lull),
        .. Enum.GetValues<FaultKind>().Where(static kind => kind >= FaultKind.TornWrite).Select(ResultLine.NameOf),
    ];

    /// <summary>
    /// Read from the lines that the program prints, so that what is demanded of a seed is what everybody sees. The sources are compiled as they are
    /// shipped, whatever the tests were built for: that is twice as fast.
    /// </summary>
    [Fact]
    public void Seeds_pass_each_with_enough_time_operations_and_faults_and_every_kind_of_fault_happens()
    {
        var seen = new HashSet<string>();
        foreach (var printed in MutantHost.LinesOf(OptimizationLevel.Release, FirstSeed, Seeds))
        {
            using var json = JsonDocument.Parse(printed);
            var line = json.RootElement;
            var faults = line.GetProperty("faults").EnumerateObject().ToDictionary(fault => fault.Name, fault => fault.Value.GetInt32());
            var seed = $"seed {line.GetProperty("seed")}";
            line.GetProperty("ok").GetBoolean().ShouldBeTrue(printed);
            line.GetProperty("seconds").GetDouble().ShouldBeGreaterThanOrEqualTo(60, seed);
            line.GetProperty("ops").GetInt64().ShouldBeGreaterThanOrEqualTo(500, seed);
            faults.Where(fault => !NoFaults.Contains(fault.Key)).Sum(fault => fault.Value).ShouldBeGreaterThanOrEqualTo(10, seed);
            seen.UnionWith(faults.Keys);
        }

        Enum.GetValues<FaultKind>().Select(ResultLine.NameOf).Except(seen).ShouldBeEmpty();
    }

    [Fact]
    public void One_seed_gives_one_hash_whether_its_story_is_told_or_not()
    {
        var plan = PlanGenerator.Make(5);

        var silent = SimulationRun.Execute(plan);
        var told = SimulationRun.Execute(PlanGenerator.Make(5), tellsStory: true);

        told.Hash.ShouldBe(silent.Hash);
        told.Steps.ShouldBe(silent.Steps);
        told.Story.ShouldNotBeEmpty();
    }

    [Fact]
    public void Results_come_in_the_order_of_the_seeds()
    {
        SeedRunner.Run(10, 6, tellsStory: false).Select(result => result.Plan.Seed).ShouldBe([10UL, 11, 12, 13, 14, 15]);
    }

    [Fact]
    public void A_failing_schedule_is_reduced_to_the_faults_that_matter()
    {
        var plan = PlanGenerator.Make(3);
        var matter = new[] { plan.Faults[2], plan.Faults[^1] };

        var shortest = Shrinker.Shrink(plan, candidate => Result(candidate, fails: matter.All(candidate.Faults.Contains)));

        shortest.Faults.ShouldBe(matter);
    }

    private static SimulationResult Result(SimulationPlan plan, bool fails) =>
        new(plan, fails ? new LabViolation(TimeSpan.Zero, "a property", "does not hold") : null, 1, 0, TimeSpan.Zero, [], 0, []);

    [Fact]
    public void A_result_is_one_line_of_json()
    {
        var line = ResultLine.Of(SimulationRun.Execute(PlanGenerator.Make(8)), null);

        line.ShouldNotContain("\n");
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        root.GetProperty("seed").GetUInt64().ShouldBe(8UL);
        root.GetProperty("ok").GetBoolean().ShouldBeTrue();
        root.GetProperty("steps").GetInt64().ShouldBeGreaterThan(0);
        root.GetProperty("ops").GetInt64().ShouldBeGreaterThanOrEqualTo(500);
        root.GetProperty("faults").EnumerateObject().Sum(fault => fault.Value.GetInt32()).ShouldBeGreaterThanOrEqualTo(10);
        root.GetProperty("hash").GetString()!.Length.ShouldBe(16);
    }
}
