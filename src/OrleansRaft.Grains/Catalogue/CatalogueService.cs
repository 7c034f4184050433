using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Catalogue;

/// <inheritdoc cref="ICatalogueService"/>
[Reentrant]
internal sealed class CatalogueService(
    GrainId id,
    Silo silo,
    ILoggerFactory loggers,
    StateMachineRegistry machines,
    SetCreation creation,
    SetDeletion deletion,
    CatalogueSignal signal,
    AccessSignal access)
    : GrainService(id, silo, loggers), ICatalogueService
{
    /// <inheritdoc/>
    public Task<bool> OffersAsync(string set, int groups, int replicas) =>
        Task.FromResult(machines.Wanted.Sets.Contains(new GroupSet(set, groups, replicas)));

    /// <inheritdoc/>
    public Task CreateGroupsAsync(string set, int groups, int replicas, int first, int count) =>
        creation.CreateHereAsync(new GroupSet(set, groups, replicas), first, count, StoppedCancellationTokenSource.Token);

    /// <inheritdoc/>
    public Task<bool> HasSetAsync(string set) => Task.FromResult(machines.Wanted.Sets.Any(wanted => wanted.Name == set));

    /// <inheritdoc/>
    public Task<int> DeleteSetAsync(string set) => deletion.DeleteHereAsync(set, StoppedCancellationTokenSource.Token);

    /// <inheritdoc/>
    public Task CatalogueChangedAsync()
    {
        signal.Nudge();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task AccessChangedAsync(long revision)
    {
        access.Hear(revision);
        return Task.CompletedTask;
    }
}
