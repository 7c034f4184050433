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
                Array.ForEach(links, link => (link.DelayPerMillion, link.DelayMax) = (100_000, TimeSpan.FromMilliseconds(100 + (fault.Strength * 40))));
                return () => Array.ForEach(links, link => link.DelayPerMillion = 0);
            default:
                (LabLink Link, TimeSpan Usual)[] usual = [.. links.Select(link => (link, link.LatencyMax))];
                Array.ForEach(links, link => link.LatencyMax += TimeSpan.FromMilliseconds(10 + fault.Strength));
                return () => Array.ForEach(usual, pair => pair.Link.LatencyMax = pair.Usual);
        }
    }

    private static IEnumerable<int> Others(LabCluster cluster, int node) => Enumerable.Range(0, cluster.Nodes.Count).Where(other => other != node);
}
