using System.Globalization;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>Deletes a set of groups that no silo is configured with any more: its groups, and what their replicas have stored.</summary>
/// <remarks>
/// First the catalogue says so, for ever: a store that comes back with what its replicas held then never meets another set of that name. May be
/// repeated until nothing is left.
/// </remarks>
internal sealed class SetDeletion(
    GroupTable groups,
    ClusterMembership silos,
    Locator locator,
    SiloClient<ICatalogueService> client,
    ILogStore store,
    IGrainFactory grains,
    ILocalSiloDetails self,
    TimeProvider time)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DeletionTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Deletes.</summary>
    /// <param name="set">The set's name.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with how many replicas had stored something; or why nothing was deleted.</returns>
    public async Task<Outcome<int>> RunAsync(string set, CancellationToken cancellation)
    {
        if (set == GroupSet.Catalogue || groups.FindSet(GroupSet.Catalogue).Count == 0)
        {
            return Refused(RejectionReason.InvalidRequest, "Only a set that a catalogue has added can be deleted; see AddRaftCatalogue.");
        }

        var catalogue = grains.GetRaftGroup<CatalogueCommand, CatalogueContents>(GroupSet.Catalogue, $"delete {set}");
        var asked = await catalogue.QueryAsync(new ReadCatalogue(0), cancellation: cancellation);
        if (asked is not Committed<CatalogueContents> { Value: var contents })
        {
            return NotTold(asked, "The catalogue did not say which sets there are; nothing was deleted.");
        }

        if (contents.Sets.All(known => known.Name != set))
        {
            return groups.FindSet(set).Count > 0
                ? Refused(
                    RejectionReason.InvalidRequest,
                    $"The cluster was created with '{set}', and every silo must be configured with it; only sets that were added later can be "
                    + "deleted.")
                : Refused(RejectionReason.UnknownGroup, $"There is no set '{set}'; list the groups to see what there is.");
        }

        if (await FindUserAsync(set, cancellation) is { } obstacle)
        {
            return obstacle;
        }

        var decided = await catalogue.SubmitAsync(new DeleteSet(set), null, cancellation);
        return decided is Committed<CatalogueContents>
            ? await DeleteStoredAsync(set, cancellation)
            : NotTold(decided, $"Whether the catalogue says that '{set}' is deleted is not known. Send the request again.");
    }

    /// <summary>Deletes what replicas of a set have in the store that this silo reaches.</summary>
    /// <returns>Of how many there was something.</returns>
    public async Task<int> DeleteHereAsync(string set, CancellationToken cancellation)
    {
        var deleted = 0;
        foreach (var key in await store.ListReplicasAsync(cancellation))
        {
            if (IsOf(key.Group, set) && await store.DeleteReplicaAsync(key, cancellation))
            {
                deleted++;
            }
        }

        return deleted;
    }

    /// <summary>Whether a group is one of a set: names of sets may have hyphens and numbers of their own.</summary>
    internal static bool IsOf(string group, string set) =>
        group.Length > set.Length + 1
        && group.StartsWith(set, StringComparison.Ordinal)
        && group[set.Length] == '-'
        && int.TryParse(group.AsSpan(set.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>What keeps a set from being deleted; null when nothing does.</summary>
    private async Task<Outcome<int>?> FindUserAsync(string set, CancellationToken cancellation)
    {
        foreach (var (address, name) in silos.Active)
        {
            try
            {
                if (await client.Reach(address).HasSetAsync(set).WaitAsync(AnswerTimeout, time, cancellation))
                {
                    return Refused(
                        RejectionReason.ConfigurationConflict,
                        $"{name} is configured with '{set}'; take it out of every silo's configuration and restart them. Nothing was deleted.");
                }
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                return Refused(
                    RejectionReason.ConfigurationConflict,
                    $"{name} did not say whether it is configured with '{set}' ({failure.Message}). Nothing was deleted; send the request again.");
            }
        }

        await locator.LocateAsync([]);
        var held = silos.Active.Select(place => silos.StoreOf(place.Address)).ToHashSet(StringComparer.Ordinal);
        return groups.Cluster.LocalStores.FirstOrDefault(local => !held.Contains(local)) is { } missing
            ? Refused(
                RejectionReason.ConfigurationConflict,
                $"No running silo holds the local store '{missing}', in which something of '{set}' may be; start it first. Nothing was deleted.")
            : null;
    }

    private async Task<Outcome<int>> DeleteStoredAsync(string set, CancellationToken cancellation)
    {
        await Task.WhenAll(silos.Active.Select(place => TellAsync(place.Address, cancellation)));

        // Every silo reaches a shared store; a local one is reached by whoever holds it.
        var hosts = groups.Cluster.LocalStores.IsEmpty
            ? [self.SiloAddress]
            : silos.Active.Select(static place => place.Address).ToList();
        var deleted = 0;
        foreach (var host in hosts)
        {
            try
            {
                deleted += await client.Reach(host).DeleteSetAsync(set).WaitAsync(DeletionTimeout, time, cancellation);
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                return new Unknown<int>(
                    $"'{set}' is deleted, and its name is not used again; {silos.NameOf(host)} did not delete all that its replicas had stored: "
                    + $"{failure.Message} Send the request again.");
            }
        }

        return new Committed<int>(deleted, default, GroupSet.Catalogue);
    }

    /// <summary>Who does not hear of it looks by itself within a minute.</summary>
    private async Task TellAsync(SiloAddress silo, CancellationToken cancellation)
    {
        try
        {
            await client.Reach(silo).CatalogueChangedAsync().WaitAsync(AnswerTimeout, time, cancellation);
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            return;
        }
    }

    private static Rejected<int> Refused(RejectionReason reason, string detail) => new(reason, null, TimeSpan.Zero, detail);

    private static Outcome<int> NotTold(Outcome<CatalogueContents> outcome, string detail) => outcome is Rejected<CatalogueContents> rejected
        ? new Rejected<int>(rejected.Reason, rejected.Leader, rejected.RetryAfter, $"{detail} {rejected.Detail}")
        : new Unknown<int>(detail);
}
