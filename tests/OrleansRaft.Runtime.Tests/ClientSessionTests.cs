using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Registered client sessions (thesis §6.3).</summary>
public sealed class ClientSessionTests
{
    private const long Inactivity = 3_600_000;

    private readonly HostBench bench = new();

    [Fact]
    public void A_repetition_in_a_session_is_answered_as_the_first_time()
    {
        var session = bench.OpenSession(0);
        var first = bench.Apply(1, InSession(session, 1, "x", 100));

        var again = bench.Apply(2, InSession(session, 1, "x", 100));

        Text(again).ShouldBe("1:x");
        again.Entry.ShouldBe(first.Entry);
        bench.Machine.Lines.Count.ShouldBe(1);
    }

    [Fact]
    public void Commands_of_a_session_may_arrive_in_any_order()
    {
        var session = bench.OpenSession(0);

        Text(bench.Apply(1, InSession(session, 3, "c", 100))).ShouldBe("1:c");
        Text(bench.Apply(1, InSession(session, 1, "a", 100))).ShouldBe("2:a");
        Text(bench.Apply(1, InSession(session, 3, "c", 100))).ShouldBe("1:c");
    }

    [Fact]
    public void A_sequence_number_with_another_body_is_refused()
    {
        var session = bench.OpenSession(0);
        bench.Apply(1, InSession(session, 1, "x", 100));

        bench.Apply(2, InSession(session, 1, "y", 100)).Reason.ShouldBe(RejectionReason.RequestIdReused);
    }

    /// <summary>It was applied, so a refusal would be a lie.</summary>
    [Fact]
    public void A_command_that_the_client_has_the_answer_of_is_unknown_and_not_applied_again()
    {
        var session = bench.OpenSession(0);
        bench.Apply(1, InSession(session, 1, "x", 100));
        bench.Apply(2, InSession(session, 2, "y", 100, answeredBelow: 2));

        bench.Apply(3, InSession(session, 1, "x", 100)).Kind.ShouldBe(ReplyKind.Unknown);

        bench.Machine.Lines.Count.ShouldBe(2);
    }

    [Fact]
    public void An_unknown_session_is_refused_and_never_made()
    {
        bench.Apply(1, InSession(new LogIndex(7), 1, "x", 100)).Reason.ShouldBe(RejectionReason.UnknownSession);
        bench.Apply(1, InSession(new LogIndex(7), 1, "x", 100)).Reason.ShouldBe(RejectionReason.UnknownSession);

        bench.Machine.Lines.ShouldBeEmpty();
    }

    [Fact]
    public void An_idle_session_expires_and_an_active_one_does_not()
    {
        var active = bench.OpenSession(0);
        var idle = bench.OpenSession(0);
        bench.Apply(Inactivity - 1, InSession(active, 1, "x", Inactivity));

        bench.Apply(Inactivity, InSession(idle, 1, "y", Inactivity)).Reason.ShouldBe(RejectionReason.UnknownSession);
        bench.Apply(Inactivity, InSession(active, 2, "z", Inactivity)).Kind.ShouldBe(ReplyKind.Committed);
    }

    [Fact]
    public void A_full_table_refuses_new_sessions_until_one_expires()
    {
        bench.Apply(0, CommandEnvelopeCodec.EncodeLimits(bench.Host.Limits with { SessionsMax = 1 }));
        bench.OpenSession(0);

        bench.Apply(1, CommandEnvelopeCodec.EncodeOpenSession(new LogTime(1))).Reason.ShouldBe(RejectionReason.SessionTableFull);
        bench.Apply(Inactivity, CommandEnvelopeCodec.EncodeOpenSession(new LogTime(Inactivity))).Kind.ShouldBe(ReplyKind.Committed);
    }

    [Fact]
    public void A_session_that_leaves_too_many_results_unanswered_is_refused_more()
    {
        bench.Apply(0, CommandEnvelopeCodec.EncodeLimits(bench.Host.Limits with { SessionResultsMax = 2 }));
        var session = bench.OpenSession(0);
        bench.Apply(1, InSession(session, 1, "a", 100));
        bench.Apply(1, InSession(session, 2, "b", 100));

        bench.Apply(1, InSession(session, 3, "c", 100)).Reason.ShouldBe(RejectionReason.SessionTableFull);

        Text(bench.Apply(1, InSession(session, 3, "c", 100, answeredBelow: 2))).ShouldBe("3:c");
    }

    [Fact]
    public void A_leap_of_any_length_costs_no_more_than_what_is_held()
    {
        var session = bench.OpenSession(0);
        bench.Apply(1, InSession(session, 1, "a", 100));

        Text(bench.Apply(1, InSession(session, long.MaxValue, "b", 100, answeredBelow: long.MaxValue))).ShouldBe("2:b");

        bench.Apply(1, InSession(session, long.MaxValue - 1, "c", 100)).Kind.ShouldBe(ReplyKind.Unknown);
    }

    [Fact]
    public void A_command_past_its_deadline_is_refused_in_a_session_too()
    {
        var session = bench.OpenSession(0);

        bench.Apply(101, InSession(session, 1, "x", 100)).Reason.ShouldBe(RejectionReason.Expired);
        bench.Apply(101, CommandEnvelopeCodec.EncodeOpenSession(new LogTime(100))).Reason.ShouldBe(RejectionReason.Expired);
    }
}
