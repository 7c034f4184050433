using System.Collections.Concurrent;

namespace OrleansRaft.Grains.Routing;

/// <summary>
/// Silos that did not answer a moment ago. To ask one again takes as long as to find out that it does not answer, so whoever may ask others asks them
/// first: a group whose leader is lost elects another meanwhile. All groups learn from what happened to one. Any thread.
/// </summary>
internal sealed class SilentSilos(TimeProvider time)
{
    private const int SilosMax = 1_000;

    private readonly ConcurrentDictionary<SiloAddress, long> since = new();

    /// <summary>For how long others are asked first: 250 milliseconds, as long as a lane waits for its acknowledgement.</summary>
    public static TimeSpan SilenceMax { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>A silo did not answer in time, or could not be asked.</summary>
    public void Note(SiloAddress silo)
    {
        if (since.Count >= SilosMax)
        {
            // Lives of silos come and go; one that is forgotten is asked once more.
            since.Clear();
        }

        since[silo] = time.GetTimestamp();
    }

    /// <summary>A silo answered.</summary>
    public void Heard(SiloAddress? silo)
    {
        if (silo is not null && !since.IsEmpty)
        {
            since.TryRemove(silo, out _);
        }
    }

    /// <summary>Whether a silo is to be asked last.</summary>
    public bool Contains(SiloAddress? silo) =>
        silo is not null && !since.IsEmpty && since.TryGetValue(silo, out var noted) && time.GetElapsedTime(noted) < SilenceMax;
}
