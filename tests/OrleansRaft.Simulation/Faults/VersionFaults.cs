using OrleansRaft.Core;
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

        if (fault.Kind == FaultKind.Finalize)
        {
            return Finalize(cluster, fault);
        }

        var node = cluster.Nodes[fault.Node];
        var build = fault.Kind == FaultKind.Upgrade ? MachineTrouble.NewBuild : MachineTrouble.OldBuild;
        var level = fault.Kind == FaultKind.Upgrade ? FeatureLevels.Newest : FeatureLevels.Oldest;
        var (isOtherBuild, isOtherLevel) = (troubles.On(node.Index).Build != build, fault.Other > 0 && node.LevelMax != level);
        if (node.IsPaused || (!isOtherBuild && !isOtherLevel))
        {
            return null;
        }

        if (fault.Strength < 30)
        {
            node.Crash();
        }

        Install(node, troubles, build);
        if (isOtherLevel)
        {
            InstallLevel(node, level);
        }

        return () => Start(node);
    }

    /// <summary>
    /// An operator lets the cluster go over to the level that all nodes support; for some, without a node that is down, whose program is too old
    /// then.
    /// </summary>
    private static Action? Finalize(LabCluster cluster, Fault fault)
    {
        var isAway = fault.Strength < 40 && !cluster.Nodes[fault.Node].IsUp;
        return (isAway ? cluster.AdvanceLevel(fault.Node) : cluster.AdvanceLevel()) ? static () => { } : null;
    }

    /// <summary>Starts a node; one whose program is refused, because the cluster went over to a later level meanwhile, with the newer one.</summary>
    public static void Start(LabNode node)
    {
        node.Restart();
        if (!node.IsUp)
        {
            node.LevelMax = FeatureLevels.Newest;
            node.Restart();
        }
    }

    /// <summary>Stops a node in order, if its program supports other levels; the next time that it starts it is this one.</summary>
    public static void InstallLevel(LabNode node, int level)
    {
        if (node.LevelMax != level)
        {
            node.Stop();
            node.LevelMax = level;
        }
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
