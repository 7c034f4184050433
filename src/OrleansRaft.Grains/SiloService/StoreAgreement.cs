using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.SiloService;

/// <summary>
/// Tells whether another silo of the cluster keeps its logs where this one does: in the same shared store, or in one of the same local stores. One
/// that does not would find the replicas that others wrote empty, and acknowledged writes would be gone. Any thread.
/// </summary>
internal sealed class StoreAgreement(ILogStore store, GroupTable groups)
{
    /// <summary>Where this silo keeps logs; equal for silos that agree. Empty until the store is open.</summary>
    public string Mark => groups.IsLoaded ? $"{store.SharedId}|{groups.Cluster.Servers}|{string.Join(',', groups.Cluster.LocalStores)}" : "";

    /// <summary>Whether a silo that answered keeps its logs where this one does, as far as it says.</summary>
    public bool Holds(Inventory told) => string.IsNullOrEmpty(told.StoreMark) || Mark is not { Length: > 0 } mark || told.StoreMark == mark;

    /// <summary>Why this silo may not take part.</summary>
    /// <param name="other">The name of the silo that was there before.</param>
    public static StoreRefusedException Refuse(string other) => new(
        $"silo '{other}' of this cluster keeps its logs in another store than this silo: what one acknowledged would be gone where the other looks. "
        + "Give all silos the same store: UsePostgreSql with the same servers; in one process, UseMemory(disk) with one MemoryDisk for all of them; "
        + "or local stores that every silo knows, all of them named in StoreTopology.LocalStores");
}
