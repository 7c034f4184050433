using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>How every operator's endpoint answers an outcome.</summary>
public sealed class OperatorRequestTests
{
    private static readonly OperatorRequest Change = new("The move of silo-3", "Look at silo-3.")
    {
        FieldOf = static detail => detail.Contains("name", StringComparison.Ordinal) ? "name" : "silo",
        ProblemOf = static (reason, sentence) => reason == RejectionReason.ConfigurationConflict ? new(409, "busy", "It is busy.", sentence) : null,
    };

    [Fact]
    public void What_was_committed_is_told() => Change.Of(new Committed<int>(7, default, "g")).Value.ShouldBe(7);

    [Fact]
    public void A_request_that_makes_no_sense_names_the_field_and_says_that_nothing_was_changed()
    {
        var problem = Change.Of(Rejected(RejectionReason.InvalidRequest, "A name is missing.")).Problem.ShouldNotBeNull();

        (problem.Status, problem.Field, problem.Definite).ShouldBe((400, "name", true));
        problem.Detail.ShouldBe("The move of silo-3 is refused, and nothing was changed. A name is missing.");
    }

    [Fact]
    public void A_reason_may_mean_something_else_here_than_elsewhere()
    {
        Change.Of(Rejected(RejectionReason.ConfigurationConflict, "Wait.")).Problem.ShouldNotBeNull().Type.ShouldBe("busy");
        (Change with { ProblemOf = null }).Of(Rejected(RejectionReason.ConfigurationConflict, "Wait.")).Problem.ShouldNotBeNull().Type
            .ShouldBe(ProblemTypes.ConfigurationConflict);
        Change.Of(Rejected(RejectionReason.NoLeader, "Wait.")).Problem.ShouldNotBeNull().Type.ShouldBe(ProblemTypes.NoLeader);
    }

    [Fact]
    public void An_unknown_outcome_is_no_refusal_and_says_what_to_do()
    {
        var problem = Change.Of(new Unknown<int>("Nobody answered.")).Problem.ShouldNotBeNull();

        (problem.Status, problem.Type, problem.Definite).ShouldBe((504, ProblemTypes.OutcomeUnknown, false));
        problem.Detail.ShouldBe("The move of silo-3 may have been made, in part or whole. Nobody answered. Look at silo-3.");
    }

    [Fact]
    public void A_read_that_nobody_answered_changed_nothing_and_may_be_tried_again()
    {
        var problem = OperatorRequest.Read(new Unknown<int>("Nobody answered."), "The audit").Problem.ShouldNotBeNull();

        (problem.Status, problem.Type, problem.Definite).ShouldBe((503, ProblemTypes.NoLeader, true));
        OperatorRequest.Read(new Committed<int>(7, default, "g"), "The audit").Value.ShouldBe(7);
    }

    private static Rejected<int> Rejected(RejectionReason reason, string detail) => new(reason, null, TimeSpan.FromSeconds(1), detail);
}
