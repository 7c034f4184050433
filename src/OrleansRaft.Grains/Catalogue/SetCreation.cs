using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>
/// Gives the replicas of a set that was announced in the catalogue their places in the stores. May be repeated until the set is finished.
/// </summary>
internal sealed class SetCreation(
    GroupTable groups,
    ClusterMembership silos,
    Locator locator,
    SiloClient<ICatalogueService> client,
    ILogStore store,
    ILocalSiloDetails self,
    TimeProvider time)
{
    private const int GroupsPerCall = 64;
    private const int ConcurrencyMax = 8;
    private static readonly TimeSpan OfferTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    /// <summary>What keeps a set from being added now, in a sentence; null when nothing does.</summary>
    /// <remarks>
    /// Every silo must know the state machine first: during a rolling restart, replicas would otherwise be placed where nobody can run them.
    /// </remarks>
    public async Task<string?> FindObstacleAsync(GroupSet set, CancellationToken cancellation)
    {
        foreach (var (address, name) in silos.Active)
        {
            try
            {
                if (!await client.Reach(address).OffersAsync(set.Name, set.Groups, set.Replicas).WaitAsync(OfferTimeout, time, cancellation))
                {
                    return $"{name} is not configured with '{set.Name}' as {set.Groups} group(s) of {set.Replicas}; "
                        + "configure it alike and restart it.";
                }
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
            {
                return $"{name} did not say whether it is configured with '{set.Name}' ({exception.Message}); it is asked again.";
            }
        }

        return await FindMissingStoreAsync();
    }

    /// <summary>Makes the places.</summary>
    public async Task CreateAsync(GroupSet set, CancellationToken cancellation)
    {
        var hosts = groups.Cluster.LocalStores.IsEmpty
            ? [self.SiloAddress]
            : silos.Active.Select(static place => place.Address)
                .Where(silo => silos.StoreOf(silo) is { } held && groups.Cluster.LocalStores.Contains(held))
                .ToList();
        foreach (var host in hosts)
        {
            for (var first = 0; first < set.Groups; first += GroupsPerCall)
            {
                await client.Reach(host)
                    .CreateGroupsAsync(set.Name, set.Groups, set.Replicas, first, Math.Min(GroupsPerCall, set.Groups - first))
                    .WaitAsync(CallTimeout, time, cancellation);
            }
        }
    }

    /// <summary>Makes the places of some groups in the store that this silo reaches.</summary>
    public Task CreateHereAsync(GroupSet set, int first, int count, CancellationToken cancellation) => Parallel.ForEachAsync(
        ClusterRow.FirstReplicas(groups.Cluster, set, first, count, store.LocalId),
        new ParallelOptions { MaxDegreeOfParallelism = ConcurrencyMax, CancellationToken = cancellation },
        async (replica, stop) => await store.CreateReplicaAsync(replica.Key, replica.Initial, stop));

    private async Task<string?> FindMissingStoreAsync()
    {
        if (groups.Cluster.LocalStores.IsEmpty)
        {
            return null;
        }

        await locator.LocateAsync([]);
        var held = silos.Active.Select(place => silos.StoreOf(place.Address)).ToHashSet(StringComparer.Ordinal);
        return groups.Cluster.LocalStores.FirstOrDefault(local => !held.Contains(local)) is { } missing
            ? $"no running silo holds the local store '{missing}'; start it."
            : null;
    }
}
