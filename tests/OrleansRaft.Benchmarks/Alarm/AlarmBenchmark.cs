using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansRaft.Benchmarks.Core;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Counters;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Benchmarks.Alarm;

/// <summary>
/// <c>alarm</c>: what it costs that replicas compare their states, and that commands say which version they need: three replicas as silos run them, in
/// this process on one SQLite file.
/// </summary>
internal static class AlarmBenchmark
{
    private const int Outstanding = 64;
    private const int Calls = 1_000_000;
    private const double Allowed = 1.01;

    private static readonly (string Name, DriverGroupShape Shape)[] States =
    [
        ("1,000 counters, a keyed state with a running digest", new DriverGroupShape { Counters = 1_000 }),
        (
            "1,000 counters, a state that is captured for each digest",
            new DriverGroupShape { Counters = 1_000, Machine = static () => new CapturedCounters() }),
    ];

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often all is measured; medians count.", DefaultValueFactory = static _ => 15 };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 2 };
        var command = new Command(
            "alarm",
            "Measures increments with the comparisons of states that there are by default and without any, in turn; and what it takes to see which "
                + "version a command needs.")
        {
            rounds, seconds,
        };
        command.SetAction(async (parsed, _) =>
        {
            var rows = new List<string>();
            foreach (var (name, shape) in States)
            {
                rows.Add(await MeasureAsync(name, shape, Math.Max(1, parsed.GetValue(rounds)), TimeSpan.FromSeconds(parsed.GetValue(seconds))));
            }

            Console.WriteLine($"{await Machine.DescribeAsync()}");
            Console.WriteLine();
            Console.WriteLine("| state | processor time of an increment without comparisons, us | with | ratio | aim | |");
            Console.WriteLine("|---|--:|--:|--:|--:|---|");
            rows.ForEach(Console.WriteLine);
            Console.WriteLine();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Which version a command needs: {TimeOf(new IncrementCounter(1)):0} ns without marks, {TimeOf(new Marked { Note = "x" }):0} ns with "
                    + $"one that counts."));
            return 0;
        });
        return command;
    }

    private static async Task<string> MeasureAsync(string name, DriverGroupShape shape, int rounds, TimeSpan time)
    {
        DriverGroupShape[] shapes = [shape with { CompareEntries = 0 }, shape];
        var costs = shapes.Select(static _ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            // The first of two finds the machine as the last one left it: each is it in turn. The first round compiles.
            for (var turn = 0; turn < shapes.Length; turn++)
            {
                var at = (round + 1 + turn) % shapes.Length;
                var run = await DriverGroup.RunAsync(Outstanding, time, shapes[at]);
                await Console.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"{round + 1}/{rounds} {name}, every {shapes[at].CompareEntries}: {run.CpuMicroseconds:0.00} us, "
                        + $"{run.PerSecond:0}/s"));
                if (round >= 0)
                {
                    costs[at].Add(run.CpuMicroseconds);
                }
            }
        }

        var (without, with) = (Spread.Of(costs[0]).Median, Spread.Of(costs[1]).Median);
        var ratio = Spread.Of(costs[0].Zip(costs[1], static (off, on) => on / off)).Median;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {without:0.00} | {with:0.00} | {ratio:0.000} | {Allowed} | {(ratio <= Allowed ? "met" : "missed")} |");
    }

    /// <summary>In nanoseconds.</summary>
    private static double TimeOf<T>(T command)
    {
        var best = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var began = Stopwatch.GetTimestamp();
            long needed = 0;
            for (var call = 0; call < Calls; call++)
            {
                needed += CommandVersions.NeededBy(command);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalNanoseconds / Calls);
            GC.KeepAlive(needed);
        }

        return best;
    }

    private sealed record Marked
    {
        [Id(0), Since(2)]
        public string? Note { get; init; }
    }
}
