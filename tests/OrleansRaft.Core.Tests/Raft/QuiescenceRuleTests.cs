using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>
/// A group with nothing to do sleeps, wakes for every reason it must, and does not loop in elections (cockroachdb/cockroach#26257).
/// </summary>
public sealed class QuiescenceRuleTests
{
    [Fact]
    public void Rule_33_An_idle_group_goes_to_sleep_and_sends_nothing_more()
    {
        var group = Asleep();
        var sent = AllSends(group);

        group.Tick(100);

        AllSends(group).ShouldBe(sent);
        group[1].Core.Role.ShouldBe(RaftRole.Leader);
    }

    [Fact]
    public void Rule_33_A_proposal_wakes_everybody()
    {
        var group = Asleep();

        group[1].Propose("a");
        group.Settle();

        new[] { 1, 2, 3 }.ShouldAllBe(id => !group[id].Core.IsQuiescent && group[id].Applied.SequenceEqual(new[] { "a" }));
    }

    [Fact]
    public void Rule_33_A_read_at_a_sleeping_follower_wakes_its_leader_and_is_served()
    {
        var group = Asleep();

        group[3].Step(new Read(1));
        group.Settle();

        group[3].Has<ReadReady>(_ => true).ShouldBeTrue();
        group[1].Core.IsQuiescent.ShouldBeFalse();
    }

    [Fact]
    public void Rule_33_Losing_the_leader_lets_the_named_successor_stand_first()
    {
        var group = Asleep();
        group[1].Crash();

        group[2].Step(new Unquiesce(IsLeaderLost: true));
        group[3].Step(new Unquiesce(IsLeaderLost: true));
        group.Tick(2);

        group[2].Core.Role.ShouldBe(RaftRole.Leader, "the leader named it");
    }

    [Fact]
    public void Rule_33_Losing_sight_of_a_leader_that_lives_ends_in_no_election()
    {
        var group = Asleep();
        var term = group[1].Core.CurrentTerm;

        group[2].Step(new Unquiesce(IsLeaderLost: true));
        group.Tick(60);

        group[1].Core.Role.ShouldBe(RaftRole.Leader);
        group[1].Core.CurrentTerm.ShouldBe(term);
        new[] { 1, 2, 3 }.ShouldAllBe(id => group[id].Core.IsQuiescent);
    }

    [Fact]
    public void Rule_33_A_follower_that_missed_the_message_wakes_the_leader_instead_of_replacing_it()
    {
        var group = new TestGroup(3, settings => settings with { QuiesceTicks = 5 });
        var leader = group.Elect(1);
        group[3].Core.SetElectionTimeout(group.Settings.ElectionTicksMin + 1);
        while (!leader.Core.IsQuiescent)
        {
            group.Now += 50;
            leader.Step(Tick.Instance);
            group.Take(envelope => envelope is { To: 3, Message: Quiesce });
            group.Settle();
        }

        var term = leader.Core.CurrentTerm;
        group.Tick(60);

        leader.Core.Role.ShouldBe(RaftRole.Leader);
        leader.Core.CurrentTerm.ShouldBe(term);
        group[3].Core.IsQuiescent.ShouldBeTrue();
    }

    [Fact]
    public void Rule_33_A_group_sleeps_without_a_member_that_is_unreachable_and_wakes_for_its_return()
    {
        var group = new TestGroup(3, settings => settings with { QuiesceTicks = 5 });
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Propose("a");
        group.Settle();
        group.Tick(20);
        leader.Core.IsQuiescent.ShouldBeFalse("one member is missing, and nobody said that it is gone");

        leader.Step(new Unreachable(Replica(3)));
        group.Tick(10);
        leader.Core.IsQuiescent.ShouldBeTrue();
        group.Heal();
        leader.Step(new Unquiesce(IsLeaderLost: false));
        group.Tick(20);

        group[3].Applied.ShouldBe(["a"]);
    }

    /// <summary>
    /// Somebody may come back just before its leader falls asleep without it, and have no vote, so that it cannot ask: it must hear one heartbeat.
    /// </summary>
    [Fact]
    public void Rule_33_A_leader_that_is_woken_when_about_to_fall_asleep_sends_another_heartbeat_first()
    {
        var group = new TestGroup(3, settings => settings with { QuiesceTicks = 5 });
        var leader = group.Elect(1);
        group.Settle();
        group.Tick(4);
        leader.Core.IsQuiescent.ShouldBeFalse();

        leader.Step(new Unquiesce(IsLeaderLost: false));
        group.Tick(4);

        leader.Core.IsQuiescent.ShouldBeFalse();
        group.Tick(5);
        leader.Core.IsQuiescent.ShouldBeTrue();
    }

    /// <summary>
    /// A member that waits for its vote was out of reach when its leader quiesced: nobody else would ask for it, and the change of members stood
    /// still.
    /// </summary>
    [Fact]
    public void Rule_33_A_learner_that_hears_no_leader_has_it_unquiesced_and_becomes_a_voter()
    {
        var group = WithIsolatedLearner();
        group[1].Step(new Unreachable(Replica(4)));
        group.Tick(10);
        group[1].Core.IsQuiescent.ShouldBeTrue("who is out of reach keeps nobody awake");
        group.Heal();

        group.Tick(2 * group.Settings.ElectionTicksMax);
        group[4].Has<LeaderSought>(_ => true).ShouldBeTrue();
        group[1].Step(new Unquiesce(IsLeaderLost: false));
        group.Tick(20);

        group[1].Core.Configuration.IsVoter(Replica(4)).ShouldBeTrue();
        group[4].Core.IsQuiescent.ShouldBeTrue();
        var sought = group[4].Effects.OfType<LeaderSought>().Count();
        group.Tick(1_000);
        group[4].Effects.OfType<LeaderSought>().Count().ShouldBe(sought, "it hears its leader");
    }

    /// <summary>A replica may have been removed without hearing of it: it must not keep its group active for ever.</summary>
    [Fact]
    public void Rule_33_A_learner_that_finds_no_leader_seeks_ever_more_rarely()
    {
        var group = WithIsolatedLearner();

        var longest = group.Settings.ElectionTicksMax * 64;
        group.Tick(longest);
        var soon = group[4].Effects.OfType<LeaderSought>().Count();
        group.Tick(4 * longest);
        var late = group[4].Effects.OfType<LeaderSought>().Count() - soon;

        soon.ShouldBeInRange(5, 8, "each wait is twice as long as the one before");
        late.ShouldBeInRange(3, 5, "but not longer than 64 election timeouts");
    }

    /// <summary>
    /// On a slow network every answer comes a heartbeat late: the group must sleep all the same, and the last answers must not wake it.
    /// </summary>
    [Fact]
    public void Rule_33_A_leader_whose_answers_come_a_heartbeat_late_falls_asleep_and_stays_asleep()
    {
        var group = new TestGroup(3, settings => settings with { QuiesceTicks = 5 });
        var leader = group.Elect(1);
        group.Settle();
        var late = new List<TestGroup.Envelope>();
        for (var tick = 0; tick < 20; tick++)
        {
            group.Now += 50;
            leader.Step(Tick.Instance);
            var answers = group.Take(envelope => envelope.To == 1);
            late.ForEach(group.Deliver);
            foreach (var envelope in group.Take(_ => true))
            {
                group.Deliver(envelope);
            }

            late = [.. answers, .. group.Take(envelope => envelope.To == 1)];
        }

        late.ForEach(group.Deliver);
        group.Settle();

        new[] { 1, 2, 3 }.ShouldAllBe(id => group[id].Core.IsQuiescent);
        group.Tick(100);
        leader.Core.IsQuiescent.ShouldBeTrue();
        leader.Core.Role.ShouldBe(RaftRole.Leader);
    }

    [Fact]
    public void A_sleeping_leader_holds_no_lease()
    {
        var group = new TestGroup(3, settings => settings with { QuiesceTicks = 5, LeaderLease = true });
        group.Tick(group.Settings.ElectionTicksMax);
        var leader = group.Elect(1);
        group.Tick(20);
        leader.Core.IsQuiescent.ShouldBeTrue();

        leader.Step(new Read(1, AllowLease: true));

        leader.Has<ReadReady>(_ => true).ShouldBeFalse();
        group.Settle();
        leader.Last<ReadReady>().ReadId.ShouldBe(1);
    }

    /// <summary>Hosts report a leader lost as often as they look, until somebody leads.</summary>
    [Fact]
    public void Rule_33_A_leader_that_is_reported_lost_again_and_again_is_replaced_as_soon_as_one_that_is_reported_once()
    {
        var group = Asleep();
        group[1].Crash();
        group[2].Crash();
        group[3].Step(new Unquiesce(IsLeaderLost: true));
        var timeout = group[3].Core.Status.ElectionTimeoutTicks;

        for (var i = 0; i < 100; i++)
        {
            group[3].Step(new Unquiesce(IsLeaderLost: true));
        }

        group[3].Core.Status.ElectionTimeoutTicks.ShouldBe(timeout);
    }

    /// <summary>Three voters of which the first leads, and a member out of reach that is to have a vote when it has caught up.</summary>
    private static TestGroup WithIsolatedLearner()
    {
        var voters = Configuration.OfVoters(3);
        var learner = Configuration.OfVoters(4).Find(Replica(4))! with { PromotesWhenCaughtUp = true };
        var group = new TestGroup(
            voters with { Learners = [Replica(4)], Members = [.. voters.Members, learner] }, settings => settings with { QuiesceTicks = 5 });
        group.Isolate(4);
        group.Elect(1);
        group[4].Core.SetElectionTimeout(group.Settings.ElectionTicksMax);
        return group;
    }

    private static TestGroup Asleep()
    {
        var group = new TestGroup(3, settings => settings with { QuiesceTicks = 5 });
        group.Elect(1);
        group.Tick(20);
        new[] { 1, 2, 3 }.ShouldAllBe(id => group[id].Core.IsQuiescent);
        return group;
    }

    private static int AllSends(TestGroup group) => new[] { 1, 2, 3 }.Sum(id => group[id].Effects.OfType<Send>().Count());
}
