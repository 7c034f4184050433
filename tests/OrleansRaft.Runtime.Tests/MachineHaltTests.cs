using OrleansRaft.Core;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A user's code that throws costs its own group's writes, and nothing else: on the replica's turn and on a thread of its own.</summary>
public sealed class MachineHaltTests
{
    private static readonly RaftOptions Often = new() { SnapshotThresholdBytes = 200, KeptEntries = 0 };

    public static TheoryData<bool> OnItsOwnThread => [false, true];

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_query_that_throws_is_rejected_with_what_it_threw_and_nothing_else_happens(bool hasThread)
    {
        using var bench = Bench(hasThread).Lead();
        bench.Machine.OnQuery = static () => throw new KeyNotFoundException("no such account");
        var failed = bench.Query(ReadConsistency.Stale);
        bench.Settle();
        bench.Machine.OnQuery = null;

        var answered = bench.Query(ReadConsistency.Stale);
        bench.Settle();

        failed.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        failed.Reply.Reason.ShouldBe(RejectionReason.MachineFailed);
        failed.Reply.Detail.ShouldContain("KeyNotFoundException: no such account");
        answered.Reply.Kind.ShouldBe(ReplyKind.Committed);
        bench.StoppedBy.ShouldBeNull();
        bench.Driver.IsLeader.ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_result_that_cannot_be_encoded_comes_too_late_to_refuse_and_halts(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1).Lead();

        Apply(bench, "a§b").Kind.ShouldBe(ReplyKind.Unknown);

        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("NotSupportedException");
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void An_entry_that_throws_once_is_applied_on_a_restored_state(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1, Often).Lead();
        Enumerable.Range(0, 12).ToList().ForEach(i => Apply(bench, $"before-{i}"));
        bench.Log.SnapshotsSaved.ShouldBeGreaterThan(0);
        (bench.Machine.Poison, bench.Machine.PoisonTimes) = ("x", 1);
        var sink = bench.Submit(Request("a", "one", 100_000), Request("b", "x", 100_000), Request("c", "two", 100_000));

        bench.Settle();

        sink.Replies.ShouldAllBe(reply => reply.Kind == ReplyKind.Committed);
        sink.Replies.Select(reply => Text(reply)).ShouldBe(["13:one", "14:x", "15:two"]);
        bench.Machine.Lines.ShouldBe([.. Enumerable.Range(0, 12).Select(i => $"k=before-{i}"), "k=one", "k=x", "k=two"]);
        bench.Halted.ShouldBeNull();
        bench.Driver.IsMachineHalted.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void An_entry_that_throws_again_halts_the_replica_there_and_its_log_lives_on(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1).Lead();
        bench.Machine.Poison = "x";
        var sink = bench.Submit(Request("a", "one", 100_000), Request("b", "x", 100_000), Request("c", "two", 100_000));
        bench.Settle();

        var late = bench.Submit(Request("d", "three", 100_000));
        var stale = bench.Query(ReadConsistency.Stale);
        var linearizable = bench.Query();
        bench.Settle();

        Text(sink.Replies[0]).ShouldBe("1:one");
        sink.Replies[1].Kind.ShouldBe(ReplyKind.Unknown);
        sink.Replies[2].Kind.ShouldBe(ReplyKind.Unknown);
        late.Reply.Reason.ShouldBe(RejectionReason.MachineHalted);
        late.Reply.Detail.ShouldContain("InvalidOperationException: poisoned");
        Text(stale.Reply).ShouldBe("k=one");
        linearizable.Reply.Reason.ShouldBe(RejectionReason.MachineHalted);
        bench.Halted.ShouldNotBeNull().Entry.ShouldNotBeNull().Index.ShouldBe(new LogIndex(3));
        bench.StoppedBy.ShouldBeNull();
        bench.Driver.IsLeader.ShouldBeTrue();
        bench.Driver.HasCaughtUp.ShouldBeTrue();
        bench.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(2));
        bench.Driver.Raft.CommitIndex.ShouldBe(new LogIndex(4));
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_halted_replica_tries_again_less_and_less_often_and_goes_on_when_the_cause_is_gone(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1).Lead();
        (bench.Machine.Poison, bench.Machine.PoisonTimes) = ("x", 6);
        bench.Submit(Request("a", "one", 100_000), Request("b", "x", 100_000), Request("c", "two", 100_000));
        bench.Settle();
        var attempts = new List<int>();
        for (var tick = 0; bench.Halted is not null && tick < 2_000; tick++)
        {
            var left = bench.Machine.PoisonTimes;
            Tick(bench, 1);
            if (bench.Machine.PoisonTimes != left)
            {
                attempts.Add(tick);
            }
        }

        bench.Halted.ShouldBeNull();
        bench.Machine.Lines.ShouldBe(["k=one", "k=x", "k=two"]);
        Apply(bench, "three").Kind.ShouldBe(ReplyKind.Committed);
        attempts.Count.ShouldBeGreaterThan(2);
        var pauses = attempts.Zip(attempts.Skip(1), static (first, second) => second - first).ToList();
        pauses.ShouldBeInOrder();
        pauses[^1].ShouldBeGreaterThan(2 * pauses[0]);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_halted_leader_hands_its_leadership_over(bool hasThread)
    {
        using var bench = Bench(hasThread).Lead();
        bench.Machine.Poison = "x";
        bench.Submit(Request("a", "x", 100_000));
        bench.Settle().Acknowledge(Two);
        bench.Halted.ShouldNotBeNull();
        bench.Sent.Clear();

        for (var tick = 0; tick < 60 && !bench.Sent.Exists(static sent => sent.Message is TimeoutNow); tick++)
        {
            Tick(bench, 1);
            AcknowledgeLast(bench);
        }

        bench.Sent.ShouldContain(static sent => sent.To == Two && sent.Message is TimeoutNow);
    }

    /// <summary>It would only go around: a group without a replica that can go on is halted.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_halted_leader_keeps_its_leadership_while_all_others_are_halted(bool hasThread)
    {
        using var bench = Bench(hasThread).Lead();
        bench.Machine.Poison = "x";
        bench.Submit(Request("a", "x", 100_000));
        bench.Settle().Acknowledge(Two, isHalted: true);
        bench.Halted.ShouldNotBeNull();
        bench.Sent.Clear();

        Ticks(isHalted: true);
        var whileHalted = bench.Sent.Exists(static sent => sent.Message is TimeoutNow);
        Ticks(isHalted: false);

        whileHalted.ShouldBeFalse();
        bench.Sent.ShouldContain(static sent => sent.To == Two && sent.Message is TimeoutNow);

        void Ticks(bool isHalted)
        {
            for (var tick = 0; tick < 60; tick++)
            {
                Tick(bench, 1);
                AcknowledgeLast(bench, isHalted);
            }
        }
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_halted_follower_says_so_until_it_goes_on(bool hasThread)
    {
        using var bench = Bench(hasThread).Start();
        (bench.Machine.Poison, bench.Machine.PoisonTimes) = ("x", 3);
        var append = bench.FromTwo(new Term(3), EntryId.Zero, (EntryKind.Command, Request("a", "x", 100_000)));
        bench.Tell(Two, append with { LeaderCommit = new LogIndex(1) }).Settle();
        bench.Halted.ShouldNotBeNull();

        bench.Tell(Two, append).Settle();
        var whileHalted = LastAnswer();
        Tick(bench, 100);
        bench.Halted.ShouldBeNull();
        bench.Tell(Two, append).Settle();

        whileHalted.IsHalted.ShouldBeTrue();
        LastAnswer().IsHalted.ShouldBeFalse();

        AppendEntriesResponse LastAnswer() => bench.Sent.Select(static sent => sent.Message).OfType<AppendEntriesResponse>().Last();
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_halted_follower_acknowledges_within_bounds_and_goes_on_with_its_leaders_snapshot(bool hasThread)
    {
        var options = DriverBench.Options(static raft => (raft.SnapshotThresholdBytes, raft.KeptEntries) = (256, 0));
        using var bench = Bench(hasThread, options: options).Start();
        bench.Machine.Poison = "x";
        var (term, last) = (new Term(3), EntryId.Zero);
        for (var i = 0; i < 40; i++)
        {
            var append = bench.FromTwo(term, last, (EntryKind.Command, Request($"id{i}", i == 2 ? "x" : "y", 100_000)));
            bench.Tell(Two, append with { LeaderCommit = last.Index }).Settle();
            last = bench.Log.Entries.Count > 0 && bench.Log.Entries[^1].Id.Index == last.Index.Next ? bench.Log.Entries[^1].Id : last;
        }

        bench.Halted.ShouldNotBeNull().Entry.ShouldNotBeNull().Index.ShouldBe(new LogIndex(3));
        bench.Log.Entries.Count.ShouldBeInRange(5, 39);
        var other = new HostBench();
        Enumerable.Range(0, 60).ToList().ForEach(i => other.Append(1, Request($"id{i}", "y", 100_000)));
        other.Apply();
        bench.Machine.Poison = null;
        var state = other.Host.Capture();
        var snapshot = new SnapshotDescriptor(other.Host.AppliedEntry, other.Host.AppliedTime, Configuration.OfVoters(3), state.Length);
        bench.Tell(Two, new InstallSnapshot(term, LogIndex.Zero, snapshot, 0, state, true, ReadSequence.Zero)).Settle();

        bench.Halted.ShouldBeNull();
        bench.Machine.Lines.Count.ShouldBe(60);
        bench.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(60));
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_state_that_cannot_be_captured_halts_before_the_log_is_forgotten(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1, Often).Lead();
        bench.Machine.OnCapture = static () => throw new InvalidOperationException("cannot write");
        for (var i = 0; i < 12; i++)
        {
            Apply(bench, $"line-{i}");
        }

        bench.Log.SnapshotsSaved.ShouldBe(0);
        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("cannot write");
        bench.StoppedBy.ShouldBeNull();
        bench.Machine.OnCapture = null;
        Tick(bench, 100);
        bench.Halted.ShouldBeNull();
        Apply(bench, "after").Kind.ShouldBe(ReplyKind.Committed);
        bench.Log.SnapshotsSaved.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_state_that_cannot_be_restored_leaves_the_replica_its_log_and_its_vote(bool hasThread)
    {
        using var before = Bench(hasThread, voters: 1, Often).Lead();
        Enumerable.Range(0, 12).ToList().ForEach(i => Apply(before, $"line-{i}"));
        using var bench = new DriverBench(log: new ScriptedLog(before.Log), executor: hasThread ? new ScriptedExecutor() : null);
        bench.Machine.OnRestore = static () => throw new TypeLoadException("an assembly is missing");

        bench.Start();
        bench.Driver.Post(new Campaign());
        bench.Settle();
        var stale = bench.Query(ReadConsistency.Stale);
        bench.Settle();

        bench.StoppedBy.ShouldBeNull();
        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("an assembly is missing");
        stale.Reply.Reason.ShouldBe(RejectionReason.MachineHalted);
        bench.Driver.IsLeader.ShouldBeTrue();
        bench.Machine.OnRestore = null;
        Tick(bench, 100);
        bench.Halted.ShouldBeNull();
        bench.Machine.Lines.Count.ShouldBe(12);
        Apply(bench, "after").Kind.ShouldBe(ReplyKind.Committed);
    }

    [Fact]
    public void Heartbeats_and_acknowledgements_do_not_wait_for_the_machine()
    {
        var executor = new ScriptedExecutor();
        using var bench = new DriverBench(executor: executor).Lead();
        executor.IsFrozen = true;
        var sink = bench.Submit(Request("a", "slow", 100_000));
        executor.RunAll();
        bench.Settle().Acknowledge(Two);
        bench.Sent.Clear();

        for (var tick = 0; tick < 20; tick++)
        {
            Tick(bench, 1);
            AcknowledgeLast(bench);
        }

        bench.Sent.Count(static sent => sent.To == Two && sent.Message is AppendEntries { Block.Count: 0 }).ShouldBeGreaterThan(5);
        bench.Driver.IsLeader.ShouldBeTrue();
        sink.IsAnswered.ShouldBeFalse();
        bench.Driver.IsWorking.ShouldBeTrue();
        executor.IsFrozen = false;
        bench.Settle();
        Text(sink.Reply).ShouldBe("1:slow");
        bench.Driver.IsWorking.ShouldBeFalse();
    }

    [Fact]
    public void Whoever_waits_for_the_machine_is_answered_when_the_replica_stops()
    {
        var executor = new ScriptedExecutor();
        using var bench = new DriverBench(voters: 1, executor: executor).Lead();
        executor.IsFrozen = true;
        var decoding = bench.Submit(Request("a", "x", 100_000));
        var asking = bench.Query(ReadConsistency.Stale);
        var comparing = new TestSink();
        bench.Driver.Compare(comparing);
        bench.Settle();

        bench.Driver.Stop();
        executor.RunAll();

        decoding.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        asking.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        comparing.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        bench.Submit(Request("b", "y", 100_000)).Reply.Kind.ShouldBe(ReplyKind.Rejected);
        bench.Machine.Lines.ShouldBeEmpty();
    }

    [Fact]
    public void Commands_of_a_machine_with_a_thread_are_decoded_there_and_refused_before_they_are_proposed()
    {
        using var bench = Bench(hasThread: true, voters: 1).Lead();

        var sink = bench.Submit(Request("a", "!", 100_000), Request("b", "fine", 100_000));
        bench.Settle();

        sink.Replies[0].Reason.ShouldBe(RejectionReason.InvalidRequest);
        Text(sink.Replies[1]).ShouldBe("1:fine");
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(2), "the entry of the new leader, and one command");
    }

    private static DriverBench Bench(bool hasThread, int voters = 3, RaftOptions? options = null) =>
        new(voters, options, executor: hasThread ? new ScriptedExecutor() : null);

    private static Reply Apply(DriverBench bench, string command)
    {
        var sink = bench.Submit(Request($"id-{command}", command, 100_000));
        bench.Settle();
        return sink.Reply;
    }

    private static void AcknowledgeLast(DriverBench bench, bool isHalted = false)
    {
        if (bench.Sent.Exists(static sent => sent.To == Two && sent.Message is AppendEntries))
        {
            bench.Acknowledge(Two, isHalted);
        }
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
}
