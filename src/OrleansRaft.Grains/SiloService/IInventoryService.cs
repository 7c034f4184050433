using Orleans.Services;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.SiloService;

/// <summary>What runs on a silo.</summary>
[Alias("raft-inventory-service")]
internal interface IInventoryService : IGrainService
{
    /// <summary>Which of some replicas run here.</summary>
    [Alias("locate")]
    Task<Inventory> LocateAsync([Immutable] ReplicaName[] wanted);

    /// <summary>Everything that runs here.</summary>
    [Alias("inventory")]
    Task<Inventory> TakeInventoryAsync();

    /// <summary>Whether the state machine of a replica here has work that explains why its answers take long.</summary>
    [Alias("is-working")]
    Task<bool> IsWorkingAsync(ReplicaName replica);
}
