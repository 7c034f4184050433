using System.Globalization;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Builds;

/// <summary>The load under which builds are measured.</summary>
/// <param name="Connections">HTTP connections.</param>
/// <param name="Rounds">How often each cluster is measured.</param>
/// <param name="Window">The length of each measurement.</param>
internal sealed record BuildsLoad(int Connections, int Rounds, TimeSpan Window);

/// <summary>One measurement of one build.</summary>
/// <param name="PerSecond">Increments per second.</param>
/// <param name="P50">The median latency in microseconds.</param>
/// <param name="P99">The 99th percentile in microseconds.</param>
/// <param name="Cpu">Processor time of the three silos per increment, in microseconds.</param>
/// <param name="ByThread">Voluntary context switches of the three silos per increment, by the names of the threads.</param>
/// <param name="WorkItems">Work items of the three silos' thread pools per increment.</param>
internal sealed record Sample(double PerSecond, double P50, double P99, double Cpu, IReadOnlyDictionary<string, double> ByThread, double WorkItems)
{
    /// <summary>Voluntary context switches of the three silos per increment.</summary>
    public double Switches => ByThread.Values.Sum();

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{PerSecond:0}/s, p50 {P50:0} us, p99 {P99:0} us, {Switches:0.00} switches, {WorkItems:0.0} work items, "
            + $"{Cpu:0.0} us of CPU");
}

/// <summary>Gathers the measurements of all builds and clusters.</summary>
/// <param name="builds">The builds; ratios are those of the first to each.</param>
/// <param name="groups">Over how many groups the counters are spread.</param>
/// <param name="connections">HTTP connections.</param>
internal sealed class BuildsTable(IReadOnlyList<Build> builds, int groups, int connections)
{
    private readonly List<List<Sample>> samples = [.. builds.Select(static _ => new List<Sample>())];

    public void Add(int build, Sample sample) => samples[build].Add(sample);

    /// <summary>A table for people, in Markdown.</summary>
    public void WriteTo(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| increments over {groups} groups, {connections} connections | per second (min to max) "
            + $"| p50 us | p99 us | silos' context switches | work items | silos' CPU us | rate of {builds[0].Name} / this | CPU |"));
        output.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (var at = 0; at < builds.Count; at++)
        {
            var rates = Spread.Of(samples[at].Select(static sample => sample.PerSecond));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {builds[at].Name} | {rates.Median:0} ({rates.Min:0} to {rates.Max:0}) "
                + $"| {Median(at, static sample => sample.P50):0} | {Median(at, static sample => sample.P99):0} "
                + $"| {Median(at, static sample => sample.Switches):0.00} | {Median(at, static sample => sample.WorkItems):0.0} "
                + $"| {Median(at, static sample => sample.Cpu):0.0} "
                + $"| {Ratio(at, static sample => sample.PerSecond):0.000} | {Ratio(at, static sample => sample.Cpu):0.000} |"));
        }

        output.WriteLine();
        WriteThreadsTo(output);
    }

    /// <summary>The rate of the first build for one of another.</summary>
    public double RateRatio(int build) => Ratio(build, static sample => sample.PerSecond);

    /// <summary>The processor time of the first build for one of another.</summary>
    public double CpuRatio(int build) => Ratio(build, static sample => sample.Cpu);

    private void WriteThreadsTo(TextWriter output)
    {
        // What happens less often than at every hundredth increment is no part of it.
        const double Least = 0.01;
        output.WriteLine(
            $"| context switches of the silos per increment, by thread | {string.Join(" | ", builds.Select(static build => build.Name))} |");
        output.WriteLine($"|---|{string.Concat(builds.Select(static _ => "--:|"))}");
        foreach (var thread in samples.SelectMany(static all => all).SelectMany(static sample => sample.ByThread.Keys).Distinct().Order())
        {
            double[] medians = [.. builds.Select((_, at) => Median(at, sample => sample.ByThread.GetValueOrDefault(thread)))];
            if (Array.Exists(medians, static median => median >= Least))
            {
                var cells = medians.Select(static median => median.ToString("0.00", CultureInfo.InvariantCulture));
                output.WriteLine($"| {thread} | {string.Join(" | ", cells)} |");
            }
        }

        output.WriteLine();
    }

    private double Median(int build, Func<Sample, double> of) => Spread.Of(samples[build].Select(of)).Median;

    private double Ratio(int build, Func<Sample, double> of) =>
        Spread.Of(samples[0].Zip(samples[build], (first, other) => of(first) / of(other))).Median;
}
