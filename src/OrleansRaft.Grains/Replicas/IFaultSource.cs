using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Replicas;

/// <summary>What is broken on purpose, as far as replicas are concerned. Any thread.</summary>
internal interface IFaultSource
{
    /// <summary>Whether faults may be put into this silo.</summary>
    bool IsEnabled { get; }

    /// <summary>What the faults do to a replica; null when nothing.</summary>
    IReplicaFaults? FaultsOf(ReplicaSlot slot);
}
