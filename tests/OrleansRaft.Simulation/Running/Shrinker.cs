using OrleansRaft.Simulation.Faults;

namespace OrleansRaft.Simulation.Running;

/// <summary>Finds a short schedule of faults that still fails, by leaving out ever smaller parts of it (Zeller's delta debugging).</summary>
internal static class Shrinker
{
    private const int AttemptsMax = 150;

    /// <summary>Reduces the faults of a plan that failed.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="fails">Whether a plan fails, in whatever way.</param>
    /// <returns>The shortest failing plan that was found.</returns>
    public static SimulationPlan Shrink(SimulationPlan plan, Func<SimulationPlan, bool> fails)
    {
        var shortest = plan;
        var parts = 2;
        for (var attempts = 0; shortest.Faults.Count > 0 && attempts < AttemptsMax;)
        {
            var size = (shortest.Faults.Count + parts - 1) / parts;
            var smaller = Enumerable.Range(0, (shortest.Faults.Count + size - 1) / size)
                .Select(part => shortest with { Faults = Without(shortest.Faults, part * size, size) })
                .FirstOrDefault(candidate => attempts++ < AttemptsMax && fails(candidate));
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
    }

    private static Fault[] Without(IReadOnlyList<Fault> faults, int first, int count) =>
        [.. faults.Take(first), .. faults.Skip(first + count)];
}
