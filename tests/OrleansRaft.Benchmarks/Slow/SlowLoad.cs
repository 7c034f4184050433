using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Silos;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;

namespace OrleansRaft.Benchmarks.Slow;

/// <summary>What callers of a slow machine got, and what became of others meanwhile.</summary>
/// <param name="Capacity">Calls per second that one thread gets through beside the others' load, one after the other.</param>
/// <param name="Slow">What its callers got.</param>
/// <param name="OthersBefore">Increments of other groups' counters per second, without the slow load.</param>
/// <param name="OthersBeside">The same beside the slow load.</param>
/// <param name="Elections">How many elections there were meanwhile, over all groups.</param>
internal sealed record SlowFigures(double Capacity, WindowResult Slow, double OthersBefore, double OthersBeside, long Elections);

/// <summary>Callers of one slow group, and of the counters' groups beside it, through grain calls.</summary>
/// <param name="clients">One client of each silo.</param>
internal sealed class SlowLoad(IReadOnlyList<IHost> clients)
{
    private const int OtherCallers = 64;
    private static readonly IncrementCounter One = new(1);

    private readonly IReadOnlyList<IGrainFactory> grains =
        [.. clients.Select(static client => client.Services.GetRequiredService<IGrainFactory>())];

    /// <summary>Measures once.</summary>
    /// <param name="call">What a call costs.</param>
    /// <param name="callers">How many callers the slow group has.</param>
    /// <param name="areQueries">Whether they ask linearizable queries instead of submitting commands.</param>
    /// <param name="times">For how long.</param>
    public async Task<SlowFigures> MeasureAsync(SlowCommand call, int callers, bool areQueries, LoadTimes times)
    {
        // Beside the same load: where cores are busy, a machine that waits is woken late, whoever runs it.
        var others = IncrementAsync(times);
        var measuring = Task.Factory.StartNew(
            () => MeasureCapacity(call, others), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var before = await others;
        var capacity = await measuring;
        var view = grains[0].GetGrain<IClusterView>(0);
        var terms = await view.SumTermsAsync();
        var slow = TaskLoad.RunAsync(callers, caller => CallAsync(caller, call, areQueries), times);
        var beside = await IncrementAsync(times);
        return new SlowFigures(capacity, (await slow).Only, before.Only.PerSecond, beside.Only.PerSecond, await view.SumTermsAsync() - terms);
    }

    /// <summary>What <see cref="SlowMachine.Spend"/> takes in truth, until something else has ended.</summary>
    private static double MeasureCapacity(SlowCommand call, Task others)
    {
        var began = Stopwatch.GetTimestamp();
        var calls = 0;
        while (!others.IsCompleted)
        {
            SlowMachine.Spend(call);
            calls++;
        }

        return calls / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static OperationStep StepOf<TResult>(Outcome<TResult> outcome) => outcome switch
    {
        Committed<TResult> => OperationStep.Done,
        Rejected<TResult> => OperationStep.Refused,
        _ => OperationStep.Open,
    };

    private Task<LoadResult> IncrementAsync(LoadTimes times) => TaskLoad.RunAsync(
        OtherCallers,
        async caller => StepOf(await grains[caller % grains.Count]
            .GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, $"slow/c{Random.Shared.Next(1_000)}")
            .SubmitAsync(One)),
        times);

    private async Task<OperationStep> CallAsync(int caller, SlowCommand call, bool isQuery)
    {
        var group = grains[caller % grains.Count].GetRaftGroup<SlowCommand, long>(SlowMachine.SetName, "key");
        return StepOf(isQuery ? await group.QueryAsync(call) : await group.SubmitAsync(call));
    }
}
