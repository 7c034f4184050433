using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Benchmarks.Silos;
using OrleansRaft.Client;
using OrleansRaft.Counters;
using OrleansRaft.ReplicatedGrains;
using OrleansRaft.Runtime;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Replicated;

/// <summary><c>grains</c>: what a replicated grain costs beside a counter, which is a state machine of its own.</summary>
internal static class GrainsBenchmark
{
    private const int Keys = 1_000;
    private static readonly IncrementCounter One = new(1);
    private static readonly GetCounter TheGet = new();

    public static Command Create()
    {
        var callers = new Option<int>("--callers") { Description = "How many call at once.", DefaultValueFactory = static _ => 64 };
        var rounds = new Option<int>("--rounds") { Description = "How often all is measured; medians count.", DefaultValueFactory = static _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 5 };
        var command = new Command("grains", "Measures calls of replicated grains and of counters in turn: three silos on PostgreSQL, grain calls.")
        {
            callers, rounds, seconds,
        };
        command.SetAction(parsed => RunAsync(
            parsed.GetValue(callers),
            Math.Max(1, parsed.GetValue(rounds)),
            new LoadTimes(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(parsed.GetValue(seconds)))));
        return command;
    }

    private static async Task<int> RunAsync(int callers, int rounds, LoadTimes times)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var cluster = new LibraryCluster(await postgres.CreateDatabaseAsync(), [$"{Tally.Set}=true"]);
        cluster.Start();
        await cluster.WaitUntilWholeAsync($"{Tally.Set}-0");
        var clients = await cluster.ConnectToAllAsync();
        try
        {
            var grains = clients.Select(static client => client.Services.GetRequiredService<IGrainFactory>()).ToArray();
            IGrainFactory Of(int caller) => grains[caller % grains.Length];
            var rows = new (string Name, Func<int, Task<OperationStep>> Counter, Func<int, Task<OperationStep>> Grain, List<double> Ratios, List<double> PerSecond)[]
            {
                ("writes", caller => IncrementAsync(Of(caller)), caller => AddAsync(Of(caller)), [], []),
                ("linearizable reads", caller => ReadAsync(Of(caller)), caller => GetAsync(Of(caller)), [], []),
            };
            await Console.Error.WriteLineAsync("warming up");
            foreach (var row in rows)
            {
                await TaskLoad.RunAsync(callers, row.Counter, new LoadTimes(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
                await TaskLoad.RunAsync(callers, row.Grain, new LoadTimes(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
            }

            for (var round = 1; round <= rounds; round++)
            {
                foreach (var row in rows)
                {
                    var counter = await TaskLoad.RunAsync(callers, row.Counter, times);
                    var grain = await TaskLoad.RunAsync(callers, row.Grain, times);
                    row.Ratios.Add(grain.Only.PerSecond / counter.Only.PerSecond);
                    row.PerSecond.Add(grain.Only.PerSecond);
                    await Console.Error.WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{round}/{rounds} {row.Name}: counters {counter.Only.PerSecond:0}/s (p50 {counter.Only.P50:0} us), grains "
                            + $"{grain.Only.PerSecond:0}/s "
                        + $"(p50 {grain.Only.P50:0} us) {counter.Complaint}{grain.Complaint}"));
                }
            }

            Console.WriteLine($"{await Machine.DescribeAsync()}");
            Console.WriteLine();
            Console.WriteLine($"| {callers} callers, {Keys:N0} keys | a replicated grain's calls per second | of the counters' |");
            Console.WriteLine("|---|--:|--:|");
            foreach (var row in rows)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {row.Name} | {Spread.Of(row.PerSecond).Median:0} | {Spread.Of(row.Ratios).Median:0.00} |"));
            }
        }
        finally
        {
            await Task.WhenAll(clients.Select(LibraryCluster.DisconnectAsync));
        }

        return 0;
    }

    private static string Key() => $"bench/c{Random.Shared.Next(Keys)}";

    private static async Task<OperationStep> IncrementAsync(IGrainFactory grains) =>
        StepOf(await grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, Key()).SubmitAsync(One));

    private static async Task<OperationStep> ReadAsync(IGrainFactory grains) =>
        StepOf(await grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, Key()).QueryAsync(TheGet));

    private static async Task<OperationStep> AddAsync(IGrainFactory grains) =>
        await grains.GetReplicatedGrain<ITally>(Key()).Add(1) > 0 ? OperationStep.Done : OperationStep.Refused;

    private static async Task<OperationStep> GetAsync(IGrainFactory grains) =>
        await grains.GetReplicatedGrain<ITally>(Key()).Get() >= 0 ? OperationStep.Done : OperationStep.Refused;

    private static OperationStep StepOf<TResult>(Outcome<TResult> outcome) => outcome switch
    {
        Committed<TResult> => OperationStep.Done,
        Rejected<TResult> => OperationStep.Refused,
        _ => OperationStep.Open,
    };
}
