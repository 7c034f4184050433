using Microsoft.Extensions.DependencyInjection;
using OrleansRaft;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage.Memory;

namespace Orleans.Hosting;

/// <summary>Chooses the store in memory.</summary>
public static class MemoryStoreExtensions
{
    /// <summary>Keeps logs in this process' memory, where they are gone with it: for tests and demonstrations.</summary>
    /// <param name="raft">The builder.</param>
    /// <param name="disk">
    /// What several silos of one process share, so that a replica finds its log on any of them; null for one of this silo's own, which only a cluster
    /// of one silo can use: a second silo is refused when it starts, since what the first acknowledged would be gone there.
    /// </param>
    public static RaftBuilder UseMemory(this RaftBuilder raft, MemoryDisk? disk = null)
    {
        ArgumentNullException.ThrowIfNull(raft);
        var shared = disk ?? new MemoryDisk();
        if (shared.LocalId.Length > 0)
        {
            raft.Services.PostConfigure<StoreTopology>(topology =>
            {
                // With several disks, all silos are configured with all their ids; a single one needs no telling.
                if (topology.LocalStores.Count == 0)
                {
                    topology.LocalStores.Add(shared.LocalId);
                }
            });
        }

        return raft.UseStore(
            nameof(UseMemory),
            services => new MemoryLogStore(shared, services.GetRequiredService<TimeProvider>(), alarms: services.GetService<AlarmBoard>()));
    }
}
