using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A request id is applied at most once for at least the retention, whatever is repeated, delayed or reused.</summary>
public sealed class RequestIdTests
{
    private readonly HostBench bench = new();

    [Fact]
    public void A_repetition_is_answered_as_the_first_time_and_not_applied_again()
    {
        var first = bench.Apply(10, Request("a", "x", deadline: 1_000));

        bench.Apply(20, Request("b", "y", deadline: 1_000));
        var again = bench.Apply(30, Request("a", "x", deadline: 2_000));

        Text(again).ShouldBe("1:x");
        again.ShouldBe(first with { Body = again.Body });
        bench.Machine.Lines.ShouldBe(["k=x", "k=y"]);
    }

    [Fact]
    public void A_repetition_in_the_same_batch_is_answered_as_the_first_one()
    {
        var replies = bench
            .Append(10, Request("a", "x", deadline: 1_000))
            .Append(10, Request("a", "x", deadline: 1_000))
            .Append(10, Request("b", "y", deadline: 1_000))
            .Apply();

        replies.Select(reply => Text(reply)).ShouldBe(["1:x", "1:x", "2:y"]);
        replies[1].Entry.ShouldBe(replies[0].Entry);
        bench.Machine.Batches.ShouldBe(1);
    }

    [Fact]
    public void A_request_id_with_another_body_is_refused_and_changes_nothing()
    {
        bench.Apply(10, Request("a", "x", deadline: 1_000));

        var other = bench.Apply(20, Request("a", "z", deadline: 1_000));

        other.Kind.ShouldBe(ReplyKind.Rejected);
        other.Reason.ShouldBe(RejectionReason.RequestIdReused);
        bench.Machine.Lines.ShouldBe(["k=x"]);
    }

    [Fact]
    public void A_request_id_with_another_key_is_refused()
    {
        bench.Apply(10, Request("a", "x", deadline: 1_000, key: "alice"));

        bench.Apply(20, Request("a", "x", deadline: 1_000, key: "bob")).Reason.ShouldBe(RejectionReason.RequestIdReused);
    }

    [Fact]
    public void A_command_past_its_deadline_is_refused()
    {
        bench.Apply(1_000, Request("a", "x", deadline: 1_000)).Kind.ShouldBe(ReplyKind.Committed);

        bench.Apply(1_001, Request("b", "y", deadline: 1_000)).Reason.ShouldBe(RejectionReason.Expired);
    }

    [Fact]
    public void A_repetition_past_its_deadline_still_gets_the_first_answer()
    {
        bench.Apply(10, Request("a", "x", deadline: 1_000));

        Text(bench.Apply(2_000, Request("a", "x", deadline: 1_000))).ShouldBe("1:x");
    }

    [Fact]
    public void A_deadline_that_would_outlive_the_memory_of_its_id_is_refused()
    {
        bench.Apply(10, Request("a", "x", deadline: 10 + Retention)).Reason.ShouldBe(RejectionReason.Expired);

        bench.Apply(10, Request("b", "y", deadline: 9 + Retention)).Kind.ShouldBe(ReplyKind.Committed);
    }

    /// <summary>The latest duplicate that any deadline admits still finds its id; one moment later the deadline refuses it.</summary>
    [Fact]
    public void No_duplicate_outlives_the_memory_of_its_id()
    {
        var duplicate = Request("a", "x", deadline: Retention - 1);
        bench.Apply(0, duplicate);

        Text(bench.Apply(Retention - 1, duplicate)).ShouldBe("1:x");
        bench.Apply(Retention, duplicate).Reason.ShouldBe(RejectionReason.Expired);

        bench.Machine.Lines.ShouldBe(["k=x"]);
    }

    [Fact]
    public void An_id_is_forgotten_after_the_retention()
    {
        bench.Apply(0, Request("a", "x", deadline: 10));

        Text(bench.Apply(Retention, Request("a", "x", deadline: Retention))).ShouldBe("2:x");
    }

    [Fact]
    public void A_full_table_refuses_new_ids_and_forgets_none_that_lives()
    {
        bench.Apply(0, Limits(bench.Host.Limits with { RequestIdsMax = 2 }));
        bench.Apply(0, Request("a", "x", deadline: 10));
        bench.Apply(5, Request("b", "y", deadline: 10));

        bench.Apply(6, Request("c", "z", deadline: 10)).Reason.ShouldBe(RejectionReason.SessionTableFull);

        Text(bench.Apply(7, Request("a", "x", deadline: 10))).ShouldBe("1:x");
        Text(bench.Apply(Retention, Request("c", "z", deadline: Retention))).ShouldBe("3:z");
        bench.Apply(Retention, Request("d", "z", deadline: Retention)).Reason.ShouldBe(RejectionReason.SessionTableFull);
    }

    [Fact]
    public void A_shorter_retention_never_shortens_the_memory_of_an_id_that_is_there()
    {
        bench.Apply(0, Request("a", "x", deadline: 10));
        bench.Apply(1, Limits(bench.Host.Limits with { RetentionMilliseconds = 100 }));
        bench.Apply(2, Request("b", "y", deadline: 10));

        bench.Apply(200, Request("a", "x", deadline: 210)).Entry.Index.ShouldBe(new LogIndex(1));

        bench.Machine.Lines.ShouldBe(["k=x", "k=y"]);
    }

    [Fact]
    public void Entries_that_are_no_commands_pass_by_the_state_machine()
    {
        bench.Append(10, default, EntryKind.NoOp).Append(10, Bytes("a configuration"), EntryKind.Configuration).Apply();

        bench.Host.AppliedEntry.Index.ShouldBe(new LogIndex(2));
        bench.Machine.Batches.ShouldBe(0);
    }

    [Fact]
    public void A_client_cannot_submit_what_only_leaders_replicate()
    {
        bench.Host.Reject(Limits(SessionLimits.Initial)).ShouldNotBeNull();
        bench.Host.Reject(Request("a", "!nonsense", 1)).ShouldNotBeNull();
        bench.Host.Reject(Request("a", "x", 1)).ShouldBeNull();
        bench.Host.Reject(CommandEnvelopeCodec.EncodeOpenSession(default)).ShouldBeNull();
    }

    private static ReadOnlyMemory<byte> Limits(SessionLimits limits) => CommandEnvelopeCodec.EncodeLimits(limits);
}
