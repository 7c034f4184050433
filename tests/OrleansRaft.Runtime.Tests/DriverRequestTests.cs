using OrleansRaft.Core;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>How requests of clients end.</summary>
public sealed class DriverRequestTests
{
    [Fact]
    public void A_command_is_answered_when_it_is_applied()
    {
        using var bench = new DriverBench().Lead();

        var sink = bench.Submit(Request("a", "x", 1_000));
        bench.Settle();
        sink.IsAnswered.ShouldBeFalse();
        bench.Acknowledge(Two);

        Text(sink.Reply).ShouldBe("1:x");
        sink.Reply.Entry.ShouldBe(bench.Driver.Raft!.LastEntry);
    }

    [Fact]
    public async Task Callers_on_other_threads_await_the_answers()
    {
        using var bench = new DriverBench(voters: 1).Lead();

        var submitted = bench.Driver.SubmitAsync([Request("a", "x", 1_000)]);
        bench.Settle();
        var queried = bench.Driver.QueryAsync([new QueryEnvelope("k", Bytes("all"))], ReadConsistency.Linearizable);
        var inspected = bench.Driver.InspectAsync();
        var read = bench.Driver.ReadLogAsync(LogIndex.Zero, 10);
        bench.Settle();

        Text((await submitted).Replies[0]).ShouldBe("1:x");
        Text((await queried)[0]).ShouldBe("k=x");
        (await inspected).Status.Role.ShouldBe(RaftRole.Leader);
        (await read).Count.ShouldBe(2);
    }

    [Fact]
    public void A_replica_that_does_not_lead_refuses_and_says_who_does()
    {
        using var bench = new DriverBench().Start().Turn();
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero));

        var sink = bench.Submit(Request("a", "x", 1_000));
        bench.Turn();

        sink.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        sink.Reply.Reason.ShouldBe(RejectionReason.NoLeader);
        sink.Reply.Leader.ShouldBe(Two);
        sink.Reply.RetryAfterMilliseconds.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_leader_that_loses_office_answers_what_it_had_appended_with_unknown()
    {
        using var bench = new DriverBench().Lead();
        var appended = bench.Submit(Request("a", "x", 1_000));
        bench.Settle();

        bench.Tell(Three, bench.FromTwo(new Term(2), EntryId.Zero));
        var late = bench.Submit(Request("b", "y", 1_000));
        bench.Turn();

        appended.Reply.Kind.ShouldBe(ReplyKind.Unknown);
        late.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        late.Reply.Leader.ShouldBe(Three);
    }

    [Fact]
    public void A_retry_joins_the_pending_command_of_its_id_and_is_not_appended_again()
    {
        using var bench = new DriverBench().Lead();
        var first = bench.Submit(Request("a", "x", 1_000), Request("a", "x", 1_000));
        bench.Settle();

        var retry = bench.Submit(Request("a", "x", 2_000));
        bench.Settle().Acknowledge(Two);

        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(2));
        first.Replies.Append(retry.Reply).ShouldAllBe(reply => reply.Entry.Index == new LogIndex(2) && Text(reply) == "1:x");
    }

    [Fact]
    public void A_retry_in_a_session_joins_too()
    {
        using var bench = new DriverBench().Lead();
        var opened = bench.Submit(CommandEnvelopeCodec.EncodeOpenSession(new LogTime(1_000)));
        bench.Settle().Acknowledge(Two);
        var session = opened.Reply.Entry.Index;

        var first = bench.Submit(InSession(session, 1, "x", 1_000));
        bench.Settle();
        var retry = bench.Submit(InSession(session, 1, "x", 1_000));
        bench.Settle().Acknowledge(Two);

        retry.Reply.Entry.ShouldBe(first.Reply.Entry);
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void Another_command_under_a_pending_id_does_not_join_it()
    {
        using var bench = new DriverBench().Lead();
        var first = bench.Submit(Request("a", "x", 1_000));
        var other = bench.Submit(Request("a", "y", 1_000));
        bench.Settle().Acknowledge(Two);

        Text(first.Reply).ShouldBe("1:x");
        other.Reply.Reason.ShouldBe(RejectionReason.RequestIdReused);
    }

    [Fact]
    public void A_joined_retry_of_a_lost_leader_is_unknown_too()
    {
        using var bench = new DriverBench().Lead();
        bench.Submit(Request("a", "x", 1_000));
        bench.Settle();
        var retry = bench.Submit(Request("a", "x", 1_000));
        bench.Settle();

        bench.Tell(Three, bench.FromTwo(new Term(2), EntryId.Zero));

        retry.Reply.Kind.ShouldBe(ReplyKind.Unknown);
    }

    [Fact]
    public void What_cannot_be_decoded_or_is_late_is_refused_before_it_is_appended()
    {
        using var bench = new DriverBench().Lead();
        bench.Time.Advance(TimeSpan.FromSeconds(5));

        var sink = bench.Submit(Bytes("nonsense"), Request("a", "!", 10_000), Request("b", "x", 4_000));
        bench.Settle();

        sink.Replies.Select(reply => reply.Reason).ShouldBe(
            [RejectionReason.InvalidRequest, RejectionReason.InvalidRequest, RejectionReason.Expired]);
        sink.Time.Value.ShouldBeGreaterThanOrEqualTo(5_000);
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void Rule_36_a_full_inbox_refuses_and_forgets_nothing_that_it_took()
    {
        using var bench = new DriverBench(options: DriverBench.Options(raft => raft.InboxCommandsMax = 3)).Lead();

        var taken = bench.Submit(Request("a", "x", 1_000), Request("b", "x", 1_000));
        var refused = bench.Submit(Request("c", "x", 1_000), Request("d", "x", 1_000));
        var fits = bench.Submit(Request("e", "x", 1_000));

        refused.Replies.ShouldAllBe(reply => reply.Kind == ReplyKind.Rejected && reply.Reason == RejectionReason.Overloaded);
        bench.Settle().Acknowledge(Two);
        taken.Replies.Concat(fits.Replies).ShouldAllBe(reply => reply.Kind == ReplyKind.Committed);
        bench.Machine.Lines.Count.ShouldBe(3);
    }

    [Fact]
    public void Rule_36_a_full_inbox_counts_bytes_and_queries_too()
    {
        using var bench = new DriverBench(options: DriverBench.Options(raft => (raft.InboxBytesMax, raft.InboxQueriesMax) = (200, 1))).Lead();

        bench.Submit(Request("a", new string('x', 100), 1_000)).IsAnswered.ShouldBeFalse();
        bench.Submit(Request("b", new string('x', 100), 1_000)).Reply.Reason.ShouldBe(RejectionReason.Overloaded);
        var waits = bench.Query();
        bench.Query().Reply.Reason.ShouldBe(RejectionReason.Overloaded);
        bench.Turn();
        bench.Query().Reply.Reason.ShouldBe(RejectionReason.Overloaded);
        bench.Acknowledge(Two);
        waits.Reply.Kind.ShouldBe(ReplyKind.Committed);
        bench.Query().IsAnswered.ShouldBeFalse();
    }

    [Fact]
    public void Rule_36_more_uncommitted_bytes_than_the_limit_are_refused_definitely()
    {
        using var bench = new DriverBench(
            options: DriverBench.Options(raft => (raft.UncommittedBytesMax, raft.AppendBytesMax) = (4_096, 2_048))).Lead();

        var sinks = Enumerable.Range(0, 10).Select(i => bench.Submit(Request($"id{i}", new string('x', 1_000), 1_000))).ToList();
        bench.Settle();

        sinks.Count(sink => sink.IsAnswered).ShouldBeGreaterThan(0);
        sinks.Where(sink => sink.IsAnswered).ShouldAllBe(sink => sink.Reply.Reason == RejectionReason.Overloaded);
        bench.Acknowledge(Two);
        sinks.ShouldAllBe(sink => sink.IsAnswered);
        bench.Machine.Lines.Count.ShouldBe(sinks.Count(sink => sink.Reply.Kind == ReplyKind.Committed));
    }

    [Fact]
    public void Many_queries_wait_for_one_confirmation()
    {
        using var bench = new DriverBench().Lead();
        bench.Submit(Request("a", "x", 1_000));
        bench.Settle().Acknowledge(Two);
        bench.Sent.Clear();

        var queries = Enumerable.Range(0, 50).Select(_ => bench.Query()).ToList();
        bench.Turn();

        queries.ShouldAllBe(query => !query.IsAnswered);
        bench.Sent.Count(sent => sent.To == Two).ShouldBe(1);
        bench.Acknowledge(Two);
        queries.ShouldAllBe(query => Text(query.Reply) == "k=x");
    }

    [Fact]
    public void A_read_on_the_lease_is_refused_where_leases_are_off()
    {
        using var bench = new DriverBench().Lead();

        var query = bench.Query(ReadConsistency.Lease);
        bench.Turn();

        query.Reply.Reason.ShouldBe(RejectionReason.LeaseDisabled);
    }

    [Fact]
    public void A_stale_read_says_how_old_it_may_be()
    {
        using var bench = new DriverBench().Start().Turn();
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero));
        bench.Time.Advance(TimeSpan.FromMilliseconds(1_234));

        var query = bench.Query(ReadConsistency.Stale);
        bench.Turn();

        query.Reply.Kind.ShouldBe(ReplyKind.Committed);
        query.Reply.AgeMilliseconds.ShouldBe(1_234);
    }

    [Fact]
    public void A_stale_read_at_an_index_is_answered_at_once_where_that_is_applied()
    {
        using var bench = new DriverBench().Start().Turn();
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero, (EntryKind.NoOp, default)) with { LeaderCommit = new LogIndex(1) }).Settle();

        var query = bench.Query(ReadConsistency.Stale, atLeast: 1);
        bench.Turn();

        query.Reply.Kind.ShouldBe(ReplyKind.Committed);
        query.Reply.Entry.Index.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void A_stale_read_at_an_index_that_is_not_applied_yet_waits_for_it()
    {
        using var bench = new DriverBench().Start().Turn();
        var append = bench.FromTwo(new Term(1), EntryId.Zero, (EntryKind.NoOp, default), (EntryKind.NoOp, default)) with
        {
            LeaderCommit = new LogIndex(1),
        };
        bench.Tell(Two, append).Settle();

        var query = bench.Query(ReadConsistency.Stale, atLeast: 2);
        bench.Turn();
        var asked = bench.Sent.Select(sent => sent.Message).OfType<ReadIndexRequest>().Single();
        bench.Tell(Two, new ReadIndexResponse(new Term(1), asked.ReadId, new LogIndex(2)));
        query.IsAnswered.ShouldBeFalse();
        bench.Tell(Two, append with { LeaderCommit = new LogIndex(2) });

        query.Reply.Kind.ShouldBe(ReplyKind.Committed);
        query.Reply.Entry.Index.ShouldBe(new LogIndex(2));
    }

    [Fact]
    public void A_stale_read_at_an_index_that_the_group_does_not_have_is_refused()
    {
        using var bench = new DriverBench().Lead();

        var query = bench.Query(ReadConsistency.Stale, atLeast: 1_000);
        bench.Turn();
        bench.Acknowledge(Two);

        query.Reply.Reason.ShouldBe(RejectionReason.InvalidRequest);
        query.Reply.Detail.ShouldContain("1000");
    }

    [Fact]
    public void A_query_that_cannot_be_decoded_is_refused()
    {
        using var bench = new DriverBench().Lead();
        var sink = new TestSink();
        bench.Driver.Query([new QueryEnvelope("k", Bytes("!"))], ReadConsistency.Stale, sink);
        bench.Turn();

        sink.Reply.Reason.ShouldBe(RejectionReason.InvalidRequest);
    }

    [Fact]
    public void A_leader_whose_options_differ_replicates_its_limits_on_sessions()
    {
        using var bench = new DriverBench(options: DriverBench.Options(raft => raft.RequestIdsMax = 1)).Lead();

        var sink = bench.Submit(Request("a", "x", 1_000), Request("b", "y", 1_000));
        bench.Settle().Acknowledge(Two);

        sink.Replies[0].Kind.ShouldBe(ReplyKind.Committed);
        sink.Replies[1].Reason.ShouldBe(RejectionReason.SessionTableFull);
    }

    [Fact]
    public void A_change_of_members_is_answered_when_it_is_committed_or_refused()
    {
        using var bench = new DriverBench().Lead();
        var (accepted, second, conflicting) = (new TestSink(), new TestSink(), new TestSink());

        bench.Driver.ChangeMembers([new MemberChange(MemberChangeKind.AddLearner, new ReplicaId(4))], LogIndex.Zero, accepted);
        bench.Driver.ChangeMembers([new MemberChange(MemberChangeKind.AddLearner, new ReplicaId(5))], null, second);
        bench.Driver.ChangeMembers([new MemberChange(MemberChangeKind.AddLearner, new ReplicaId(5))], LogIndex.Zero, conflicting);
        bench.Settle();

        accepted.IsAnswered.ShouldBeFalse();
        second.Reply.Reason.ShouldBe(RejectionReason.ConfigurationConflict);
        conflicting.Reply.Reason.ShouldBe(RejectionReason.ConfigurationConflict);
        bench.Acknowledge(Two);
        accepted.Reply.Kind.ShouldBe(ReplyKind.Committed);
        bench.Driver.Raft!.Configuration.Contains(new ReplicaId(4)).ShouldBeTrue();
    }

    [Fact]
    public void A_transfer_is_answered_when_leadership_has_gone_or_stays()
    {
        using var bench = new DriverBench().Lead();
        var (impossible, gone) = (new TestSink(), new TestSink());

        bench.Driver.TransferLeadership(new ReplicaId(9), impossible);
        bench.Turn();
        bench.Driver.TransferLeadership(Two, gone);
        bench.Turn();

        impossible.Reply.Reason.ShouldBe(RejectionReason.InvalidRequest);
        gone.IsAnswered.ShouldBeFalse();
        bench.Sent.ShouldContain(sent => sent.To == Two && sent.Message is TimeoutNow);
        bench.Tell(Two, bench.FromTwo(new Term(2), EntryId.Zero));
        gone.Reply.Kind.ShouldBe(ReplyKind.Committed);
    }

    [Fact]
    public void Nothing_is_submitted_by_posting_it()
    {
        using var bench = new DriverBench();

        Should.Throw<ArgumentException>(() => bench.Driver.Post(new Propose(1, [])));
    }
}
