using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Faults;

namespace OrleansRaft.Simulation.Running;

/// <summary>
/// Disturbs groups that nobody writes to, and sees them settle again without help: a write would hide a replica that learns of nothing but by writes.
/// </summary>
internal sealed class StillWater(LabCluster cluster, SimulationPlan plan, Workload workload, Action<string> tell)
{
    private static readonly TimeSpan UntilQuiescent = TimeSpan.FromSeconds(2);

    // Shorter than a node may be silent, the time between two of its heartbeats included.
    private static readonly TimeSpan MissedMax = TimeSpan.FromSeconds(0.7);

    // Longer than heartbeats name a replica that begins.
    private static readonly TimeSpan UntilForgotten = TimeSpan.FromSeconds(4);

    // It has asked in vain meanwhile, and waits twice as long each time.
    private static readonly TimeSpan UntilSought = TimeSpan.FromSeconds(10);

    // Less than a message takes to another node and back.
    private static readonly TimeSpan ToldEvery = TimeSpan.FromMilliseconds(1);

    private enum Loss
    {
        Pause = 0,
        Crash = 1,
        Stop = 2,
        Silence = 3,
    }

    public void Disturb()
    {
        // Late copies of commands may still come; a few moments later there are none, and groups that may be quiescent are.
        tell("everybody is still");
        cluster.Run(UntilQuiescent);
        RestartFollower();
        cluster.Run(UntilQuiescent);
        var group = cluster.Options.Groups[(int)(plan.Seed % (ulong)cluster.Options.Groups.Count)];
        if (plan.Raft.QuiesceTicks > 0 && plan.TellsLosses)
        {
            MissEntry(group);
            cluster.Run(UntilQuiescent);
            if (plan.Seed % 8 == 0)
            {
                Join(group);
                cluster.Run(UntilQuiescent);
            }
        }

        MistakeForGone(group);
        if (cluster.Violation is null && cluster.LeaderOf(group) is { } leader && CanSpare(leader))
        {
            Lose(leader, (Loss)(plan.Seed / 7 % (plan.SharedDisks ? 4UL : 3UL)));
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

    /// <summary>
    /// A follower misses an entry, and its group becomes quiescent without it, in so short a time that its node stays in sight: only a comparison
    /// can tell.
    /// </summary>
    private void MissEntry(string group)
    {
        if (cluster.Violation is not null
            || cluster.LeaderOf(group) is not { } leader
            || cluster.ReplicasOf(group).FirstOrDefault(
                one => one.Role == RaftRole.Follower && one.Node != leader.Node && CanSpare(one)) is not { } follower)
        {
            return;
        }

        tell($"{follower.Key} on node {follower.Node.Index} misses an entry");
        cluster.Network.Isolate(follower.Node.Index);
        var hasServed = workload.Probe(group);
        cluster.RunUntil(() => hasServed() && leader.IsQuiescent, MissedMax);
        cluster.Heal();
        Settle(() => Convergence.IsReached(cluster), "replicas that nobody writes to converge");
    }

    /// <summary>
    /// A member joins a group, and is found only when the group has become quiescent without it and all have forgotten that it began: it must ask for
    /// its leader again.
    /// </summary>
    private void Join(string group)
    {
        if (cluster.Violation is not null
            || cluster.LeaderOf(group) is not { Configuration: { IsJoint: false, Learners.IsEmpty: true } current } leader
            || current.Voters.Length > 5)
        {
            return;
        }

        var (node, added) = ((leader.Node.Index + 1) % cluster.Options.Nodes, cluster.NextName(group));
        tell($"replica {added} joins {group} on node {node}, and nobody finds it");
        cluster.Network.Unfindable.Add(leader.Key with { Replica = added });
        cluster.AddReplica(node, group, added);
        leader.Driver.ChangeMembers([new MemberChange(MemberChangeKind.AddVoter, added)], current.Version, Sinks.Ignore);
        cluster.Run(UntilForgotten);
        cluster.Network.Unfindable.Clear();
        tell("it can be found");
        Settle(
            () => cluster.LeaderOf(group)?.Configuration is { IsJoint: false } members && members.IsVoter(added) && Convergence.IsReached(cluster),
            "a member that joins a group that nobody writes to gets its vote",
            UntilSought);
    }

    /// <summary>One follower is told that its leader is gone, which lives: it asks the others before it stands, and they know better.</summary>
    private void MistakeForGone(string group)
    {
        if (cluster.Violation is not null
            || plan.Raft is not { PreVote: true, CheckQuorum: true }
            || cluster.LeaderOf(group) is not { IsQuiescent: false, Configuration: { IsJoint: false } configuration } leader
            || configuration.Voters.Length < 3
            || NextVoter(leader, configuration) is not { Role: RaftRole.Follower } follower)
        {
            return;
        }

        tell($"{follower.Key} on node {follower.Node.Index} takes {leader.Key.Replica} for gone, which lives");
        var term = leader.Term;
        follower.Driver.Post(new LeaderGone(leader.Key.Replica));
        cluster.Run(plan.Raft.TickInterval * plan.Raft.ElectionTicksMax);
        if (cluster.Violation is null && (cluster.LeaderOf(group) != leader || leader.Term != term))
        {
            cluster.Report("one follower that takes a leader for gone does not end its term", Convergence.Describe(cluster));
        }
    }

    /// <summary>The voter that stands first when this leader is gone.</summary>
    private LabReplica? NextVoter(LabReplica leader, Configuration configuration)
    {
        var others = configuration.Voters.Where(voter => voter != leader.Key.Replica).Order().ToArray();
        var next = Array.Find(others, voter => voter > leader.Key.Replica);
        var first = next == default ? others[0] : next;
        return cluster.ReplicasOf(leader.Key.Group).FirstOrDefault(replica => replica.Key.Replica == first && replica.Node != leader.Node);
    }

    /// <summary>Tells the others again and again that a leader is gone, until another is found: whoever stands goes on standing.</summary>
    private void TellGone(LabReplica leader)
    {
        if (cluster.Violation is not null || cluster.LeaderOf(leader.Key.Group) is not null)
        {
            return;
        }

        foreach (var replica in cluster.ReplicasOf(leader.Key.Group))
        {
            replica.Driver.Post(new LeaderGone(leader.Key.Replica));
        }

        cluster.Clock.Schedule(ToldEvery, () => TellGone(leader));
    }

    private void Lose(LabReplica leader, Loss loss)
    {
        var (group, node, term) = (leader.Key.Group, leader.Node, leader.Term);
        tell($"node {node.Index}, which leads {group}: {loss}");
        switch (loss)
        {
            case Loss.Pause:
                node.Pause();
                break;
            case Loss.Crash:
                node.Crash();
                TellGone(leader);
                break;
            case Loss.Stop:
                // The replica alone: it cannot start again, and its process lives.
                node.Disk.IsFull = true;
                leader.Crash();
                break;
            default:
                // It loses the right to speak, and its process lives.
                node.IsCutFromDisks = true;
                break;
        }

        Settle(() => cluster.LeaderOf(group) is { } next && next.Term > term, "a group that nobody writes to replaces a leader that is gone");
        node.Disk.IsFull = false;
        node.IsCutFromDisks = false;
        node.Resume();
        node.Restart();
        Settle(() => Convergence.IsReached(cluster), "replicas that nobody writes to converge");
    }

    /// <summary>Whether the group can elect a leader, and commit, while this replica's node is gone.</summary>
    private bool CanSpare(LabReplica spared)
    {
        if (cluster.RottenReplicas.Count > 0 || spared.Configuration is not { IsJoint: false } configuration)
        {
            return false;
        }

        var others = cluster.ReplicasOf(spared.Key.Group).Where(replica => replica.Node != spared.Node).Select(replica => replica.Key.Replica);
        return configuration.Voters.Count(others.Contains) > configuration.Voters.Length / 2;
    }

    private void Settle(Func<bool> condition, string property, TimeSpan longer = default)
    {
        if (!cluster.RunUntil(condition, plan.RecoveryMax + longer) && cluster.Violation is null)
        {
            cluster.Report(property, Convergence.Describe(cluster));
        }
    }
}
