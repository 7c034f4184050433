using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>Gathers requests to one group into batches while earlier batches are on their way, and tries again what was not answered.</summary>
/// <remarks>
/// The cost of a batch is shared by what it carries, so batches must grow with the load; and a lone request must not wait. So a further batch leaves
/// when as much waits as is under way, and when nothing is under way, as soon as all have come who were waiting together the last time, or after a
/// millisecond: callers that were answered together are likely to ask again together.
/// </remarks>
/// <typeparam name="TRequest">Commands or queries.</typeparam>
/// <param name="time">This silo's clock.</param>
internal abstract class RequestQueue<TRequest>(TimeProvider time)
    where TRequest : PendingRequest
{
    private const int WaitingMax = 65_536;
    private const int BatchMax = 512;
    private const int BatchBytesMax = 512 * 1024;
    private const int BatchesMax = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(1);

    private readonly Lock gate = new();
    private readonly Queue<TRequest> waiting = new();
    private readonly Queue<TRequest> again = new();
    private int batches;
    private int underWay;

    // How many requests were here at once since the last batch left with nothing under way, and the time before.
    private int crowd;
    private int expected;
    private ITimer? patience;
    private bool isPatient;

    /// <summary>This silo's clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>Adds a request; refuses it when too many wait.</summary>
    public Task<Reply> Add(TRequest request)
    {
        lock (gate)
        {
            if (waiting.Count + again.Count >= WaitingMax)
            {
                request.Complete(Reply.Rejected(
                    RejectionReason.Overloaded, null, 1_000, $"{WaitingMax} requests to this group wait on this silo already; send fewer at once."));
                return request.Answer;
            }

            waiting.Enqueue(request);
            crowd = Math.Max(crowd, underWay + waiting.Count + again.Count);
            if (batches == BatchesMax || !LeavesNow())
            {
                return request.Answer;
            }

            batches++;
        }

        Begin();
        return request.Answer;
    }

    /// <summary>Makes one attempt with a batch: completes what is final.</summary>
    /// <returns>The rest, to be tried again after a pause.</returns>
    protected abstract Task<List<TRequest>> AttemptAsync(List<TRequest> batch);

    /// <summary>Whether another batch leaves now; begins to wait for others where that depends on them. Under the gate.</summary>
    private bool LeavesNow()
    {
        var here = waiting.Count + again.Count;
        if (underWay > 0)
        {
            return here >= underWay;
        }

        if (here >= Math.Min(expected, BatchMax))
        {
            return true;
        }

        if (here > 0 && !isPatient)
        {
            isPatient = true;
            patience ??= time.CreateTimer(
                static queue => ((RequestQueue<TRequest>)queue!).LosePatience(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            patience.Change(GatherTime, Timeout.InfiniteTimeSpan);
        }

        return false;
    }

    private void LosePatience()
    {
        lock (gate)
        {
            isPatient = false;
            if (underWay > 0 || waiting.Count + again.Count == 0)
            {
                return;
            }

            expected = 0;
            batches++;
        }

        Begin();
    }

    /// <summary>Begins to send batches, on a free thread.</summary>
    private void Begin() => Detached.Run(static queue => ((RequestQueue<TRequest>)queue!).RunAsync().Ignore(), this);

    private async Task RunAsync()
    {
        while (Take() is { } batch)
        {
            var attempt = TryAsync(batch);
            if (attempt.IsCompleted)
            {
                // Whoever's thread this is, it is not kept for the batches of others.
                await Task.Yield();
            }

            var left = await attempt;
            if (left.Count > 0)
            {
                await Task.Delay(Pause, time);
            }

            PutBack(batch.Count, left);
        }
    }

    private async Task<List<TRequest>> TryAsync(List<TRequest> batch)
    {
        try
        {
            return await AttemptAsync(batch);
        }
        catch (Exception exception)
        {
            // An attempt answers for what it expects; what it does not expect must not leave callers without an answer.
            foreach (var request in batch)
            {
                request.Fail(exception);
            }

            return [];
        }
    }

    private List<TRequest>? Take()
    {
        var batch = new List<TRequest>();
        var now = time.GetTimestamp();
        lock (gate)
        {
            var bytes = 0;
            var leaves = LeavesNow();
            while (leaves
                && batch.Count < BatchMax
                && bytes < BatchBytesMax
                && (again.TryDequeue(out var request) || waiting.TryDequeue(out request)))
            {
                if (request.ExpiresAt <= now)
                {
                    request.Expire();
                    continue;
                }

                bytes += request.Body.Length;
                batch.Add(request);
            }

            if (batch.Count == 0)
            {
                batches--;
                return null;
            }

            if (underWay == 0)
            {
                (expected, crowd) = (crowd, 0);
            }

            underWay += batch.Count;
        }

        return batch;
    }

    private void PutBack(int taken, List<TRequest> left)
    {
        lock (gate)
        {
            underWay -= taken;
            foreach (var request in left)
            {
                again.Enqueue(request);
            }
        }
    }
}
