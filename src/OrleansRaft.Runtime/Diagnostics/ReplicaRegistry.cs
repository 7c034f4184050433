using System.Collections.Concurrent;

namespace OrleansRaft.Runtime.Diagnostics;

/// <summary>The replicas that run on one silo, for metrics and health checks. Any thread.</summary>
internal sealed class ReplicaRegistry
{
    private readonly ConcurrentDictionary<ReplicaDriver, bool> drivers = new();

    /// <summary>How many replicas run here.</summary>
    public int Count() => drivers.Count;

    /// <summary>How many of their groups have no leader that a replica here knows.</summary>
    public int CountLeaderless() => LeaderlessGroups().Count;

    /// <summary>The groups without a leader that a replica here knows, sorted.</summary>
    public IReadOnlyCollection<string> LeaderlessGroups()
    {
        var leaderless = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (driver, _) in drivers)
        {
            if (!driver.HasLeader)
            {
                leaderless.Add(driver.Key.Group);
            }
        }

        foreach (var (driver, _) in drivers)
        {
            if (driver.HasLeader)
            {
                leaderless.Remove(driver.Key.Group);
            }
        }

        return leaderless;
    }

    /// <summary>The most entries that a leader here has appended and not yet committed.</summary>
    public long CommitLagMax()
    {
        long lag = 0;
        foreach (var (driver, _) in drivers)
        {
            lag = Math.Max(lag, driver.CommitLag);
        }

        return lag;
    }

    /// <summary>The most request ids that a group with a replica here remembers.</summary>
    public long RequestIdsMax()
    {
        long most = 0;
        foreach (var (driver, _) in drivers)
        {
            most = Math.Max(most, driver.RequestIds);
        }

        return most;
    }

    /// <summary>The largest part of a group's places for request ids that is taken, from 0 to 1.</summary>
    public double RequestFillMax()
    {
        double most = 0;
        foreach (var (driver, _) in drivers)
        {
            most = Math.Max(most, driver.RequestFill);
        }

        return most;
    }

    /// <summary>How many bytes the states of all replicas have whose machines say it.</summary>
    public long StateBytes() => drivers.Sum(static entry => entry.Key.StateBytes);

    /// <summary>How many bytes the newest snapshots of all replicas have.</summary>
    public long SnapshotBytes() => drivers.Sum(static entry => entry.Key.SnapshotBytes);

    /// <summary>The age of the oldest of the newest snapshots here, in seconds: see <see cref="ReplicaStatus.SnapshotAge"/>.</summary>
    public double SnapshotAgeMax()
    {
        var most = TimeSpan.Zero;
        foreach (var (driver, _) in drivers)
        {
            most = driver.SnapshotAge > most ? driver.SnapshotAge : most;
        }

        return most.TotalSeconds;
    }

    internal void Add(ReplicaDriver driver) => drivers[driver] = true;

    internal void Remove(ReplicaDriver driver) => drivers.TryRemove(driver, out _);
}
