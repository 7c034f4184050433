using OrleansRaft.Lab;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Two builds of the state machine run side by side: nodes are upgraded and rolled back, and somebody raises the version.</summary>
internal static class VersionFaults
{
    public static Action? Apply(LabCluster cluster, MachineTroubles troubles, Fault fault)
    {
        if (fault.Kind == FaultKind.RaiseVersion)
        {
            Raise(cluster);
            return static () => { };
        }

        var node = cluster.Nodes[fault.Node];
        var build = fault.Kind == FaultKind.Upgrade ? MachineTrouble.NewBuild : MachineTrouble.OldBuild;
        if (node.IsPaused || troubles.On(node.Index).Build == build)
        {
            return null;
        }

        if (fault.Strength < 30)
        {
            node.Crash();
        }

        Install(node, troubles, build);
        return node.Restart;
    }

    /// <summary>Stops a node in order, if it runs another build; the next time that it starts it runs this one.</summary>
    public static void Install(LabNode node, MachineTroubles troubles, int build)
    {
        if (troubles.On(node.Index).Build != build)
        {
            node.Stop();
            troubles.On(node.Index).Build = build;
        }
    }

    /// <summary>Asks the leader of every group to raise the version as far as its members' programs allow.</summary>
    public static void Raise(LabCluster cluster)
    {
        foreach (var group in cluster.Options.Groups)
        {
            if (cluster.LeaderOf(group) is { } leader)
            {
                leader.Node.Perform(() => leader.Driver.ProposeVersion(null, Sinks.Ignore));
            }
        }
    }
}
