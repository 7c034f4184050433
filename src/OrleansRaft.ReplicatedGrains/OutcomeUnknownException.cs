namespace OrleansRaft;

/// <summary>
/// A call of a replicated grain may have been applied, or may still be. Repeating it under the same request id is safe, and tells; a call that was
/// made without one (<see cref="ReplicatedGrainExtensions.With{TGrain}(TGrain, string)"/>) cannot be repeated without being another call.
/// </summary>
[GenerateSerializer, Alias("raft-outcome-unknown")]
public sealed class OutcomeUnknownException : Exception
{
    /// <summary>Says what happened.</summary>
    /// <param name="message">A sentence.</param>
    /// <param name="requestId">The id under which the call may be repeated; null where it had none.</param>
    public OutcomeUnknownException(string message, string? requestId)
        : base(message) => RequestId = requestId;

    /// <summary>The id under which the call may be repeated; null where it had none.</summary>
    [Id(0)]
    public string? RequestId { get; private set; }
}
