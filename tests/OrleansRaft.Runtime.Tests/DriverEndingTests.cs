using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>What a replica does that must not, or can no longer, take part.</summary>
public sealed class DriverEndingTests
{
    [Fact]
    public void Rule_23_a_replica_without_the_right_to_speak_gives_no_vote_and_sends_nothing()
    {
        using var bench = new DriverBench().Start().Turn();
        bench.Log.MaySpeak = false;

        bench.Tell(Two, new RequestVote(new Term(1), EntryId.Zero, IsTransfer: true));
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero));
        bench.Driver.Post(new Campaign());
        Tick(bench, 100);

        bench.Sent.ShouldBeEmpty();
        bench.Log.Writes.ShouldBeEmpty();
        bench.Driver.Raft!.CurrentTerm.ShouldBe(Term.Zero);
    }

    [Fact]
    public void Rule_23_a_leader_without_the_right_to_speak_refuses_requests_definitely_and_confirms_no_read()
    {
        using var bench = new DriverBench().Lead();
        var before = bench.Query();
        bench.Turn();
        bench.Log.MaySpeak = false;

        var command = bench.Submit(Request("a", "x", 1_000));
        var query = bench.Query();
        bench.Acknowledge(Two);

        command.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        command.Reply.Reason.ShouldBe(RejectionReason.NoLeader);
        query.Reply.Reason.ShouldBe(RejectionReason.NoLeader);
        before.IsAnswered.ShouldBeFalse();
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void Rule_23_completions_of_writes_still_arrive_and_the_right_may_come_back()
    {
        using var bench = new DriverBench().Start().Turn();
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero, (EntryKind.NoOp, default)));
        bench.Log.MaySpeak = false;

        bench.Disk();

        bench.Sent.ShouldBeEmpty();
        bench.Driver.Inspect().Status.DurableIndex.ShouldBe(new LogIndex(1));
        bench.Log.MaySpeak = true;
        bench.Tell(Two, bench.FromTwo(new Term(1), new EntryId(new Term(1), new LogIndex(1))));
        bench.Sent.ShouldHaveSingleItem().Message.ShouldBeOfType<AppendEntriesResponse>().Accepted.ShouldBeTrue();
    }

    /// <summary>A sleeping replica hears no ticks, so nothing else would tell it.</summary>
    [Fact]
    public void A_call_to_wake_is_kept_until_the_right_to_speak_comes_back()
    {
        using var bench = new DriverBench().Start().Turn();
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero, (EntryKind.NoOp, default))).Settle();
        bench.Tell(Two, new Quiesce(new Term(1), LogIndex.Zero, new EntryId(new Term(1), new LogIndex(1)), Self));
        bench.IsQuiescent.ShouldBe(true);
        bench.Log.MaySpeak = false;

        bench.Driver.Unquiesce(isLeaderLost: true);
        bench.Turn();
        bench.IsQuiescent.ShouldBe(true);
        bench.Log.MaySpeak = true;
        bench.Driver.LogEvents.OnRightToSpeakChanged();
        bench.Turn();

        bench.IsQuiescent.ShouldBe(false);
        bench.Driver.HasLeader.ShouldBeFalse();
    }

    [Fact]
    public void Rule_23_a_fenced_replica_stops_and_answers_what_waits()
    {
        using var bench = new DriverBench().Lead();
        var appended = bench.Submit(Request("a", "x", 1_000));
        var read = bench.Query();
        bench.Turn();
        bench.Sent.Clear();

        var posted = bench.Submit(Request("b", "y", 1_000));
        bench.Driver.Receive(Two, bench.FromTwo(new Term(9), EntryId.Zero));
        bench.Driver.LogEvents.OnStopped(LogStopReason.Fenced, new StoreRefusedException("taken over"));
        bench.Turn();
        var late = bench.Submit(Request("c", "z", 1_000));

        bench.StoppedBy.ShouldBeOfType<StoreRefusedException>();
        appended.Reply.Kind.ShouldBe(ReplyKind.Unknown);
        new[] { read, posted, late }.ShouldAllBe(sink => sink.Reply.Kind == ReplyKind.Rejected && sink.Reply.Reason == RejectionReason.NoLeader);
        Tick(bench, 100);
        bench.Sent.ShouldBeEmpty();
        bench.Driver.HasLeader.ShouldBeFalse();
        bench.Metrics.Replicas.Count().ShouldBe(0);
    }

    [Fact]
    public void An_impossible_replica_stops()
    {
        using var bench = new DriverBench().Lead();
        bench.Sent.Clear();

        bench.Driver.LogEvents.OnWritten(new PersistTicket(99));
        bench.Turn();

        bench.StoppedBy.ShouldBeOfType<InvariantViolationException>();
        bench.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void Stopping_answers_what_waits_and_may_be_repeated()
    {
        using var bench = new DriverBench().Lead();
        var appended = bench.Submit(Request("a", "x", 1_000));
        bench.Turn();
        var posted = bench.Submit(Request("b", "y", 1_000));
        var inspection = bench.Driver.InspectAsync();
        var transfer = new TestSink();
        bench.Driver.TransferLeadership(Two, transfer);

        bench.Driver.Stop();
        bench.Driver.Stop();

        appended.Reply.Kind.ShouldBe(ReplyKind.Unknown);
        posted.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        transfer.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        inspection.Exception!.InnerException.ShouldBeOfType<ObjectDisposedException>();
        bench.StoppedBy.ShouldBeNull();
    }

    [Fact]
    public void Whoever_is_answered_may_stop_the_replica_which_then_does_nothing_more()
    {
        using var bench = new DriverBench().Lead();
        bench.Driver.Submit([Request("a", "x", 1_000)], new StoppingSink(bench.Driver));
        var appended = bench.Submit(Request("b", "y", 1_000));
        bench.Settle();
        var (posted, read) = (bench.Submit(Request("c", "z", 1_000)), bench.Query());
        var (sent, writes) = (bench.Sent.Count, bench.Log.Writes.Count);

        bench.Acknowledge(Two);

        appended.Reply.Kind.ShouldBe(ReplyKind.Committed);
        posted.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        read.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        (bench.Sent.Count, bench.Log.Writes.Count).ShouldBe((sent, writes));
        bench.StoppedBy.ShouldBeNull();
    }

    [Fact]
    public void A_leader_without_the_right_to_speak_says_how_old_its_stale_reads_may_be()
    {
        using var bench = new DriverBench().Lead();
        bench.Log.MaySpeak = false;
        bench.Time.Advance(TimeSpan.FromMilliseconds(700));

        var read = bench.Query(ReadConsistency.Stale);
        bench.Turn();

        read.Reply.AgeMilliseconds.ShouldBe(700);
    }

    /// <summary>The store holds a snapshot of entry 3, and the state machine comes back from it knowing less (lni/dragonboat#156).</summary>
    [Fact]
    public void Rule_19_a_state_machine_behind_its_snapshot_is_refused()
    {
        var log = new ScriptedLog(3);
        log.Recovered = log.Recovered with { Snapshot = log.Recovered.Snapshot with { LastIncluded = new EntryId(new Term(1), new LogIndex(3)) } };
        using var bench = new DriverBench(log: log);

        var rejection = Should.Throw<CorruptDataException>(() => bench.Start());

        rejection.Message.ShouldContain("group/1");
        rejection.Message.ShouldContain("1.3");
        bench.Driver.Tick();
        bench.Turn().Sent.ShouldBeEmpty();
    }

    [Fact]
    public void Rule_19_a_state_machine_behind_an_installed_snapshot_stops_the_replica()
    {
        using var bench = new DriverBench().Start().Turn();
        var empty = new HostBench().Host.Capture();

        bench.Tell(Two, Install(new EntryId(new Term(1), new LogIndex(5)), empty)).Settle();

        bench.StoppedBy.ShouldBeOfType<CorruptDataException>();
    }

    /// <summary>Whatever the store did to it, it is not what its leader captured.</summary>
    [Fact]
    public void Rule_48_a_snapshot_that_does_not_match_its_checksum_is_refused()
    {
        var log = new ScriptedLog(3);
        log.Recovered = log.Recovered with { Snapshot = log.Recovered.Snapshot with { Checksum = 7 } };
        using var bench = new DriverBench(log: log);

        var rejection = Should.Throw<CorruptDataException>(() => bench.Start());

        rejection.Message.ShouldContain("group/1");
        rejection.Message.ShouldContain("checksum");
    }

    private static InstallSnapshot Install(EntryId last, ReadOnlyMemory<byte> state) => new(
        new Term(1),
        LogIndex.Zero,
        new SnapshotDescriptor(last, new LogTime(1), Configuration.OfVoters(3), state.Length),
        0,
        state,
        IsLast: true,
        ReadSequence.Zero);

    private static void Tick(DriverBench bench, int count)
    {
        for (var i = 0; i < count; i++)
        {
            bench.Driver.Tick();
            bench.Turn();
        }
    }

    private sealed class StoppingSink(ReplicaDriver driver) : IReplySink
    {
        public void OnReplied(ReplyBatch batch) => driver.Stop();
    }
}
