namespace OrleansRaft;

/// <summary>A call of a replicated grain certainly changed nothing, and will not.</summary>
[GenerateSerializer, Alias("raft-not-committed")]
public sealed class NotCommittedException : Exception
{
    /// <summary>Says why.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="message">A sentence.</param>
    /// <param name="retryAfter">How long to wait before trying again; zero when trying again does not help.</param>
    public NotCommittedException(RejectionReason reason, string message, TimeSpan retryAfter = default)
        : base(message) => (Reason, RetryAfter) = (reason, retryAfter);

    /// <summary>Why.</summary>
    [Id(0)]
    public RejectionReason Reason { get; private set; }

    /// <summary>How long to wait before trying again; zero when trying again does not help.</summary>
    [Id(1)]
    public TimeSpan RetryAfter { get; private set; }
}
