using System.Globalization;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Growth;

/// <summary>Gathers the measurements of all shapes at all numbers of connections.</summary>
/// <param name="shapes">The shapes; rates are shown as a share of the first one's.</param>
/// <param name="connections">The numbers of connections.</param>
internal sealed class GrowthTable(IReadOnlyList<Shape> shapes, IReadOnlyList<int> connections)
{
    private readonly Dictionary<(int Shape, int Connections), List<GrowthSample>> samples = [];

    public void Add(int shape, int count, GrowthSample sample)
    {
        if (!samples.TryGetValue((shape, count), out var known))
        {
            samples[(shape, count)] = known = [];
        }

        known.Add(sample);
    }

    /// <summary>A table for people, in Markdown.</summary>
    public void WriteTo(TextWriter output)
    {
        foreach (var count in connections)
        {
            output.WriteLine();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {count} connection{(count == 1 ? "" : "s")} | per second (min to max) | of the first | p50 us | p99 us "
                    + $"| silos' CPU us | PostgreSQL's CPU us | context switches | calls | frames | turns | work items | KB allocated | writes of "
                    + $"replicas | transactions | rows | hot updates |"));
            output.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
            for (var shape = 0; shape < shapes.Count; shape++)
            {
                var rates = Spread.Of(samples[(shape, count)].Select(static sample => sample.PerSecond));
                double Median(Func<GrowthSample, double> of) => Spread.Of(samples[(shape, count)].Select(of)).Median;
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {shapes[shape]} | {rates.Median:0} ({rates.Min:0} to {rates.Max:0}) | {ShareOf(shape, count):0.00} "
                        + $"| {Median(static sample => sample.P50):0} | {Median(static sample => sample.P99):0} "
                        + $"| {Median(static sample => sample.SiloCpu):0} | {Median(static sample => sample.PostgresCpu):0} "
                        + $"| {Median(static sample => sample.Switches):0.0} | {Median(static sample => sample.Calls):0.00} "
                        + $"| {Median(static sample => sample.Frames):0.00} | {Median(static sample => sample.Turns):0.00} "
                        + $"| {Median(static sample => sample.WorkItems):0.0} | {Median(static sample => sample.Kilobytes):0.0} "
                        + $"| {Median(static sample => sample.Writes):0.00} | {Median(static sample => sample.Transactions):0.00} "
                        + $"| {Median(static sample => sample.Rows):0.00} | {Median(static sample => sample.HotShare):0%} |"));
            }
        }

        output.WriteLine();
    }

    private double ShareOf(int shape, int count) => Spread.Of(
        samples[(shape, count)].Zip(samples[(0, count)], static (one, first) => one.PerSecond / first.PerSecond)).Median;
}
