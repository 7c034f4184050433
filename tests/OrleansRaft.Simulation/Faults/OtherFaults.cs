using OrleansRaft.Core;
using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Clocks go wrong, replicas campaign without need, leaderships move, and replicas run twice.</summary>
internal static class OtherFaults
{
    private static readonly TimeSpan AlarmInterval = TimeSpan.FromMilliseconds(15);

    public static Action? Apply(LabCluster cluster, Fault fault)
    {
        var node = cluster.Nodes[fault.Node];
        var group = Targets.GroupOf(cluster, fault);
        switch (fault.Kind)
        {
            case FaultKind.ClockRate:
                var usual = node.Clock.RatePerMillion;
                node.Clock.RatePerMillion = 976_000 + (fault.Strength * 480);
                return () => node.Clock.RatePerMillion = usual;
            case FaultKind.WallClockJump:
                node.Clock.JumpWallClock(TimeSpan.FromSeconds((fault.Strength - 50) * 1_000));
                return Nothing;
            case FaultKind.Campaign when node.Find(group) is { } replica:
                replica.Driver.Post(new Campaign());
                return Nothing;
            case FaultKind.Transfer when cluster.LeaderOf(group) is { } leader:
                leader.TransferLeadership(null, Sinks.Ignore);

                // Often the old leader learns of its successor late.
                return fault.Strength % 3 == 0 ? Nothing : LinkFaults.LagInward(cluster, leader.Node.Index, TimeSpan.FromMilliseconds(500));
            case FaultKind.SecondActivation when cluster.Options.SharedDisks && node.Find(group) is { } first && fault.Node != fault.Other:
                cluster.ActivateOn(fault.Other, group, first.Key.Replica);
                return Nothing;
            case FaultKind.SplitActivation when cluster.Options.SharedDisks && cluster.LeaderOf(group) is { } leader:
                return SplitActivation(cluster, leader, fault);
            case FaultKind.FalseAlarm when cluster.LeaderOf(group) is { } leader:
                return FalseAlarm(cluster, leader, fault);
            default:
                return null;
        }
    }

    /// <summary>
    /// A follower is activated a second time, on the other side of a partition, while its first activation stays with the leader and hears nothing of
    /// it: both sides have a majority, if both activations may speak.
    /// </summary>
    private static Action? SplitActivation(LabCluster cluster, LabReplica leader, Fault fault)
    {
        LabReplica[] followers = [.. cluster.ReplicasOf(leader.Key.Group).Where(replica => replica.Node != leader.Node)];
        if (followers.Length < 2)
        {
            return null;
        }

        var first = followers[fault.Strength % followers.Length];
        var elsewhere = followers[(fault.Strength + 1) % followers.Length].Node;
        LabNode[] side =
        [
            leader.Node, first.Node, .. followers.Select(one => one.Node).Where(node => node != elsewhere).Take((followers.Length - 1) / 2),
        ];
        cluster.ActivateOn(elsewhere.Index, leader.Key.Group, first.Key.Replica);
        cluster.Network.Partition([.. side.Select(node => node.Index).Distinct()]);
        first.Node.IsCutFromDisks = true;
        return () =>
        {
            cluster.Heal();
            first.Node.IsCutFromDisks = false;
        };
    }

    /// <summary>
    /// Hosts report a leader lost that lives, or its process gone, again and again, to followers that are awake. Mostly it has lost sight of those of
    /// its followers that it does not need, so that they stand, and look for votes among those that it does need.
    /// </summary>
    private static Action FalseAlarm(LabCluster cluster, LabReplica leader, Fault fault)
    {
        LabNode[] others = [.. cluster.ReplicasOf(leader.Key.Group).Select(replica => replica.Node).Where(node => node != leader.Node).Distinct()];
        if (fault.Strength % 4 != 0)
        {
            foreach (var node in others[(others.Length / 2)..])
            {
                cluster.Cut(leader.Node.Index, node.Index);
            }
        }

        var isOver = false;
        Raise();
        return () =>
        {
            isOver = true;
            cluster.Heal();
        };

        void Raise()
        {
            if (isOver)
            {
                return;
            }

            foreach (var replica in cluster.ReplicasOf(leader.Key.Group).Where(static replica => replica.Role != RaftRole.Leader).ToArray())
            {
                if (fault.Strength % 3 == 0)
                {
                    replica.Driver.Post(new LeaderGone(leader.Key.Replica));
                }
                else
                {
                    replica.Driver.Unquiesce(isLeaderLost: true);
                }
            }

            cluster.Clock.Schedule(AlarmInterval, Raise);
        }
    }

    private static void Nothing()
    {
    }
}
