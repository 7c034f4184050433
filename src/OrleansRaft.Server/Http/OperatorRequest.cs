using Microsoft.AspNetCore.Http;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>
/// A request about the cluster itself, as every operator's endpoint answers it: with what came of it, or with the problem that its outcome is.
/// </summary>
/// <param name="Subject">The start of a sentence, such as <c>The departure of silo-3</c>.</param>
/// <param name="WhenUnknown">What to do when nobody knows whether the change was made: a sentence.</param>
internal sealed record OperatorRequest(string Subject, string WhenUnknown)
{
    /// <summary>Which field or parameter is to blame for a request that makes no sense, by the sentence that says why.</summary>
    public Func<string, string>? FieldOf { get; init; }

    /// <summary>The problem of a reason that means something else here than elsewhere, with its sentence; null where it does not.</summary>
    public Func<RejectionReason, string, Problem?>? ProblemOf { get; init; }

    /// <summary>What came of a change.</summary>
    /// <typeparam name="T">What it answers.</typeparam>
    /// <param name="outcome">How it ended.</param>
    public Checked<T> Of<T>(Outcome<T> outcome) => outcome switch
    {
        Committed<T> committed => committed.Value,
        Rejected<T> rejection => Refuse(rejection),
        Unknown<T> unknown => new Problem(
            StatusCodes.Status504GatewayTimeout,
            ProblemTypes.OutcomeUnknown,
            "It is unknown whether the request was applied.",
            $"{Subject} may have been made, in part or whole. {unknown.Detail} {WhenUnknown}") { Definite = false },
        _ => throw new InvalidOperationException($"{Subject} was answered with {outcome}, which is not an answer to it."),
    };

    /// <summary>What was read, which changes nothing.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="outcome">How it ended.</param>
    /// <param name="subject">The start of a sentence, such as <c>The audit</c>.</param>
    public static Checked<T> Read<T>(Outcome<T> outcome, string subject) => outcome switch
    {
        Committed<T> committed => committed.Value,
        Rejected<T> rejection => OutcomeProblems.Of(rejection, subject),
        _ => KnownProblems.NoLeader($"{subject} could not be read in time."),
    };

    private Problem Refuse<T>(Rejected<T> rejection)
    {
        var sentence = $"{Subject} is refused, and nothing was changed. {rejection.Detail}";
        return rejection.Reason == RejectionReason.InvalidRequest && FieldOf is not null
            ? KnownProblems.InvalidRequest(FieldOf(rejection.Detail), sentence)
            : ProblemOf?.Invoke(rejection.Reason, sentence) ?? OutcomeProblems.Of(rejection, Subject);
    }
}
