namespace OrleansRaft.Runtime;

/// <summary>
/// How a request to a group ended: <see cref="Committed{TResult}"/>, <see cref="Rejected{TResult}"/> or <see cref="Unknown{TResult}"/>; or <see
/// cref="Applied{TResult}"/>, where a command was applied and its result cannot be read here.
/// </summary>
/// <typeparam name="TResult">What the state machine answers.</typeparam>
public abstract record Outcome<TResult>
{
    private protected Outcome()
    {
    }
}

/// <summary>The command was applied (or the read served) exactly once for its request id.</summary>
/// <typeparam name="TResult">What the state machine answers.</typeparam>
/// <param name="Value">The state machine's answer: the first one, when the request was a repetition.</param>
/// <param name="Entry">Where in the log it was applied; for a read, the index whose state it saw.</param>
/// <param name="Group">The group that answered.</param>
public sealed record Committed<TResult>(TResult Value, EntryId Entry, string Group) : Outcome<TResult>
{
    /// <summary>
    /// For a stale read, how old the state may be: the time since the replica that answered last heard from its leader. Otherwise zero.
    /// </summary>
    public TimeSpan Age { get; init; }
}

/// <summary>
/// The command was applied exactly once for its request id, but this program cannot read its result: it is older than the one that answered, or knows
/// other types. Repeating it under the same request id gets the same result, which a program that knows its type can read.
/// </summary>
/// <typeparam name="TResult">What the state machine answers.</typeparam>
/// <param name="Entry">Where in the log it was applied.</param>
/// <param name="Detail">A sentence for people.</param>
public sealed record Applied<TResult>(EntryId Entry, string Detail) : Outcome<TResult>;

/// <summary>The request certainly changed nothing, and will not.</summary>
/// <typeparam name="TResult">What the state machine answers.</typeparam>
/// <param name="Reason">Why.</param>
/// <param name="Leader">Who may accept it, if known.</param>
/// <param name="RetryAfter">How long to wait before trying again; zero when trying again does not help.</param>
/// <param name="Detail">A sentence for people.</param>
public sealed record Rejected<TResult>(RejectionReason Reason, ReplicaId? Leader, TimeSpan RetryAfter, string Detail) : Outcome<TResult>;

/// <summary>The request may have been applied, or may still be. It is safe to repeat under the same request id.</summary>
/// <typeparam name="TResult">What the state machine answers.</typeparam>
/// <param name="Detail">A sentence for people.</param>
public sealed record Unknown<TResult>(string Detail) : Outcome<TResult>;
