using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.Runtime;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>A call is refused, on every replica alike.</summary>
internal sealed class CallRefusedException(RejectionReason reason, string message) : Exception(message)
{
    /// <summary>The answer to the call.</summary>
    public GrainAnswer Answer => GrainAnswer.Refused(reason, Message);
}
