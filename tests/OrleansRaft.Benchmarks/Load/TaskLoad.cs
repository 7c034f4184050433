using System.Diagnostics;

namespace OrleansRaft.Benchmarks.Load;

/// <summary>A closed loop of asynchronous callers: each awaits its call before it makes the next.</summary>
internal sealed class TaskLoad(LoadTimes times)
{
    private readonly Latencies latencies = new(times);
    private readonly Lock gate = new();
    private long acknowledged;
    private long refused;
    private long open;
    private string complaint = "";

    /// <summary>Runs a load to its end.</summary>
    /// <param name="callers">How many callers.</param>
    /// <param name="call">One call, by the number of its caller.</param>
    /// <param name="times">For how long.</param>
    public static async Task<LoadResult> RunAsync(int callers, Func<int, Task<OperationStep>> call, LoadTimes times)
    {
        var load = new TaskLoad(times);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => load.CallAsync(caller, call))));
        return new LoadResult(load.latencies.Results(), load.acknowledged, load.refused, load.open, load.complaint);
    }

    private async Task CallAsync(int caller, Func<int, Task<OperationStep>> call)
    {
        while (Stopwatch.GetTimestamp() < latencies.End)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                Note(began, await call(caller), "a call was refused");
            }
            catch (Exception failure)
            {
                Note(began, OperationStep.Open, failure.Message);
            }
        }
    }

    private void Note(long began, OperationStep step, string problem)
    {
        lock (gate)
        {
            switch (step)
            {
                case OperationStep.Done:
                    acknowledged++;
                    latencies.Note(began, Stopwatch.GetTimestamp());
                    return;
                case OperationStep.Refused:
                    refused++;
                    break;
                default:
                    open++;
                    break;
            }

            complaint = complaint.Length == 0 ? problem : complaint;
        }
    }
}
