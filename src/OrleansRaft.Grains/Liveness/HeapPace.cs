using System.Runtime;

namespace OrleansRaft.Grains.Liveness;

/// <summary>Keeps the memory of a silo with large states near what lives there.</summary>
/// <remarks>
/// The collector lets the old generation grow by four fifths before it looks at it again. What a write to a large state replaces is old, and so are
/// the entries that a snapshot has covered: a replica would take nearly twice its state. So a collection in the background, whose pauses are as short
/// as those of any other, begins when an eighth of what lived after the last one has come on top. A silo whose states are small, or a small part of
/// what lives in the process, is left alone.
/// </remarks>
/// <param name="states">Says how many bytes the states of all replicas here have.</param>
internal sealed class HeapPace(Func<long> states)
{
    private const long StateBytesMin = 64L * 1024 * 1024;
    private const long GrowthMin = 32L * 1024 * 1024;
    private const int GrowthPart = 8;

    private long begunAfter = -1;

    /// <summary>Checks whether it is time; called at each heartbeat.</summary>
    public void Consider()
    {
        var last = LastCollection();
        if (last.Index == begunAfter || GCSettings.LatencyMode == GCLatencyMode.Batch)
        {
            // The one that was begun has not ended, or this process has none in the background.
            return;
        }

        if (IsDue(last.HeapSizeBytes - last.FragmentedBytes, GC.GetTotalMemory(forceFullCollection: false), states))
        {
            begunAfter = last.Index;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false, compacting: false);
        }
    }

    /// <summary>Whether a collection is due.</summary>
    /// <param name="lived">What lived after the last one, in bytes.</param>
    /// <param name="now">What takes memory now, whether it lives or not, in bytes.</param>
    /// <param name="states">Says how many bytes the states of all replicas here have.</param>
    internal static bool IsDue(long lived, long now, Func<long> states) =>
        now - lived >= Math.Max(GrowthMin, lived / GrowthPart)
        && states() is var bytes
        && bytes >= StateBytesMin
        && bytes >= lived / 2;

    /// <summary>The last collection of everything.</summary>
    private static GCMemoryInfo LastCollection()
    {
        var (background, blocking) = (GC.GetGCMemoryInfo(GCKind.Background), GC.GetGCMemoryInfo(GCKind.FullBlocking));
        return background.Index > blocking.Index ? background : blocking;
    }
}
