using System.Collections.Immutable;
using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>What a cluster's first groups are: the cluster row. Written once; a silo that is configured otherwise is refused.</summary>
/// <param name="ClusterId">The cluster's name.</param>
/// <param name="Sets">Its sets of groups, sorted by name.</param>
/// <param name="Servers">How many database servers hold the logs: replica k logs to server (k - 1) mod n. 1 for local stores.</param>
/// <param name="LocalStores">
/// For local stores, the ids of all of them in order: replica k of group g is bound to store (g + k - 1) mod their number. Empty for shared stores.
/// </param>
public sealed record ClusterDefinition(string ClusterId, ImmutableArray<GroupSet> Sets, int Servers, ImmutableArray<string> LocalStores)
{
    /// <summary>The first configuration of a group.</summary>
    /// <param name="set">Its set.</param>
    /// <param name="number">Its number within the set, from 0.</param>
    public Configuration InitialConfiguration(GroupSet set, int number) => Configuration.OfVoters(
    [
        .. Enumerable.Range(1, set.Replicas).Select(replica => new Member(
            new ReplicaId(replica),
            LogIndex.Zero,
            Store: LocalStores.IsEmpty ? "" : LocalStores[(number + replica - 1) % LocalStores.Length])),
    ]);

    /// <inheritdoc/>
    public bool Equals(ClusterDefinition? other) =>
        other is not null
        && ClusterId == other.ClusterId
        && Servers == other.Servers
        && Sets.SequenceEqual(other.Sets)
        && LocalStores.SequenceEqual(other.LocalStores);

    /// <inheritdoc/>
    public override int GetHashCode() => ClusterId.GetHashCode(StringComparison.Ordinal);
}

/// <summary>A numbered set of groups that run one state machine; keys are spread over them by hash.</summary>
/// <param name="Name">The set's name, such as <c>counters</c>; its groups are <c>counters-0</c>, <c>counters-1</c>, ...</param>
/// <param name="Groups">How many groups; at least 1.</param>
/// <param name="Replicas">How many voters each starts with; at least 1.</param>
public sealed record GroupSet(string Name, int Groups, int Replicas)
{
    /// <summary>
    /// The name of the set whose one group is the catalogue: it remembers which sets were added, and who belongs to which group, since the cluster
    /// first started.
    /// </summary>
    public const string Catalogue = "catalogue";

    /// <summary>The name of a group.</summary>
    public string GroupName(int number) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Name}-{number}");
}
