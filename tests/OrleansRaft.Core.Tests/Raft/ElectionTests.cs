using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

public sealed class ElectionTests
{
    [Fact]
    public void A_group_elects_one_leader_by_its_timers_alone()
    {
        var group = new TestGroup(3);

        group.Tick(20);

        var leaders = new[] { 1, 2, 3 }.Where(id => group[id].Core.Role == RaftRole.Leader).ToList();
        leaders.Count.ShouldBe(1);
        new[] { 1, 2, 3 }.ShouldAllBe(id => group[id].Core.Leader == Replica(leaders[0]));
    }

    [Fact]
    public void A_proposal_is_applied_by_every_replica()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);

        leader.Propose("a", "b");
        group.Settle();

        new[] { 1, 2, 3 }.ShouldAllBe(id => group[id].Applied.SequenceEqual(new[] { "a", "b" }));
    }

    [Fact]
    public void A_single_replica_elects_itself_and_commits()
    {
        var group = new TestGroup(1);
        var leader = group.Elect(1);

        leader.Propose("a");

        leader.Applied.ShouldBe(["a"]);
    }

    /// <summary>A lost answer must not cost the candidate its vote, or one dropped packet could stall an election.</summary>
    [Fact]
    public void Votes_again_for_the_same_candidate()
    {
        var hardState = new HardState(new Term(3), VotedFor: Replica(1), CommitIndex: Index(7));

        var decision = Election.Decide(hardState, Entry(2, 9), Replica(1), new RequestVote(new Term(3), Entry(2, 9), IsTransfer: false));

        decision.ShouldBe(VoteDecision.Granted);
    }
}
