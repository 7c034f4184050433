using System.Globalization;

namespace OrleansRaft.Benchmarks.Growth;

/// <summary>How a cluster of ours is cut.</summary>
/// <param name="Groups">Over how many groups the counters are spread.</param>
/// <param name="Replicas">How many replicas each group has; there are as many silos, and at least three.</param>
/// <param name="Servers">How many PostgreSQL servers hold the logs.</param>
internal sealed record Shape(int Groups, int Replicas = 3, int Servers = 1)
{
    public int Silos => Math.Max(3, Replicas);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Count(Groups, "group")}, {Count(Replicas, "replica")}, {Count(Servers, "PostgreSQL server")}");

    /// <summary>Reads <c>GROUPS[xREPLICAS[xSERVERS]]</c>.</summary>
    /// <exception cref="FormatException">It is written otherwise.</exception>
    public static Shape Parse(string text)
    {
        var numbers = text.Split('x');
        var values = Array.ConvertAll(numbers, static number =>
            int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : 0);
        return values is { Length: >= 1 and <= 3 } && !values.Contains(0) && values.ElementAtOrDefault(1) <= 7
            ? new Shape(values[0], values.Length > 1 ? values[1] : 3, values.Length > 2 ? values[2] : 1)
            : throw new FormatException(
                $"'{text}' is not a shape: write GROUPS, GROUPSxREPLICAS or GROUPSxREPLICASxSERVERS, such as 16x5, with 1 to 7 replicas.");
    }

    private static string Count(int number, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {what}{(number == 1 ? "" : "s")}");
}
