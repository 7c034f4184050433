using Orleans.Services;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>A silo's part in adding sets of groups to the cluster.</summary>
[Alias("raft-catalogue-service")]
internal interface ICatalogueService : IGrainService
{
    /// <summary>Whether this silo is configured with a set of so many groups.</summary>
    [Alias("offers")]
    Task<bool> OffersAsync(string set, int groups, int replicas);

    /// <summary>Makes the places of some groups of a set that was announced, in the store that this silo reaches.</summary>
    [Alias("create-groups")]
    Task CreateGroupsAsync(string set, int groups, int replicas, int first, int count);

    /// <summary>Whether this silo is configured with a set, of however many groups.</summary>
    [Alias("has-set")]
    Task<bool> HasSetAsync(string set);

    /// <summary>Deletes what replicas of a set have in the store that this silo reaches.</summary>
    /// <returns>Of how many there was something.</returns>
    [Alias("delete-set")]
    Task<int> DeleteSetAsync(string set);

    /// <summary>The catalogue holds something new.</summary>
    [Alias("catalogue-changed")]
    Task CatalogueChangedAsync();

    /// <summary>Keys or limits have changed.</summary>
    /// <param name="revision">The change's revision.</param>
    [Alias("access-changed")]
    Task AccessChangedAsync(long revision);
}
