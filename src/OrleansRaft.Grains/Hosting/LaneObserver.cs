using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Hosting;

/// <summary>Passes what lanes notice to those that act on it: the locator, the liveness of the other silo, and the events.</summary>
internal sealed class LaneObserver(
    Locator locator, SiloLivenessTable<SiloAddress> liveness, EventRecorder events, ClusterMembership silos, ILocalSiloDetails self)
    : ILaneObserver
{
    /// <inheritdoc/>
    public void OnUnknownLocation(ReplicaSlot to) => locator.Want(to);

    /// <inheritdoc/>
    public void OnLossPossible(SiloAddress target) => liveness.Invalidate(target);

    /// <inheritdoc/>
    public void OnHealthChanged(SiloAddress target, bool isBroken) =>
        events.Record(new LaneEvent(self.Name, silos.NameOf(target), isBroken));
}
