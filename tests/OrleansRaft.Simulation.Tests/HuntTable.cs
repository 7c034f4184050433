using System.Globalization;

namespace OrleansRaft.Simulation.Tests;

/// <summary>The table of <c>tests/README.md</c> that <c>mutants --hunt</c> printed: how many seeds it took to find each planted bug.</summary>
internal static class HuntTable
{
    private static readonly Dictionary<string, ulong[]> Seeds = Read();

    /// <summary>Whether a bug stands in it.</summary>
    public static bool Has(string mutant) => Seeds.ContainsKey(mutant);

    /// <summary>The seeds that found a bug when the table was made, one of each column; none for one that does not stand there.</summary>
    public static IReadOnlyList<ulong> SeedsOf(string mutant) => Seeds.GetValueOrDefault(mutant, []);

    private static Dictionary<string, ulong[]> Read()
    {
        string[][] rows = [.. File.ReadLines(Path.Combine(SourceTree.Root, "tests", "README.md"))
            .SkipWhile(static line => !line.StartsWith("| mutant | from seed ", StringComparison.Ordinal))
            .TakeWhile(static line => line.StartsWith('|'))
            .Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
        ulong[] first = [.. rows[0].Skip(1).Select(static title => Number(title["from seed ".Length..]))];
        return rows.Skip(2).ToDictionary(
            static row => row[0],
            row => row.Skip(1).Zip(first, static (took, seed) => seed + Number(took) - 1).ToArray());
    }

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
}
