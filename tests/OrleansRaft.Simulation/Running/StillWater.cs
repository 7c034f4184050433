using OrleansRaft.Core;
using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Running;

/// <summary>
/// Disturbs groups that nobody writes to, and sees them settle again without help: a write would hide a replica that learns of nothing but by writes.
/// </summary>
internal sealed class StillWater(LabCluster cluster, SimulationPlan plan, Action<string> tell)
{
    private static readonly TimeSpan SleepSoundly = TimeSpan.FromSeconds(2);

    public void Disturb()
    {
        // Late copies of commands may still come; a few moments later there are none, and groups that may sleep do.
        tell("everybody is still");
        cluster.Run(SleepSoundly);
        RestartFollower();
        cluster.Run(SleepSoundly);
        var group = cluster.Options.Groups[(int)(plan.Seed % (ulong)cluster.Options.Groups.Count)];
        if (cluster.Violation is null && cluster.LeaderOf(group) is { } leader && CanSpare(leader))
        {
            Lose(leader, isPause: plan.Seed / 7 % 2 == 0);
        }
    }

    /// <summary>Prefers a follower whose disk knows that everything is committed: after its restart nothing that it hears is news.</summary>
    private void RestartFollower()
    {
        LabReplica[] followers = [.. cluster.Options.Groups.SelectMany(cluster.ReplicasOf).Where(replica => replica.Role == RaftRole.Follower)];
        if (cluster.Violation is null && (Array.Find(followers, KnowsAll) ?? followers.FirstOrDefault()) is { Node: var node })
        {
            tell($"node {node.Index} crashes, and starts again");
            node.Crash();
            node.Restart();
            Settle(() => Convergence.IsReached(cluster), "replicas that nobody writes to converge");
        }

        static bool KnowsAll(LabReplica replica) => replica.Log!.Stored.Log.HardState.CommitIndex == replica.Core!.CommitIndex;
    }

    private void Lose(LabReplica leader, bool isPause)
    {
        var (group, node, term) = (leader.Key.Group, leader.Node, leader.Term);
        tell($"node {node.Index}, which leads {group}, {(isPause ? "freezes" : "crashes")}");
        if (isPause)
        {
            node.Pause();
        }
        else
        {
            node.Crash();
        }

        Settle(() => cluster.LeaderOf(group) is { } next && next.Term > term, "a group that nobody writes to replaces a leader that is gone");
        node.Resume();
        node.Restart();
        Settle(() => Convergence.IsReached(cluster), "replicas that nobody writes to converge");
    }

    /// <summary>Whether the group can elect another leader while this one's node is gone.</summary>
    private bool CanSpare(LabReplica leader)
    {
        if (cluster.RottenReplicas.Count > 0 || leader.Configuration is not { IsJoint: false } configuration)
        {
            return false;
        }

        var elsewhere = configuration.Voters.Count(voter => cluster.ReplicasOf(leader.Key.Group).Any(replica => replica.Key.Replica == voter && replica.Node != leader.Node));
        return elsewhere > configuration.Voters.Length / 2;
    }

    private void Settle(Func<bool> condition, string property)
    {
        if (!cluster.RunUntil(condition, plan.RecoveryMax) && cluster.Violation is null)
        {
            cluster.Report(property, Convergence.Describe(cluster));
        }
    }
}
