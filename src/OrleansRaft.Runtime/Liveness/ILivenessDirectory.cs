using System.Diagnostics.CodeAnalysis;

namespace OrleansRaft.Runtime.Liveness;

/// <summary>What a silo knows of replicas: those that run here, and where the others run. Any thread.</summary>
/// <typeparam name="TSilo">Names one life of a silo: a silo that restarts has another.</typeparam>
internal interface ILivenessDirectory<TSilo>
    where TSilo : notnull, IEquatable<TSilo>
{
    /// <summary>The replicas on this silo.</summary>
    IEnumerable<IMonitoredReplica> Replicas { get; }

    /// <summary>The replicas of one group on this silo.</summary>
    IEnumerable<IMonitoredReplica> ReplicasOf(string group);

    /// <summary>A replica on this silo; null when it is not here.</summary>
    IMonitoredReplica? Find(ReplicaKey replica);

    /// <summary>The silo on which a replica runs that is not here, as far as this silo knows.</summary>
    bool TryLocate(ReplicaKey replica, [MaybeNullWhen(false)] out TSilo silo);

    /// <summary>Whether a silo runs a member of a group, as far as this silo knows.</summary>
    bool HasMemberOn(string group, TSilo silo);

    /// <summary>Forgets that a silo runs a replica.</summary>
    void Forget(ReplicaKey replica, TSilo silo);
}
