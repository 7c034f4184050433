using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Processes die, stop, freeze, or are slow.</summary>
internal static class ProcessFaults
{
    private const int DelaysMax = 80;
    private const int LateFactor = 20;

    public static Action? Apply(LabCluster cluster, Fault fault)
    {
        var index = fault.Kind is FaultKind.CrashLeader or FaultKind.PauseLeader ? Targets.LeaderNode(cluster, fault) : fault.Node;
        var node = cluster.Nodes[index];
        switch (fault.Kind)
        {
            case FaultKind.CrashAll:
                LabNode[] dying = [.. cluster.Nodes.Where(one => one.IsUp)];
                Array.ForEach(dying, one => one.Crash());
                return () => Array.ForEach(dying, one => one.Restart());
            case FaultKind.SlowNode:
                var more = TimeSpan.FromMilliseconds(1 + fault.Strength);
                node.TurnDelay += more;
                return () => node.TurnDelay -= more;
            case var _ when !node.IsUp || node.IsPaused:
                return null;
            case FaultKind.Pause or FaultKind.PauseLeader:
                node.Pause();
                return node.Resume;
            case FaultKind.CrashInWrite:
                node.CrashInNextWrite();
                return node.Restart;
            case FaultKind.StopInOrder:
                node.Stop();
                return node.Restart;
            default:
                if (fault.Strength % 2 == 0)
                {
                    NoticeLater(cluster, node, fault);
                }

                node.Crash();
                return node.Restart;
        }
    }

    /// <summary>
    /// The others see their connections to a process close, each a little later than it died, and some when its node has another process, or another
    /// leads already.
    /// </summary>
    private static void NoticeLater(LabCluster cluster, LabNode node, Fault fault)
    {
        var (gone, lost) = (node.Silo, node.Replicas.Select(static replica => replica.Key).ToArray());
        foreach (var other in cluster.Nodes.Where(one => one != node))
        {
            // Of two connections, one of which ends late.
            var delay = TimeSpan.FromMilliseconds(1 + (fault.Strength * (other.Index + 1) % DelaysMax));
            cluster.Clock.Schedule(delay, () => other.Perform(() => Notice(cluster, gone, lost, other)));
            cluster.Clock.Schedule(delay * LateFactor, () => other.Perform(() => Notice(cluster, gone, lost, other)));
        }
    }

    /// <summary>A node finds out that a process has ended, and tells those of its replicas that followed a leader there.</summary>
    private static void Notice(LabCluster cluster, LabSilo gone, ReplicaKey[] lost, LabNode node)
    {
        var leaders = node.Liveness is { } liveness ? new GoneLeaders<LabSilo>(liveness) : null;
        foreach (var replica in node.Replicas)
        {
            if (leaders is null)
            {
                // It keeps no account of where leaders are.
                Array.ForEach(Array.FindAll(lost, one => one.Group == replica.Key.Group), one => replica.Driver.Post(new LeaderGone(one.Replica)));
            }
            else if (leaders.FollowedBy(replica, gone) is { } leader)
            {
                RequireGone(cluster, replica, leader);
                replica.Driver.Post(new LeaderGone(leader));
            }
        }
    }

    private static void RequireGone(LabCluster cluster, LabReplica follower, ReplicaId leader)
    {
        if (cluster.LeaderOf(follower.Key.Group) is { } alive && alive.Key.Replica == leader && alive.Term == follower.Term)
        {
            cluster.Report(
                "that a process has ended says nothing of a leader that lives",
                $"{follower.Key} is told that {leader} is gone, which leads {alive.Term}");
        }
    }
}
