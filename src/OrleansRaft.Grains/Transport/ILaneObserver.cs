using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Transport;

/// <summary>Hears from lanes what the rest of the silo must act on. Any thread.</summary>
internal interface ILaneObserver
{
    /// <summary>A message was lost, since it is not known where its receiver lives.</summary>
    void OnUnknownLocation(ReplicaSlot to);

    /// <summary>
    /// What was sent to a silo may be lost: a replica may have been given up for lost, and its group may quiesce without it. That must be made good.
    /// </summary>
    void OnLossPossible(SiloAddress target);

    /// <summary>A silo stopped acknowledging batches, or acknowledges them again.</summary>
    void OnHealthChanged(SiloAddress target, bool isBroken);
}
