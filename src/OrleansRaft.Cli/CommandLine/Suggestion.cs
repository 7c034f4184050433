namespace OrleansRaft.Cli.CommandLine;

/// <summary>Finds what a mistyped word may have been meant to be.</summary>
internal static class Suggestion
{
    /// <summary>The word that is most like another; null when none is much like it.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="words">What it could have been.</param>
    public static string? Nearest(string word, IEnumerable<string> words) => words
        .Select(candidate => (Word: candidate, Distance: Distance(word, candidate)))
        .Where(candidate => candidate.Distance <= Math.Max(1, word.Length / 3))
        .OrderBy(candidate => candidate.Distance)
        .Select(candidate => candidate.Word)
        .FirstOrDefault();

    /// <summary>How many letters must be inserted, removed, replaced or swapped with their neighbour to turn one word into the other.</summary>
    private static int Distance(string from, string to)
    {
        int[][] rows = [.. Enumerable.Range(0, from.Length + 1).Select(_ => new int[to.Length + 1])];
        for (var i = 0; i <= from.Length; i++)
        {
            for (var j = 0; j <= to.Length; j++)
            {
                rows[i][j] = i == 0 || j == 0
                    ? i + j
                    : Math.Min(
                        Math.Min(rows[i - 1][j], rows[i][j - 1]) + 1,
                        rows[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    rows[i][j] = Math.Min(rows[i][j], rows[i - 2][j - 2] + 1);
                }
            }
        }

        return rows[from.Length][to.Length];
    }
}
