using System.Globalization;
using System.Text.Json;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>The figures of large states, each with what it should be.</summary>
internal sealed class LargeTable
{
    private readonly List<(string What, double Reached, double Aim, string Unit, bool IsLow)> rows = [];

    /// <summary>Adds a figure that should be below another.</summary>
    public void Below(string what, double reached, double aim, string unit) => Add(what, reached, aim, unit, reached <= aim);

    /// <summary>Adds a figure for comparison alone.</summary>
    public void Told(string what, double reached, string unit) => Add(what, reached, double.NaN, unit, isLow: true);

    /// <summary>A run takes minutes: whoever ends it early has seen what it found.</summary>
    private void Add(string what, double reached, double aim, string unit, bool isLow)
    {
        rows.Add((what, reached, aim, unit, isLow));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {reached:#,0.##} {unit}"));
    }

    /// <summary>Writes the table in Markdown.</summary>
    public void WriteTo(TextWriter output)
    {
        output.WriteLine("| | reached | aim | |");
        output.WriteLine("|---|--:|--:|---|");
        foreach (var (what, reached, aim, unit, isLow) in rows)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {what} | {reached:#,0.##} {unit} | {(double.IsNaN(aim) ? "" : $"{aim:#,0.##} {unit}")} | "
                    + $"{(double.IsNaN(aim) ? "" : isLow ? "met" : "missed")} |"));
        }

        output.WriteLine();
    }

    /// <summary>The figures as one JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(rows.ToDictionary(
        static row => row.What, static row => new { row.Reached, Aim = double.IsNaN(row.Aim) ? (double?)null : row.Aim, row.Unit }));
}
