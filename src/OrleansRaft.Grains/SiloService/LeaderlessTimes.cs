using System.Collections.Concurrent;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.SiloService;

/// <summary>For how long groups have been without a leader that can be reached. Any thread.</summary>
/// <remarks>
/// Replicas say for how long each has known no leader; the group had one until the last of them lost it. Where none says so, because none lives or a
/// paused one still believes in its leader, what counts is when this silo first saw it.
/// </remarks>
internal sealed class LeaderlessTimes(GroupTable groups, TimeProvider time)
{
    // Longer than any election takes: a failover is no alarm.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<GroupEntry, long> seen = new();

    /// <summary>Takes note of who has a leader.</summary>
    public void Look(ClusterInventory stock)
    {
        var led = stock.LedGroups();
        foreach (var group in groups.AllGroups)
        {
            // A quiescent leader has not noticed yet that its majority is gone.
            if (!led.Contains(group.Name) || !stock.CouldElect(group))
            {
                seen.TryAdd(group, time.GetTimestamp());
            }
            else if (!seen.IsEmpty)
            {
                seen.TryRemove(group, out _);
            }
        }
    }

    /// <summary>The groups that have been without one for longer than an election takes, by the last look.</summary>
    public IEnumerable<(GroupEntry Group, TimeSpan For)> Lasting(ClusterInventory stock) =>
        from noticed in seen
        let lasting = stock.LeaderlessFor(noticed.Key) ?? time.GetElapsedTime(noticed.Value)
        where lasting >= Grace
        select (noticed.Key, lasting);
}
