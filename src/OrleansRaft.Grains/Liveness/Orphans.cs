using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Liveness;

/// <summary>Wakes sleeping followers of whose leader nobody here knows that it lives: they no longer count on it, and elect.</summary>
/// <remarks>
/// A lost silo may have led thousands of groups, and a silo that starts brings thousands to life: their elections must not all begin at once, or nobody gets
/// through in time and all begin again. So only so many replicas of a silo are awake without a leader at one time; the next are woken as leaders are found. Named
/// successors go first; the other followers sleep on until the successor asks them, or until it should have won long ago. Groups that clients ask for do not
/// wait (<see cref="ILocalReplica.UnquiesceIfOrphaned"/>).
/// </remarks>
internal sealed class Orphans(GroupTable groups, SiloLivenessTable contracts, TimeProvider time)
{
    private const int ElectingMax = 128;
    private static readonly TimeSpan SuccessorPatience = TimeSpan.FromSeconds(2);

    // Who finds no leader for so long has nobody to find: it must not keep the others from trying.
    private static readonly TimeSpan ElectingPatience = TimeSpan.FromSeconds(3);

    /// <summary>Whether a replica follows a leader of which nobody here knows that it lives, or none. Any thread.</summary>
    public bool IsOrphan(ILocalReplica replica) =>
        replica.Role is { Role: not RaftRole.Leader, Leader: var leader } && !IsInSight(replica.Slot.Group, leader);

    /// <summary>Wakes some of those who sleep.</summary>
    /// <returns>Whether orphans are left that still sleep.</returns>
    public bool Wake()
    {
        var electing = groups.Hosted.Count(IsElecting);
        var isSomebodyLeft = false;
        foreach (var replica in groups.Hosted)
        {
            if (replica.Quiescence is not { } sleep || !IsOrphan(replica))
            {
                replica.OrphanedAt = 0;
                continue;
            }

            if (electing < ElectingMax && IsDue(replica, sleep))
            {
                electing++;
                replica.WokenAt = time.GetTimestamp();
                replica.Driver.Unquiesce(isLeaderLost: true);
            }
            else
            {
                isSomebodyLeft = true;
            }
        }

        return isSomebodyLeft;
    }

    private bool IsElecting(ILocalReplica replica) =>
        replica.WokenAt != 0 && replica is { IsRunning: true, Role.Leader: null } && time.GetElapsedTime(replica.WokenAt) < ElectingPatience;

    private bool IsDue(ILocalReplica replica, QuiescenceChanged sleep)
    {
        if (replica.OrphanedAt == 0)
        {
            replica.OrphanedAt = time.GetTimestamp();
        }

        return sleep.Successor is not { } successor
            || successor == replica.Key.Replica
            || !IsInSight(replica.Slot.Group, successor)
            || time.GetElapsedTime(replica.OrphanedAt) > SuccessorPatience;
    }

    private bool IsInSight(GroupEntry group, ReplicaId? member)
    {
        if (member is not { } known || group.Find(known) is not { } slot)
        {
            return false;
        }

        return slot.Local is { } local ? local.IsRunning : slot.Silo is { } silo && contracts.IsInSight(silo);
    }
}
