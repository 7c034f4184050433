using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>The UTC stamps of entries: they never fall along the log, and one clock that is wrong neither moves nor freezes them.</summary>
public sealed class StampRuleTests
{
    private const long Minute = 60_000;
    private static readonly UtcTime Noon = At(2026);
    private static readonly UtcTime Year2036 = At(2036);

    [Fact]
    public void Every_entry_of_a_group_whose_voters_told_their_clocks_has_its_leaders_stamp()
    {
        var group = new TestGroup(3);
        Read(group, Noon, Noon + 5, Noon + -5);
        var leader = group.Elect(1);
        var elapsed = group.Now.Value;

        leader.Propose("a");
        group.Settle();

        leader.Log.Select(static entry => entry.Utc).ShouldAllBe(static stamp => stamp.IsKnown);
        leader.Core.LastUtc.ShouldBe(Noon + elapsed, "its own clock, which went on with the host's monotonic clock");
        group[2].Log.Select(static entry => entry.Utc).ShouldBe(leader.Log.Select(static entry => entry.Utc));
    }

    /// <summary>Voters tell their clocks with their votes, so not even the first entry of a term waits for an answer.</summary>
    [Fact]
    public void A_leader_whose_clock_is_in_2036_stamps_no_more_than_a_minute_after_most_clocks()
    {
        var group = new TestGroup(3);
        Read(group, Year2036, Noon, Noon + 10);

        var leader = group.Elect(1);
        leader.Propose("a");

        leader.Log[0].Kind.ShouldBe(EntryKind.NoOp);
        leader.Log.ShouldAllBe(entry => entry.Utc.IsKnown && entry.Utc <= Noon + (Minute + 10 + group.Now.Value));
    }

    [Fact]
    public void A_leader_whose_clock_is_in_1971_does_not_hold_the_time()
    {
        var group = new TestGroup(3);
        Read(group, new UtcTime(365L * 24 * 60 * Minute), Noon, Noon);

        var leader = group.Elect(1);
        group.Tick(2);
        leader.Propose("a");

        leader.Core.LastUtc.ShouldBeGreaterThanOrEqualTo(Noon + -Minute);
    }

    /// <summary>What one leader stamped, the next does not take back, however its own clock goes.</summary>
    [Fact]
    public void A_stamp_never_goes_back_when_the_leader_changes()
    {
        var group = new TestGroup(3);
        Read(group, Noon + 50_000, Noon, Noon);
        group.Elect(1).Propose("a");
        group.Settle();
        var before = group[1].Core.LastUtc;
        group[1].Step(new TransferLeadership(Replica(2)));
        group.Settle();
        group[2].Core.Role.ShouldBe(RaftRole.Leader);
        group[2].Propose("b");
        group.Settle();

        group[2].Core.LastUtc.ShouldBe(before);
        var stamps = group[2].Log.Select(static entry => entry.Utc.Value).ToArray();
        stamps.ShouldBe(stamps.Order());
        group.Now += 60_000;
        group[2].Propose("c");
        group[2].Core.LastUtc.ShouldBeGreaterThan(before, "time goes on when the clock has come to it");
    }

    [Fact]
    public void As_long_as_no_majority_told_its_clock_entries_carry_the_last_stamp_on()
    {
        var group = new TestGroup(3);
        group[1].Core.ReadClock(Year2036, group.Now);

        var leader = group.Crown(1);
        leader.Propose("a");

        leader.Log.ShouldAllBe(static entry => !entry.Utc.IsKnown);
        Tell(leader, 2, Noon);
        leader.Propose("b");
        leader.Core.LastUtc.ShouldBe(Noon + Minute, "two of three have: the earlier one counts");
    }

    [Fact]
    public void A_single_voter_stamps_with_its_own_clock()
    {
        var group = new TestGroup(1);
        group[1].Core.ReadClock(Noon, group.Now);

        group.Elect(1).Propose("a");

        group[1].Core.LastUtc.ShouldBe(Noon + group.Now.Value);
    }

    [Fact]
    public void Below_the_level_of_stamps_nobody_stamps_and_nobody_tells_a_clock()
    {
        var group = new TestGroup(3, static settings => settings with { Level = FeatureLevels.Stamps - 1 });
        Read(group, Noon, Noon, Noon);

        var leader = group.Elect(1);
        leader.Propose("a");

        leader.Log.ShouldAllBe(static entry => !entry.Utc.IsKnown);
        group.Network.ShouldAllBe(static envelope => envelope.Message.NeededLevel() == FeatureLevels.Oldest);
        group.Settle();
        foreach (var id in new[] { 1, 2, 3 })
        {
            group[id].Step(new LevelRaised(FeatureLevels.Stamps));
        }

        group.Tick(2);
        leader.Propose("b");
        leader.Core.LastUtc.IsKnown.ShouldBeTrue("members told their clocks with their answers");
        group.Network.ShouldContain(static envelope => envelope.Message.NeededLevel() == FeatureLevels.Stamps);
    }

    /// <summary>Only a leader that knew the level can have stamped: whoever has such an entry carries its stamp on.</summary>
    [Fact]
    public void A_leader_that_has_not_heard_of_the_level_takes_no_stamp_back()
    {
        var group = new TestGroup(3, static settings => settings with { Level = FeatureLevels.Stamps - 1 });
        Read(group, Noon, Noon, Noon);
        group[1].Step(new LevelRaised(FeatureLevels.Stamps));
        group.Elect(1);
        Tell(group[1], 2, Noon);
        group[1].Propose("a");
        group.Settle();
        var before = group[1].Core.LastUtc;
        before.IsKnown.ShouldBeTrue();

        group[1].Step(new TransferLeadership(Replica(2)));
        group.Settle();
        group[2].Propose("b");

        group[2].Core.LastUtc.ShouldBeGreaterThanOrEqualTo(before);
    }

    [Fact]
    public void A_snapshot_carries_the_stamp_on()
    {
        var snapshot = new SnapshotDescriptor(Entry(2, 9), new LogTime(5), Configuration.OfVoters(1), 1) { Utc = Year2036 };
        var core = new RaftCore(
            Replica(1), new RaftSettings(), new RecoveredState(new HardState(new Term(2), null, Index(9)), snapshot, snapshot.LastIncluded, []), 1);

        core.LastUtc.ShouldBe(Year2036);
        core.ReadClock(Noon, MonotonicTime.Zero);
        List<Effect> effects = [];
        core.Step(new Campaign(), MonotonicTime.Zero, effects);
        core.Step(new Persisted(core.TakeWrite().Ticket), MonotonicTime.Zero, effects);
        core.EntriesAfter(Index(9), 1).ShouldHaveSingleItem().Utc.ShouldBe(Year2036);
    }

    [Fact]
    public void A_leader_tells_whose_clock_is_off_once_and_when_it_is_right_again()
    {
        var group = new TestGroup(3);
        Read(group, Noon, Noon, Year2036);
        var leader = group.Elect(1);
        group.Tick(3);

        leader.Effects.OfType<ClocksJudged>().ShouldHaveSingleItem().Off.ShouldBe([Replica(3)]);
        group[3].Core.ReadClock(Noon + group.Now.Value, group.Now);
        group.Tick(3);
        leader.Effects.OfType<ClocksJudged>().Last().Off.ShouldBeEmpty();
        leader.Core.ReadClock(Year2036, group.Now);
        group.Tick();
        leader.Effects.OfType<ClocksJudged>().Last().Off.ShouldBe([Replica(1)]);
        leader.Step(new Receive(Replica(2), new RequestVote(new Term(99), leader.Core.LastEntry, IsTransfer: true)));
        leader.Effects.OfType<ClocksJudged>().Last().Off.ShouldBeEmpty("who leads no longer does not know");
    }

    [Fact]
    public void A_leader_that_becomes_quiescent_says_nothing_of_clocks_any_more()
    {
        var group = new TestGroup(3, static settings => settings with { QuiesceTicks = 5 });
        Read(group, Noon, Noon, Year2036);
        var leader = group.Elect(1);
        group.Tick(3);
        leader.Effects.OfType<ClocksJudged>().Last().Off.ShouldBe([Replica(3)]);

        group.Tick(20);

        leader.Core.IsQuiescent.ShouldBeTrue();
        leader.Effects.OfType<ClocksJudged>().Last().Off.ShouldBeEmpty("nobody would tell it that the clock was set");
        leader.Propose("a");
        group.Tick(3);
        leader.Effects.OfType<ClocksJudged>().Last().Off.ShouldBe([Replica(3)], "until it is active again");
    }

    /// <summary>The members of a new leader have said nothing yet: whom it hands over to might be halted just as well.</summary>
    [Fact]
    public void A_voter_that_has_not_answered_is_no_sound_successor()
    {
        var group = new TestGroup(3);
        var leader = group.Crown(1);

        leader.Core.HasSoundSuccessor.ShouldBeFalse();
        leader.Acknowledge(2, EntryId.Zero);
        leader.Core.HasSoundSuccessor.ShouldBeTrue();
    }

    private static UtcTime At(int year) => new(new DateTimeOffset(year, 6, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());

    private static void Read(TestGroup group, params ReadOnlySpan<UtcTime> clocks)
    {
        for (var place = 0; place < clocks.Length; place++)
        {
            group[place + 1].Core.ReadClock(clocks[place], group.Now);
        }
    }

    private static void Tell(TestReplica leader, int member, UtcTime clock) => leader.Step(new Receive(
        Replica(member),
        new AppendEntriesResponse(leader.Core.CurrentTerm, LogIndex.Zero, true, EntryId.Zero, LogIndex.Zero, ReadSequence.Zero) { Clock = clock }));
}
