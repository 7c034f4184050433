namespace OrleansRaft.Runtime.Liveness;

/// <summary>
/// Replicas that heartbeats name for a while: one heartbeat may be lost, and when several in a row are, the silos compare anyway. Any thread.
/// </summary>
internal sealed class RecentReplicas(TimeProvider time)
{
    private const int CountMax = 4_096;
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(3);

    private readonly Lock gate = new();
    private readonly Queue<(ReplicaKey Replica, long At)> noted = new();

    /// <summary>Names a replica from now on.</summary>
    /// <returns>False when there are too many to be named: the silos must compare instead.</returns>
    public bool TryAdd(ReplicaKey replica)
    {
        lock (gate)
        {
            if (noted.Count >= CountMax)
            {
                return false;
            }

            noted.Enqueue((replica, time.GetTimestamp()));
            return true;
        }
    }

    /// <summary>The replicas to be named now, in the order in which they were added.</summary>
    public ReplicaKey[] List()
    {
        lock (gate)
        {
            while (noted.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > Memory)
            {
                noted.Dequeue();
            }

            return noted.Count == 0 ? [] : [.. noted.Select(static note => note.Replica).Distinct()];
        }
    }
}
