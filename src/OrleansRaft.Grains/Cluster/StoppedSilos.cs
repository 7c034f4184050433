using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace OrleansRaft.Grains.Cluster;

/// <summary>The silos that stopped in order: most of them come back under their names in a moment. Any thread.</summary>
internal sealed class StoppedSilos(ClusterMembership silos, IOptions<RaftOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<SiloAddress, (string Name, long At)> left = new();
    private readonly ConcurrentDictionary<SiloAddress, bool> dismissed = new();

    /// <summary>A silo stops in order: it says so itself, or the membership does.</summary>
    public void Note(SiloAddress silo) => left.TryAdd(silo, (silos.NameOf(silo), time.GetTimestamp()));

    /// <summary>A silo that is about to stop does not come back.</summary>
    public void Dismiss(SiloAddress silo) => dismissed[silo] = true;

    /// <summary>Whether a silo stopped in order, not long ago, and none of its name among those present can host replicas yet.</summary>
    /// <param name="silo">The silo that stopped.</param>
    /// <param name="present">The silos to which its replicas could be given now.</param>
    public bool IsAwaited(SiloAddress silo, IReadOnlyList<SiloPlace> present)
    {
        if (silos.IsLeaving(silo))
        {
            // Whoever is told of changes of the membership is told after they can be read.
            Note(silo);
        }

        // What is noted stays: a silo that hangs while it stops is told of again and again, and is not waited for again.
        return !dismissed.ContainsKey(silo)
            && left.TryGetValue(silo, out var departure)
            && time.GetElapsedTime(departure.At) < options.Value.ReturnPatience
            && !present.Any(place => place.Name == departure.Name && silos.CanHostGrains(place.Address));
    }
}
