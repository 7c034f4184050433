namespace OrleansRaft.Runtime;

/// <summary>An <see cref="Outcome{TResult}"/> whose value is still bytes: what travels between a replica and the client's side.</summary>
/// <param name="Kind">How the request ended.</param>
/// <param name="Entry">If committed, where; for a read, the state it saw.</param>
/// <param name="Body">If committed, the encoded result.</param>
/// <param name="Reason">If rejected, why.</param>
/// <param name="Leader">If rejected, who may accept the request.</param>
/// <param name="RetryAfterMilliseconds">If rejected, how long to wait; 0 when trying again does not help.</param>
/// <param name="Detail">A sentence for people; empty when committed.</param>
internal readonly record struct Reply(
    ReplyKind Kind,
    EntryId Entry,
    ReadOnlyMemory<byte> Body,
    RejectionReason Reason,
    ReplicaId? Leader,
    int RetryAfterMilliseconds,
    string Detail)
{
    /// <summary>A sentence for people; empty when committed.</summary>
    public string Detail { get => field ?? ""; init; } = Detail;

    /// <summary>
    /// For a stale read, how old the state may be, in milliseconds: the time since the replica that answered last heard from its leader. Otherwise 0.
    /// </summary>
    public long AgeMilliseconds { get; init; }

    /// <summary>A committed reply.</summary>
    public static Reply Committed(EntryId entry, ReadOnlyMemory<byte> body) => new(ReplyKind.Committed, entry, body, default, null, 0, "");

    /// <summary>A definite rejection.</summary>
    public static Reply Rejected(RejectionReason reason, ReplicaId? leader, int retryAfterMilliseconds, string detail) =>
        new(ReplyKind.Rejected, default, default, reason, leader, retryAfterMilliseconds, detail);

    /// <summary>A reply that leaves open whether the request was applied.</summary>
    public static Reply Unknown(string detail) => new(ReplyKind.Unknown, default, default, default, null, 0, detail);
}

/// <summary>How a request ended.</summary>
internal enum ReplyKind
{
    /// <summary>Applied, or read.</summary>
    Committed = 0,

    /// <summary>Certainly changed nothing.</summary>
    Rejected = 1,

    /// <summary>May have been applied.</summary>
    Unknown = 2,
}
