using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Links are cut, in the shapes that have hurt.</summary>
internal static class PartitionFaults
{
    public static Action? Apply(LabCluster cluster, Fault fault)
    {
        if (fault.Kind == FaultKind.Flapping)
        {
            return Flap(cluster, fault);
        }

        if (fault.Kind == FaultKind.OldNews)
        {
            return HearLate(cluster, fault);
        }

        LabLink[] cut = [.. LinksOf(cluster, fault).Select(pair => cluster.Network[pair.From, pair.To]).Where(link => !link.IsCut)];
        Array.ForEach(cut, link => link.IsCut = true);
        return cut.Length == 0 ? null : () => Array.ForEach(cut, link => link.IsCut = false);
    }

    private static IEnumerable<(int From, int To)> LinksOf(LabCluster cluster, Fault fault)
    {
        var count = cluster.Nodes.Count;
        var all = from one in Enumerable.Range(0, count) from other in Enumerable.Range(0, count) where one != other select (From: one, To: other);

        // Nodes are numbered from the fault's node on, so that every shape may lie anywhere.
        int Place(int node) => (node - fault.Node + count) % count;
        switch (fault.Kind)
        {
            case FaultKind.Halves:
                return all.Where(pair => Place(pair.From) < count / 2 != Place(pair.To) < count / 2);
            case FaultKind.OneWay:
                return all.Where(pair => fault.Strength < 50 ? pair.From == fault.Node : pair.To == fault.Node);
            case FaultKind.Bridge:
                return all.Where(
                    pair => Place(pair.From) != 0 && Place(pair.To) != 0 && Place(pair.From) <= count / 2 != Place(pair.To) <= count / 2);
            case FaultKind.Ring:
                return all.Where(pair => Place(pair.From) != (Place(pair.To) + 1) % count && Place(pair.To) != (Place(pair.From) + 1) % count);
            default:
                var alone = fault.Kind == FaultKind.IsolateLeader ? Targets.LeaderNode(cluster, fault) : fault.Node;
                return all.Where(pair => pair.From == alone || pair.To == alone);
        }
    }

    /// <summary>
    /// The leader hears everything late; then nobody hears it any more. It goes on believing that it leads, on the word of old answers.
    /// </summary>
    private static Action HearLate(LabCluster cluster, Fault fault)
    {
        var leader = Targets.LeaderNode(cluster, fault);
        var lag = TimeSpan.FromMilliseconds(500 + (fault.Strength * 15));
        LabLink[] outward = [.. Enumerable.Range(0, cluster.Nodes.Count).Where(node => node != leader).Select(node => cluster.Network[leader, node])];
        var hasEnded = false;
        var endLag = LinkFaults.LagInward(cluster, leader, lag);
        cluster.Clock.Schedule(lag, () => Array.ForEach(outward, link => link.IsCut |= !hasEnded));
        return () =>
        {
            hasEnded = true;
            endLag();
            Array.ForEach(outward, link => link.IsCut = false);
        };
    }

    private static Action Flap(LabCluster cluster, Fault fault)
    {
        var links = new[] { cluster.Network[fault.Node, fault.Other], cluster.Network[fault.Other, fault.Node] };
        var hasEnded = false;
        Turn();
        return () =>
        {
            hasEnded = true;
            Array.ForEach(links, link => link.IsCut = false);
        };

        void Turn()
        {
            if (!hasEnded)
            {
                Array.ForEach(links, link => link.IsCut = !link.IsCut && fault.Node != fault.Other);
                cluster.Clock.Schedule(TimeSpan.FromMilliseconds(50 + (fault.Strength * 4)), Turn);
            }
        }
    }
}
