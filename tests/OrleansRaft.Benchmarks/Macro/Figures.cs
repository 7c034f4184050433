using OrleansRaft.Benchmarks.Load;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>The repetitions of one value.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }
}

/// <summary>One scenario at one number of connections.</summary>
/// <param name="System">Whose.</param>
/// <param name="Operation">What is done.</param>
/// <param name="Keys">On how many keys.</param>
/// <param name="Connections">By how many connections, or callers.</param>
/// <param name="Groups">Over how many groups our keys are spread; 0 for other systems.</param>
/// <param name="PerSecond">Operations per second.</param>
/// <param name="P50Microseconds">The median latency.</param>
/// <param name="P99Microseconds">The 99th percentile.</param>
/// <param name="CpuMicroseconds">Processor time per operation (user and system) by program, in the median repetition.</param>
/// <param name="Failed">Operations that did not end well, in all repetitions.</param>
internal sealed record Figure(
    string System,
    string Operation,
    int Keys,
    int Connections,
    int Groups,
    Spread PerSecond,
    Spread P50Microseconds,
    Spread P99Microseconds,
    IReadOnlyDictionary<string, double> CpuMicroseconds,
    long Failed);

/// <summary>One measurement of a scenario.</summary>
internal sealed record Measurement(LoadResult Load, IReadOnlyDictionary<string, double> CpuSeconds);

/// <summary>Gathers the repetitions of every scenario.</summary>
/// <param name="groups">Over how many groups our keys are spread.</param>
internal sealed class FigureTable(int groups)
{
    private readonly Dictionary<(Scenario Scenario, int Connections), List<Measurement>> measurements = [];
    private readonly List<(Scenario Scenario, int Connections)> order = [];

    public void Add(Scenario scenario, int connections, Measurement measurement)
    {
        if (!measurements.TryGetValue((scenario, connections), out var repetitions))
        {
            order.Add((scenario, connections));
            measurements[(scenario, connections)] = repetitions = [];
        }

        repetitions.Add(measurement);
    }

    public IReadOnlyList<Figure> Figures() => [.. order.Select(key => FigureOf(key.Scenario, key.Connections, measurements[key]))];

    private int GroupsOf(string system) => system switch
    {
        OraftSystem.SystemName or GrainCalls.SystemName => groups,
        OraftSystem.DefaultName => OraftSystem.DefaultGroups,
        _ => 0,
    };

    private Figure FigureOf(Scenario scenario, int connections, List<Measurement> repetitions)
    {
        Spread Of(Func<WindowResult, double> value) => Spread.Of(repetitions.Select(one => value(one.Load.Only)));
        var median = repetitions.OrderBy(static one => one.Load.Only.PerSecond).ElementAt(repetitions.Count / 2);
        return new Figure(
            scenario.System,
            scenario.Operation,
            scenario.Keys,
            connections,
            GroupsOf(scenario.System),
            Of(static window => window.PerSecond),
            Of(static window => window.P50),
            Of(static window => window.P99),
            median.CpuSeconds.ToDictionary(static used => used.Key, used => Math.Round(used.Value * 1e6 / Math.Max(1, median.Load.Acknowledged), 1)),
            repetitions.Sum(static one => one.Load.Refused + one.Load.Open));
    }
}
