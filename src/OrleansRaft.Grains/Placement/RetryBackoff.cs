using System.Collections.Concurrent;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Placement;

/// <summary>When to try again what failed: later after each failure, up to a limit. Any thread.</summary>
internal sealed class RetryBackoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ReplicaSlot, (TimeSpan Delay, long FailedAt)> failures = new();

    /// <summary>Whether a replica may be tried now.</summary>
    public bool IsDue(ReplicaSlot slot) => !failures.TryGetValue(slot, out var failure) || time.GetElapsedTime(failure.FailedAt) >= failure.Delay;

    /// <summary>It worked.</summary>
    public void Succeeded(ReplicaSlot slot) => failures.TryRemove(slot, out _);

    /// <summary>It failed.</summary>
    /// <returns>For how long it is left alone.</returns>
    public TimeSpan Failed(ReplicaSlot slot) => failures.AddOrUpdate(
        slot,
        static (_, now) => (First, now),
        static (_, failure, now) => (failure.Delay * 2 < Longest ? failure.Delay * 2 : Longest, now),
        time.GetTimestamp()).Delay;
}
