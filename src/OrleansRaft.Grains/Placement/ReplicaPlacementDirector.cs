using Orleans.Runtime.Placement;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;

namespace OrleansRaft.Grains.Placement;

/// <summary>Answers Orleans where an activation of a replica goes: where its keeper wants it, or else where the placer would.</summary>
internal sealed class ReplicaPlacementDirector(GroupTable groups, ClusterMembership silos, Locator locator, ReplicaPlacer placer) : IPlacementDirector
{
    /// <inheritdoc/>
    public async Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var compatible = context.GetCompatibleSilos(target);
        var slot = FindSlot(target.GrainIdentity.Key.ToString());
        var store = ReplicaPlacer.StoreOf(slot);
        if (store.Length > 0 && compatible.Any(silo => silos.StoreOf(silo) is null))
        {
            await locator.LocateAsync([slot]);
        }

        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, compatible) is { } hint
            && (store.Length == 0 || silos.StoreOf(hint) == store))
        {
            return hint;
        }

        return placer.Choose(slot, [.. compatible.Select(silo => new SiloPlace(silo, silos.NameOf(silo)))])?.Address
            ?? throw new OrleansException(
                $"Replica {slot.Replica} of {slot.Group.Name} is bound to the local store '{store}', and no running silo holds that. "
                + "Start the silo that has this store; if its disk is lost, remove the replica from the group and add another.");
    }

    private ReplicaSlot FindSlot(string? key) =>
        key is not null && ReplicaGrainKey.Parse(key) is { } replica && groups.Find(replica.Group) is { } group
            ? group.Slot(replica.Replica)
            : throw new OrleansException($"'{key}' names no replica of this cluster.");
}
