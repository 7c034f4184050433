using OrleansRaft.Core;

namespace OrleansRaft.Lab;

/// <summary>Where replicas' logs are kept: a node's own disk, or a server that all nodes reach; and how badly it behaves.</summary>
internal sealed class LabDisk
{
    private readonly List<Action> held = [];

    internal LabDisk(LabClock clock, ulong seed)
    {
        Clock = clock;
        Random = new RandomSource(seed);
    }

    /// <summary>The shortest time that a write takes to become durable.</summary>
    public TimeSpan LatencyMin { get; set; } = TimeSpan.FromMilliseconds(0.1);

    /// <summary>The longest time that a write usually takes to become durable.</summary>
    public TimeSpan LatencyMax { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>How often a write fails, in parts per million. Its outcome is then unknown to the writer.</summary>
    public int FailuresPerMillion { get; set; }

    /// <summary>Whether there is no space for anything more.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether nothing is answered for now. What was asked meanwhile is answered when this ends.</summary>
    public bool IsHung
    {
        get;
        set
        {
            field = value;
            if (!value && held.Count > 0)
            {
                Action[] resumed = [.. held];
                held.Clear();
                Array.ForEach(resumed, action => Clock.Schedule(DrawLatency(), action));
            }
        }
    }

    internal LabClock Clock { get; }

    internal RandomSource Random { get; }

    internal bool DrawFailure() => FailuresPerMillion > 0 && Random.Next(0, 1_000_000) < FailuresPerMillion;

    internal TimeSpan DrawLatency()
    {
        var spread = (LatencyMax - LatencyMin).Ticks;
        return LatencyMin + new TimeSpan(spread <= 0 ? 0 : (long)(Random.NextBits() % (ulong)spread));
    }

    /// <summary>Does something after this disk's latency, and not while it hangs.</summary>
    internal void Perform(Action action) => Clock.Schedule(DrawLatency(), () =>
    {
        if (IsHung)
        {
            held.Add(action);
        }
        else
        {
            action();
        }
    });
}
