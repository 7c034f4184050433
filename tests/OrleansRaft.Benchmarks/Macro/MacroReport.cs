using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRaft.Benchmarks.Core;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>Everything that a run found.</summary>
/// <param name="Machine">Where.</param>
/// <param name="Groups">Over how many groups our counters were spread.</param>
/// <param name="Minutes">How long it took.</param>
/// <param name="Bars">What was aimed at.</param>
/// <param name="Figures">What was measured.</param>
/// <param name="Core">Core in one process.</param>
/// <param name="Hold">What holding the load showed; null when it was not held.</param>
/// <param name="Missing">What could not be measured, and why.</param>
/// <param name="Violations">What did not add up at the end; empty when all did.</param>
internal sealed record MacroReport(
    Machine Machine,
    int Groups,
    double Minutes,
    IReadOnlyList<Bar> Bars,
    IReadOnlyList<Figure> Figures,
    IReadOnlyList<CoreFigure> Core,
    HoldFigures? Hold,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Violations)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new Rounded() },
    };

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Tables for people, in Markdown.</summary>
    public void WriteTo(TextWriter output)
    {
        output.WriteLine($"{Machine}");
        output.WriteLine($"{Groups} groups of 3 replicas; medians; {Minutes.ToString("0.0", CultureInfo.InvariantCulture)} minutes");
        output.WriteLine();
        WriteFigures(output);
        WriteCore(output);
        WriteHold(output);
        WriteBars(output);
        foreach (var line in Missing
            .Select(static missing => $"missing: {missing}")
            .Concat(Violations.Select(static violation => $"VIOLATION: {violation}")))
        {
            output.WriteLine(line);
        }

        if (Violations.Count == 0)
        {
            output.WriteLine("Every counter adds up: what was acknowledged was applied once, and all replicas agree.");
        }
    }

    private static string Number(double? value) => value switch
    {
        null => "-",
        >= 100 => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    private void WriteFigures(TextWriter output)
    {
        output.WriteLine("| | connections | per second (min to max) | p50 us | p99 us | CPU us per operation |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach (var figure in Figures)
        {
            var cpu = string.Join(
                ", ",
                figure.CpuMicroseconds.OrderByDescending(static used => used.Value)
                    .Where(static used => used.Value >= 1)
                    .Select(static used => $"{used.Key} {Number(used.Value)}"));
            var failed = figure.Failed == 0 ? "" : $" ({figure.Failed} failed)";
            output.WriteLine(
                $"| {figure.System}, {figure.Operation}, {(figure.Keys == 1 ? "1 key" : $"{Number(figure.Keys)} keys")} | {figure.Connections} "
                + $"| {Number(figure.PerSecond.Median)} ({Number(figure.PerSecond.Min)} to {Number(figure.PerSecond.Max)}){failed} "
                + $"| {Number(figure.P50Microseconds.Median)} | {Number(figure.P99Microseconds.Median)} | {cpu} |");
        }

        output.WriteLine();
    }

    private void WriteCore(TextWriter output)
    {
        if (Core.Count == 0)
        {
            return;
        }

        output.WriteLine("| one process, three replicas | outstanding | proposals/s (min to max) | bytes allocated per proposal |");
        output.WriteLine("|---|---|---|---|");
        foreach (var figure in Core)
        {
            output.WriteLine(
                $"| {figure.Name} | {Number(figure.Outstanding)} | {Number(figure.PerSecond.Median)} ({Number(figure.PerSecond.Min)} to "
                    + $"{Number(figure.PerSecond.Max)}) | {Number(figure.BytesPerProposal)} |");
        }

        output.WriteLine();
    }

    private void WriteHold(TextWriter output)
    {
        if (Hold is null)
        {
            return;
        }

        output.WriteLine("| minute | increments/s | p99 us | memory of the three silos, MB |");
        output.WriteLine("|---|---|---|---|");
        for (var minute = 0; minute < Hold.PerSecond.Count; minute++)
        {
            output.WriteLine(
                $"| {minute + 1} | {Number(Hold.PerSecond[minute])} | {Number(Hold.P99Microseconds[minute])} | "
                    + $"{Number(Hold.MemoryMegabytes[minute])} |");
        }

        output.WriteLine();
    }

    private void WriteBars(TextWriter output)
    {
        output.WriteLine("| bar | ours | theirs | ratio | goal | |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach (var bar in Bars)
        {
            var verdict = bar.Ratio is null ? "not measured" : bar.IsMet ? "met" : "**missed**";
            output.WriteLine($"| {bar.Name} | {Number(bar.Ours)} | {Number(bar.Theirs)} | {Number(bar.Ratio)} | {Number(bar.Goal)} | {verdict} |");
        }

        output.WriteLine();
    }

    /// <summary>Three digits behind the point are more than any of these figures deserves.</summary>
    private sealed class Rounded : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(Math.Round(value, 3));
    }
}
