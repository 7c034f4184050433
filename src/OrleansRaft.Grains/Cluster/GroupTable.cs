using System.Collections.Concurrent;
using System.Collections.Frozen;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Cluster;

/// <summary>All groups of the cluster as this silo knows them, and the replicas that run here. Any thread.</summary>
internal sealed class GroupTable
{
    private readonly ConcurrentDictionary<ReplicaKey, ILocalReplica> hosted = new();
    private State? state;

    /// <summary>The cluster as it is stored.</summary>
    /// <exception cref="InvalidOperationException">The silo has not started.</exception>
    public ClusterDefinition Cluster =>
        (Volatile.Read(ref state)
            ?? throw new InvalidOperationException("The silo has not read the cluster's definition yet; wait until it has started.")).Cluster;

    /// <summary>Whether the cluster's definition has been read.</summary>
    public bool IsLoaded => Volatile.Read(ref state) is not null;

    /// <summary>The replicas that run here.</summary>
    public IEnumerable<ILocalReplica> Hosted => hosted.Select(pair => pair.Value);

    /// <summary>The replicas that run here and are an application's.</summary>
    public IEnumerable<ILocalReplica> HostedOfApplications => Hosted.Where(static replica => !replica.Slot.Group.IsCatalogue);

    /// <summary>
    /// The groups of applications, in the order of their sets' names and of their numbers, those last whose sets were added later; none before the
    /// silo has started.
    /// </summary>
    public IReadOnlyList<GroupEntry> Groups => Volatile.Read(ref state)?.Groups ?? [];

    /// <summary>All groups, the catalogue too.</summary>
    public IReadOnlyList<GroupEntry> AllGroups => Volatile.Read(ref state)?.AllGroups ?? [];

    /// <summary>Fills the table from the cluster's definition.</summary>
    public void Load(ClusterDefinition cluster)
    {
        var (count, sets) = (0, new List<GroupEntry[]>());
        foreach (var set in cluster.Sets)
        {
            sets.Add(Entries(cluster, set, count));
            count += set.Name == GroupSet.Catalogue ? 0 : set.Groups;
        }

        Volatile.Write(ref state, new State(cluster, sets));
    }

    /// <summary>Adds a set that the catalogue knows, behind those that are known already. By one caller at a time.</summary>
    public void Extend(GroupSet set)
    {
        var before = Volatile.Read(ref state)
            ?? throw new InvalidOperationException("The silo has not read the cluster's definition yet; wait until it has started.");
        var added = Entries(before.Cluster, set, before.Groups.Length);
        Volatile.Write(ref state, new State(before.Cluster with { Sets = before.Cluster.Sets.Add(set) }, [.. before.Sets, added]));
    }

    /// <summary>Takes a set out that was deleted. By one caller at a time.</summary>
    public void Withdraw(string set)
    {
        if (Volatile.Read(ref state) is not { } before || !before.BySet.ContainsKey(set))
        {
            return;
        }

        var (ordinal, left) = (0, before.Sets.Where(groups => groups[0].Set.Name != set).ToList());
        foreach (var group in left.SelectMany(static groups => groups).Where(static group => !group.IsCatalogue))
        {
            // Smaller than before: in place in the table that it is read with.
            group.Ordinal = ordinal++;
        }

        Volatile.Write(ref state, new State(before.Cluster with { Sets = before.Cluster.Sets.RemoveAll(one => one.Name == set) }, left));
    }

    /// <summary>Takes note of groups that went on without their majorities.</summary>
    /// <param name="stored">The cluster row as it is stored now.</param>
    /// <returns>The groups for which it was not known.</returns>
    public IReadOnlyList<GroupEntry> Learn(ClusterDefinition stored) =>
    [
        .. stored.Recoveries.Select(recovery => (Recovery: recovery, Group: Find(recovery.Group)))
            .Where(pair => pair.Group?.Learn(pair.Recovery, stored.StartingConfiguration(pair.Group.Set, pair.Group.Number)) == true)
            .Select(static pair => pair.Group!),
    ];

    /// <summary>A group by its name.</summary>
    public GroupEntry? Find(ReadOnlySpan<char> name) =>
        Volatile.Read(ref state) is { } loaded && loaded.BySpan.TryGetValue(name, out var group) ? group : null;

    /// <summary>The groups of a set, by their numbers; empty when there is no such set.</summary>
    public IReadOnlyList<GroupEntry> FindSet(string name) =>
        Volatile.Read(ref state) is { } loaded && loaded.BySet.TryGetValue(name, out var groups) ? groups : [];

    /// <summary>Adds a replica that runs here.</summary>
    public void Add(ILocalReplica replica)
    {
        hosted[replica.Key] = replica;
        replica.Slot.Register(replica);
    }

    /// <summary>Takes a replica out.</summary>
    public void Remove(ILocalReplica replica)
    {
        hosted.TryRemove(new KeyValuePair<ReplicaKey, ILocalReplica>(replica.Key, replica));
        replica.Slot.Unregister(replica);
    }

    private static GroupEntry[] Entries(ClusterDefinition cluster, GroupSet set, int firstOrdinal) =>
    [
        .. Enumerable.Range(0, set.Groups)
            .Select(number => new GroupEntry(
                set, number, cluster.StartingConfiguration(set, number), cluster.RecoveryOf(set.GroupName(number)))
            {
                Ordinal = firstOrdinal + number,
            }),
    ];

    private sealed class State
    {
        public State(ClusterDefinition cluster, IEnumerable<GroupEntry[]> sets)
        {
            Cluster = cluster;
            Sets = [.. sets];
            AllGroups = [.. Sets.SelectMany(static groups => groups)];
            Groups = Array.FindAll(AllGroups, static group => !group.IsCatalogue);
            BySet = Sets.ToFrozenDictionary(static groups => groups[0].Set.Name, StringComparer.Ordinal);
            BySpan = AllGroups.ToFrozenDictionary(static group => group.Name, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public ClusterDefinition Cluster { get; }

        public GroupEntry[][] Sets { get; }

        public GroupEntry[] AllGroups { get; }

        public GroupEntry[] Groups { get; }

        public FrozenDictionary<string, GroupEntry[]> BySet { get; }

        public FrozenDictionary<string, GroupEntry>.AlternateLookup<ReadOnlySpan<char>> BySpan { get; }
    }
}
