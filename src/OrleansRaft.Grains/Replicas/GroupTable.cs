using System.Collections.Concurrent;
using System.Collections.Frozen;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains;

/// <summary>All groups of the cluster as this silo knows them, and the replicas that run here. Any thread.</summary>
internal sealed class GroupTable
{
    private readonly ConcurrentDictionary<ReplicaKey, HostedReplica> hosted = new();
    private State? state;

    /// <summary>The cluster as it is stored.</summary>
    /// <exception cref="InvalidOperationException">The silo has not started.</exception>
    public ClusterDefinition Cluster =>
        (Volatile.Read(ref state) ?? throw new InvalidOperationException("The silo has not read the cluster's definition yet; wait until it has started.")).Cluster;

    /// <summary>Whether the cluster's definition has been read.</summary>
    public bool IsLoaded => Volatile.Read(ref state) is not null;

    /// <summary>The replicas that run here.</summary>
    public IEnumerable<HostedReplica> Hosted => hosted.Select(pair => pair.Value);

    /// <summary>All groups, in the order of their sets' names and of their numbers; none before the silo has started.</summary>
    public IReadOnlyList<GroupEntry> Groups => Volatile.Read(ref state)?.Groups ?? [];

    /// <summary>Fills the table from the cluster's definition.</summary>
    public void Load(ClusterDefinition cluster) => Volatile.Write(ref state, new State(cluster));

    /// <summary>A group by its name.</summary>
    public GroupEntry? Find(ReadOnlySpan<char> name) =>
        Volatile.Read(ref state) is { } loaded && loaded.BySpan.TryGetValue(name, out var group) ? group : null;

    /// <summary>The groups of a set, by their numbers; empty when there is no such set.</summary>
    public IReadOnlyList<GroupEntry> FindSet(string name) =>
        Volatile.Read(ref state) is { } loaded && loaded.Sets.TryGetValue(name, out var groups) ? groups : [];

    /// <summary>Adds a replica that runs here.</summary>
    public void Add(HostedReplica replica)
    {
        hosted[replica.Key] = replica;
        replica.Slot.Register(replica);
    }

    /// <summary>Takes a replica out.</summary>
    public void Remove(HostedReplica replica)
    {
        hosted.TryRemove(new KeyValuePair<ReplicaKey, HostedReplica>(replica.Key, replica));
        replica.Slot.Unregister(replica);
    }

    private sealed class State
    {
        public State(ClusterDefinition cluster)
        {
            var count = 0;
            Cluster = cluster;
            Sets = cluster.Sets.ToDictionary(
                set => set.Name,
                set => Enumerable.Range(0, set.Groups)
                    .Select(number => new GroupEntry(set, number, cluster.InitialConfiguration(set, number)) { Ordinal = count++ })
                    .ToArray(),
                StringComparer.Ordinal).ToFrozenDictionary(StringComparer.Ordinal);
            Groups = [.. cluster.Sets.SelectMany(set => Sets[set.Name])];
            ByName = Groups.ToFrozenDictionary(group => group.Name, StringComparer.Ordinal);
            BySpan = ByName.GetAlternateLookup<ReadOnlySpan<char>>();
        }

        public ClusterDefinition Cluster { get; }

        public GroupEntry[] Groups { get; }

        public FrozenDictionary<string, GroupEntry[]> Sets { get; }

        public FrozenDictionary<string, GroupEntry> ByName { get; }

        public FrozenDictionary<string, GroupEntry>.AlternateLookup<ReadOnlySpan<char>> BySpan { get; }
    }
}
