using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Liveness;

/// <summary>Gives memory back to the system once all of a silo's many replicas have fallen asleep.</summary>
/// <remarks>
/// What thousands of replicas threw away while they came to life or were busy stays with the process otherwise: collections follow allocations, and sleepers
/// allocate nothing. The collection stops the process for a moment, so it happens only while nobody here does anything.
/// </remarks>
internal sealed class MemoryTrim(GroupTable groups, ILogger<MemoryTrim> logger)
{
    private const int ReplicasMin = 1_000;
    private const int RoundsMin = 2;
    private const long AllocatedMin = 128L * 1024 * 1024;

    private long allocatedBefore;
    private int roundsAsleep;

    /// <summary>Looks whether it is time; called every half minute, so that everything has slept for as long.</summary>
    public void Consider()
    {
        var replicas = 0;
        var asleep = 0;
        foreach (var replica in groups.Hosted)
        {
            replicas++;
            asleep += replica.Quiescence is null ? 0 : 1;
        }

        roundsAsleep = asleep == replicas ? roundsAsleep + 1 : 0;
        if (replicas < ReplicasMin || roundsAsleep < RoundsMin || GC.GetTotalAllocatedBytes() - allocatedBefore < AllocatedMin)
        {
            return;
        }

        var before = GC.GetGCMemoryInfo().TotalCommittedBytes;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        allocatedBefore = GC.GetTotalAllocatedBytes();
        Log.MemoryTrimmed(logger, replicas, before / 1_000_000, GC.GetGCMemoryInfo().TotalCommittedBytes / 1_000_000);
    }
}
