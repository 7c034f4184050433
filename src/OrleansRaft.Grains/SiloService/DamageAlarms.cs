using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.SiloService;

/// <summary>Clears what this silo told of replicas whose logs it could not read, once that is mended elsewhere.</summary>
/// <remarks>
/// The silo that raised such an alarm may never open the replica again: another takes its place, or it comes to life elsewhere, from a store that is
/// whole. Any thread.
/// </remarks>
internal sealed class DamageAlarms(GroupTable groups, AlarmBoard board)
{
    /// <summary>Clears the alarms of replicas that are members no longer, or that live somewhere.</summary>
    /// <param name="stock">What lives where; null when only the members are known.</param>
    public void ClearMended(ClusterInventory? stock)
    {
        foreach (var subject in board.Subjects(AlarmNames.StoreCorrupt))
        {
            if (ReplicaGrainKey.Parse(subject) is { } key
                && groups.Find(key.Group)?.Find(key.Replica) is { } slot
                && (!slot.Group.Configuration.Contains(key.Replica) || stock?.Find(slot) is { IsRunning: true }))
            {
                board.Clear(AlarmNames.StoreCorrupt, subject);
            }
        }
    }
}
