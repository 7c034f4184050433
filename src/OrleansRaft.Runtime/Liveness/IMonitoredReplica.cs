using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Liveness;

/// <summary>One replica of a silo, as the <see cref="LivenessMonitor{TSilo}"/> sees it. Any thread.</summary>
internal interface IMonitoredReplica
{
    /// <summary>Which replica.</summary>
    ReplicaKey Key { get; }

    /// <summary>Whether it takes part in its group.</summary>
    bool IsRunning { get; }

    /// <summary>Whether it has the right to speak.</summary>
    bool MaySpeak { get; }

    /// <summary>Its role, its term and the leader it knows.</summary>
    RoleChanged Role { get; }

    /// <summary>How it is quiescent; null while it is active or does not run.</summary>
    QuiescenceChanged? Quiescence { get; }

    /// <summary>What the monitor remembers of it: made with the replica, and used by the monitor alone.</summary>
    OrphanTimes OrphanTimes { get; }

    /// <summary>Ends its quiescence; see <see cref="ReplicaDriver.Unquiesce"/>.</summary>
    void Unquiesce(bool isLeaderLost);
}
