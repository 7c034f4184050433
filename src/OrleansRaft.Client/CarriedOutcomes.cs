using OrleansRaft.Runtime;

namespace OrleansRaft.Client;

/// <summary>Outcomes on their way from a silo to a client, and what becomes of them where the result does not arrive.</summary>
internal static class CarriedOutcomes
{
    /// <summary>In the silo.</summary>
    public static Outcome<Carried<TResult>> Pack<TResult>(Outcome<TResult> outcome) => outcome switch
    {
        Committed<TResult> committed =>
            new Committed<Carried<TResult>>(new Carried<TResult>(committed.Value), committed.Entry, committed.Group) { Age = committed.Age },
        Rejected<TResult> rejected => new Rejected<Carried<TResult>>(rejected.Reason, rejected.Leader, rejected.RetryAfter, rejected.Detail),
        Unknown<TResult> unknown => new Unknown<Carried<TResult>>(unknown.Detail),
        Applied<TResult> applied => new Applied<Carried<TResult>>(applied.Entry, applied.Detail),
        _ => throw new InvalidOperationException($"{outcome.GetType().Name} is not a known outcome."),
    };

    /// <summary>At the client.</summary>
    public static Outcome<TResult> Unpack<TResult>(Outcome<Carried<TResult>> outcome, bool isCommand) => outcome switch
    {
        Committed<Carried<TResult>> { Value.Problem: { } problem } lost => Lost<TResult>(lost.Entry, isCommand, problem),
        Committed<Carried<TResult>> committed =>
            new Committed<TResult>(committed.Value.Value, committed.Entry, committed.Group) { Age = committed.Age },
        Rejected<Carried<TResult>> rejected => new Rejected<TResult>(rejected.Reason, rejected.Leader, rejected.RetryAfter, rejected.Detail),
        Unknown<Carried<TResult>> unknown => new Unknown<TResult>(unknown.Detail),
        Applied<Carried<TResult>> applied => new Applied<TResult>(applied.Entry, applied.Detail),
        _ => throw new InvalidOperationException($"{outcome.GetType().Name} is not a known outcome."),
    };

    /// <summary>
    /// The answer is there and does not arrive: a repetition gets the same one. Of a command it must not be said that it was refused, and of a query
    /// that it may be repeated.
    /// </summary>
    /// <param name="entry">Where the command was applied.</param>
    /// <param name="isCommand">Whether it was one, or a query.</param>
    /// <param name="problem">What is wrong with the answer, in a sentence.</param>
    public static Outcome<TResult> Lost<TResult>(EntryId entry, bool isCommand, string problem) => isCommand
        ? new Applied<TResult>(entry, $"The command was applied at {entry}, and a repetition gets the same answer, but {problem}")
        : CallRejections.Invalid<TResult>($"The query was answered, but {problem}");
}
