using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Finds what a fault is aimed at, at the moment at which it begins.</summary>
internal static class Targets
{
    /// <summary>The node of a group's leader; the fault's own node while there is none.</summary>
    public static int LeaderNode(LabCluster cluster, Fault fault) => cluster.LeaderOf(GroupOf(cluster, fault))?.Node.Index ?? fault.Node;

    public static string GroupOf(LabCluster cluster, Fault fault) => cluster.Options.Groups[fault.Strength % cluster.Options.Groups.Count];
}
