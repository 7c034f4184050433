using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Faults;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Running;

/// <summary>
/// Sees the version raised where one build runs everywhere that supports it; and then, in some runs, lets all nodes but one go back to the older
/// build: that one alone can serve, with the logs and votes of the others.
/// </summary>
internal sealed class VersionEnd(LabCluster cluster, SimulationPlan plan, Workload workload, MachineTroubles troubles, Action<string> tell)
{
    // A node asks each second, and an answer may take two.
    private static readonly TimeSpan UntilLevelKnown = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UntilAskedAgain = TimeSpan.FromMilliseconds(200);

    public void Finish()
    {
        FinishLevel();
        // A replica that rotted stays a member, and nobody knows what its program would support.
        if (cluster.Violation is not null || plan.LastBuild == MachineTrouble.OldBuild || cluster.RottenReplicas.Count > 0)
        {
            return;
        }

        if (plan.Raft.AutoRaise)
        {
            // A quiescent group may have fallen asleep before its leader had heard from all, and is not woken for a version.
            workload.Probe();
        }

        var end = cluster.Clock.Now + plan.RecoveryMax;
        while (!plan.Raft.AutoRaise && cluster.Clock.Now < end && !cluster.RunUntil(IsRaised, UntilAskedAgain) && cluster.Violation is null)
        {
            // A leader that has not heard from a member since it leads says that it does not know yet.
            tell("an operator raises the version everywhere");
            VersionFaults.Raise(cluster);
        }

        if (!cluster.RunUntil(IsRaised, plan.RecoveryMax) && cluster.Violation is null)
        {
            cluster.Report("the version is raised when the programs of all members support it", Describe());
        }

        if (plan.LeavesOneUpgraded)
        {
            LeaveOneUpgraded();
        }
    }

    /// <summary>
    /// Sees the cluster go over to the feature level that all its programs support, by itself or when an operator wants it, and every node learn of
    /// it.
    /// </summary>
    private void FinishLevel()
    {
        if (cluster.Violation is not null)
        {
            return;
        }

        if (!plan.Raft.AutoFinalize && cluster.AdvanceLevel())
        {
            tell("an operator lets the cluster go over to the level that all support");
        }

        var level = Math.Max(plan.LastLevel, cluster.Levels.InForce);
        if (!cluster.RunUntil(() => cluster.Nodes.All(node => node.Level.InForce == level), UntilLevelKnown) && cluster.Violation is null)
        {
            cluster.Report(
                "a feature level is raised when the programs of all silos support it, and every silo learns of it",
                $"{level} is not known everywhere: "
                    + $"{string.Join(", ", cluster.Nodes.Select(static node => $"{node.Index} knows {node.Level.InForce}"))}");
        }
    }

    private void LeaveOneUpgraded()
    {
        var group = cluster.Options.Groups[(int)(plan.Seed / 11 % (ulong)cluster.Options.Groups.Count)];
        LabReplica[] replicas = [.. cluster.ReplicasOf(group)];
        if (cluster.Violation is not null || !IsWhole(replicas))
        {
            return;
        }

        var upgraded = replicas[(int)(plan.Seed / 13 % (ulong)replicas.Length)].Node;
        tell($"all nodes but {upgraded.Index} go back to the older build");
        foreach (var node in cluster.Nodes.Where(node => node != upgraded))
        {
            VersionFaults.Install(node, troubles, MachineTrouble.OldBuild);
            node.Restart();
        }

        // Leaders whose program is behind hand over, perhaps one after the other, each after an election of its own.
        var haveServed = workload.Probe(group);
        if (!cluster.RunUntil(haveServed, 2 * plan.RecoveryMax) && cluster.Violation is null)
        {
            cluster.Report("a leader whose program is behind hands over to one that can serve", Describe());
        }

        tell("all nodes have the newer build again");
        foreach (var node in cluster.Nodes)
        {
            VersionFaults.Install(node, troubles, MachineTrouble.NewBuild);
            node.Restart();
        }

        if (!cluster.RunUntil(() => Convergence.IsReached(cluster), plan.RecoveryMax) && cluster.Violation is null)
        {
            cluster.Report("replicas that were behind converge", Convergence.Describe(cluster));
        }
    }

    private bool IsRaised() => cluster.Options.Groups.All(group => cluster.ExpectedReplicasOf(group).All(static replica =>
        replica?.Core is { } core && (replica.Driver.IsDiverged || core.MachineVersionAt(core.AppliedIndex) == MachineTrouble.NewBuild)));

    private string Describe() => string.Join("; ", cluster.Options.Groups.Select(group =>
        $"{group}: {string.Join(", ", cluster.ReplicasOf(group).Select(static replica =>
            $"{replica.Key.Replica} is {replica.Role} in term {replica.Term} at {replica.AppliedIndex}, version {replica.Core?.MachineVersion} of "
            + $"{replica.Driver.MachineVersions}{(replica.Driver.IsVersionBehind ? ", behind" : replica.Driver.IsMachineHalted ? ", halted" : "")}"
            + $"{(replica.Log is { MaySpeak: true } ? "" : ", not allowed to speak")}"))}"));

    /// <summary>Whether every member is a voter that runs, each on a node of its own.</summary>
    private static bool IsWhole(LabReplica[] replicas) =>
        !replicas.Any(static replica => replica.Driver.IsDiverged)
        && replicas.FirstOrDefault(static replica => replica.Role == RaftRole.Leader)?.Configuration is { IsJoint: false } configuration
        && configuration.Voters.SequenceEqual(configuration.Members.Select(static member => member.Id))
        && configuration.Voters.SequenceEqual(replicas.Select(static replica => replica.Key.Replica))
        && replicas.Select(static replica => replica.Node).Distinct().Count() == replicas.Length;
}
