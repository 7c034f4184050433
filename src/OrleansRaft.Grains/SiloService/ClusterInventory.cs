using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.SiloService;

/// <summary>What all active silos said at about one moment of what they host.</summary>
internal sealed class ClusterInventory
{
    private readonly Dictionary<(string Group, long Replica), (SiloAddress Silo, InventoryItem Item)> found = [];
    private readonly HashSet<SiloAddress> silent = [];
    private readonly bool isSomebodyStopping;

    public ClusterInventory(IReadOnlyList<SiloPlace> active, IReadOnlyDictionary<SiloAddress, Inventory> inventory)
    {
        Active = active;
        Answering = [.. active.Where(place => inventory.TryGetValue(place.Address, out var told) && !told.IsStopping)];
        foreach (var (address, _) in active)
        {
            if (!inventory.TryGetValue(address, out var told))
            {
                silent.Add(address);
                continue;
            }

            isSomebodyStopping |= told.IsStopping || told.IsDraining;
            foreach (var item in told.Replicas)
            {
                if (!found.TryGetValue((item.Group, item.Replica), out var other) || other.Item.Epoch < item.Epoch)
                {
                    found[(item.Group, item.Replica)] = (address, item);
                }
            }
        }
    }

    /// <summary>The silos that were asked.</summary>
    public IReadOnlyList<SiloPlace> Active { get; }

    /// <summary>Those of them that answered and are not about to stop: only there can replicas be brought to life.</summary>
    public IReadOnlyList<SiloPlace> Answering { get; }

    /// <summary>How many replicas live.</summary>
    public int Count => found.Count;

    /// <summary>Whether every silo answered, and none is about to stop: only then is there a sense in moving replicas and leaders.</summary>
    public bool IsComplete => silent.Count == 0 && !isSomebodyStopping;

    /// <summary>
    /// Whether a replica lives, as far as is known: somebody hosts it, or who was thought to host it is an active silo that did not answer.
    /// </summary>
    public bool Lives(ReplicaSlot slot)
    {
        if (Find(slot) is not null)
        {
            return true;
        }

        if (slot.Silo is not { } silo)
        {
            return false;
        }

        if (silent.Contains(silo))
        {
            return true;
        }

        slot.Forget(silo);
        return false;
    }

    /// <summary>Whether all members of a group take part, and one of them leads: only then may one of them be disturbed.</summary>
    public bool IsHealthy(GroupEntry group)
    {
        var hasLeader = false;
        foreach (var member in group.Configuration.Members)
        {
            if (Find(group.Slot(member.Id)) is not { IsRunning: true } item)
            {
                return false;
            }

            hasLeader |= item.IsLeader;
        }

        return hasLeader;
    }

    /// <summary>
    /// Whether a majority of a group takes part, as far as is known: it commits, or elects in a moment. A silo that is merely slow to answer hosts
    /// what it hosted; whether it died is for the membership to say.
    /// </summary>
    public bool GoesOn(GroupEntry group) =>
        Quorum.Count(group.Configuration, voter => TakesPart(group.Slot(voter)) ? true : null) == VoteResult.Won;

    /// <summary>Whether a majority of a group lives, so that it elects in a moment.</summary>
    public bool CouldElect(GroupEntry group) =>
        Quorum.Count(group.Configuration, voter => Find(group.Slot(voter)) is not null ? true : null) == VoteResult.Won;

    /// <summary>For how long no replica of a group has known a leader; null when none lives, or one still believes in its leader.</summary>
    public TimeSpan? LeaderlessFor(GroupEntry group)
    {
        long? shortest = null;
        foreach (var member in group.Configuration.Members)
        {
            if (Find(group.Slot(member.Id)) is { } item)
            {
                shortest = Math.Min(shortest ?? long.MaxValue, item.LeaderlessMilliseconds);
            }
        }

        return shortest is > 0 ? TimeSpan.FromMilliseconds(shortest.Value) : null;
    }

    /// <summary>Whether a member of a group that may live anywhere lives nowhere, although a silo holds none of the group.</summary>
    public bool IsShort(GroupEntry group)
    {
        var hosts = new HashSet<SiloAddress>();
        var absent = 0;
        foreach (var member in group.Configuration.Members)
        {
            if (SiloOf(group.Slot(member.Id)) is { } silo)
            {
                hosts.Add(silo);
            }
            else if (member.Store.Length == 0)
            {
                absent++;
            }
        }

        return absent > 0 && hosts.Count < Answering.Count;
    }

    /// <summary>Whether two replicas of a group share a silo although another silo could take one of them.</summary>
    public bool IsCrowded(GroupEntry group)
    {
        var hosts = new HashSet<SiloAddress>();
        var sharing = 0;
        foreach (var member in group.Configuration.Members)
        {
            if (SiloOf(group.Slot(member.Id)) is { } silo && !hosts.Add(silo) && member.Store.Length == 0)
            {
                sharing++;
            }
        }

        return sharing > 0 && hosts.Count < Answering.Count;
    }

    private bool TakesPart(ReplicaSlot slot) => Find(slot)?.IsRunning ?? (slot.Silo is { } silo && silent.Contains(silo));

    /// <summary>Where a replica lives, if somebody said so.</summary>
    public SiloAddress? SiloOf(ReplicaSlot slot) => found.TryGetValue((slot.Group.Name, slot.Replica.Value), out var entry) ? entry.Silo : null;

    /// <summary>Whether a replica leads its group.</summary>
    public bool IsLeader(ReplicaSlot slot) => Find(slot) is { IsLeader: true };

    /// <summary>What was said of a replica.</summary>
    public InventoryItem? Find(ReplicaSlot slot) => found.TryGetValue((slot.Group.Name, slot.Replica.Value), out var entry) ? entry.Item : null;

    /// <summary>The groups that some replica leads.</summary>
    public HashSet<string> LedGroups() => [.. found.Values.Where(entry => entry.Item.IsLeader).Select(entry => entry.Item.Group)];
}
