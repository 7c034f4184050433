using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Simulation.Faults;
using OrleansRaft.Simulation.Machine;
using OrleansRaft.Simulation.Running;

namespace OrleansRaft.Simulation.Tests;

public sealed class LabClusterTests : IDisposable
{
    private const string Group = "group-0";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly List<LabCluster> clusters = [];

    [Fact]
    public void Elects_a_leader_and_another_when_that_one_is_cut_off()
    {
        var cluster = Make();
        var first = AwaitLeader(cluster);

        cluster.Network.Isolate(first.Node.Index);
        cluster.RunUntil(() => cluster.LeaderOf(Group) is { } leader && leader.Key != first.Key, Soon).ShouldBeTrue();
        cluster.Heal();

        cluster.RunUntil(() => first.Role == RaftRole.Follower, Soon).ShouldBeTrue();
        cluster.Violation.ShouldBeNull();
    }

    [Fact]
    public void One_seed_gives_one_course_of_events()
    {
        var digests = Enumerable.Range(0, 2).Select(_ =>
        {
            var cluster = Make(seed: 7);
            cluster.Run(TimeSpan.FromSeconds(5));
            cluster.Nodes[0].Crash();
            cluster.Run(TimeSpan.FromSeconds(5));
            return cluster.Digest;
        });

        digests.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void A_replica_with_a_flipped_bit_is_refused_and_the_others_serve()
    {
        var cluster = Make();
        AwaitLeader(cluster);
        var rejections = new List<string>();
        cluster.Observer = what =>
        {
            if (what is LabReplicaEvent { What: var text })
            {
                rejections.Add(text);
            }
        };

        cluster.Nodes[1].Crash();
        cluster.FlipBit(Group, new ReplicaId(2)).ShouldBeTrue();
        cluster.Nodes[1].Restart();

        rejections.ShouldContain(text => text.Contains("was refused on node 1", StringComparison.Ordinal));
        cluster.RunUntil(() => cluster.LeaderOf(Group) is not null && cluster.ExpectedReplicasOf(Group).Count() == 2, Soon).ShouldBeTrue();
    }

    [Fact]
    public void A_second_activation_takes_over_and_the_first_one_is_fenced()
    {
        var cluster = Make(sharedDisks: true);
        var leader = AwaitLeader(cluster);
        var other = (leader.Node.Index + 1) % cluster.Nodes.Count;

        cluster.ActivateOn(other, Group, leader.Key.Replica);

        cluster.RunUntil(() => !leader.IsRunning, Soon).ShouldBeTrue();
        cluster.RunUntil(() => cluster.LeaderOf(Group) is not null, Soon).ShouldBeTrue();
        cluster.Nodes[other].Find(Group, leader.Key.Replica).ShouldNotBeNull();
        cluster.Violation.ShouldBeNull();
    }

    [Fact]
    public void A_paused_node_goes_on_where_it_was()
    {
        var cluster = Make();
        var leader = AwaitLeader(cluster);

        leader.Node.Pause();
        cluster.RunUntil(() => cluster.LeaderOf(Group) is { } now && now.Key != leader.Key, Soon).ShouldBeTrue();
        leader.Node.Resume();

        cluster.RunUntil(() => leader.Role == RaftRole.Follower && leader.Term == cluster.LeaderOf(Group)!.Term, Soon).ShouldBeTrue();
    }

    [Fact]
    public void A_quiescent_group_notices_that_its_leader_is_gone()
    {
        var cluster = Make(quiesceTicks: 5);
        var leader = AwaitLeader(cluster);
        cluster.RunUntil(() => cluster.ReplicasOf(Group).All(replica => replica.IsQuiescent), Soon).ShouldBeTrue();

        leader.Node.Crash();

        cluster.RunUntil(() => cluster.LeaderOf(Group) is { } next && next.Term > leader.Term, Soon).ShouldBeTrue();
        cluster.Violation.ShouldBeNull();
    }

    /// <summary>It has no vote, and so asks nobody who leads: without a word from its own node it would stay behind until somebody writes.</summary>
    [Fact]
    public void A_group_that_became_quiescent_without_a_learner_catches_it_up_when_it_may_speak_again()
    {
        var cluster = Make(sharedDisks: true, quiesceTicks: 5, nodes: 4);
        var first = AwaitLeader(cluster);
        cluster.RunUntil(AreVotersQuiescent, Soon).ShouldBeTrue();
        var (node, name) = (cluster.Nodes[3], new ReplicaId(4));
        cluster.AddReplica(node.Index, Group, name);
        first.Driver.ChangeMembers([new MemberChange(MemberChangeKind.AddLearner, name)], null, Sinks.Ignore);
        cluster.RunUntil(() => IsLearnerQuiescent() && AreVotersQuiescent(), Soon).ShouldBeTrue();

        // Its predecessor died with the right to speak, so that it must wait; meanwhile it misses an entry, and the group stops waiting for it.
        node.Crash();
        node.Restart();
        cluster.Network.Isolate(node.Index);
        var term = first.Term;
        first.Driver.TransferLeadership(null, Sinks.Ignore);
        cluster.RunUntil(() => cluster.LeaderOf(Group) is { } next && next.Term > term && AreVotersQuiescent(), Soon).ShouldBeTrue();
        cluster.Heal();
        cluster.Run(TimeSpan.FromSeconds(0.5));
        cluster.RunUntil(AreVotersQuiescent, Soon).ShouldBeTrue();
        var learner = node.Find(Group)!;
        learner.Log!.MaySpeak.ShouldBeFalse();

        cluster.RunUntil(() => learner.AppliedIndex == cluster.LeaderOf(Group)!.AppliedIndex, Soon).ShouldBeTrue();
        cluster.Violation.ShouldBeNull();

        bool IsLearnerQuiescent() => node.Find(Group) is { IsQuiescent: true, Configuration: { } known } && known.Contains(name);

        bool AreVotersQuiescent() => cluster.ReplicasOf(Group).Count(static replica => replica.IsQuiescent && replica.Key.Replica.Value <= 3) == 3;
    }

    [Fact]
    public void A_node_that_is_to_die_in_a_write_leaves_the_write_torn_or_undone_and_recovers()
    {
        var cluster = Make();
        var node = AwaitLeader(cluster).Node;
        for (var crashes = 0; cluster.TornWrites == 0; crashes++)
        {
            crashes.ShouldBeLessThan(100, "one crash in a few tears a write");
            node.CrashInNextWrite();
            cluster.LeaderOf(Group)?.Driver.TransferLeadership(null, Sinks.Ignore);
            cluster.RunUntil(() => !node.IsUp, Soon).ShouldBeTrue();
            node.Restart();
            cluster.RunUntil(() => Convergence.IsReached(cluster), Soon).ShouldBeTrue();
        }

        cluster.LostWrites.ShouldBeGreaterThan(0);
        cluster.Violation.ShouldBeNull();
    }

    [Fact]
    public void A_name_that_comes_back_knows_its_vote_and_nothing_else()
    {
        var cluster = Make();
        var leader = AwaitLeader(cluster);
        cluster.RunUntil(() => leader.AppliedIndex > LogIndex.Zero && Convergence.IsReached(cluster), Soon).ShouldBeTrue();
        var member = cluster.ReplicasOf(Group).First(replica => replica.Key != leader.Key);

        cluster.RemoveReplica(Group, member.Key.Replica);
        cluster.Network.Isolate(member.Node.Index);
        cluster.AddReplica(member.Node.Index, Group, member.Key.Replica);

        var back = member.Node.Find(Group, member.Key.Replica)!;
        back.Term.ShouldBe(leader.Term);
        back.Core!.LastEntry.ShouldBe(EntryId.Zero);
    }

    public void Dispose() => clusters.ForEach(cluster => cluster.Dispose());

    private LabCluster Make(ulong seed = 1, bool sharedDisks = false, int quiesceTicks = 0, int nodes = 3)
    {
        var cluster = new LabCluster(new LabOptions
        {
            Seed = seed,
            Nodes = nodes,
            Replicas = 3,
            TellsLosses = true,
            SharedDisks = sharedDisks,
            Raft = new RaftOptions { QuiesceTicks = quiesceTicks, RoundBytesMin = 0 },
            StateMachine = static (replica, _) => RegisterMachine.Host(replica, new Ledger(static (_, _) => { }), null),
        });
        clusters.Add(cluster);
        return cluster;
    }

    private static LabReplica AwaitLeader(LabCluster cluster)
    {
        cluster.RunUntil(() => cluster.LeaderOf(Group) is not null, Soon).ShouldBeTrue();
        return cluster.LeaderOf(Group)!;
    }
}
