using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Page;

/// <summary>What was measured.</summary>
internal sealed class PageReport
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Where.</summary>
    public required Machine Machine { get; init; }

    /// <summary>How smoothly views are drawn.</summary>
    public List<FrameFigure> Frames { get; } = [];

    /// <summary>What an open page costs the cluster.</summary>
    public CostFigure? Cost { get; set; }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public override string ToString()
    {
        var text = new StringBuilder().AppendLine(Machine.ToString());
        foreach (var frames in Frames)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{frames.View}: {frames.PerSecond:0.0} frames/s, 99 of 100 within {frames.P99Milliseconds:0.0} ms, "
                    + $"longest {frames.MaxMilliseconds:0} ms; the page's thread was busy {frames.BusyShare:P0} of the time");
        }

        if (Cost is { } cost)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"increments/s without a page {cost.Without.Median:0} ({cost.Without.Min:0} to {cost.Without.Max:0}), "
                    + $"with one open {cost.With.Median:0} ({cost.With.Min:0} to {cost.With.Max:0}): "
                    + $"{cost.Share:P1} less, the median of {cost.Rounds} pairs");
        }

        return text.ToString().TrimEnd();
    }
}

/// <summary>How smoothly a view is drawn.</summary>
/// <param name="View">Which, and of what.</param>
/// <param name="PerSecond">Frames per second.</param>
/// <param name="P99Milliseconds">Between frames, the 99th percentile.</param>
/// <param name="MaxMilliseconds">Between frames, the longest.</param>
/// <param name="BusyShare">How much of the time the browser's main thread had something to do.</param>
internal sealed record FrameFigure(string View, double PerSecond, double P99Milliseconds, double MaxMilliseconds, double BusyShare);

/// <summary>What an open page costs the cluster.</summary>
/// <param name="Without">Increments per second while nobody looks.</param>
/// <param name="With">While a page shows a group.</param>
/// <param name="Share">By how much fewer these are: the median over the pairs that were measured one after the other.</param>
/// <param name="Rounds">How many pairs.</param>
internal sealed record CostFigure(Spread Without, Spread With, double Share, int Rounds);
