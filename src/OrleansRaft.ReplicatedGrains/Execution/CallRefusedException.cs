using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>A call is refused, on every replica alike.</summary>
#pragma warning disable CA1064 // It never leaves this assembly: it becomes an answer.
internal sealed class CallRefusedException(RejectionReason reason, string message) : Exception(message)
{
    /// <summary>The answer to the call.</summary>
    public GrainAnswer Answer => GrainAnswer.Refused(reason, Message);
}
#pragma warning restore CA1064
