using Microsoft.Extensions.Options;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// The ticks by which replicas count elections and heartbeats: one timer of the silo for all whose groups are active, so that what they have to say
/// at a tick leaves together. It runs only while there are such groups.
/// </summary>
internal sealed class ReplicaTicks : IDisposable
{
    private readonly Lock gate = new();
    private readonly HashSet<ITicking> ticking = [];
    private readonly TimeSpan period;
    private readonly ITimer timer;

    public ReplicaTicks(IOptions<RaftOptions> options, TimeProvider time)
    {
        period = options.Value.TickInterval;

        // Its thread gives replicas their turns, which must be in nobody's context.
        AsyncFlowControl? suppressed = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        timer = time.CreateTimer(static ticks => ((ReplicaTicks)ticks!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        suppressed?.Undo();
    }

    /// <summary>Lets a replica tick; may be repeated. Any thread.</summary>
    public void Start(ITicking replica)
    {
        lock (gate)
        {
            if (ticking.Add(replica) && ticking.Count == 1)
            {
                timer.Change(period, period);
            }
        }
    }

    /// <summary>Ends that; may be repeated. Any thread.</summary>
    public void Stop(ITicking replica)
    {
        lock (gate)
        {
            if (ticking.Remove(replica) && ticking.Count == 0)
            {
                timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => timer.Dispose();

    private void Tick()
    {
        PulseCarrier.Begin();
        try
        {
            lock (gate)
            {
                foreach (var replica in ticking)
                {
                    replica.Tick();
                }
            }
        }
        finally
        {
            PulseCarrier.End(isFree: true);
        }
    }
}

/// <summary>A replica that counts ticks while its group is active.</summary>
internal interface ITicking
{
    /// <summary>Asks for a turn with a tick; never takes one inside this call. Any thread.</summary>
    void Tick();
}
