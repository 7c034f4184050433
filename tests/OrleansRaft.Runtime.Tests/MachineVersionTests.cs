using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>
/// A replica whose program does not support the version at which its group's state machine works: its log and vote live, it applies and serves
/// nothing.
/// </summary>
public sealed class MachineVersionTests
{
    private static readonly Term One = new(1);
    private static readonly RaftOptions Small = DriverBench.Options(static raft => (raft.SnapshotThresholdBytes, raft.KeptEntries) = (300, 0));
    private static readonly RaftOptions Asked = DriverBench.Options(static raft => raft.AutoRaise = false);

    public static TheoryData<bool> OnItsOwnThread => [false, true];

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_program_that_is_too_old_applies_what_comes_before_the_raise_and_keeps_the_rest(bool hasThread)
    {
        var machine = new VersionedMachine(newest: 1);
        using var bench = Bench(machine, hasThread).Start();

        Hear(bench, 0, Command("a", "one"), Raise(2), Command("b", "two"));
        var stale = bench.Query(ReadConsistency.Stale);
        bench.Settle();

        machine.Lines.ShouldBe(["one"]);
        bench.Behind.ShouldNotBeNull().Entry.ShouldBe(Id(2));
        bench.Behind.Value.Cause.ShouldContain("works at version 2, and this program supports 1");
        bench.Halted.ShouldBeNull();
        bench.Driver.IsVersionBehind.ShouldBeTrue();
        bench.Driver.IsUnfitToLead.ShouldBeTrue();
        stale.Reply.Reason.ShouldBe(RejectionReason.VersionBehind);
        Acknowledged(bench).ShouldBe(Id(3));
        Hear(bench, 3, Command("c", "three"));
        Acknowledged(bench).ShouldBe(Id(4));
        bench.Driver.Raft!.CommitIndex.ShouldBe(new LogIndex(4));
        machine.Lines.ShouldBe(["one"]);
        bench.Driver.Inspect().IsVersionBehind.ShouldBeTrue();
        bench.Driver.Inspect().MachineVersion.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_newer_program_goes_on_from_the_same_log(bool hasThread)
    {
        using var old = Bench(new VersionedMachine(newest: 1), hasThread).Start();
        Hear(old, 0, Command("a", "one"), Raise(2), Command("b", "two"));
        var machine = new VersionedMachine(newest: 2);

        using var bench = Bench(machine, hasThread, new ScriptedLog(old.Log)).Start();
        Hear(bench, 3, Command("c", "three"));

        bench.Behind.ShouldBeNull();
        machine.Lines.ShouldBe(["one", "from 1 to 2", "two", "three"]);
        bench.Raised.ShouldBe([(2, Id(2))]);
    }

    /// <summary>Refused here and applied elsewhere, it would leave two replicas with different states, for ever and unnoticed.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_committed_command_that_cannot_be_read_stops_this_replica_and_is_not_refused(bool hasThread)
    {
        var machine = new VersionedMachine(newest: 1);
        using var bench = Bench(machine, hasThread).Start();

        Hear(bench, 0, Command("a", "one"), Command("b", "!of a newer program"), Command("c", "three"));

        machine.Lines.ShouldBe(["one"]);
        bench.Behind.ShouldNotBeNull().Entry.ShouldBe(Id(2));
        bench.Behind.Value.Cause.ShouldContain("cannot read");
        Acknowledged(bench).ShouldBe(Id(3));
        bench.StoppedBy.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void Snapshots_of_a_later_version_are_kept_unread_one_after_the_other_and_restored_by_a_newer_program(bool hasThread)
    {
        var machine = new VersionedMachine(newest: 1);
        using var bench = Bench(machine, hasThread, options: Small).Start();
        Hear(bench, 0, Command("a", "one"));

        Install(bench, State(2, "one", "two"));
        Install(bench, State(9, "one", "two", "nine"));

        bench.Behind.ShouldNotBeNull();
        machine.Lines.ShouldBe(["one"]);
        bench.Driver.Raft!.Snapshot.LastIncluded.Index.ShouldBe(new LogIndex(9));
        bench.Driver.Raft.IsInstalling.ShouldBeFalse();
        Hear(bench, 9, Command("d", "ten"));
        Acknowledged(bench).ShouldBe(Id(10));
        var newer = new VersionedMachine(newest: 2);
        using var later = Bench(newer, hasThread, new ScriptedLog(bench.Log)).Start();
        Hear(later, 10, Command("e", "eleven"));
        newer.Lines.ShouldBe(["from 1 to 2", "one", "two", "nine", "ten", "eleven"]);
        newer.Version.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_replica_that_starts_with_a_snapshot_of_a_later_version_waits_for_another_program(bool hasThread)
    {
        using var before = Bench(new VersionedMachine(newest: 2), hasThread).Start();
        Install(before, State(9, "nine"));
        var machine = new VersionedMachine(newest: 1);

        using var bench = Bench(machine, hasThread, new ScriptedLog(before.Log)).Start();
        Hear(bench, 9, Command("a", "ten"));

        bench.Behind.ShouldNotBeNull().Entry.ShouldBeNull();
        bench.StoppedBy.ShouldBeNull();
        machine.Lines.ShouldBeEmpty();
        Acknowledged(bench).ShouldBe(Id(10));
    }

    [Fact]
    public void A_replica_that_is_behind_takes_entries_however_many_they_are_and_asks_for_a_snapshot_instead_of_them()
    {
        using var bench = Bench(new VersionedMachine(newest: 1), hasThread: true, options: Small).Start();
        Hear(bench, 0, Raise(2));

        for (var index = 1; index < 100; index++)
        {
            Hear(bench, index, Command($"id-{index}", "a line"));
            Acknowledged(bench).ShouldBe(Id(index + 1));
        }

        bench.Sent.Clear();
        Tick(bench);
        bench.Sent.ShouldContain(static sent => sent.To == Two && sent.Message is SnapshotRequest);
        Install(bench, State(100, "all of them"));
        bench.Sent.Clear();
        Tick(bench);
        bench.Sent.ShouldNotContain(static sent => sent.Message is SnapshotRequest);
        bench.Log.Entries.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_leader_refuses_a_command_above_the_version_in_force_definitely_and_takes_it_once_it_is_raised(bool hasThread)
    {
        var machine = new VersionedMachine(newest: 2);
        using var bench = Bench(machine, hasThread, voters: 1, options: Asked).Lead();

        var early = Submit(bench, "a", "new", needs: 2);
        var beyond = Submit(bench, "b", "newer", needs: 3);
        var raised = Raise(bench, null);
        var late = Submit(bench, "a", "new", needs: 2);

        early.Kind.ShouldBe(ReplyKind.Rejected);
        early.Reason.ShouldBe(RejectionReason.VersionNotRaised);
        early.Detail.ShouldContain("needs version 2");
        beyond.Reason.ShouldBe(RejectionReason.VersionNotRaised);
        raised.Kind.ShouldBe(ReplyKind.Committed);
        raised.Entry.Index.ShouldBe(new LogIndex(2));
        Text(late).ShouldBe("2:new@2");
        bench.Raised.ShouldBe([(2, Id(2))]);
    }

    [Fact]
    public void A_raise_is_refused_with_what_to_do()
    {
        using var bench = Bench(new VersionedMachine(newest: 3, oldest: 1), hasThread: true, options: Asked).Lead();
        using var follower = Bench(new VersionedMachine(newest: 3), hasThread: true, options: Asked).Start();

        Raise(follower, 2).Reason.ShouldBe(RejectionReason.NoLeader);
        Raise(bench, 4).Detail.ShouldContain("supports 1 to 3 and not 4");
        var unheard = Raise(bench, 2);
        unheard.Reason.ShouldBe(RejectionReason.NoLeader);
        unheard.Detail.ShouldContain("member 3 has not answered its leader yet");
        Answer(bench, Three, isHalted: false, MachineVersions.First);
        var old = Raise(bench, null);
        old.Reason.ShouldBe(RejectionReason.VersionNotRaised);
        old.Detail.ShouldContain("the program of member 2 supports 1, the program of member 3 supports 1, and version 2 is wanted");
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(1));
        Answer(bench, Two, isHalted: false, new MachineVersions(1, 2));
        Answer(bench, Three, isHalted: false, new MachineVersions(1, 2));
        Raise(bench, 3).Detail.ShouldContain("the program of member 2 supports 1 to 2");
        var raised = new TestSink();
        bench.Driver.ProposeVersion(null, raised);
        bench.Settle().Acknowledge(Two, supports: new MachineVersions(1, 2));
        raised.Reply.Kind.ShouldBe(ReplyKind.Committed);
        bench.Driver.Raft.MachineVersion.ShouldBe(2);
        Raise(bench, 1).Detail.ShouldContain("is never lowered");
        Raise(bench, 2).Kind.ShouldBe(ReplyKind.Committed);
        bench.Driver.Raft.LastEntry.Index.ShouldBe(new LogIndex(2));
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_leader_whose_program_is_behind_refuses_clients_and_hands_over_at_once_to_one_that_can_serve(bool hasThread)
    {
        using var bench = Bench(new VersionedMachine(newest: 1), hasThread).Start();
        Hear(bench, 0, Raise(2));
        bench.Driver.Post(new Campaign());
        bench.Settle();
        var term = bench.Driver.Raft!.CurrentTerm;
        bench.Tell(Two, new PreVoteResponse(term.Next, true)).Settle();
        bench.Tell(Two, new RequestVoteResponse(bench.Driver.Raft.CurrentTerm, true)).Settle();
        bench.Driver.IsLeader.ShouldBeTrue();

        var refused = Submit(bench, "a", "x", needs: 1);
        Answer(bench, Three, isHalted: true, MachineVersions.First);
        Tick(bench);
        bench.Sent.ShouldNotContain(static sent => sent.Message is TimeoutNow);
        Answer(bench, Two, isHalted: false, new MachineVersions(1, 2));
        Tick(bench);

        refused.Reason.ShouldBe(RejectionReason.VersionBehind);
        bench.Sent.ShouldContain(static sent => sent.To == Two && sent.Message is TimeoutNow);
    }

    [Fact]
    public void A_follower_tells_what_its_program_supports_and_that_it_should_not_lead_once_it_is_behind()
    {
        using var bench = Bench(new VersionedMachine(newest: 2), hasThread: true).Start();

        Hear(bench, 0, Command("a", "one"));
        var before = LastAnswer(bench);
        Hear(bench, 1, Raise(3));
        Hear(bench, 2, Command("b", "two"));
        var after = LastAnswer(bench);

        before.MachineVersions.ShouldBe(new MachineVersions(1, 2));
        before.IsHalted.ShouldBeFalse();
        after.IsHalted.ShouldBeTrue();
    }

    private static DriverBench Bench(
        VersionedMachine machine, bool hasThread, ScriptedLog? log = null, int voters = 3, RaftOptions? options = null) =>
        new(voters, options, log, VersionedMachine.Host(machine), hasThread ? new ScriptedExecutor() : null);

    private static Reply Submit(DriverBench bench, string id, string text, int needs)
    {
        var sink = bench.Submit(Command(id, text, needs).Body);
        bench.Settle();
        return sink.Reply;
    }

    private static Reply Raise(DriverBench bench, int? version)
    {
        var asked = new TestSink();
        bench.Driver.ProposeVersion(version, asked);
        bench.Settle();
        return asked.Reply;
    }

    /// <summary>A member has all that this leader has.</summary>
    private static void Answer(DriverBench bench, ReplicaId from, bool isHalted, MachineVersions supports)
    {
        var raft = bench.Driver.Raft!;
        bench.Tell(from, new AppendEntriesResponse(raft.CurrentTerm, LogIndex.Zero, true, raft.LastEntry, LogIndex.Zero, ReadSequence.Zero)
        {
            IsHalted = isHalted,
            MachineVersions = supports,
        }).Settle();
    }

    private static void Tick(DriverBench bench)
    {
        bench.Time.Advance(TimeSpan.FromMilliseconds(50));
        bench.Driver.Tick();
        bench.Settle();
    }

    /// <summary>The leader, replica 2, sends entries after an index, and all of them are committed.</summary>
    private static void Hear(DriverBench bench, long after, params (EntryKind Kind, ReadOnlyMemory<byte> Body)[] entries)
    {
        var append = bench.FromTwo(One, after == 0 ? EntryId.Zero : Id(after), entries);
        bench.Tell(Two, append with { LeaderCommit = append.Block.Last.Index }).Settle();
    }

    private static void Install(DriverBench bench, (SnapshotDescriptor Descriptor, ReadOnlyMemory<byte> State) snapshot) =>
        bench.Tell(Two, new InstallSnapshot(One, LogIndex.Zero, snapshot.Descriptor, 0, snapshot.State, true, ReadSequence.Zero)).Settle();

    /// <summary>What a program of version 2 captures at an entry.</summary>
    private static (SnapshotDescriptor Descriptor, ReadOnlyMemory<byte> State) State(long index, params string[] lines)
    {
        var machine = new VersionedMachine(newest: 2);
        var host = VersionedMachine.Host(machine);
        var entries = Enumerable.Range(1, (int)index).Select(at => new Entry(
            Id(at),
            at == 1 ? EntryKind.Raise : at - 2 < lines.Length ? EntryKind.Command : EntryKind.NoOp,
            new LogTime(1),
            at == 1 ? RaiseCodec.Encode(2) : at - 2 < lines.Length ? Command($"line {at}", lines[at - 2]).Body : default)).ToList();
        host.Apply(entries, new Reply[entries.Count]);
        var state = host.Capture();
        return (new SnapshotDescriptor(Id(index), new LogTime(1), Configuration.OfVoters(3), state.Length) { MachineVersion = 2 }, state);
    }

    private static AppendEntriesResponse LastAnswer(DriverBench bench) =>
        bench.Sent.Where(static sent => sent.To == Two).Select(static sent => sent.Message).OfType<AppendEntriesResponse>().Last();

    private static EntryId Acknowledged(DriverBench bench) => LastAnswer(bench).Match;

    private static EntryId Id(long index) => new(One, new LogIndex(index));

    private static (EntryKind Kind, ReadOnlyMemory<byte> Body) Raise(int version) => (EntryKind.Raise, RaiseCodec.Encode(version));

    private static (EntryKind Kind, ReadOnlyMemory<byte> Body) Command(string id, string text, int needs = 1) => (
        EntryKind.Command,
        CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("k", Bytes(text), new LogTime(100_000), id) with { Needs = needs }));
}
