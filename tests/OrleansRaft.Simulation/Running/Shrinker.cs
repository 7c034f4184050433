using OrleansRaft.Simulation.Faults;

namespace OrleansRaft.Simulation.Running;

/// <summary>Finds a short schedule of faults that still fails, by leaving out ever smaller parts of it (Zeller's delta debugging).</summary>
internal static class Shrinker
{
    private const int AttemptsMax = 150;
    private const long StepsMax = 15_000_000;

    /// <summary>Reduces the faults of a plan that failed.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="run">Runs a plan; however it fails, it fails.</param>
    /// <returns>The shortest failing plan that was found.</returns>
    public static SimulationPlan Shrink(SimulationPlan plan, Func<SimulationPlan, SimulationResult> run)
    {
        var shortest = plan;
        var parts = 2;
        long steps = 0;
        for (var attempts = 0; shortest.Faults.Count > 0 && attempts < AttemptsMax && steps < StepsMax;)
        {
            var size = (shortest.Faults.Count + parts - 1) / parts;
            var smaller = Enumerable.Range(0, (shortest.Faults.Count + size - 1) / size)
                .Select(part => shortest with { Faults = Without(shortest.Faults, part * size, size) })
                .FirstOrDefault(candidate => attempts++ < AttemptsMax && steps < StepsMax && Fails(candidate));
            if (smaller is not null)
            {
                shortest = smaller;
                parts = Math.Max(2, parts - 1);
            }
            else if (size == 1)
            {
                break;
            }
            else
            {
                parts = Math.Min(parts * 2, shortest.Faults.Count);
            }
        }

        return shortest;

        bool Fails(SimulationPlan candidate)
        {
            var result = run(candidate);
            steps += result.Steps;
            return !result.IsOk;
        }
    }

    private static Fault[] Without(IReadOnlyList<Fault> faults, int first, int count) =>
        [.. faults.Take(first), .. faults.Skip(first + count)];
}
