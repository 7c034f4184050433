using OrleansRaft.Core;
using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Processes die, stop, freeze, or are slow.</summary>
internal static class ProcessFaults
{
    private const int DelaysMax = 80;

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
    /// The others see their connections to a process close, each a little later than it died, and some when it has another leader already.
    /// </summary>
    private static void NoticeLater(LabCluster cluster, LabNode node, Fault fault)
    {
        foreach (var gone in node.Replicas.Select(static replica => replica.Key).ToArray())
        {
            foreach (var other in cluster.ReplicasOf(gone.Group).Where(replica => replica.Node != node).ToArray())
            {
                var delay = TimeSpan.FromMilliseconds(1 + (fault.Strength * (other.Node.Index + 1) % DelaysMax));
                cluster.Clock.Schedule(delay, () => other.Driver.Post(new LeaderGone(gone.Replica)));
            }
        }
    }
}
