using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Liveness;

/// <summary>Unquiesces followers whose leader is not known to live: they no longer count on it, and elect another.</summary>
/// <remarks>
/// A lost silo may have led thousands of groups, and a silo that starts begins thousands of replicas: if all their elections began at once, few
/// would succeed in time, and all would begin again. So only so many replicas of a silo are active without a leader at one time; the next are
/// unquiesced as leaders are found. Named successors go first; the other followers stay quiescent until the successor asks them, or until it should
/// have won long ago. Groups that clients ask for do not wait (<see cref="LivenessMonitor{TSilo}.UnquiesceIfOrphaned"/>).
/// </remarks>
internal sealed class Orphans<TSilo>(ILivenessDirectory<TSilo> directory, SiloLivenessTable<TSilo> silos, TimeProvider time)
    where TSilo : notnull, IEquatable<TSilo>
{
    private const int ElectingMax = 128;
    private static readonly TimeSpan SuccessorPatience = TimeSpan.FromSeconds(2);

    // A replica that finds no leader for so long cannot find one now: it must not keep the others from trying.
    private static readonly TimeSpan ElectingPatience = TimeSpan.FromSeconds(3);

    /// <summary>Whether a replica follows a leader that is not known to live, or none. Any thread.</summary>
    public bool IsOrphan(IMonitoredReplica replica) =>
        replica.Role is { Role: not RaftRole.Leader, Leader: var leader } && !IsInSight(replica.Key.Group, leader);

    /// <summary>Unquiesces some of the orphans.</summary>
    /// <returns>Whether quiescent orphans are left.</returns>
    public bool Unquiesce()
    {
        var electing = directory.Replicas.Count(IsElecting);
        var isAnyLeft = false;
        foreach (var replica in directory.Replicas)
        {
            if (replica.Quiescence is not { } quiescence || !IsOrphan(replica))
            {
                replica.OrphanTimes.OrphanedAt = 0;
                continue;
            }

            if (electing < ElectingMax && IsDue(replica, quiescence))
            {
                electing++;
                replica.OrphanTimes.UnquiescedAt = time.GetTimestamp();
                replica.Unquiesce(isLeaderLost: true);
            }
            else
            {
                isAnyLeft = true;
            }
        }

        return isAnyLeft;
    }

    private bool IsElecting(IMonitoredReplica replica) =>
        replica.OrphanTimes.UnquiescedAt is not 0 and var since
        && replica is { IsRunning: true, Role.Leader: null }
        && time.GetElapsedTime(since) < ElectingPatience;

    private bool IsDue(IMonitoredReplica replica, QuiescenceChanged quiescence)
    {
        if (replica.OrphanTimes.OrphanedAt == 0)
        {
            replica.OrphanTimes.OrphanedAt = time.GetTimestamp();
        }

        return quiescence.Successor is not { } successor
            || successor == replica.Key.Replica
            || !IsInSight(replica.Key.Group, successor)
            || time.GetElapsedTime(replica.OrphanTimes.OrphanedAt) > SuccessorPatience;
    }

    private bool IsInSight(string group, ReplicaId? member)
    {
        if (member is not { } known)
        {
            return false;
        }

        var key = new ReplicaKey(group, known);
        return directory.Find(key) is { } local ? local.IsRunning : directory.TryLocate(key, out var silo) && silos.IsInSight(silo);
    }
}
