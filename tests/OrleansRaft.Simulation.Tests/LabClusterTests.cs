using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Simulation.Machine;

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
        var refusals = new List<string>();
        cluster.Observer = what =>
        {
            if (what is LabReplicaEvent { What: var text })
            {
                refusals.Add(text);
            }
        };

        cluster.Nodes[1].Crash();
        cluster.FlipBit(Group, new ReplicaId(2)).ShouldBeTrue();
        cluster.Nodes[1].Restart();

        refusals.ShouldContain(text => text.Contains("was refused on node 1", StringComparison.Ordinal));
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

    public void Dispose() => clusters.ForEach(cluster => cluster.Dispose());

    private LabCluster Make(ulong seed = 1, bool sharedDisks = false)
    {
        var cluster = new LabCluster(new LabOptions
        {
            Seed = seed,
            SharedDisks = sharedDisks,
            StateMachine = group => RegisterMachine.Host(group, new Ledger((_, _) => { })),
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
