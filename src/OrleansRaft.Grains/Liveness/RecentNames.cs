using System.Collections.Concurrent;
using OrleansRaft.Grains.SiloService;

namespace OrleansRaft.Grains.Liveness;

/// <summary>Names of replicas that are told to other silos for a while: one beat may be lost, a few in a row end the contract anyway. Any thread.</summary>
internal sealed class RecentNames(TimeProvider time)
{
    private const int CountMax = 4_096;
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<ReplicaName, long> names = new();

    /// <summary>Tells a name from now on.</summary>
    /// <returns>False when there are too many to be told: the others must look for themselves.</returns>
    public bool TryAdd(ReplicaName name)
    {
        if (names.Count >= CountMax)
        {
            return false;
        }

        names[name] = time.GetTimestamp();
        return true;
    }

    /// <summary>The names to be told now.</summary>
    public ReplicaName[] List()
    {
        foreach (var entry in names)
        {
            if (time.GetElapsedTime(entry.Value) > Memory)
            {
                names.TryRemove(entry);
            }
        }

        return [.. names.Select(static entry => entry.Key)];
    }
}
