using System.CommandLine;
using System.Globalization;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Benchmarks.Silos;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Slow;

/// <summary><c>slow</c>: what a user's state machine that takes its time costs its own callers, and other groups.</summary>
internal static class SlowBenchmark
{
    private static readonly LoadTimes FirstWarmUp = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));

    public static Command Create()
    {
        var callers = new Option<int>("--callers") { Description = "How many call the slow group.", DefaultValueFactory = static _ => 512 };
        var microseconds = new Option<int>("--microseconds") { Description = "How long one call takes.", DefaultValueFactory = static _ => 1_000 };
        var busy = new Option<bool>("--busy")
        {
            Description = "The calls keep a core busy instead of waiting; three silos that apply each command then share the cores.",
        };
        var rounds = new Option<int>("--rounds") { Description = "How often all is measured; medians count.", DefaultValueFactory = static _ => 3 };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 10 };
        var command = new Command(
            "slow",
            "Measures a group whose commands and queries take their time, and the counters of 16 other groups beside it: three silos on PostgreSQL, "
            + "grain calls.")
        {
            callers, microseconds, busy, rounds, seconds,
        };
        command.SetAction(parsed => RunAsync(
            new SlowCommand(parsed.GetValue(microseconds), parsed.GetValue(busy)),
            parsed.GetValue(callers),
            Math.Max(1, parsed.GetValue(rounds)),
            new LoadTimes(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(parsed.GetValue(seconds)))));
        return command;
    }

    private static async Task<int> RunAsync(SlowCommand call, int callers, int rounds, LoadTimes times)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var cluster = new LibraryCluster(await postgres.CreateDatabaseAsync(), []);
        cluster.Start();
        await cluster.WaitUntilWholeAsync($"{SlowMachine.SetName}-0");
        var clients = await cluster.ConnectToAllAsync();
        try
        {
            var load = new SlowLoad(clients);
            await Console.Error.WriteLineAsync("warming up");
            await load.MeasureAsync(call, callers, areQueries: false, FirstWarmUp);
            var commands = new List<SlowFigures>();
            var queries = new List<SlowFigures>();
            for (var round = 1; round <= rounds; round++)
            {
                foreach (var (areQueries, into) in new[] { (false, commands), (true, queries) })
                {
                    into.Add(await load.MeasureAsync(call, callers, areQueries, times));
                    await Console.Error.WriteLineAsync($"{round}/{rounds} {(areQueries ? "queries" : "commands")}: {into[^1]}");
                }
            }

            Console.WriteLine($"{await Machine.DescribeAsync()}");
            Console.WriteLine();
            Console.WriteLine(
                "| one slow group | per second | of its machine's capacity | p99 ms "
                + "| others' increments/s, alone and beside it | they keep | elections |");
            Console.WriteLine("|---|--:|--:|--:|--:|--:|--:|");
            WriteRow($"commands of {call.Microseconds} us", callers, commands);
            WriteRow($"linearizable queries of {call.Microseconds} us", callers, queries);
        }
        finally
        {
            await Task.WhenAll(clients.Select(LibraryCluster.DisconnectAsync));
        }

        return 0;
    }

    private static void WriteRow(string what, int callers, List<SlowFigures> figures)
    {
        double Median(Func<SlowFigures, double> of) => Spread.Of(figures.Select(of)).Median;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {callers} callers, {what} | {Median(static one => one.Slow.PerSecond):0} "
            + $"| {Median(static one => one.Slow.PerSecond / one.Capacity):0.00} | {Median(static one => one.Slow.P99) / 1e3:0} "
            + $"| {Median(static one => one.OthersBefore):0}, {Median(static one => one.OthersBeside):0} "
            + $"| {Median(static one => one.OthersBeside / one.OthersBefore):0.00} | {figures.Sum(static one => one.Elections)} |"));
    }
}
