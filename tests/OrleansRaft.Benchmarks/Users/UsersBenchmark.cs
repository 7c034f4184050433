using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Silos;
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
    private static readonly IncrementCounter One = new(1);

    public static Command Create() => SideBySide.CreateCommand(
        "users",
        "Measures counters whose machine is applied on the turn and the same ones as a user's, in turn: three silos on PostgreSQL, grain calls.",
        rounds: 8,
        "| | processor time of an increment on the turn | as a user's | one for the other | increments/s, one for the other |",
        MeasureAsync);

    private static async Task<IReadOnlyList<string>> MeasureAsync(int groups, int callers, int rounds, LoadTimes times)
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
            (string, Func<int, Task<OperationStep>>) Side(string set) => (set, caller => IncrementAsync(grains[caller % grains.Length], set));
            var both = await SideBySide.MeasureAsync(callers, rounds, times, Side(CounterMachine.SetName), Side(UserCounterMachine.SetName));
            return [string.Create(
                CultureInfo.InvariantCulture,
                $"| {groups} groups, {callers} callers | {CallCost.MedianMicroseconds(both.First):0.0} us "
                    + $"| {CallCost.MedianMicroseconds(both.Second):0.0} us | {both.CostRatio:0.000} | {both.RateRatio:0.000} |")];
        }
        finally
        {
            await Task.WhenAll(clients.Select(LibraryCluster.DisconnectAsync));
        }
    }

    private static async Task<OperationStep> IncrementAsync(IGrainFactory grains, string set) =>
        await grains.GetRaftGroup<CounterCommand, CounterResult>(set, $"bench/c{Random.Shared.Next(Keys)}").SubmitAsync(One) switch
        {
            Committed<CounterResult> => OperationStep.Done,
            Rejected<CounterResult> => OperationStep.Refused,
            _ => OperationStep.Open,
        };
}
