using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>The stored form of a <see cref="ClusterDefinition"/>, and the comparison of what a silo wants with what is stored.</summary>
public static class ClusterRow
{
    // What is null is left out: a row that nobody has changed reads as it always did.
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes a definition as JSON, for people too.</summary>
    public static string Write(ClusterDefinition definition) => JsonSerializer.Serialize(
        new Row(
            definition.ClusterId,
            [.. definition.Sets],
            definition.Servers,
            [.. definition.LocalStores],
            definition.Restoring,
            definition.Recoveries.IsEmpty ? null : [.. definition.Recoveries]),
        Format);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="CorruptDataException">The text is not a definition.</exception>
    public static ClusterDefinition Read(string text)
    {
        try
        {
            var row = JsonSerializer.Deserialize<Row>(text, Format) ?? throw new CorruptDataException("the cluster row is empty");
            if (row is not { ClusterId: not null, Sets: not null, LocalStores: not null }
                || Array.Exists(row.Sets, set => set?.Name is null)
                || Array.Exists(row.LocalStores, store => store is null)
                || Array.Exists(row.Recoveries ?? [], recovery => recovery?.Group is null))
            {
                throw new CorruptDataException("the cluster row is damaged: it lacks a name, its sets of groups, or its stores");
            }

            return new ClusterDefinition(row.ClusterId, [.. row.Sets], row.Servers, [.. row.LocalStores])
            {
                Restoring = row.Restoring, Recoveries = [.. row.Recoveries ?? []],
            };
        }
        catch (JsonException exception)
        {
            throw new CorruptDataException($"the cluster row is damaged: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Refuses a silo that is configured otherwise than the cluster it joins. Local stores count only when the silo names some. A set that is not in
    /// the row is allowed in a cluster with a catalogue, which then has it added.
    /// </summary>
    /// <param name="place">Which store, for people.</param>
    /// <param name="stored">The cluster row.</param>
    /// <param name="wanted">What the silo is configured with.</param>
    /// <exception cref="StoreRefusedException">They differ; the message names each difference.</exception>
    public static void RequireSame(string place, ClusterDefinition stored, ClusterDefinition wanted)
    {
        if (stored.ClusterId != wanted.ClusterId)
        {
            throw new StoreRefusedException(
                $"{place} belongs to cluster '{stored.ClusterId}', not to '{wanted.ClusterId}': "
                    + "name the right cluster id, or give this cluster a store of its own");
        }

        RequireWhole(place, stored, wanted);
        var differences = Differences(stored, wanted).ToList();
        if (differences.Count != 0)
        {
            throw new StoreRefusedException(
                $"cluster '{stored.ClusterId}' in {place} was created otherwise than this silo is configured: {string.Join("; ", differences)}. "
                + "Configure this silo as the cluster was created; these numbers cannot change afterwards");
        }
    }

    /// <summary>The refusal of a store without a cluster row.</summary>
    /// <param name="place">Which store, for people.</param>
    public static StoreRefusedException NotThere(string place) =>
        new($"{place} holds no cluster: name the store of one, or start a silo with it, which makes one");

    /// <summary>The first replicas of a cluster with the configurations they start from; for a local store those that are bound to it.</summary>
    /// <param name="definition">The cluster row.</param>
    /// <param name="localId">The id of the local store; empty for shared stores.</param>
    public static IEnumerable<(ReplicaKey Key, Configuration Initial)> FirstReplicas(ClusterDefinition definition, string localId) =>
        from set in definition.Sets
        from replica in FirstReplicas(definition, set, 0, set.Groups, localId)
        select replica;

    /// <summary>The first replicas of some groups of a set, likewise.</summary>
    /// <param name="definition">The cluster row.</param>
    /// <param name="set">The set.</param>
    /// <param name="first">The number of the first of the groups.</param>
    /// <param name="count">How many groups.</param>
    /// <param name="localId">The id of the local store; empty for shared stores.</param>
    public static IEnumerable<(ReplicaKey Key, Configuration Initial)> FirstReplicas(
        ClusterDefinition definition, GroupSet set, int first, int count, string localId) =>
        from number in Enumerable.Range(first, count)
        let initial = definition.InitialConfiguration(set, number)
        from member in initial.Members
        where member.Store == localId
        select (new ReplicaKey(set.GroupName(number), member.Id), initial);

    /// <summary>A backup is restored into an empty store, and a cluster starts from a whole one.</summary>
    private static void RequireWhole(string place, ClusterDefinition stored, ClusterDefinition wanted)
    {
        if (stored.Restoring == wanted.Restoring)
        {
            return;
        }

        throw new StoreRefusedException(stored.Restoring is { } begun
            ? $"the restore of backup {begun} into {place} was interrupted, and what is there is not whole: run `oraft backup restore` with that "
                + "backup again, which goes on where it stopped; or empty the store"
            : $"{place} holds cluster '{stored.ClusterId}' already: a backup is restored into an empty store; name another one, or empty this one");
    }

    private static IEnumerable<string> Differences(ClusterDefinition stored, ClusterDefinition wanted)
    {
        var hasCatalogue = stored.Sets.Any(static set => set.Name == GroupSet.Catalogue);
        foreach (var name in stored.Sets.Concat(wanted.Sets).Select(set => set.Name).Distinct(StringComparer.Ordinal))
        {
            var (before, now) = (Describe(stored.Sets, name), Describe(wanted.Sets, name));
            if (before != now && !(hasCatalogue && stored.Sets.All(set => set.Name != name)))
            {
                yield return $"'{name}' has {before}, not {now}";
            }
        }

        if (stored.Servers != wanted.Servers)
        {
            yield return $"its logs are spread over {stored.Servers} server(s), not {wanted.Servers}";
        }

        if (!wanted.LocalStores.IsEmpty && !wanted.LocalStores.SequenceEqual(stored.LocalStores))
        {
            yield return $"its local stores are {string.Join(", ", stored.LocalStores)}, not {string.Join(", ", wanted.LocalStores)}";
        }
    }

    private static string Describe(ImmutableArray<GroupSet> sets, string name) =>
        sets.FirstOrDefault(set => set.Name == name) is { } set ? $"{set.Groups} group(s) of {set.Replicas} replica(s)" : "no groups";

    private sealed record Row(
        string ClusterId, GroupSet[] Sets, int Servers, string[] LocalStores, Guid? Restoring = null, GroupRecovery[]? Recoveries = null);
}
