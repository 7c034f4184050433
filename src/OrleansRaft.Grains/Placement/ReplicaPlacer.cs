using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Placement;

/// <summary>Decides where a replica should live, from what this silo knows of its group.</summary>
/// <remarks>
/// That is where the program supports the version at which its state machine works; where no silo's does, its log and its vote are worth more
/// somewhere than nowhere.
/// </remarks>
internal sealed class ReplicaPlacer(ClusterMembership silos)
{
    /// <summary>The silo on which a replica should live, among some.</summary>
    /// <returns>Null when none of them may host it: it is bound to a local store that none of them holds.</returns>
    public SiloPlace? Choose(ReplicaSlot slot, IReadOnlyList<SiloPlace> candidates)
    {
        var store = StoreOf(slot);
        var allowed = store.Length == 0 ? candidates : [.. candidates.Where(candidate => silos.StoreOf(candidate.Address) == store)];
        SiloPlace[] able = [.. allowed.Where(candidate => Supports(slot, candidate))];
        return ReplicaChooser.Choose(
            slot.Group.Name, slot.Replica, able.Length > 0 ? able : allowed, candidate => CountOthers(slot, candidate.Address));
    }

    /// <summary>A better silo for a replica that shares its silo with another of its group.</summary>
    /// <returns>Null when it shares with nobody, is bound to where it is, or all silos hold a replica of the group.</returns>
    public SiloPlace? ChooseBetter(ReplicaSlot slot, IReadOnlyList<SiloPlace> candidates) =>
        StoreOf(slot).Length == 0
        && slot.Silo is { } current
        && CountOthers(slot, current) > 0
        && Choose(slot, candidates) is { } better
        && Supports(slot, better)
        && CountOthers(slot, better.Address) == 0
            ? better
            : null;

    /// <summary>The local store that a replica is bound to; empty when it may live anywhere.</summary>
    public static string StoreOf(ReplicaSlot slot) => slot.Group.Configuration.Find(slot.Replica)?.Store ?? "";

    private bool Supports(ReplicaSlot slot, SiloPlace candidate) =>
        silos.Supports(candidate.Address, slot.Group.Set.Name, slot.Group.MachineVersion);

    private static int CountOthers(ReplicaSlot slot, SiloAddress silo)
    {
        var others = 0;
        foreach (var member in slot.Group.Configuration.Members)
        {
            if (member.Id != slot.Replica && slot.Group.Find(member.Id) is { } other && silo.Equals(other.Silo ?? other.Destination))
            {
                others++;
            }
        }

        return others;
    }
}
