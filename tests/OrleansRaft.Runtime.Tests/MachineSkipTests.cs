using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>
/// An entry on which a machine halts is skipped by decision of the halted leader; whoever has applied it, unknown to the leader, discards its state.
/// </summary>
public sealed class MachineSkipTests
{
    private static readonly RaftOptions Often = new() { SnapshotThresholdBytes = 200, KeptEntries = 0 };
    private static readonly RaftOptions Always = DriverBench.Options(static raft => (raft.SnapshotThresholdBytes, raft.KeptEntries) = (1, 0));
    private static readonly Term One = new(1);

    public static TheoryData<bool> OnItsOwnThread => [false, true];

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_group_goes_on_behind_a_skipped_entry_whose_command_is_refused_for_good(bool hasThread)
    {
        using var bench = Halted(hasThread, voters: 1);

        var skipped = Ask(bench, 3);

        skipped.Reply.Kind.ShouldBe(ReplyKind.Committed);
        skipped.Reply.Entry.Index.ShouldBe(new LogIndex(5));
        bench.Halted.ShouldBeNull();
        bench.Skipped.ShouldBe([new LogIndex(3)]);
        bench.Machine.Lines.ShouldBe(["k=one", "k=two"]);
        Text(Apply(bench, "id-three", "three")).ShouldBe("3:three");
        var repeated = Apply(bench, "b", "x");
        repeated.Kind.ShouldBe(ReplyKind.Rejected);
        repeated.Reason.ShouldBe(RejectionReason.Skipped);
        repeated.Detail.ShouldContain("entry 3");
        Text(Apply(bench, "a", "one")).ShouldBe("1:one");
        Ask(bench, 3).Reply.Kind.ShouldBe(ReplyKind.Committed);
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(8));
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_skip_is_refused_with_what_to_do_where_nothing_is_halted_there(bool hasThread)
    {
        using var sound = Bench(hasThread, voters: 1).Lead();
        using var halted = Halted(hasThread, voters: 1);
        using var follower = Bench(hasThread).Start();

        Skip(sound, 2).Detail.ShouldContain("is not halted");
        Skip(halted, 4).Detail.ShouldContain("say --entry 3");
        Skip(halted, 2).Detail.ShouldContain("say --entry 3");
        Skip(follower, 2).Reason.ShouldBe(RejectionReason.NoLeader);

        sound.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(1));
        halted.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(4));
        halted.Halted.ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_machine_that_cannot_be_captured_is_halted_at_no_entry_that_could_be_skipped(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1, Often).Lead();
        bench.Machine.OnCapture = static () => throw new InvalidOperationException("cannot write");
        Enumerable.Range(0, 12).ToList().ForEach(i => Apply(bench, $"id{i}", "line"));
        bench.Halted.ShouldNotBeNull();

        Skip(bench, 3).Detail.ShouldContain("No entry halts");
    }

    /// <summary>An entry of which the leader itself once made something, before a restart with another program, has been seen.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void What_a_leader_has_applied_before_is_not_skipped(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1).Lead();
        Apply(bench, "a", "one").Kind.ShouldBe(ReplyKind.Committed);
        Apply(bench, "b", "x").Kind.ShouldBe(ReplyKind.Committed);
        bench.Machine.Poison = "bad";
        Apply(bench, "c", "bad").Kind.ShouldBe(ReplyKind.Unknown);
        bench.Machine.Poison = "x";
        Tick(bench, 30);
        bench.Halted.ShouldNotBeNull().Entry.ShouldNotBeNull().Index.ShouldBe(new LogIndex(3));

        Skip(bench, 3).Detail.ShouldContain("has applied entry 3 before");
    }

    /// <summary>Applied in between, the entry's effects would be seen, and then be gone.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_machine_that_has_recovered_waits_while_the_skip_of_its_entry_is_undecided(bool hasThread)
    {
        using var bench = Halted(hasThread, voters: 3);
        var skipped = Ask(bench, 3);
        bench.Machine.Poison = null;

        for (var tick = 0; tick < 60; tick++)
        {
            Tick(bench, 1);
            Confirm(bench, new LogIndex(4));
        }

        bench.Halted.ShouldNotBeNull();
        skipped.IsAnswered.ShouldBeFalse();
        Skip(bench, 3).Detail.ShouldContain("is under way");
        Confirm(bench, new LogIndex(5));
        skipped.Reply.Kind.ShouldBe(ReplyKind.Committed);
        bench.Halted.ShouldBeNull();
        bench.Machine.Lines.ShouldBe(["k=one", "k=two"]);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void Whoever_asked_for_a_skip_that_its_leader_could_not_decide_is_told_that_it_may_yet_be(bool hasThread)
    {
        using var bench = Halted(hasThread, voters: 3);
        var skipped = Ask(bench, 3);

        bench.Tell(Two, new PreVoteResponse(new Term(9), false)).Settle();

        skipped.Reply.Kind.ShouldBe(ReplyKind.Unknown);
        skipped.Reply.Detail.ShouldContain("Ask again");
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_halted_follower_goes_on_when_it_hears_of_the_skip(bool hasThread)
    {
        using var bench = Bench(hasThread).Start();
        bench.Machine.Poison = "x";
        Hear(bench, Commands);
        bench.Halted.ShouldNotBeNull();
        bench.Machine.Lines.ShouldBe(["k=one"]);

        Hear(bench, Decision);

        bench.Halted.ShouldBeNull();
        bench.Machine.Lines.ShouldBe(["k=one", "k=two"]);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_follower_that_has_applied_what_is_skipped_makes_its_state_anew(bool hasThread)
    {
        using var bench = Bench(hasThread).Start();
        Hear(bench, Commands);
        bench.Machine.Lines.ShouldBe(["k=one", "k=x", "k=two"]);

        Hear(bench, Decision);

        bench.Machine.Lines.ShouldBe(["k=one", "k=two"]);
        bench.Halted.ShouldBeNull();
        bench.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(4));
    }

    /// <summary>Each of them discards the state; the snapshot is read once, and restored once.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void Two_skips_that_are_heard_of_at_once_make_the_state_anew_from_one_reading_of_the_snapshot(bool hasThread)
    {
        using var before = Bench(hasThread, options: Always).Start();
        Hear(before, new Heartbeat(0) { Entries = CommandEntries[..1] });
        before.Log.SnapshotsSaved.ShouldBe(1);
        using var bench = new DriverBench(
            options: DriverBench.Options(), log: new ScriptedLog(before.Log), executor: hasThread ? new ScriptedExecutor() : null).Start();
        Hear(bench, new Heartbeat(1)
        {
            Entries = [CommandEntries[1], (EntryKind.Command, Request("y", "y", 100_000)), .. Enumerable.Range(0, 8).Select(static i => Line(i))],
        });
        bench.Machine.Lines.Count.ShouldBe(11);

        Hear(bench, new Heartbeat(11) { Entries = [SkipOf(2), SkipOf(3), Line(8)] });

        bench.StoppedBy.ShouldBeNull();
        bench.Machine.Lines.ShouldBe(["k=one", .. Enumerable.Range(0, 9).Select(static i => $"k={i}")]);
    }

    /// <summary>What the machine's thread has done, but the replica has not heard of, belongs to the state that is discarded.</summary>
    [Fact]
    public void What_was_applied_meanwhile_is_not_mistaken_for_a_part_of_the_new_state()
    {
        var executor = new ScriptedExecutor { IsFrozen = true };
        using var bench = new DriverBench(executor: executor).Start();
        executor.RunAll();
        Hear(bench, Commands);
        executor.RunAll();

        executor.IsFrozen = false;
        Hear(bench, Decision);

        bench.StoppedBy.ShouldBeNull();
        bench.Machine.Lines.ShouldBe(["k=one", "k=two"]);
        bench.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(4));
    }

    /// <summary>The replica's log is whole, and it lacks a state all the same: its own snapshot holds what is skipped.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_follower_whose_snapshot_holds_what_is_skipped_waits_for_its_leaders(bool hasThread)
    {
        using var bench = Bench(hasThread, options: Always).Start();
        Hear(bench, Commands);
        bench.Log.SnapshotsSaved.ShouldBeGreaterThan(0);

        Hear(bench, Decision);

        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("waits for a snapshot of its leader");
        ShouldServeNothing(bench);
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(4));
        ShouldTakeItsLeadersSnapshot(bench);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_replica_that_starts_from_a_snapshot_that_holds_what_is_skipped_waits_for_its_leaders(bool hasThread)
    {
        using var before = Bench(hasThread, options: Always).Start();
        Hear(before, Commands);
        Hear(before, Decision);
        using var bench = new DriverBench(
            options: DriverBench.Options(), log: new ScriptedLog(before.Log), executor: hasThread ? new ScriptedExecutor() : null).Start();

        Hear(bench, new Heartbeat(4));

        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("waits for a snapshot of its leader");
        bench.Machine.Lines.ShouldBeEmpty();
        ShouldServeNothing(bench);
        ShouldTakeItsLeadersSnapshot(bench);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_restart_passes_over_what_was_skipped_by_the_log_and_by_the_snapshot(bool hasThread)
    {
        using var first = Halted(hasThread, voters: 1);
        Ask(first, 3);
        using var second = new DriverBench(
            voters: 1, options: Often, log: new ScriptedLog(first.Log), executor: hasThread ? new ScriptedExecutor() : null).Lead();
        second.Machine.Lines.ShouldBe(["k=one", "k=two"]);
        Enumerable.Range(0, 12).ToList().ForEach(i => Apply(second, $"id{i}", "line"));
        second.Log.SnapshotsSaved.ShouldBeGreaterThan(0);
        var left = new ScriptedLog(second.Log);
        left.Recovered.Snapshot.Skipped.Indexes.ShouldBe([new LogIndex(3)]);
        left.Recovered.LogStart.Index.ShouldBeGreaterThan(new LogIndex(5));

        using var third = new DriverBench(voters: 1, log: left, executor: hasThread ? new ScriptedExecutor() : null).Lead();

        third.Halted.ShouldBeNull();
        third.Machine.Lines.Take(2).ShouldBe(["k=one", "k=two"]);
        Apply(third, "b", "x").Reason.ShouldBe(RejectionReason.Skipped);
        third.Driver.Raft!.Skipped.Contains(new LogIndex(3)).ShouldBeTrue();
    }

    [Fact]
    public void What_was_skipped_is_remembered_in_captures_and_forgotten_with_its_id()
    {
        var bench = new HostBench();
        var session = bench.OpenSession(0);
        bench.Host.Skip(Command(2, Request("a", "x", 100))).Reason.ShouldBe(RejectionReason.Skipped);
        bench.Host.Skip(Command(3, InSession(session, 1, "x", 100))).Reason.ShouldBe(RejectionReason.Skipped);
        bench.Host.Skip(Command(4, new byte[] { 9 })).Reason.ShouldBe(RejectionReason.Skipped);

        var other = new StateMachineHostCopy(bench);

        other.Host.AppliedEntry.Index.ShouldBe(new LogIndex(4));
        other.Host.Capture().Span.SequenceEqual(bench.Host.Capture().Span).ShouldBeTrue();
        other.Apply(5, 50, Request("a", "x", 100)).Reason.ShouldBe(RejectionReason.Skipped);
        other.Apply(6, 50, Request("a", "y", 100)).Reason.ShouldBe(RejectionReason.RequestIdReused);
        other.Apply(7, 50, InSession(session, 1, "x", 100)).Reason.ShouldBe(RejectionReason.Skipped);
        other.Apply(8, 50, InSession(session, 2, "y", 100, answeredBelow: 2)).Kind.ShouldBe(ReplyKind.Committed);
        Text(other.Apply(9, Retention + 10, Request("a", "x", Retention + 20))).ShouldBe("2:x");
        other.Machine.Lines.ShouldBe(["k=y", "k=x"]);
    }

    private static (EntryKind Kind, ReadOnlyMemory<byte> Body)[] CommandEntries =>
    [
        (EntryKind.Command, Request("a", "one", 100_000)),
        (EntryKind.Command, Request("b", "x", 100_000)),
        (EntryKind.Command, Request("c", "two", 100_000)),
    ];

    private static Heartbeat Commands => new(0) { Entries = CommandEntries };

    private static Heartbeat Decision => new(3) { Entries = [SkipOf(2)] };

    private static (EntryKind Kind, ReadOnlyMemory<byte> Body) SkipOf(long entry) =>
        (EntryKind.Skip, SkipDecisionCodec.Encode(new EntryId(One, new LogIndex(entry))));

    private static (EntryKind Kind, ReadOnlyMemory<byte> Body) Line(int i) => (EntryKind.Command, Request($"line-{i}", $"{i}", 100_000));

    private static DriverBench Bench(bool hasThread, int voters = 3, RaftOptions? options = null) =>
        new(voters, options, executor: hasThread ? new ScriptedExecutor() : null);

    /// <summary>A leader that is halted at entry 3, of the entries 2 to 4, which are committed.</summary>
    private static DriverBench Halted(bool hasThread, int voters)
    {
        var bench = Bench(hasThread, voters).Lead();
        bench.Machine.Poison = "x";
        bench.Submit(Request("a", "one", 100_000), Request("b", "x", 100_000), Request("c", "two", 100_000));
        bench.Settle();
        if (voters > 1)
        {
            bench.Acknowledge(Two);
        }

        bench.Halted.ShouldNotBeNull().Entry.ShouldNotBeNull().Index.ShouldBe(new LogIndex(3));
        return bench;
    }

    private static Entry Command(long index, ReadOnlyMemory<byte> body) =>
        new(new EntryId(One, new LogIndex(index)), EntryKind.Command, new LogTime(1), body);

    private static Reply Skip(DriverBench bench, long entry)
    {
        var answer = Ask(bench, entry).Reply;
        answer.Kind.ShouldBe(ReplyKind.Rejected);
        return answer;
    }

    private static TestSink Ask(DriverBench bench, long entry)
    {
        var sink = new TestSink();
        bench.Driver.Skip(new LogIndex(entry), sink);
        bench.Settle();
        return sink;
    }

    private static Reply Apply(DriverBench bench, string id, string command)
    {
        var sink = bench.Submit(Request(id, command, 100_000));
        bench.Settle();
        return sink.Reply;
    }

    /// <summary>The leader, replica 2, sends entries after an index, and everything is committed.</summary>
    private static void Hear(DriverBench bench, Heartbeat heard)
    {
        var previous = heard.After == 0 ? EntryId.Zero : new EntryId(One, new LogIndex(heard.After));
        var append = bench.FromTwo(One, previous, heard.Entries);
        bench.Tell(Two, append with { LeaderCommit = append.Block.Last.Index }).Settle();
    }

    /// <summary>Replica 2 has everything up to an entry.</summary>
    private static void Confirm(DriverBench bench, LogIndex match)
    {
        var term = bench.Driver.Raft!.CurrentTerm;
        bench.Driver.Receive(Two, new AppendEntriesResponse(term, LogIndex.Zero, true, new EntryId(One, match), LogIndex.Zero, ReadSequence.Zero));
        bench.Settle();
    }

    private static void ShouldServeNothing(DriverBench bench)
    {
        var stale = bench.Query(ReadConsistency.Stale);
        bench.Settle();
        stale.Reply.Reason.ShouldBe(RejectionReason.MachineHalted);
    }

    private static void ShouldTakeItsLeadersSnapshot(DriverBench bench)
    {
        bench.Sent.Clear();
        Tick(bench, 1);
        bench.Sent.ShouldContain(sent => sent.To == Two && sent.Message == new SnapshotRequest(One, bench.Driver.Raft!.AppliedIndex.Next));
        var other = new HostBench();
        other.Append(1, CommandEntries[0].Body).Apply();
        other.Host.Skip(new Entry(new EntryId(One, new LogIndex(2)), EntryKind.Command, new LogTime(1), CommandEntries[1].Body));
        var rest = new[]
        {
            new Entry(new EntryId(One, new LogIndex(3)), EntryKind.Command, new LogTime(1), CommandEntries[2].Body),
            new Entry(new EntryId(One, new LogIndex(4)), EntryKind.NoOp, new LogTime(1), default),
        };
        other.Host.Apply(rest, new Reply[2]);
        var state = other.Host.Capture();
        var snapshot = new SnapshotDescriptor(other.Host.AppliedEntry, other.Host.AppliedTime, Configuration.OfVoters(3), state.Length);
        bench.Tell(Two, new InstallSnapshot(One, LogIndex.Zero, snapshot, 0, state, true, ReadSequence.Zero)).Settle();
        bench.Halted.ShouldNotBeNull();

        snapshot = snapshot with { Skipped = SkippedEntries.None.With(new LogIndex(2)) };
        bench.Tell(Two, new InstallSnapshot(One, LogIndex.Zero, snapshot, 0, state, true, ReadSequence.Zero)).Settle();

        bench.Halted.ShouldBeNull();
        bench.Machine.Lines.ShouldBe(["k=one", "k=two"]);
        bench.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(4));
        Hear(bench, new Heartbeat(4) { Entries = [(EntryKind.Command, Request("d", "three", 100_000))] });
        bench.Machine.Lines.ShouldBe(["k=one", "k=two", "k=three"]);
    }

    private static void Tick(DriverBench bench, int count)
    {
        for (var i = 0; i < count; i++)
        {
            bench.Time.Advance(TimeSpan.FromMilliseconds(50));
            bench.Driver.Tick();
            bench.Settle();
        }
    }

    private sealed record Heartbeat(long After)
    {
        public (EntryKind Kind, ReadOnlyMemory<byte> Body)[] Entries { get; init; } = [];
    }

    /// <summary>Goes on from a capture of another host.</summary>
    private sealed class StateMachineHostCopy
    {
        private readonly HostBench bench = new();

        public StateMachineHostCopy(HostBench other) => bench.Host.Restore(other.Host.Capture());

        public StateMachines.StateMachineHost<string, string> Host => bench.Host;

        public TextMachine Machine => bench.Machine;

        public Reply Apply(long index, long time, ReadOnlyMemory<byte> body)
        {
            var replies = new Reply[1];
            Host.Apply([new Entry(new EntryId(One, new LogIndex(index)), EntryKind.Command, new LogTime(time), body)], replies);
            return replies[0];
        }
    }
}
