using OrleansRaft.Core;
using OrleansRaft.Lab.Checks;
using OrleansRaft.Lab.Storage;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Lab;

/// <summary>One group: where its replicas are at home, what they stored, and what must be true of them.</summary>
internal sealed class LabGroup(LabCluster cluster, int number, string name)
{
    private readonly Dictionary<ReplicaId, LabNode[]> locations = [];

    public string Name => name;

    public int Number => number;

    public SortedDictionary<ReplicaId, LabNode> Homes { get; } = [];

    public List<ReplicaId> Names { get; } = [];

    public ReplicaId NextName { get; private set; }

    public Dictionary<ReplicaId, StoredReplica> Stored { get; } = [];

    public GroupChecks Checks { get; } = new(cluster, name);

    /// <summary>How it went on after it had lost its majority, as everybody finds written who starts a replica; null where it never has.</summary>
    public GroupRecovery? Recovery { get; set; }

    /// <summary>The replicas whose stores are gone, perhaps to be found again.</summary>
    public HashSet<ReplicaId> Missing { get; } = [];

    /// <summary>Whether a replica was lost when the group went on without its majority.</summary>
    public bool IsLost(ReplicaId replica) => Recovery is { } latest && latest.IsLost(replica);

    /// <param name="replica">Its name.</param>
    /// <param name="home">Where it runs.</param>
    /// <param name="initial">What it starts from.</param>
    /// <param name="committed">How much of the group's log is committed.</param>
    public void Add(ReplicaId replica, LabNode home, Configuration initial, LogIndex committed = default)
    {
        Homes.Add(replica, home);
        Names.Add(replica);
        NextName = replica >= NextName ? replica.Next : NextName;
        locations[replica] = [home];
        if (Stored.TryGetValue(replica, out var former))
        {
            former.Renew(initial, committed);
            return;
        }

        var stored = new StoredReplica(new ReplicaKey(name, replica), initial);
        Stored.Add(replica, stored);
        Checks.Add(stored);
    }

    public void Remove(ReplicaId replica)
    {
        Homes.Remove(replica);
        Names.Remove(replica);
        locations.Remove(replica);
    }

    public IReadOnlyList<LabNode> LocationsOf(ReplicaId replica) => locations.TryGetValue(replica, out var nodes) ? nodes : [];

    /// <summary>Looks where a replica runs after it started or stopped somewhere; when nowhere, it is expected at home.</summary>
    public void Locate(ReplicaId replica)
    {
        LabNode[] running = [.. cluster.Nodes.Where(node => node.Find(name, replica) is not null)];
        if (Homes.TryGetValue(replica, out var home))
        {
            locations[replica] = running.Length > 0 ? running : [home];
        }
    }
}
