using System.CommandLine;
using System.Globalization;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Silos;

/// <summary>Two kinds of call to one cluster, measured in turn: what the second costs for one of the first.</summary>
/// <param name="First">What a call of the first took, in each round.</param>
/// <param name="Second">What a call of the second took, in each round.</param>
internal sealed record SideBySide(IReadOnlyList<CallCost> First, IReadOnlyList<CallCost> Second)
{
    /// <summary>Processor time of the second for one of the first: the median of the rounds.</summary>
    public double CostRatio => Spread.Of(First.Zip(Second, static (first, second) => second.Microseconds / first.Microseconds)).Median;

    /// <summary>Calls per second of the second for one of the first: the median of the rounds.</summary>
    public double RateRatio => Spread.Of(First.Zip(Second, static (first, second) => second.PerSecond / first.PerSecond)).Median;

    /// <summary>A command that measures on clusters of one group and of many, and prints a table.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it measures.</param>
    /// <param name="rounds">How often both kinds are measured, unless the caller says so.</param>
    /// <param name="header">The columns of the table, as its first line has them.</param>
    /// <param name="measure">Makes the rows for a number of groups, callers, rounds and a length.</param>
    public static Command CreateCommand(
        string name, string description, int rounds, string header, Func<int, int, int, LoadTimes, Task<IReadOnlyList<string>>> measure)
    {
        var groups = new Option<int[]>("--groups")
        {
            Description = "How many groups each set has; a cluster for each.",
            DefaultValueFactory = static _ => [1, LibrarySilo.Groups],
            AllowMultipleArgumentsPerToken = true,
        };
        var callers = new Option<int>("--callers") { Description = "How many call at once.", DefaultValueFactory = static _ => 64 };
        var times = new Option<int>("--rounds") { Description = "How often all is measured; medians count.", DefaultValueFactory = _ => rounds };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 3 };
        var command = new Command(name, description) { groups, callers, times, seconds };
        command.SetAction(async (parsed, _) =>
        {
            var rows = new List<string>();
            foreach (var count in parsed.GetValue(groups)!)
            {
                rows.AddRange(await measure(
                    count,
                    parsed.GetValue(callers),
                    Math.Max(1, parsed.GetValue(times)),
                    new LoadTimes(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(parsed.GetValue(seconds)))));
            }

            Console.WriteLine($"{await Machine.DescribeAsync()}");
            Console.WriteLine();
            Console.WriteLine(header);
            Console.WriteLine("|---|" + string.Concat(Enumerable.Repeat("--:|", header.Count(static sign => sign == '|') - 2)));
            rows.ForEach(Console.WriteLine);
            return 0;
        });
        return command;
    }

    /// <summary>Warms both up, and measures them in turn.</summary>
    /// <param name="callers">How many call at once.</param>
    /// <param name="rounds">How often both are measured.</param>
    /// <param name="times">The length of each measurement.</param>
    /// <param name="first">A call of the first kind, by the number of its caller, and its name.</param>
    /// <param name="second">Likewise.</param>
    public static async Task<SideBySide> MeasureAsync(
        int callers,
        int rounds,
        LoadTimes times,
        (string Name, Func<int, Task<OperationStep>> Call) first,
        (string Name, Func<int, Task<OperationStep>> Call) second)
    {
        var sides = new[] { first, second };
        foreach (var side in sides)
        {
            await TaskLoad.RunAsync(callers, side.Call, new LoadTimes(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        }

        var meter = new CpuMeter(new Dictionary<int, string>());
        var costs = sides.Select(static _ => new List<CallCost>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            // The first of two finds the machine as the last one left it: each is it in turn.
            for (var turn = 0; turn < sides.Length; turn++)
            {
                var at = (round + turn) % sides.Length;
                var before = SecondsOf(meter);
                var result = await TaskLoad.RunAsync(callers, sides[at].Call, times);
                var cost = new CallCost((SecondsOf(meter) - before) * 1e6 / result.Acknowledged, result.Only.PerSecond);
                costs[at].Add(cost);
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{round + 1}/{rounds} {sides[at].Name}: {cost.Microseconds:0.0} us, {cost.PerSecond:0}/s (p50 {result.Only.P50:0} us) "
                        + $"{result.Complaint}"));
            }
        }

        return new SideBySide(costs[0], costs[1]);
    }

    /// <summary>What silos, PostgreSQL and the callers have used: the work of a call moves between them.</summary>
    private static double SecondsOf(CpuMeter meter) => meter.Read().Values.Sum();
}

/// <summary>What a call took.</summary>
/// <param name="Microseconds">Processor time of all processes together.</param>
/// <param name="PerSecond">Calls answered per second.</param>
internal readonly record struct CallCost(double Microseconds, double PerSecond)
{
    /// <summary>The median processor time of several.</summary>
    public static double MedianMicroseconds(IEnumerable<CallCost> costs) => Spread.Of(costs.Select(static cost => cost.Microseconds)).Median;

    /// <summary>The median rate of several.</summary>
    public static double MedianPerSecond(IEnumerable<CallCost> costs) => Spread.Of(costs.Select(static cost => cost.PerSecond)).Median;
}
