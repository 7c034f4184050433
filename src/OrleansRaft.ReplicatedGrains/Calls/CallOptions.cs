namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>How a call is made.</summary>
/// <param name="RequestId">The id under which it is applied once; null for none.</param>
/// <param name="Timeout">For how long it is tried; null for one attempt, which has the silo's deadline.</param>
/// <param name="Consistency">What a read may miss; null for linearizable.</param>
/// <param name="Cancellation">Until when the caller waits.</param>
internal sealed record CallOptions(string? RequestId, TimeSpan? Timeout, ReadConsistency? Consistency, CancellationToken Cancellation)
{
    /// <summary>One attempt, without an id.</summary>
    public static CallOptions Default { get; } = new(null, null, null, default);
}
