using System.Globalization;
using OrleansRaft.Simulation.Mutants;

namespace OrleansRaft.Simulation.Cli;

/// <summary>Hunts planted bugs, and prints a table of how many seeds it took to find each.</summary>
internal static class HuntCommand
{
    /// <summary>Hunts.</summary>
    /// <param name="mutants">The mutants.</param>
    /// <param name="firstSeeds">The first seeds: one column each.</param>
    /// <param name="count">How many seeds from each at most.</param>
    /// <returns>0 when all were found from every first seed, 1 otherwise.</returns>
    public static int Execute(IReadOnlyList<Mutant> mutants, ulong[] firstSeeds, long count)
    {
        var isEachFound = true;
        Console.Out.WriteLine($"| mutant | {string.Join(" | ", firstSeeds.Select(seed => $"from seed {Number((long)seed)}"))} |");
        Console.Out.WriteLine($"|---|{string.Concat(firstSeeds.Select(_ => "--:|"))}");
        foreach (var mutant in mutants)
        {
            var took = MutantHost.CountUntilFailure(mutant, firstSeeds, count);
            isEachFound &= Array.TrueForAll(took, seeds => seeds > 0);
            Console.Out.WriteLine(
                $"| {mutant.Name} | {string.Join(" | ", took.Select(seeds => seeds == 0 ? $"not in {Number(count)}" : Number(seeds)))} |");
        }

        return isEachFound ? 0 : 1;
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
