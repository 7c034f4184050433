using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>The host knows that the leader's process has ended: the group elects another without waiting for its timeout.</summary>
public sealed class LeaderGoneRuleTests
{
    [Fact]
    public void The_voter_after_a_leader_that_is_gone_leads_before_the_next_tick()
    {
        var group = new TestGroup(3);
        group.Elect(1);
        group[1].Crash();

        group[3].Step(new LeaderGone(Replica(1)));
        group[2].Step(new LeaderGone(Replica(1)));
        group.Settle();

        group[2].Core.Role.ShouldBe(RaftRole.Leader);
        group[3].Core.Leader.ShouldBe(Replica(2));
    }

    [Fact]
    public void The_circle_begins_anew_behind_its_last_member()
    {
        var group = new TestGroup(3);
        group.Elect(3);
        group[3].Crash();

        group[2].Step(new LeaderGone(Replica(3)));
        group[1].Step(new LeaderGone(Replica(3)));
        group.Settle();

        group[1].Core.Role.ShouldBe(RaftRole.Leader);
    }

    [Fact]
    public void One_that_the_others_refuse_since_they_have_not_heard_of_it_yet_asks_again_with_the_next_tick()
    {
        var group = new TestGroup(3);
        group.Elect(1);
        group[1].Crash();
        group[2].Step(new LeaderGone(Replica(1)));
        group.Settle();
        group[2].Core.Role.ShouldNotBe(RaftRole.Leader);

        group[3].Step(new LeaderGone(Replica(1)));
        group.Tick();

        group[2].Core.Role.ShouldBe(RaftRole.Leader);
    }

    [Fact]
    public void The_next_in_the_circle_stands_soon_when_the_first_is_gone_too()
    {
        var group = new TestGroup(5);
        group.Elect(1);
        group[1].Crash();
        group[2].Crash();

        foreach (var id in new[] { 3, 4, 5 })
        {
            group[id].Step(new LeaderGone(Replica(1)));
        }

        group.Tick(3);

        group[3].Core.Role.ShouldBe(RaftRole.Leader);
    }

    [Fact]
    public void A_leader_that_lives_outlives_the_false_word_that_one_follower_has()
    {
        var group = new TestGroup(3);
        group.Elect(1);
        var term = group[1].Core.CurrentTerm;

        group[2].Step(new LeaderGone(Replica(1)));
        group.Tick(30);

        group[1].Core.Role.ShouldBe(RaftRole.Leader);
        group[1].Core.CurrentTerm.ShouldBe(term);
        group[2].Core.Leader.ShouldBe(Replica(1));
    }

    [Fact]
    public void A_late_word_of_another_leader_changes_nothing()
    {
        var group = new TestGroup(3);
        group.Elect(1);

        group[2].Step(new LeaderGone(Replica(3)));

        group[2].Core.Leader.ShouldBe(Replica(1));
    }

    /// <summary>It would give up the votes that it has, and the term that it has begun.</summary>
    [Fact]
    public void A_candidate_goes_on_when_it_hears_of_it()
    {
        var group = new TestGroup(3);
        group.Elect(1);
        group[1].Crash();
        group[3].Step(new LeaderGone(Replica(1)));
        group[2].Step(new LeaderGone(Replica(1)));
        while (group[2].Core.Role != RaftRole.Candidate)
        {
            group.Take(static _ => true).ForEach(group.Deliver);
        }

        var term = group[2].Core.CurrentTerm;
        group[2].Step(new LeaderGone(Replica(1)));

        group[2].Core.Role.ShouldBe(RaftRole.Candidate);
        group[2].Core.CurrentTerm.ShouldBe(term);
    }

    [Fact]
    public void Nobody_stands_before_what_was_promised_to_a_lease_expires()
    {
        var group = new TestGroup(3, settings => settings with { LeaderLease = true });
        group.Tick(group.Settings.ElectionTicksMax);
        group.Elect(1);
        group.Tick(2);
        group[1].Crash();

        group[3].Step(new LeaderGone(Replica(1)));
        group[2].Step(new LeaderGone(Replica(1)));
        group.Settle();
        group[2].Core.Role.ShouldBe(RaftRole.Follower);

        group.Tick(group.Settings.ElectionTicksMin + 1);

        group[2].Core.Role.ShouldBe(RaftRole.Leader);
    }
}
