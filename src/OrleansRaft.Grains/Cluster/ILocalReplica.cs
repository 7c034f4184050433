using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Cluster;

/// <summary>An activation of a replica on this silo, as everything around it sees it. Any thread.</summary>
/// <remarks>An activation lives once: it opens its log, runs, and stops. What is stopped sends nothing and never runs again.</remarks>
internal interface ILocalReplica : IMonitoredReplica
{
    /// <summary>What this silo knows of it.</summary>
    ReplicaSlot Slot { get; }

    /// <summary>What runs it.</summary>
    ReplicaDriver Driver { get; }

    /// <summary>The epoch under which it writes; 0 until its log is open.</summary>
    long Epoch { get; }

    /// <summary>Whether it will take part no more.</summary>
    bool IsStopped { get; }

    /// <summary>For how long it has known no leader; 0 while it knows one.</summary>
    long LeaderlessMilliseconds { get; }

    /// <summary>The configuration in force for it.</summary>
    Configuration Configuration { get; }

    /// <summary>
    /// Whether it knows what its group has committed, or is quiescent under a leader that is known to live: its group can count on it.
    /// </summary>
    bool HasCaughtUp { get; }

    /// <summary>What faults do to it; null unless one does.</summary>
    IReplicaFaults? Faults { get; set; }

    /// <summary>Takes a message that a lane brought, or a neighbor on this silo sent.</summary>
    /// <returns>Whether it was taken: not by a replica that does not take part yet, or has too much to read.</returns>
    bool Deliver(ReplicaId from, Message message);

    /// <summary>
    /// To be called before the replica is asked something: when its leader is out of sight, it unquiesces first, before the limit on elections comes
    /// to it, and no longer vouches for that leader.
    /// </summary>
    void UnquiesceIfOrphaned();

    /// <summary>Falls silent at once, and stops on the grain's next turn.</summary>
    void StopSoon();

    /// <summary>Stops for good: the replica is no longer a member of its group.</summary>
    void Retire();
}
