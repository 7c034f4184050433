using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Silos;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Replicated;

/// <summary><c>grains</c>: what a replicated grain costs beside a counter, which is a state machine of its own.</summary>
internal static class GrainsBenchmark
{
    private const int Keys = 1_000;
    private static readonly IncrementCounter One = new(1);
    private static readonly GetCounter TheGet = new();

    public static Command Create() => SideBySide.CreateCommand(
        "grains",
        "Measures calls of replicated grains and of counters in turn: three silos on PostgreSQL, grain calls.",
        rounds: 6,
        "| | a counter's calls per second | a replicated grain's | one for the other | processor time of both | one for the other |",
        MeasureAsync);

    private static async Task<IReadOnlyList<string>> MeasureAsync(int groups, int callers, int rounds, LoadTimes times)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var cluster = new LibraryCluster(
            await postgres.CreateDatabaseAsync(), [$"{Tally.Set}={groups.ToString(CultureInfo.InvariantCulture)}"]);
        cluster.Start();
        await cluster.WaitUntilWholeAsync($"{Tally.Set}-0");
        var clients = await cluster.ConnectToAllAsync();
        try
        {
            var grains = clients.Select(static client => client.Services.GetRequiredService<IGrainFactory>()).ToArray();
            (string, Func<int, Task<OperationStep>>) Side(string name, Func<IGrainFactory, Task<OperationStep>> call) =>
                (name, caller => call(grains[caller % grains.Length]));
            var writes = await SideBySide.MeasureAsync(
                callers, rounds, times, Side("writes of counters", IncrementAsync), Side("writes of grains", AddAsync));
            var reads = await SideBySide.MeasureAsync(
                callers, rounds, times, Side("reads of counters", ReadAsync), Side("reads of grains", GetAsync));
            return [Row("writes", writes), Row("linearizable reads", reads)];
        }
        finally
        {
            await Task.WhenAll(clients.Select(LibraryCluster.DisconnectAsync));
        }

        string Row(string name, SideBySide both) => string.Create(
            CultureInfo.InvariantCulture,
            $"| {name}, {groups} groups, {callers} callers | {CallCost.MedianPerSecond(both.First):0} | {CallCost.MedianPerSecond(both.Second):0} "
                + $"| {both.RateRatio:0.00} | {CallCost.MedianMicroseconds(both.First):0.0}, {CallCost.MedianMicroseconds(both.Second):0.0} us "
                + $"| {both.CostRatio:0.00} |");
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
