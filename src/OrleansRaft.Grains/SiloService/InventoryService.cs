using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.SiloService;

/// <inheritdoc cref="IInventoryService"/>
[Reentrant]
internal sealed class InventoryService(
    GrainId id,
    Silo silo,
    ILoggerFactory loggers,
    GroupTable groups,
    ClusterMembership silos,
    AlarmBoard board,
    DamageAlarms damage,
    StoreAgreement agreement,
    ClusterLevel level,
    OwnSets own,
    ILogStore store) : GrainService(id, silo, loggers), IInventoryService
{
    /// <inheritdoc/>
    public Task<Inventory> LocateAsync(ReplicaName[] wanted) => Task.FromResult(Describe(wanted.Select(Find).OfType<ILocalReplica>()));

    /// <inheritdoc/>
    public Task<Inventory> TakeInventoryAsync()
    {
        damage.ClearMended(null);
        return Task.FromResult(Describe(groups.Hosted));
    }

    /// <inheritdoc/>
    public Task<bool> IsWorkingAsync(ReplicaName replica) => Task.FromResult(Find(replica) is { IsRunning: true, Driver.IsWorking: true });

    private Inventory Describe(IEnumerable<ILocalReplica> replicas) => new(
        store.LocalId,
        [.. replicas.Select(InventoryItem.Of)],
        silos.IsStopping,
        board.Active is { Count: > 0 } alarms ? [.. alarms.Select(AlarmReport.Of)] : null,
        agreement.Mark,
        silos.IsDraining,
        level.InForce,
        own.All);

    private ILocalReplica? Find(ReplicaName name) => groups.Find(name.Group)?.Find(new ReplicaId(name.Replica))?.Local;
}
