using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Messages are lost, doubled, held up and reordered on all links, or on those of one node.</summary>
internal static class LinkFaults
{
    public static Action Apply(LabCluster cluster, Fault fault)
    {
        LabLink[] links = fault.Strength % 2 == 0
            ? [.. cluster.Network.Links]
            : [.. Others(cluster, fault.Node).SelectMany(other => new[] { cluster.Network[fault.Node, other], cluster.Network[other, fault.Node] })];
        switch (fault.Kind)
        {
            case FaultKind.Drop:
                Array.ForEach(links, link => link.LossPerMillion = 50_000 + (fault.Strength * 4_000));
                return () => Array.ForEach(links, link => link.LossPerMillion = 0);
            case FaultKind.Duplicate:
                Array.ForEach(links, link => link.DuplicationPerMillion = 50_000 + (fault.Strength * 4_000));
                return () => Array.ForEach(links, link => link.DuplicationPerMillion = 0);
            case FaultKind.Delay:
                Array.ForEach(
                    links, link => (link.DelayPerMillion, link.DelayMax) = (100_000, TimeSpan.FromMilliseconds(100 + (fault.Strength * 40))));
                return () => Array.ForEach(links, link => link.DelayPerMillion = 0);
            default:
                var more = TimeSpan.FromMilliseconds(10 + fault.Strength);
                Array.ForEach(links, link => link.LatencyMax += more);
                return () => Array.ForEach(links, link => link.LatencyMax -= more);
        }
    }

    /// <summary>Lets a node hear everything later.</summary>
    /// <returns>What ends it.</returns>
    public static Action LagInward(LabCluster cluster, int node, TimeSpan lag)
    {
        LabLink[] inward = [.. Others(cluster, node).Select(other => cluster.Network[other, node])];
        Array.ForEach(inward, link => (link.LatencyMin, link.LatencyMax) = (link.LatencyMin + lag, link.LatencyMax + lag));
        return () => Array.ForEach(inward, link => (link.LatencyMin, link.LatencyMax) = (link.LatencyMin - lag, link.LatencyMax - lag));
    }

    private static IEnumerable<int> Others(LabCluster cluster, int node) => Enumerable.Range(0, cluster.Nodes.Count).Where(other => other != node);
}
