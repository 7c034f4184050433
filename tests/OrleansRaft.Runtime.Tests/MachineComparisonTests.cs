using System.Buffers;
using System.Security.Cryptography;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Replicas make digests of their states at one entry; one that a comparison finds wrong has its state replaced, once.</summary>
public sealed class MachineComparisonTests
{
    private static readonly Term One = new(1);
    private static readonly StateDigest Other = new(1, new byte[] { 1, 2, 3 });

    public static TheoryData<bool> OnItsOwnThread => [false, true];

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void Whoever_asks_gets_the_digests_of_one_entry_and_looking_makes_none(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1).Lead();
        Apply(bench, "a", "one");
        bench.Machine.Captures.ShouldBe(0);

        var compared = Compare(bench);

        compared.Verdict.ShouldBe(ComparisonVerdict.Equal);
        compared.Entry.Index.ShouldBe(new LogIndex(3));
        var expected = Convert.ToHexStringLower(SHA256.HashData(bench.Host.Capture().Span));
        compared.Members.ShouldHaveSingleItem().Digest.ShouldNotBeNull().ToString().ShouldBe(expected);
        Apply(bench, "b", "two");
        bench.Machine.Captures.ShouldBe(2, "the comparison, and this test");
        var status = bench.Driver.Inspect();
        (status.DigestIndex, status.Digest).ShouldBe((new LogIndex(3), expected));
        bench.Machine.Captures.ShouldBe(2);
    }

    /// <summary>However many entries are applied at once, before it and after it.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_digest_is_of_the_state_at_its_comparison(bool hasThread)
    {
        using var whole = Bench(hasThread).Start();
        using var parts = Bench(hasThread).Start();

        Hear(whole, 0, Commands("a", "b", "c"), [Comparison], Commands("d", "e"));
        Hear(parts, 0, Commands("a"));
        Hear(parts, 1, Commands("b", "c"));
        Hear(parts, 3, [Comparison]);

        whole.Machine.Lines.Count.ShouldBe(5);
        parts.Machine.Lines.Count.ShouldBe(3);
        Told(whole).Digest.ShouldNotBeNull();
        Told(whole).Digest.ShouldBe(Told(parts).Digest);
        Told(whole).Entry.ShouldBe(new EntryId(One, new LogIndex(4)));
    }

    [Fact]
    public void A_replica_that_starts_makes_a_digest_at_the_newest_comparison_alone()
    {
        using var bench = Bench(hasThread: true, voters: 1).Lead();
        Compare(bench);
        Apply(bench, "a", "one");
        Compare(bench);
        Apply(bench, "b", "two");
        var status = bench.Driver.Inspect();

        using var restarted = new DriverBench(voters: 1, log: new ScriptedLog(bench.Log), executor: new ScriptedExecutor()).Lead();

        restarted.Driver.Inspect().Digest.ShouldBe(status.Digest);
        restarted.Driver.Inspect().DigestIndex.ShouldBe(status.DigestIndex);
        restarted.Machine.Captures.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_machine_that_cannot_tell_its_state_halts(bool hasThread)
    {
        using var bench = Bench(hasThread).Start();
        bench.Machine.OnCapture = static () => throw new InvalidOperationException("no words");

        Hear(bench, 0, Commands("a"), [Comparison]);

        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("no words");
        bench.Sent.ShouldNotContain(static sent => sent.Message is ComparisonResponse);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_state_with_views_is_digested_from_one_which_is_let_go(bool hasThread)
    {
        var machine = new ViewedMachine();
        using var bench = Viewed(machine, hasThread, voters: 1).Lead();
        Apply(bench, "a", "one");

        var compared = Compare(bench);

        compared.Members.ShouldHaveSingleItem().Digest.ShouldNotBeNull().Hash.ToArray().ShouldBe(HashOf(bench));
        machine.Views.ShouldAllBe(static view => view.Disposals == 1);
        Apply(bench, "b", "two");
        Compare(bench).Members[0].Digest.ShouldNotBe(compared.Members[0].Digest);
    }

    /// <summary>It is written beside the machine: what has been applied meanwhile is not in it.</summary>
    [Fact]
    public void The_machine_goes_on_while_a_large_state_is_digested()
    {
        var machine = new ViewedMachine();
        using var bench = Viewed(machine, hasThread: true).Start();
        using var parts = Viewed(new ViewedMachine(), hasThread: true).Start();

        Hear(bench, 0, Commands("a"), [Comparison], Commands("b"));
        Hear(parts, 0, Commands("a"), [Comparison]);

        machine.Lines.Count.ShouldBe(2);
        Told(bench).Digest.ShouldBe(Told(parts).Digest);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_view_that_throws_when_it_is_digested_halts_its_replica(bool hasThread)
    {
        var machine = new ViewedMachine { Failure = (null, new InvalidOperationException("no words")) };
        using var bench = Viewed(machine, hasThread).Start();

        Hear(bench, 0, Commands("a"), [Comparison]);

        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("no words");
        machine.Views.ShouldAllBe(static view => view.Disposals == 1);
    }

    [Fact]
    public void Only_a_leader_whose_machine_is_sound_compares()
    {
        using var follower = Bench(hasThread: false).Start();
        using var halted = Bench(hasThread: false, voters: 1).Lead();
        halted.Machine.Poison = "x";
        halted.Submit(Request("b", "x", 100_000));
        halted.Settle();

        Ask(follower).Reason.ShouldBe(RejectionReason.NoLeader);
        Ask(halted).Reason.ShouldBe(RejectionReason.MachineHalted);
    }

    /// <summary>Its log is whole, and its vote is given: others count on both.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_replica_that_is_wrong_serves_nothing_until_its_leaders_state_has_taken_the_place_of_its_own(bool hasThread)
    {
        using var bench = Wrong(hasThread);

        Stale(bench).Reason.ShouldBe(RejectionReason.MachineHalted);
        Stale(bench).Detail.ShouldContain("differs from what a majority of group holds");
        bench.Driver.IsUnfitToLead.ShouldBeTrue();
        bench.Driver.IsDiverged.ShouldBeTrue();
        bench.Diverged.ShouldNotBeNull().ShouldContain("At entry 3");
        bench.Halted.ShouldBeNull("nothing that its code did halts it");
        bench.Driver.Inspect().Digest.ShouldBeNull();
        TakeState(bench, through: 4);

        bench.Machine.Lines.ShouldBe(["k=a", "k=b"]);
        bench.Driver.IsDiverged.ShouldBeFalse();
        Hear(bench, 4, Commands("c"));
        bench.Machine.Lines.ShouldBe(["k=a", "k=b", "k=c"]);
        bench.Diverged.ShouldNotBeNull("it has not been compared again");
        Hear(bench, 5, [Comparison]);
        Judge(bench, 6, ComparisonVerdict.Equal, Told(bench).Digest);
        bench.Diverged.ShouldBeNull();
    }

    /// <summary>A machine that is not deterministic would differ for ever.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_replica_that_is_wrong_a_second_time_stops(bool hasThread)
    {
        using var bench = Wrong(hasThread);
        TakeState(bench, through: 4);
        Hear(bench, 4, [Comparison]);

        Judge(bench, 5, ComparisonVerdict.Diverged, Other);

        bench.Diverged.ShouldNotBeNull().ShouldContain("it did before");
        bench.Sent.Clear();
        Tick(bench, 200);
        bench.Sent.ShouldNotContain(static sent => sent.Message is SnapshotRequest);
        var snapshot = new SnapshotDescriptor(new EntryId(One, new LogIndex(9)), new LogTime(1), Configuration.OfVoters(3), 1);
        bench.Tell(Two, new InstallSnapshot(One, LogIndex.Zero, snapshot, 0, new byte[1], true, ReadSequence.Zero)).Settle();
        bench.Driver.IsDiverged.ShouldBeTrue();
        Stale(bench).Reason.ShouldBe(RejectionReason.MachineHalted);
    }

    /// <summary>A crash between the verdict and the state that mends it brings no wrong state back, and "once" is not once in each life.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void What_was_found_wrong_is_not_forgotten_with_the_process(bool hasThread)
    {
        using var first = Wrong(hasThread);
        using var second = Again(first, hasThread);

        Hear(second, 3, Commands("c"));
        second.Machine.Lines.ShouldBeEmpty("nothing is applied to a state that is wrong");
        Stale(second).Detail.ShouldContain("At entry 3");
        second.Driver.IsUnfitToLead.ShouldBeTrue();
        TakeState(second, through: 4, asksFrom: 1);
        second.Machine.Lines.ShouldBe(["k=a", "k=b"]);

        using var third = Again(second, hasThread);
        third.Driver.IsDiverged.ShouldBeFalse("another state has taken its place");
        Hear(third, 4, [Comparison]);
        Judge(third, 5, ComparisonVerdict.Diverged, Other);
        third.Diverged.ShouldNotBeNull().ShouldContain("it did before");

        using var fourth = Again(third, hasThread);
        Tick(fourth, 20);
        fourth.Diverged.ShouldNotBeNull().ShouldContain("it did before");
        fourth.Sent.ShouldNotContain(static sent => sent.Message is SnapshotRequest);

        using var other = Again(third, hasThread, program: 2);
        Hear(other, 5, Commands("d"));
        Tick(other, 1);
        other.Sent.ShouldContain(static sent => sent.Message is SnapshotRequest, "another program may be right, and the state is wrong still");
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_leader_that_is_wrong_hands_its_leadership_over_at_once(bool hasThread)
    {
        using var bench = Bench(hasThread).Lead();
        var asked = Begin(bench);

        Answer(bench, Two, Other);
        Answer(bench, Three, Other);

        ComparisonCodec.Decode(asked.Reply.Body).Wrong.ShouldBe([Self]);
        bench.Diverged.ShouldNotBeNull();
        Stale(bench).Reason.ShouldBe(RejectionReason.MachineHalted);
        Tick(bench, 1);
        bench.Sent.ShouldContain(static sent => sent.Message is TimeoutNow);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Without_a_majority_a_group_goes_on_only_where_it_is_told_to(bool stops)
    {
        using var bench = Bench(hasThread: false, options: raft => (raft.StopOnDivergence, raft.CheckQuorum) = (stops, false)).Lead();
        Begin(bench);

        Answer(bench, Two, Other);
        Answer(bench, Three, new StateDigest(1, new byte[] { 9 }));

        bench.Diverged.ShouldNotBeNull().ShouldContain("no majority");
        bench.Diverged.ShouldContain(stops ? "serves stale reads only" : "goes on");
        Stale(bench).Kind.ShouldBe(ReplyKind.Committed);
        var sink = bench.Submit(Request("z", "more", 100_000));
        bench.Settle();
        Tick(bench, 100);
        sink.IsAnswered.ShouldBe(stops);
        bench.Driver.IsDiverged.ShouldBe(stops);
        if (stops)
        {
            sink.Reply.Reason.ShouldBe(RejectionReason.MachineHalted);
            Ask(bench).Detail.ShouldContain("StopOnDivergence");
        }
    }

    [Fact]
    public void A_follower_stops_too_when_it_hears_that_no_majority_agrees()
    {
        using var bench = Bench(hasThread: false).Start();
        Hear(bench, 0, Commands("a"), [Comparison]);

        Judge(bench, 2, ComparisonVerdict.NoMajority, null);

        bench.Driver.IsDiverged.ShouldBeTrue();
        Stale(bench).Kind.ShouldBe(ReplyKind.Committed);
    }

    [Fact]
    public void A_leader_compares_after_so_many_entries()
    {
        using var bench = Bench(hasThread: false, voters: 1, options: static raft => raft.CompareEntries = 10).Lead();

        for (var i = 0; i < 25; i++)
        {
            Apply(bench, $"{i}", "x");
            Tick(bench, 1);
        }

        Comparisons(bench).ShouldBe(2);
        bench.Machine.Captures.ShouldBe(2);
    }

    [Fact]
    public void A_leader_compares_after_a_while_if_there_was_any_entry_and_never_where_that_is_off()
    {
        using var bench = Bench(hasThread: false, voters: 1, options: static raft => raft.CompareInterval = TimeSpan.FromMinutes(10)).Lead();
        using var off = Bench(hasThread: false, voters: 1, options: static raft => raft.CompareEntries = 0).Lead();
        Apply(bench, "a", "x");
        Apply(off, "a", "x");

        Tick(bench, 1, TimeSpan.FromMinutes(9));
        Comparisons(bench).ShouldBe(0);
        Tick(bench, 2, TimeSpan.FromMinutes(1));
        Comparisons(bench).ShouldBe(1);
        Tick(bench, 10, TimeSpan.FromHours(1));
        Comparisons(bench).ShouldBe(1, "nothing has come since");
        Tick(off, 10, TimeSpan.FromHours(1));

        Comparisons(off).ShouldBe(0);
        Compare(off).Verdict.ShouldBe(ComparisonVerdict.Equal);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void Digests_take_at_most_a_hundredth_of_the_time(bool hasThread)
    {
        using var bench = Bench(hasThread, voters: 1, options: static raft => raft.CompareEntries = 1).Lead();
        bench.Machine.OnCapture = () => bench.Time.Advance(TimeSpan.FromMilliseconds(500));

        for (var i = 0; i < 4_000; i++)
        {
            Apply(bench, $"{i}", "x");
            Tick(bench, 1);
        }

        bench.Machine.Captures.ShouldBeInRange(3, 5, "200 seconds of ticks, half a second each");
    }

    /// <summary>A comparison that could not be made is not one that was passed.</summary>
    [Fact]
    public void Comparisons_that_could_not_be_made_for_an_hour_raise_an_alarm()
    {
        using var bench = Bench(hasThread: false, options: static raft => raft.CheckQuorum = false).Lead();
        Begin(bench);
        Answer(bench, Two, Own(bench));
        Tick(bench, 400);
        bench.NotCompared.ShouldBeNull("it has just begun");

        bench.Time.Advance(TimeSpan.FromHours(1));
        Begin(bench);
        Answer(bench, Two, Own(bench));
        Tick(bench, 400);
        bench.NotCompared.ShouldNotBeNull().ShouldContain("replica 3 did not answer");
        Begin(bench);
        Answer(bench, Two, Own(bench));
        Answer(bench, Three, Own(bench));

        bench.NotCompared.ShouldBeNull();
    }

    [Fact]
    public void What_a_comparison_left_open_is_compared_again_soon()
    {
        using var bench = Bench(hasThread: false, options: static raft => raft.CheckQuorum = false).Lead();
        Begin(bench);
        Answer(bench, Two, Own(bench));
        Answer(bench, Three, Other);
        bench.Tell(Three, new ComparisonResponse(One, LogIndex.Zero, bench.Driver.Raft!.LastComparison, null) { IsTold = true });
        bench.Diverged.ShouldNotBeNull().ShouldContain("replica 3 of group differs");
        var first = bench.Driver.Raft!.LastComparison;

        Tick(bench, 22);
        bench.Tell(Two, new AppendEntriesResponse(One, LogIndex.Zero, true, bench.Driver.Raft.LastEntry, LogIndex.Zero, ReadSequence.Zero)).Settle();
        Answer(bench, Two, Own(bench));
        Answer(bench, Three, Own(bench));

        bench.Driver.Raft.LastComparison.Index.ShouldBeGreaterThan(first.Index);
        bench.Diverged.ShouldBeNull();
    }

    [Fact]
    public void Whoever_waits_for_a_comparison_is_answered_when_the_replica_leads_no_more_or_stops()
    {
        using var deposed = Bench(hasThread: false).Lead();
        using var stopped = Bench(hasThread: false).Lead();
        var first = Begin(deposed);
        var second = Begin(stopped);

        deposed.Tell(Two, new AppendEntries(new Term(2), LogIndex.Zero, EntryBlock.Empty(EntryId.Zero), LogIndex.Zero, ReadSequence.Zero));
        stopped.Driver.Stop();

        first.Reply.Reason.ShouldBe(RejectionReason.NoLeader);
        second.Reply.Reason.ShouldBe(RejectionReason.NoLeader);
    }

    private static (EntryKind, ReadOnlyMemory<byte>) Comparison => (EntryKind.Comparison, default);

    private static (EntryKind, ReadOnlyMemory<byte>)[] Commands(params string[] texts) =>
        [.. texts.Select(static text => (EntryKind.Command, Request(text, text, 100_000)))];

    private static DriverBench Bench(bool hasThread, int voters = 3, Action<RaftOptions>? options = null) =>
        new(voters, DriverBench.Options(options), executor: hasThread ? new ScriptedExecutor() : null);

    private static DriverBench Viewed(ViewedMachine machine, bool hasThread, int voters = 3) => new(
        voters,
        DriverBench.Options(),
        machine: new StateMachineHost<string, string>(machine, new TextCodec(), new TextCodec()) { Program = 1 },
        executor: hasThread ? new ScriptedExecutor() : null);

    private static byte[] HashOf(DriverBench bench)
    {
        var output = new ArrayBufferWriter<byte>();
        using var view = bench.Host.TakeView(long.MaxValue);
        view.Write(output);
        return SHA256.HashData(output.WrittenSpan);
    }

    /// <summary>A follower that has applied a, b and a comparison, and is told that it is wrong.</summary>
    private static DriverBench Wrong(bool hasThread)
    {
        var bench = Bench(hasThread).Start();
        Hear(bench, 0, Commands("a", "b"), [Comparison]);
        Judge(bench, 3, ComparisonVerdict.Diverged, Other);
        return bench;
    }

    /// <summary>The same replica in another life of its silo.</summary>
    private static DriverBench Again(DriverBench before, bool hasThread, ulong program = 1) =>
        new DriverBench(log: new ScriptedLog(before.Log), executor: hasThread ? new ScriptedExecutor() : null, program: program)
            .Start(new StartCare(before.Log.Epoch + 1, isCareful: false, TimeProvider.System))
            .Settle();

    private static void Apply(DriverBench bench, string id, string command)
    {
        var sink = bench.Submit(Request(id, command, long.MaxValue / 2));
        bench.Settle();
        sink.Reply.Kind.ShouldNotBe(ReplyKind.Unknown);
    }

    private static Comparison Compare(DriverBench bench) => ComparisonCodec.Decode(Ask(bench).Body);

    private static Reply Ask(DriverBench bench)
    {
        var sink = new TestSink();
        bench.Driver.Compare(sink);
        bench.Settle();
        return sink.Reply;
    }

    /// <summary>A leader of three appends a comparison, replica 2 has it, and so it is committed.</summary>
    private static TestSink Begin(DriverBench bench)
    {
        var sink = new TestSink();
        bench.Driver.Compare(sink);
        bench.Settle();
        bench.Acknowledge(Two);
        bench.Driver.Inspect().DigestIndex.ShouldBe(bench.Driver.Raft!.LastComparison.Index);
        return sink;
    }

    private static void Answer(DriverBench bench, ReplicaId from, StateDigest digest) =>
        bench.Tell(from, new ComparisonResponse(One, LogIndex.Zero, bench.Driver.Raft!.LastComparison, digest)).Settle();

    private static StateDigest Own(DriverBench bench) => new(1, Convert.FromHexString(bench.Driver.Inspect().Digest.ShouldNotBeNull()));

    private static int Comparisons(DriverBench bench) =>
        bench.Driver.Raft!.EntriesAfter(LogIndex.Zero, int.MaxValue).Count(static entry => entry.Kind == EntryKind.Comparison);

    private static Reply Stale(DriverBench bench)
    {
        var sink = bench.Query(ReadConsistency.Stale);
        bench.Settle();
        return sink.Reply;
    }

    private static ComparisonResponse Told(DriverBench bench) =>
        bench.Sent.Select(static sent => sent.Message).OfType<ComparisonResponse>().Last(static answer => !answer.IsTold);

    /// <summary>The leader, replica 2, sends entries after an index, and everything is committed.</summary>
    private static void Hear(DriverBench bench, long after, params (EntryKind, ReadOnlyMemory<byte>)[][] entries)
    {
        var append = bench.FromTwo(
            One, after == 0 ? EntryId.Zero : new EntryId(One, new LogIndex(after)), [.. entries.SelectMany(static some => some)]);
        bench.Tell(Two, append with { LeaderCommit = append.Block.Last.Index }).Settle();
    }

    /// <summary>The leader, replica 2, tells what came of a comparison.</summary>
    private static void Judge(DriverBench bench, long at, ComparisonVerdict verdict, StateDigest? majority)
    {
        bench.Tell(Two, new ComparisonRequest(One, LogIndex.Zero, new EntryId(One, new LogIndex(at))) { Verdict = verdict, Majority = majority })
            .Settle();
        bench.Sent.ShouldContain(sent => sent.To == Two && sent.Message is ComparisonResponse && ((ComparisonResponse)sent.Message).IsTold);
    }

    /// <summary>The replica asks for a state, and is sent that of one that has applied the same, and a no-op.</summary>
    private static void TakeState(DriverBench bench, long through, long? asksFrom = null)
    {
        bench.Sent.Clear();
        Tick(bench, 1);
        bench.Sent.ShouldContain(
            sent => sent.To == Two && sent.Message == new SnapshotRequest(One, new LogIndex(asksFrom ?? through)) { WrongAt = new LogIndex(3) });
        var other = new HostBench();
        other.Append(1, Request("a", "a", 100_000))
            .Append(1, Request("b", "b", 100_000))
            .Append(1, default, EntryKind.Comparison)
            .Append(1, default, EntryKind.NoOp)
            .Apply();
        var state = other.Host.Capture();
        var snapshot = new SnapshotDescriptor(other.Host.AppliedEntry, other.Host.AppliedTime, Configuration.OfVoters(3), state.Length);
        bench.Tell(Two, new InstallSnapshot(One, LogIndex.Zero, snapshot, 0, state, true, ReadSequence.Zero)).Settle();
        bench.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(through));
    }

    private static void Tick(DriverBench bench, int count, TimeSpan? each = null)
    {
        for (var i = 0; i < count; i++)
        {
            bench.Time.Advance(each ?? TimeSpan.FromMilliseconds(50));
            bench.Driver.Tick();
            bench.Settle();
        }
    }
}
