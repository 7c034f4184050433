using OrleansRaft.Counters;
using OrleansRaft.Counters.Web;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class ProblemTests
{
    [Theory]
    [InlineData(RejectionReason.NoLeader, 503, "no-leader")]
    [InlineData(RejectionReason.Overloaded, 429, "overloaded")]
    [InlineData(RejectionReason.UnknownGroup, 404, "unknown-group")]
    [InlineData(RejectionReason.RequestIdReused, 409, "key-reused")]
    [InlineData(RejectionReason.Expired, 429, "overloaded")]
    [InlineData(RejectionReason.SessionTableFull, 429, "overloaded")]
    [InlineData(RejectionReason.UnknownSession, 429, "overloaded")]
    [InlineData(RejectionReason.TooLarge, 413, "body-too-large")]
    [InlineData(RejectionReason.LeaseDisabled, 400, "invalid-request")]
    [InlineData(RejectionReason.InvalidRequest, 400, "invalid-request")]
    [InlineData(RejectionReason.MachineFailed, 422, "machine-failed")]
    [InlineData(RejectionReason.MachineHalted, 503, "machine-halted")]
    [InlineData(RejectionReason.Unreachable, 503, "no-leader")]
    [InlineData(RejectionReason.ConfigurationConflict, 409, "configuration-conflict")]
    [InlineData(RejectionReason.Skipped, 409, "entry-skipped")]
    public void Every_refusal_is_a_definite_problem(RejectionReason reason, int status, string type)
    {
        var problem = CounterAnswers.Failed(Refused(reason), "The increment of acme/visits", isRead: false, hasKey: true);

        problem.Status.ShouldBe(status);
        problem.Type.ShouldBe(type);
        problem.Definite.ShouldBeTrue();
        problem.RetryAfterSeconds.ShouldBe(status is 429 or 503 ? 2 : 0);
    }

    [Fact]
    public void Every_reason_has_a_problem_of_its_own_and_one_of_a_newer_silo_is_named()
    {
        foreach (var reason in Enum.GetValues<RejectionReason>())
        {
            CounterAnswers.Failed(Refused(reason), "The increment of acme/visits", isRead: false, hasKey: true).Type.ShouldNotBe(
                "internal-error", $"{reason}");
        }

        var unknown = CounterAnswers.Failed(Refused((RejectionReason)99), "The increment of acme/visits", isRead: false, hasKey: true);

        unknown.Type.ShouldBe("internal-error");
        unknown.Definite.ShouldBeTrue();
        unknown.Detail.ShouldContain("(99)");
    }

    [Fact]
    public void A_lease_read_where_leases_are_off_names_its_parameter() =>
        CounterAnswers.Failed(Refused(RejectionReason.LeaseDisabled), "The read of acme/visits", isRead: true, hasKey: false).Field.ShouldBe(
            "consistency");

    [Fact]
    public void Retry_after_is_never_zero()
    {
        var rejection = new Rejected<CounterResult>(RejectionReason.NoLeader, null, TimeSpan.Zero, "Nobody leads.");

        CounterAnswers.Failed(rejection, "The read of acme/visits", isRead: true, hasKey: false).RetryAfterSeconds.ShouldBe(1);
    }

    [Theory]
    [InlineData(true, "Repeat it with the same Idempotency-Key")]
    [InlineData(false, "Read the counter before you repeat it")]
    public void An_unknown_outcome_of_a_write_is_not_definite_and_says_what_to_do(bool hasKey, string advice)
    {
        var problem = CounterAnswers.Failed(
            new Unknown<CounterResult>("The leader went away."), "The increment of acme/visits", isRead: false, hasKey);

        problem.Status.ShouldBe(504);
        problem.Type.ShouldBe("outcome-unknown");
        problem.Definite.ShouldBeFalse();
        problem.Detail.ShouldContain(advice);
    }

    [Fact]
    public void A_read_that_got_no_answer_changed_nothing()
    {
        var problem = CounterAnswers.Failed(
            new Unknown<CounterResult>("The leader went away."), "The read of acme/visits", isRead: true, hasKey: false);

        problem.Status.ShouldBe(503);
        problem.Type.ShouldBe("no-leader");
        problem.Definite.ShouldBeTrue();
    }

    [Fact]
    public void Long_text_of_a_client_is_cut_without_breaking_a_character()
    {
        var text = new string('a', 63) + "\U0001F600" + new string('b', 100);

        Shortened.Of(text).ShouldBe($"\"{new string('a', 63)}...\"");
    }

    private static Rejected<CounterResult> Refused(RejectionReason reason) => new(reason, null, TimeSpan.FromSeconds(1.2), "So it is.");
}
