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
    /// <summary>The id of the backup that is being restored into the store; null when none is. A cluster does not start from half of one.</summary>
    public Guid? Restoring { get; init; }

    /// <summary>The latest recovery of each group that had lost its majority, by the groups' names.</summary>
    public ImmutableArray<GroupRecovery> Recoveries { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>How a group goes on that had lost its majority; null where none has.</summary>
    /// <param name="group">Its name.</param>
    public GroupRecovery? RecoveryOf(string group)
    {
        foreach (var recovery in Recoveries)
        {
            if (recovery.Group == group)
            {
                return recovery;
            }
        }

        return null;
    }

    /// <summary>The row with one more recovery, in place of the one before of the same group.</summary>
    /// <param name="recovery">The recovery.</param>
    public ClusterDefinition With(GroupRecovery recovery)
    {
        ArgumentNullException.ThrowIfNull(recovery);
        return this with
        {
            Recoveries =
            [
                .. Recoveries.Where(other => other.Group != recovery.Group)
                    .Append(recovery)
                    .OrderBy(static other => other.Group, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>The configuration that a group starts from: its first members; after a recovery, the one that was left.</summary>
    /// <param name="set">Its set.</param>
    /// <param name="number">Its number within the set, from 0.</param>
    public Configuration StartingConfiguration(GroupSet set, int number)
    {
        ArgumentNullException.ThrowIfNull(set);
        var first = InitialConfiguration(set, number);
        return RecoveryOf(set.GroupName(number)) is not { } recovery ? first
            : Configuration.OfVoters(
                [first.Find(new ReplicaId(recovery.Survivor)) ?? new Member(new ReplicaId(recovery.Survivor), LogIndex.Zero)]);
    }

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
        && Restoring == other.Restoring
        && Recoveries.SequenceEqual(other.Recoveries)
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
