using System.Globalization;

namespace OrleansRaft.Simulation.Tests;

/// <summary>The table of <c>tests/README.md</c> that <c>mutants --hunt</c> printed: how many seeds it took to find each planted bug.</summary>
internal static class HuntTable
{
    /// <summary>The first seed of its first column.</summary>
    public const ulong FirstSeed = 1;

    private static readonly Dictionary<string, ulong> Took = Read();

    /// <summary>Whether a bug stands in it.</summary>
    public static bool Has(string mutant) => Took.ContainsKey(mutant);

    /// <summary>The first seed that found a bug when the table was made; null for one that does not stand there.</summary>
    public static ulong? SeedOf(string mutant) => Took.TryGetValue(mutant, out var took) ? FirstSeed + took - 1 : null;

    private static Dictionary<string, ulong> Read() =>
        File.ReadLines(Path.Combine(SourceTree.Root, "tests", "README.md"))
            .SkipWhile(line => !line.StartsWith($"| mutant | from seed {FirstSeed} |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .ToDictionary(row => row[0], row => ulong.Parse(row[1], NumberStyles.AllowThousands, CultureInfo.InvariantCulture));
}
