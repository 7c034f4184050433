using Microsoft.AspNetCore.Http;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Problems;

/// <summary>Turns outcomes that are no success into problems.</summary>
public static class OutcomeProblems
{
    /// <summary>A rejection: nothing was changed.</summary>
    /// <typeparam name="TResult">What the state machine answers.</typeparam>
    /// <param name="rejection">The outcome.</param>
    /// <param name="subject">What was rejected: the start of a sentence, such as <c>The increment of acme/visits</c>.</param>
    public static Problem Of<TResult>(Rejected<TResult> rejection, string subject)
    {
        ArgumentNullException.ThrowIfNull(rejection);
        return rejection.Reason switch
        {
            RejectionReason.NoLeader => KnownProblems.NoLeader($"{subject} found no leader, and changed nothing. {rejection.Detail}") with
            {
                RetryAfterSeconds = Seconds(rejection.RetryAfter),
            },
            RejectionReason.Unreachable => KnownProblems.NoLeader(
                $"{subject} reached no replica that could answer in time, and changed nothing. {rejection.Detail}") with
            {
                Title = "No replica that could answer was reached.",
                RetryAfterSeconds = Seconds(rejection.RetryAfter),
            },
            RejectionReason.UnknownGroup => new(
                StatusCodes.Status404NotFound,
                ProblemTypes.UnknownGroup,
                "There is no such group.",
                $"{subject} has no group to go to. {rejection.Detail} GET /api/v1/groups lists the groups there are."),
            RejectionReason.RequestIdReused => new(
                StatusCodes.Status409Conflict,
                ProblemTypes.KeyReused,
                "The idempotency key was used for another request.",
                $"{subject} carries an Idempotency-Key that came before with another body or condition, and changed nothing. "
                    + "Choose a new key for a new request.")
            {
                Field = IdempotencyKey.Header,
            },
            RejectionReason.TooLarge => KnownProblems.BodyTooLarge(),
            RejectionReason.LeaseDisabled => KnownProblems.InvalidRequest(
                "consistency",
                $"{subject} asks for consistency \"lease\", but leader leases are off. Use \"linearizable\", or set Raft:LeaderLease on every silo."),
            RejectionReason.InvalidRequest => KnownProblems.InvalidRequest("body", $"{subject} makes no sense for its group. {rejection.Detail}"),
            RejectionReason.MachineFailed => new(
                StatusCodes.Status422UnprocessableEntity,
                ProblemTypes.MachineFailed,
                "The state machine cannot answer this query.",
                $"{subject} changed nothing. {rejection.Detail}"),
            RejectionReason.MachineHalted => new(
                StatusCodes.Status503ServiceUnavailable,
                ProblemTypes.MachineHalted,
                "The group's state machine is halted.",
                $"{subject} changed nothing. {rejection.Detail}")
            {
                RetryAfterSeconds = Seconds(rejection.RetryAfter),
            },
            RejectionReason.VersionBehind => new(
                StatusCodes.Status503ServiceUnavailable,
                ProblemTypes.VersionBehind,
                "The program is too old for the group.",
                $"{subject} changed nothing. {rejection.Detail}")
            {
                RetryAfterSeconds = Seconds(rejection.RetryAfter),
            },
            RejectionReason.VersionNotRaised => new(
                StatusCodes.Status409Conflict,
                ProblemTypes.VersionNotRaised,
                "The group's state machine does not work at that version.",
                $"{subject} changed nothing. {rejection.Detail}"),
            RejectionReason.Skipped => new(
                StatusCodes.Status409Conflict,
                ProblemTypes.EntrySkipped,
                "The command was skipped.",
                $"{subject} changed nothing. {rejection.Detail}"),
            RejectionReason.ConfigurationConflict => new(
                StatusCodes.Status409Conflict,
                ProblemTypes.ConfigurationConflict,
                "The group's membership has changed.",
                $"{subject} is refused, and nothing was changed. {rejection.Detail}"),
            RejectionReason.Overloaded or RejectionReason.SessionTableFull or RejectionReason.Expired or RejectionReason.UnknownSession => new(
                StatusCodes.Status429TooManyRequests,
                ProblemTypes.Overloaded,
                "Too much waits already.",
                $"{subject} was refused, and changed nothing. {rejection.Detail} Try again after the time in Retry-After, with fewer requests "
                    + (rejection.Reason == RejectionReason.SessionTableFull ? "that carry an Idempotency-Key: others take no place." : "at once."))
            {
                RetryAfterSeconds = Seconds(rejection.RetryAfter),
            },

            // A silo of a newer version may have reasons of its own.
            _ => KnownProblems.InternalError(definite: true) with
            {
                Detail = $"{subject} was refused for a reason that this silo does not know ({(int)rejection.Reason}), and changed nothing. "
                    + $"{rejection.Detail}",
            },
        };
    }

    /// <summary>An unknown outcome of a write.</summary>
    /// <param name="detail">What is known.</param>
    /// <param name="subject">What may have happened: the start of a sentence.</param>
    /// <param name="hasKey">Whether the request carries an idempotency key, under which it can be repeated.</param>
    /// <param name="resource">What to read before repeating a request without a key: <c>counter</c>.</param>
    public static Problem Unknown(string detail, string subject, bool hasKey, string resource) =>
        new(
            StatusCodes.Status504GatewayTimeout,
            ProblemTypes.OutcomeUnknown,
            "It is unknown whether the request was applied.",
            $"{subject} may have been applied, or may still be. {detail} "
            + (hasKey
                ? "Repeat it with the same Idempotency-Key: it is applied once."
                : $"Read the {resource} before you repeat it; with an Idempotency-Key it could be repeated safely."))
        {
            Definite = false,
        };

    /// <summary>A command that was applied, whose result this silo's program cannot read.</summary>
    /// <typeparam name="TResult">What the state machine answers.</typeparam>
    /// <param name="applied">The outcome.</param>
    /// <param name="subject">What was applied: the start of a sentence.</param>
    public static Problem Unread<TResult>(Applied<TResult> applied, string subject)
    {
        ArgumentNullException.ThrowIfNull(applied);
        return new(
            StatusCodes.Status502BadGateway,
            ProblemTypes.ResultUnreadable,
            "The request was applied, and its result cannot be read.",
            $"{subject} was applied. {applied.Detail} Do not send it under a new Idempotency-Key: that would apply it again.");
    }

    private static int Seconds(TimeSpan wait) => (int)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 1, 86_400);
}
