using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// Raises the alarm for silos whose wall clocks are off, in the words of the leaders here, and clears it when none of them says so any more. Any
/// thread.
/// </summary>
internal sealed class ClockAlarms(AlarmBoard alarms, ClusterMembership silos, ILocalSiloDetails self)
{
    private readonly Lock gate = new();
    private readonly Dictionary<ReplicaKey, string[]> byLeader = [];

    /// <summary>A leader here found which members' clocks are off.</summary>
    /// <param name="leader">The leader.</param>
    /// <param name="off">The members.</param>
    public void Judged(ILocalReplica leader, IReadOnlyList<ReplicaId> off)
    {
        lock (gate)
        {
            byLeader.Remove(leader.Key, out var before);
            string[] now = [.. off.Select(member => SiloOf(leader, member)).OfType<string>().Distinct()];
            if (now.Length > 0)
            {
                byLeader.Add(leader.Key, now);
                Array.ForEach(now, Report);
            }

            foreach (var silo in (before ?? []).Where(silo => !byLeader.Values.Any(others => others.Contains(silo))))
            {
                alarms.Clear(AlarmNames.ClockAhead, silo);
            }
        }
    }

    private string? SiloOf(ILocalReplica leader, ReplicaId member) =>
        leader.Slot.Group.Find(member) is not { } slot ? null
        : slot.Local is not null ? self.Name
        : slot.Silo is { } silo ? silos.NameOf(silo)
        : null;

    private void Report(string silo) => alarms.Report(
        AlarmNames.ClockAhead,
        silo,
        $"The wall clock of silo '{silo}' is more than {RaftCore.ClockOffsetMax / 1_000} s from most others'.",
        "UTC stamps on entries keep within a minute of most clocks, whoever leads; but logs and audit trails of that silo tell wrong times. Set its "
            + "clock, and see that it is synchronized (NTP).");
}
