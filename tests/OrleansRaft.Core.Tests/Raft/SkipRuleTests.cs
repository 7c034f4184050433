using System.Text;
using OrleansRaft.Core.Codec;
using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>Entries that are never applied: the decision is an entry, and holds from its commit on.</summary>
public sealed class SkipRuleTests
{
    [Fact]
    public void A_decision_is_told_to_every_replica_when_it_is_committed()
    {
        var (group, leader) = HaltedLeader();

        leader.Step(new ProposeSkip(Index(2)));
        group.Settle();
        group.Tick();

        foreach (var id in new[] { 1, 2, 3 })
        {
            group[id].Effects.OfType<SkipDecided>().ShouldHaveSingleItem().ShouldBe(new SkipDecided(Index(2), Entry(1, 4)));
            group[id].Core.Skipped.Indexes.ShouldBe([Index(2)]);
            group[id].Core.MayUse(Index(1), SkippedEntries.None).ShouldBeTrue();
            group[id].Core.MayUse(Index(2), SkippedEntries.None).ShouldBeFalse();
            group[id].Core.MayUse(Index(2), group[id].Core.Skipped).ShouldBeTrue();
        }
    }

    [Fact]
    public void Only_a_leader_skips_and_only_a_committed_command_that_it_has_not_applied()
    {
        var (group, leader) = HaltedLeader();
        group.Isolate(1);
        leader.Propose("uncommitted");

        foreach (var entry in new[] { 1, 4, 5, 99 })
        {
            leader.Step(new ProposeSkip(Index(entry)));
            leader.Last<SkipRejected>().ShouldBe(new SkipRejected(Index(entry), RaftRejection.InvalidChange));
        }

        group[2].Step(new ProposeSkip(Index(2)));
        group[2].Last<SkipRejected>().Reason.ShouldBe(RaftRejection.NotLeader);
        leader.Core.LastEntry.ShouldBe(Entry(1, 4));
    }

    [Fact]
    public void An_entry_is_skipped_once()
    {
        var (group, leader) = HaltedLeader();
        group.Isolate(1);
        leader.Step(new ProposeSkip(Index(2)));
        leader.Core.IsSkipPending(Index(2)).ShouldBeTrue();

        leader.Step(new ProposeSkip(Index(2)));
        leader.Last<SkipRejected>().Reason.ShouldBe(RaftRejection.InvalidChange);
        group.Heal();
        group.Tick(20);
        leader.Core.Skipped.Contains(Index(2)).ShouldBeTrue();
        leader.Effects.Clear();
        leader.Step(new ProposeSkip(Index(2)));

        leader.Last<SkipRejected>().Reason.ShouldBe(RaftRejection.InvalidChange);
    }

    [Fact]
    public void A_decision_that_was_never_committed_is_cut_off_and_forgotten()
    {
        var (group, leader) = HaltedLeader();
        group.Isolate(1);
        leader.Step(new ProposeSkip(Index(2)));
        group.Elect(2);
        group.Heal();
        group.Tick(20);

        leader.Core.Leader.ShouldBe(Replica(2));
        leader.Core.IsSkipPending(Index(2)).ShouldBeFalse();
        leader.Core.Skipped.Count.ShouldBe(0);
        leader.Has<SkipDecided>(static _ => true).ShouldBeFalse();
    }

    [Fact]
    public void A_successor_that_holds_the_decision_commits_it()
    {
        var (group, leader) = HaltedLeader();
        leader.Step(new ProposeSkip(Index(2)));
        group.Take(static envelope => envelope.To == 1);
        group.Settle();
        group.Take(static envelope => envelope.To == 1);
        group.Isolate(1);

        group.Elect(2);

        group[2].Core.Skipped.Contains(Index(2)).ShouldBeTrue();
        group[3].Core.IsSkipPending(Index(2)).ShouldBeFalse();
    }

    /// <summary>Whoever holds the decision waits before the entry until the decision is committed, and learns of it before it goes on.</summary>
    [Fact]
    public void An_entry_is_not_handed_out_while_its_skip_is_undecided()
    {
        var group = new TestGroup(3);
        var follower = group[2];

        Append(follower, commit: 2, EntryKind.NoOp, EntryKind.Command, EntryKind.Skip);
        follower.Applied.ShouldBeEmpty();
        follower.Core.AppliedIndex.ShouldBe(Index(1));
        follower.Effects.Clear();
        Append(follower, commit: 3, EntryKind.NoOp, EntryKind.Command, EntryKind.Skip);

        follower.Effects.FindIndex(static effect => effect is SkipDecided)
            .ShouldBeLessThan(follower.Effects.FindIndex(static effect => effect is Apply));
        follower.Core.AppliedIndex.ShouldBe(Index(3));
    }

    [Fact]
    public void What_is_decided_is_known_after_a_restart_from_the_log_and_from_a_snapshot()
    {
        var group = new TestGroup(3);
        var follower = group[2];
        Append(follower, commit: 3, EntryKind.NoOp, EntryKind.Command, EntryKind.Skip);
        follower.Disk.HardState = follower.Disk.HardState with { CommitIndex = Index(3) };

        follower.Restart();
        follower.Core.Skipped.Contains(Index(2)).ShouldBeTrue();
        follower.Disk.Snapshot = new SnapshotDescriptor(Entry(1, 3), LogTime.Zero, Configuration.OfVoters(3), 1) { Skipped = follower.Core.Skipped };
        follower.Disk.Log.Clear();
        follower.Disk.LogStart = Entry(1, 3);
        follower.Restart();

        follower.Core.Skipped.Contains(Index(2)).ShouldBeTrue();
        follower.Core.MayUse(follower.Disk.Snapshot).ShouldBeTrue();
        follower.Core.MayUse(follower.Disk.Snapshot with { Skipped = SkippedEntries.None }).ShouldBeFalse();
    }

    [Fact]
    public void A_snapshot_that_does_not_know_of_a_skip_is_not_installed()
    {
        var group = new TestGroup(3);
        var follower = group[2];
        Append(follower, commit: 3, EntryKind.NoOp, EntryKind.Command, EntryKind.Skip);
        var unaware = new SnapshotDescriptor(Entry(1, 9), LogTime.Zero, Configuration.OfVoters(3), 2);

        Offer(follower, unaware);
        follower.Core.Snapshot.LastIncluded.ShouldBe(EntryId.Zero);
        Offer(follower, unaware with { Skipped = SkippedEntries.None.With(Index(2)) });

        follower.Core.Snapshot.LastIncluded.ShouldBe(Entry(1, 9));
    }

    /// <summary>The log is whole, and others may count on it: the state alone is replaced.</summary>
    [Fact]
    public void A_follower_without_a_state_gets_a_snapshot_although_it_lacks_no_entry_and_keeps_what_follows_it()
    {
        var group = new TestGroup(3, static settings => settings with { KeptEntries = 100 });
        var leader = group.Elect(1);
        leader.Propose("a", "b");
        group.Settle();
        group.Tick();
        var follower = group[2];
        var applied = follower.Core.AppliedIndex;
        follower.HoldsApplies = true;

        follower.Step(StateLost.Instance);
        group.Settle();
        leader.Last<CaptureSnapshot>().Through.ShouldBe(applied.Next);
        leader.Propose("c");
        group.Settle();
        leader.TakeSnapshot();
        leader.Propose("d", "e");
        group.Settle();
        var end = follower.Core.LastEntry;
        follower.Step(StateLost.Instance);
        group.Settle();
        group.Tick(3);

        var restored = follower.HeldRestores.ShouldHaveSingleItem().Snapshot.LastIncluded;
        restored.Index.ShouldBeGreaterThan(applied);
        restored.Index.ShouldBeLessThan(end.Index);
        follower.Core.LastEntry.ShouldBe(end);
        follower.Disk.Last.ShouldBe(end);
        follower.HoldsApplies = false;
        follower.RestoreNow(follower.HeldRestores[0]);
        follower.Applied.ShouldBe([$"snapshot {restored}", "d", "e"]);
        leader.Propose("f");
        group.Settle();
        group.Tick(20);
        follower.Applied[^1].ShouldBe("f");
    }

    /// <summary>A leader of three whose state machine stands before the first of two committed commands, entries 2 and 3.</summary>
    private static (TestGroup Group, TestReplica Leader) HaltedLeader()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        leader.HoldsApplies = true;
        leader.Propose("poison", "after");
        group.Settle();
        leader.Core.CommitIndex.ShouldBe(Index(3));
        leader.Core.AppliedIndex.ShouldBe(Index(1));
        return (group, leader);
    }

    private static void Append(TestReplica follower, long commit, params EntryKind[] kinds) => follower.Step(new Receive(
        Replica(1),
        new AppendEntries(
            new Term(1),
            LogIndex.Zero,
            new EntryBlock(EntryId.Zero, [.. kinds.Select(static (kind, i) => new Entry(Entry(1, i + 1), kind, LogTime.Zero, BodyOf(kind)))]),
            Index(commit),
            ReadSequence.Zero)));

    private static ReadOnlyMemory<byte> BodyOf(EntryKind kind) =>
        kind == EntryKind.Skip ? SkipDecisionCodec.Encode(Entry(1, 2)) : Encoding.UTF8.GetBytes($"{kind}");

    private static void Offer(TestReplica follower, SnapshotDescriptor snapshot) => follower.Step(new Receive(
        Replica(1), new InstallSnapshot(new Term(1), LogIndex.Zero, snapshot, 0, new byte[snapshot.SizeBytes], true, ReadSequence.Zero)));
}
