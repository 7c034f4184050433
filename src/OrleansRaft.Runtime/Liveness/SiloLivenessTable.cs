using System.Collections.Concurrent;

namespace OrleansRaft.Runtime.Liveness;

/// <summary>This silo's <see cref="SiloLiveness"/> of every other silo. Any thread.</summary>
/// <typeparam name="TSilo">Names one life of a silo: a silo that restarts has another.</typeparam>
/// <param name="options">How long a leader may be silent, from which the times here follow.</param>
/// <param name="time">The silo's clock.</param>
internal sealed class SiloLivenessTable<TSilo>(RaftOptions options, TimeProvider time)
    where TSilo : notnull, IEquatable<TSilo>
{
    // Only quiescent replicas wait for it, and every heartbeat wakes several threads on both sides: that is most of what an idle silo costs.
    private const int ElectionTimeouts = 3;

    // One heartbeat may be lost, and a silo that is late by another may have been given up.
    private const double HeartbeatShare = 3 / 8.0;
    private const double LateShare = 3 / 4.0;

    // Only looked up, or treated alike: nothing depends on the order of a dictionary.
    private readonly ConcurrentDictionary<TSilo, SiloLiveness> silos = new();

    /// <summary>How long a silo may be silent: three times as long as the leader of an active group.</summary>
    public TimeSpan Tolerance { get; } = options.TickInterval * options.ElectionTicksMax * ElectionTimeouts;

    /// <summary>How often a silo sends heartbeats.</summary>
    public TimeSpan HeartbeatInterval => Tolerance * HeartbeatShare;

    /// <summary>How long a silo may go without sending a heartbeat before it assumes that others consider it lost.</summary>
    public TimeSpan LateAfter => Tolerance * LateShare;

    /// <summary>The liveness of a silo; from now on, if it was not known.</summary>
    public SiloLiveness Get(TSilo silo) => silos.TryGetValue(silo, out var known) ? known : silos.GetOrAdd(silo, new SiloLiveness(Tolerance, time));

    /// <summary>Whether a silo was heard within the tolerance.</summary>
    public bool IsInSight(TSilo silo) => silos.TryGetValue(silo, out var known) && known.IsInSight;

    /// <summary>Forgets a silo that is dead.</summary>
    public void Forget(TSilo silo) => silos.TryRemove(silo, out _);

    /// <summary>Begins a new session with a silo: something that one said to the other may be lost.</summary>
    public void Invalidate(TSilo silo)
    {
        if (silos.TryGetValue(silo, out var known))
        {
            known.Invalidate();
        }
    }

    /// <summary>Begins a new session with every silo.</summary>
    public void InvalidateAll()
    {
        foreach (var (_, known) in silos)
        {
            known.Invalidate();
        }
    }

    /// <summary>Gives every silo in sight time as if it had just been heard: this silo was held up, and heartbeats may wait to be taken.</summary>
    public void ExtendDeadlines()
    {
        foreach (var (_, known) in silos)
        {
            known.ExtendDeadline();
        }
    }
}
