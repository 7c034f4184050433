using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>
/// Replicas that applied the same entries are compared at one entry, and one that is wrong by the word of a majority gets another state.
/// </summary>
public sealed class ComparisonRuleTests
{
    private static readonly StateDigest Sound = new(1, "sound"u8.ToArray());
    private static readonly StateDigest Wrong = new(1, "wrong"u8.ToArray());

    [Fact]
    public void Every_member_tells_its_digest_of_one_entry_and_hears_what_came_of_it()
    {
        var (group, leader) = Leader();

        Compare(group, leader);

        var ended = leader.Effects.OfType<ComparisonEnded>().ShouldHaveSingleItem().Comparison;
        ended.Entry.ShouldBe(Entry(1, 3));
        ended.Verdict.ShouldBe(ComparisonVerdict.Equal);
        ended.Members.Select(static member => member.Digest).ShouldBe([Sound, Sound, Sound]);
        foreach (var id in new[] { 1, 2, 3 })
        {
            group[id].Effects.OfType<ComparisonJudged>().ShouldHaveSingleItem()
                .ShouldBe(new ComparisonJudged(Entry(1, 3), ComparisonVerdict.Equal, IsWrong: false, IsRight: true));
        }

        leader.Core.ComparisonUnderWay.ShouldBeNull();
        leader.Core.LastComparison.ShouldBe(Entry(1, 3));
        leader.Core.EntriesSinceComparison.ShouldBe(0);
    }

    [Fact]
    public void An_answer_that_was_lost_is_asked_for_again()
    {
        var (group, leader) = Leader();
        leader.Step(ProposeComparison.Instance);
        Lose<ComparisonResponse>(group, leader);

        leader.Core.ComparisonUnderWay.ShouldBe(Entry(1, 3));
        group.Tick(group.Settings.ElectionTicksMin);

        leader.Last<ComparisonEnded>().Comparison.Verdict.ShouldBe(ComparisonVerdict.Equal);
    }

    [Fact]
    public void A_member_out_of_sight_is_waited_for_a_while_and_is_not_taken_for_equal()
    {
        var (group, leader) = Leader();
        group.Isolate(3);
        group.Tick(group.Settings.ElectionTicksMax + 1);

        leader.Step(ProposeComparison.Instance);
        group.Settle();
        group.Tick(2 * group.Settings.ElectionTicksMax);

        var ended = leader.Last<ComparisonEnded>().Comparison;
        ended.Verdict.ShouldBe(ComparisonVerdict.Incomplete);
        ended.Members[2].ShouldBe(new MemberDigest(Replica(3), IsVoter: true, null, IsHalted: false));
    }

    [Fact]
    public void A_member_that_answers_everything_else_is_waited_for_no_longer_than_the_limit()
    {
        var (group, leader) = Leader();
        group[2].State = null;

        leader.Step(ProposeComparison.Instance);
        group.Settle();
        group.Tick(group.Settings.ComparisonTicksMax - 1);
        leader.Core.ComparisonUnderWay.ShouldNotBeNull();
        group.Tick();

        leader.Last<ComparisonEnded>().Comparison.Verdict.ShouldBe(ComparisonVerdict.Incomplete);
        leader.Core.ComparisonUnderWay.ShouldBeNull();
    }

    [Fact]
    public void A_member_whose_state_machine_is_halted_says_so_when_it_is_asked()
    {
        var (group, leader) = Leader();
        group[3].Step(new MachineChanged(IsHalted: true));
        group[3].State = null;

        leader.Step(ProposeComparison.Instance);
        group.Settle();
        group.Tick(group.Settings.ElectionTicksMin);

        var ended = leader.Last<ComparisonEnded>().Comparison;
        ended.Verdict.ShouldBe(ComparisonVerdict.Incomplete);
        ended.Members[2].IsHalted.ShouldBeTrue();
    }

    [Fact]
    public void A_majority_makes_the_others_wrong_and_they_are_told_until_they_know()
    {
        var (group, leader) = Leader();
        group[3].State = Wrong;
        leader.Step(ProposeComparison.Instance);
        Lose<ComparisonRequest>(group, leader);

        leader.Last<ComparisonEnded>().Comparison.Wrong.ShouldBe([Replica(3)]);
        group[3].Core.IsStateWrong.ShouldBeFalse();
        group.Tick(2 * group.Settings.ElectionTicksMin);

        group[3].Effects.OfType<ComparisonJudged>().Count(static judged => judged.IsWrong).ShouldBe(1);
        group[3].Core.IsStateWrong.ShouldBeTrue();
        group[2].Effects.OfType<ComparisonJudged>().ShouldAllBe(static judged => !judged.IsWrong && judged.IsRight);
    }

    [Fact]
    public void A_leader_that_is_wrong_hears_it_from_itself()
    {
        var (group, leader) = Leader();
        leader.State = Wrong;

        Compare(group, leader);

        leader.Last<ComparisonJudged>().IsWrong.ShouldBeTrue();
        leader.Core.IsStateWrong.ShouldBeTrue();
        group[2].Core.IsStateWrong.ShouldBeFalse();
    }

    [Fact]
    public void Without_a_majority_nobody_is_wrong()
    {
        var (group, leader) = Leader();
        group[2].State = Wrong;
        group[3].State = new StateDigest(1, "another"u8.ToArray());

        Compare(group, leader);

        leader.Last<ComparisonEnded>().Comparison.Verdict.ShouldBe(ComparisonVerdict.NoMajority);
        foreach (var id in new[] { 1, 2, 3 })
        {
            group[id]
                .Last<ComparisonJudged>()
                .ShouldBe(new ComparisonJudged(Entry(1, 3), ComparisonVerdict.NoMajority, IsWrong: false, IsRight: false));
        }
    }

    [Fact]
    public void A_state_of_another_program_is_not_wrong()
    {
        var (group, leader) = Leader();
        group[3].State = new StateDigest(2, "wrong"u8.ToArray());

        Compare(group, leader);

        leader.Last<ComparisonEnded>().Comparison.Verdict.ShouldBe(ComparisonVerdict.Incomplete);
        group[3].Last<ComparisonJudged>().IsWrong.ShouldBeFalse();
    }

    [Fact]
    public void Only_a_leader_compares_and_one_comparison_at_a_time()
    {
        var (group, leader) = Leader();
        group[2].Step(ProposeComparison.Instance);
        group[2].Last<ComparisonRejected>().Reason.ShouldBe(RaftRejection.NotLeader);
        group.Isolate(1);
        leader.Step(ProposeComparison.Instance);

        leader.Step(ProposeComparison.Instance);

        leader.Last<ComparisonRejected>().Reason.ShouldBe(RaftRejection.NotReady);
        leader.Core.LastEntry.ShouldBe(Entry(1, 3));
    }

    [Fact]
    public void States_are_compared_under_one_configuration_only()
    {
        var (group, leader) = Leader();
        group.Isolate(3);
        leader.Step(ProposeComparison.Instance);
        group.Settle();

        leader.Step(new ProposeConfiguration(1, [new MemberChange(MemberChangeKind.AddLearner, Replica(4))], null));
        leader.Step(ProposeComparison.Instance);
        leader.Last<ComparisonRejected>().Reason.ShouldBe(RaftRejection.NotReady, "the change is not committed, and another comparison is under way");
        leader.Effects.Clear();
        group.Tick();

        leader.Last<ComparisonRejected>().Reason.ShouldBe(RaftRejection.NotReady);
        leader.Has<ComparisonEnded>(static _ => true).ShouldBeFalse();
        leader.Core.ComparisonUnderWay.ShouldBeNull();
    }

    [Fact]
    public void A_successor_begins_its_own_comparison()
    {
        var (group, leader) = Leader();
        leader.Step(ProposeComparison.Instance);
        Lose<ComparisonResponse>(group, leader);

        group.Isolate(1);
        group.Elect(2);
        group.Heal();
        group.Tick(20);
        Compare(group, group[2]);

        leader.Core.ComparisonUnderWay.ShouldBeNull();
        group[2].Last<ComparisonEnded>().Comparison.Verdict.ShouldBe(ComparisonVerdict.Equal);
    }

    [Fact]
    public void A_comparison_that_is_cut_off_is_forgotten()
    {
        var (group, leader) = Leader();
        group.Isolate(1);
        leader.Step(ProposeComparison.Instance);
        leader.Core.LastComparison.ShouldBe(Entry(1, 3));
        group.Elect(2);

        group.Heal();
        group.Tick(20);

        leader.Core.LastComparison.ShouldBe(EntryId.Zero);
    }

    [Fact]
    public void A_group_does_not_quiesce_before_its_comparison_is_over_and_a_late_answer_does_not_unquiesce_it()
    {
        var group = new TestGroup(3, settings => settings with { QuiesceTicks = 3 });
        var leader = group.Elect(1);
        group[3].State = null;
        leader.Step(ProposeComparison.Instance);
        group.Settle();
        group.Tick(30);
        leader.Core.IsQuiescent.ShouldBeFalse();

        group[3].Step(new StateDigested(leader.Core.LastComparison, Sound));
        group.Settle();
        group.Tick(10);
        leader.Core.IsQuiescent.ShouldBeTrue();
        leader.Step(new Receive(Replica(3), new ComparisonResponse(leader.Core.CurrentTerm, Index(0), leader.Core.LastComparison, Sound)));

        leader.Core.IsQuiescent.ShouldBeTrue();
    }

    /// <summary>Others count on the log, the term and the vote of the replica.</summary>
    [Fact]
    public void A_replica_that_is_wrong_asks_for_a_state_and_keeps_log_term_and_vote()
    {
        var (group, leader) = Leader();
        group[3].State = Wrong;
        Compare(group, leader);
        var before = group[3].Disk.HardState;
        before.VotedFor.ShouldNotBeNull();

        GetState(group, leader, group[3]);

        group[3].Core.IsStateWrong.ShouldBeFalse();
        group[3].Applied[0].ShouldStartWith("snapshot");
        group[3].Disk.HardState.CurrentTerm.ShouldBe(before.CurrentTerm);
        group[3].Disk.HardState.VotedFor.ShouldBe(before.VotedFor);
        group[3].Core.LastEntry.ShouldBe(leader.Core.LastEntry);
        group[3].State = Sound;
        Compare(group, leader);
        leader.Last<ComparisonEnded>().Comparison.Verdict.ShouldBe(ComparisonVerdict.Equal);
    }

    /// <summary>It has applied all that there is, and takes only what is beyond that.</summary>
    [Fact]
    public void An_idle_leader_appends_an_entry_so_that_a_snapshot_can_take_the_place_of_a_wrong_state()
    {
        var (group, leader) = Leader();
        group[3].State = Wrong;
        Compare(group, leader);
        var end = leader.Core.LastEntry.Index;
        group[3].HoldsApplies = true;

        group[3].Step(StateLost.Instance);
        group.Settle();
        group[3].Step(StateLost.Instance);
        group.Settle();

        leader.Core.LastEntry.Index.ShouldBe(end.Next);
        leader.Log[^1].Kind.ShouldBe(EntryKind.NoOp);
        leader.Last<CaptureSnapshot>().Through.ShouldBe(end.Next);
    }

    [Fact]
    public void A_leader_that_may_be_wrong_itself_gives_no_state_and_compares_first()
    {
        var (group, leader) = Leader();
        group[3].State = Wrong;
        leader.Step(ProposeComparison.Instance);
        group.Network.RemoveAll(static envelope => envelope is { To: 2, Message: ComparisonRequest });
        while (group.Network.Count > 0)
        {
            var next = group.Network[0];
            group.Network.RemoveAt(0);
            if (next is not { To: 2, Message: ComparisonRequest })
            {
                group.Deliver(next);
            }
        }

        group[3].Core.IsStateWrong.ShouldBeTrue();
        group.Isolate(1);
        var successor = group.Elect(2);
        group.Heal();
        group.Tick(20);
        successor.Effects.Clear();
        group[3].Step(StateLost.Instance);
        group.Settle();

        successor.Has<ComparisonWanted>(static _ => true).ShouldBeTrue();
        successor.Has<CaptureSnapshot>(static _ => true).ShouldBeFalse();
        group[3].Step(new MachineChanged(IsHalted: true));
        group[3].State = null;
        successor.Step(ProposeComparison.Instance);
        group.Settle();
        group.Tick(group.Settings.ElectionTicksMin);
        successor.Last<ComparisonJudged>().IsRight.ShouldBeTrue();
        group[3].Step(StateLost.Instance);
        group.Settle();
        successor.Has<CaptureSnapshot>(static _ => true).ShouldBeTrue();
    }

    [Fact]
    public void A_replica_that_starts_knows_the_comparisons_of_its_log()
    {
        var (group, leader) = Leader();
        Compare(group, leader);
        leader.Propose("more");
        group.Settle();

        group[2].Restart();

        group[2].Core.LastComparison.ShouldBe(Entry(1, 3));
    }

    private static (TestGroup Group, TestReplica Leader) Leader()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        leader.Propose("something");
        group.Settle();
        return (group, leader);
    }

    private static void Compare(TestGroup group, TestReplica leader)
    {
        leader.Step(ProposeComparison.Instance);
        group.Settle();
        group.Tick();
    }

    /// <summary>Delivers everything but the messages of a kind between the leader and replica 3.</summary>
    private static void Lose<T>(TestGroup group, TestReplica leader)
        where T : Message
    {
        while (group.Network.Count > 0)
        {
            var next = group.Network[0];
            group.Network.RemoveAt(0);
            if (next.Message is not T || (next.From != 3 && next.To != 3))
            {
                group.Deliver(next);
            }
        }

        leader.Core.Role.ShouldBe(RaftRole.Leader);
    }

    private static void GetState(TestGroup group, TestReplica leader, TestReplica wrong)
    {
        // Its host applies nothing more to a state that is discarded.
        wrong.HoldsApplies = true;
        wrong.Step(StateLost.Instance);
        group.Settle();
        group.Tick();
        leader.TakeSnapshot();
        wrong.Step(StateLost.Instance);
        group.Settle();
        group.Tick();
        wrong.HoldsApplies = false;
        wrong.RestoreNow(wrong.HeldRestores.ShouldHaveSingleItem());
        group.Settle();
    }
}
