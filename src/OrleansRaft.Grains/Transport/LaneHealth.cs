using System.Collections.Concurrent;

namespace OrleansRaft.Grains.Transport;

/// <summary>
/// Which silos acknowledge no batches. A single late acknowledgement says nothing: a stall of either silo makes one, and the batch may have arrived.
/// Any thread.
/// </summary>
internal sealed class LaneHealth
{
    // With the time-out of an acknowledgement, about a second.
    private const int MissesMin = 4;

    private readonly ConcurrentDictionary<SiloAddress, int> misses = new();

    /// <summary>Notes that a silo acknowledged a batch.</summary>
    /// <returns>Whether it had been reported broken, and is no longer.</returns>
    public bool NoteAcknowledged(SiloAddress target) =>
        !misses.IsEmpty && misses.TryRemove(target, out var missed) && missed >= MissesMin;

    /// <summary>Notes that a batch was not acknowledged in time.</summary>
    /// <param name="target">The silo it was for.</param>
    /// <param name="isCut">Whether it cannot have arrived, since a fault cuts the link.</param>
    /// <returns>Whether this makes the lane broken, which it was not before.</returns>
    public bool NoteMissed(SiloAddress target, bool isCut)
    {
        while (true)
        {
            var before = misses.GetOrAdd(target, 0);
            var after = isCut ? Math.Max(before + 1, MissesMin) : Math.Min(before + 1, MissesMin);
            if (misses.TryUpdate(target, after, before))
            {
                return before < MissesMin && after >= MissesMin;
            }
        }
    }

    /// <summary>Forgets a silo that is dead.</summary>
    public void Forget(SiloAddress target) => misses.TryRemove(target, out _);
}
