using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Benchmarks.Silos;
using OrleansRaft.Client;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Users;

/// <summary>
/// <c>users</c>: what it costs that a user's state machine has threads of its own: the same counters, applied on the turn and on the machines'
/// threads.
/// </summary>
internal static class UsersBenchmark
{
    private const int Keys = 1_000;
    private const double Allowed = 1.03;
    private static readonly LoadTimes WarmUp = new(TimeSpan.Zero, TimeSpan.FromSeconds(5));
    private static readonly IncrementCounter One = new(1);

    public static Command Create()
    {
        var groups = new Option<int[]>("--groups")
        {
            Description = "How many groups each set has; a cluster for each.",
            DefaultValueFactory = static _ => [1, LibrarySilo.Groups],
            AllowMultipleArgumentsPerToken = true,
        };
        var callers = new Option<int>("--callers") { Description = "How many call at once.", DefaultValueFactory = static _ => 64 };
        var rounds = new Option<int>("--rounds") { Description = "How often all is measured; medians count.", DefaultValueFactory = static _ => 8 };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 3 };
        var command = new Command(
            "users",
            "Measures counters whose machine is applied on the turn and the same ones as a user's, in turn: three silos on PostgreSQL, grain calls.")
        {
            groups, callers, rounds, seconds,
        };
        command.SetAction(async (parsed, _) =>
        {
            var rows = new List<string>();
            foreach (var count in parsed.GetValue(groups)!)
            {
                rows.Add(await MeasureAsync(
                    count,
                    parsed.GetValue(callers),
                    Math.Max(1, parsed.GetValue(rounds)),
                    new LoadTimes(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(parsed.GetValue(seconds)))));
            }

            Console.WriteLine($"{await Machine.DescribeAsync()}");
            Console.WriteLine();
            Console.WriteLine(
                "| | processor time of an increment on the turn | as a user's | one for the other | aim | increments/s, one for the other |");
            Console.WriteLine("|---|--:|--:|--:|--:|--:|");
            rows.ForEach(Console.WriteLine);
            return 0;
        });
        return command;
    }

    private static async Task<string> MeasureAsync(int groups, int callers, int rounds, LoadTimes times)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var cluster = new LibraryCluster(
            await postgres.CreateDatabaseAsync(), [$"{UserCounterMachine.SetName}={groups.ToString(CultureInfo.InvariantCulture)}"]);
        cluster.Start();
        await cluster.WaitUntilWholeAsync($"{UserCounterMachine.SetName}-0");
        var clients = await cluster.ConnectToAllAsync();
        try
        {
            var grains = clients.Select(static client => client.Services.GetRequiredService<IGrainFactory>()).ToArray();
            var meter = new CpuMeter(new Dictionary<int, string>());
            string[] sets = [CounterMachine.SetName, UserCounterMachine.SetName];
            foreach (var set in sets)
            {
                await TaskLoad.RunAsync(callers, caller => IncrementAsync(grains[caller % grains.Length], set), WarmUp);
            }

            var costs = sets.Select(static _ => new List<double>()).ToArray();
            var rates = sets.Select(static _ => new List<double>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                // The first of two finds the machine as the last one left it: each is it in turn.
                for (var turn = 0; turn < sets.Length; turn++)
                {
                    var at = (round + turn) % sets.Length;
                    var before = SecondsOf(meter);
                    var result = await TaskLoad.RunAsync(callers, caller => IncrementAsync(grains[caller % grains.Length], sets[at]), times);
                    costs[at].Add((SecondsOf(meter) - before) * 1e6 / result.Acknowledged);
                    rates[at].Add(result.Only.PerSecond);
                    await Console.Error.WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{round + 1}/{rounds} {sets[at]}: {costs[at][^1]:0.0} us, {rates[at][^1]:0}/s (p50 {result.Only.P50:0} us) "
                            + $"{result.Complaint}"));
                }
            }

            var ratio = Spread.Of(costs[0].Zip(costs[1], static (turn, user) => user / turn)).Median;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {groups} groups, {callers} callers | {Spread.Of(costs[0]).Median:0.0} us | {Spread.Of(costs[1]).Median:0.0} us | {ratio:0.000} "
                    + $"| {Allowed} {(ratio <= Allowed ? "met" : "missed")} "
                    + $"| {Spread.Of(rates[0].Zip(rates[1], static (turn, user) => user / turn)).Median:0.000} |");
        }
        finally
        {
            await Task.WhenAll(clients.Select(LibraryCluster.DisconnectAsync));
        }
    }

    /// <summary>What silos, PostgreSQL and the callers have used: the work of a command moves between them.</summary>
    private static double SecondsOf(CpuMeter meter) => meter.Read().Values.Sum();

    private static async Task<OperationStep> IncrementAsync(IGrainFactory grains, string set) =>
        await grains.GetRaftGroup<CounterCommand, CounterResult>(set, $"bench/c{Random.Shared.Next(Keys)}").SubmitAsync(One) switch
        {
            Committed<CounterResult> => OperationStep.Done,
            Rejected<CounterResult> => OperationStep.Refused,
            _ => OperationStep.Open,
        };
}
