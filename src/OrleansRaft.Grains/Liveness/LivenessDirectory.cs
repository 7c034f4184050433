using System.Diagnostics.CodeAnalysis;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Liveness;

/// <summary>The silo's replicas and the whereabouts of the others, as its <see cref="LivenessMonitor{TSilo}"/> asks for them. Any thread.</summary>
internal sealed class LivenessDirectory(GroupTable groups) : ILivenessDirectory<SiloAddress>
{
    /// <inheritdoc/>
    public IEnumerable<IMonitoredReplica> Replicas => groups.Hosted;

    /// <inheritdoc/>
    public IEnumerable<IMonitoredReplica> ReplicasOf(string group)
    {
        foreach (var slot in groups.Find(group)?.Slots ?? [])
        {
            if (slot.Local is { } replica)
            {
                yield return replica;
            }
        }
    }

    /// <inheritdoc/>
    public IMonitoredReplica? Find(ReplicaKey replica) => FindSlot(replica)?.Local;

    /// <inheritdoc/>
    public bool TryLocate(ReplicaKey replica, [MaybeNullWhen(false)] out SiloAddress silo)
    {
        silo = FindSlot(replica)?.Silo;
        return silo is not null;
    }

    /// <inheritdoc/>
    public bool HasMemberOn(string group, SiloAddress silo)
    {
        foreach (var slot in groups.Find(group)?.Slots ?? [])
        {
            if (silo.Equals(slot.Silo))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Forget(ReplicaKey replica, SiloAddress silo) => FindSlot(replica)?.Forget(silo);

    private ReplicaSlot? FindSlot(ReplicaKey replica) => groups.Find(replica.Group)?.Find(replica.Replica);
}
