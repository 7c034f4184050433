using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Liveness;

/// <summary>Gives memory back to the system once all of a silo's many replicas are quiescent.</summary>
/// <remarks>
/// The process would keep what thousands of replicas no longer need after their start or after work: collections follow allocations, and quiescent
/// replicas allocate nothing. The collection stops the process for a moment, so it happens only while all replicas here are idle.
/// </remarks>
internal sealed class MemoryTrim(GroupTable groups, ILogger<MemoryTrim> logger)
{
    private const int ReplicasMin = 1_000;
    private const int RoundsMin = 2;
    private const long AllocatedMin = 128L * 1024 * 1024;

    private long allocatedBefore;
    private int quiescentRounds;

    /// <summary>Checks whether it is time; called every half minute, so that all replicas have been quiescent for as long.</summary>
    public void Consider()
    {
        var replicas = 0;
        var quiescent = 0;
        foreach (var replica in groups.Hosted)
        {
            replicas++;
            quiescent += replica.Quiescence is null ? 0 : 1;
        }

        quiescentRounds = quiescent == replicas ? quiescentRounds + 1 : 0;
        if (replicas < ReplicasMin || quiescentRounds < RoundsMin || GC.GetTotalAllocatedBytes() - allocatedBefore < AllocatedMin)
        {
            return;
        }

        var before = GC.GetGCMemoryInfo().TotalCommittedBytes;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        allocatedBefore = GC.GetTotalAllocatedBytes();
        Log.MemoryTrimmed(logger, replicas, before / 1_000_000, GC.GetGCMemoryInfo().TotalCommittedBytes / 1_000_000);
    }
}
