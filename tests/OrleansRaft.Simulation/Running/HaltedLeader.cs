using OrleansRaft.Lab;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Running;

/// <summary>
/// Halts the state machines of a group's leader and of all followers but one, and sees that one lead: only it can serve, and nobody dies or falls
/// silent, so only a leadership that is handed over well gets there.
/// </summary>
internal sealed class HaltedLeader(
    LabCluster cluster, SimulationPlan plan, Workload workload, MachineTroubles troubles, Action<string> tell)
{
    // A leader that halts keeps its office for a second, in which its state might be made anew.
    private static readonly TimeSpan UntilHandedOver = TimeSpan.FromSeconds(1);

    public void Disturb()
    {
        var group = cluster.Options.Groups[(int)(plan.Seed / 3 % (ulong)cluster.Options.Groups.Count)];
        if (cluster.Violation is not null || cluster.LeaderOf(group) is not { } leader || !IsWhole(leader))
        {
            return;
        }

        LabReplica[] others = [.. cluster.ReplicasOf(group).Where(replica => replica != leader)];
        var sound = others[(int)(plan.Seed / 5 % (ulong)others.Length)];
        LabNode[] poisoned = [.. cluster.Nodes.Where(node => node != sound.Node)];
        tell($"commands throw everywhere but on node {sound.Node.Index}");
        foreach (var node in poisoned)
        {
            troubles.On(node.Index).Poison = (1, 0);
        }

        var haveServed = workload.Probe(group);
        if (!cluster.RunUntil(haveServed, plan.RecoveryMax + UntilHandedOver) && cluster.Violation is null)
        {
            cluster.Report("a halted leader hands over to a replica that is not halted", Convergence.Describe(cluster));
        }

        tell("commands throw no longer");
        foreach (var node in poisoned)
        {
            troubles.On(node.Index).Poison = default;
            if (node.Replicas.Any(static replica => replica.Driver.IsMachineHalted))
            {
                node.Stop();
                node.Restart();
            }
        }

        if (!cluster.RunUntil(() => Convergence.IsReached(cluster), plan.RecoveryMax) && cluster.Violation is null)
        {
            cluster.Report("replicas that were halted converge", Convergence.Describe(cluster));
        }
    }

    /// <summary>Whether every member is a voter, runs, and is no replica that should have gone.</summary>
    private bool IsWhole(LabReplica leader) =>
        cluster.RottenReplicas.Count == 0
        && !cluster.ReplicasOf(leader.Key.Group).Any(static replica => replica.Driver.IsDiverged)
        && leader.Configuration is { IsJoint: false } configuration
        && configuration.Voters.Length > 2
        && configuration.Voters.SequenceEqual(configuration.Members.Select(static member => member.Id))
        && configuration.Voters.SequenceEqual(cluster.ReplicasOf(leader.Key.Group).Select(static replica => replica.Key.Replica))
        && cluster.ReplicasOf(leader.Key.Group).Select(static replica => replica.Node).Distinct().Count() == configuration.Voters.Length;
}
