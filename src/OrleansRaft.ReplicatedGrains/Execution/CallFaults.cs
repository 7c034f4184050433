using System.Runtime.InteropServices;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>Which exceptions of a call are results, and which are faults of the replica that makes it.</summary>
internal static class CallFaults
{
    /// <summary>
    /// Whether an exception is of the surroundings: memory, a missing or broken assembly, a depth of the stack, files, devices. Another replica need
    /// not meet it, so it is no result.
    /// </summary>
    public static bool IsOne(Exception exception) => exception switch
    {
        OutOfMemoryException or InsufficientExecutionStackException or TypeLoadException or TypeInitializationException or BadImageFormatException
            or InvalidProgramException or MissingMemberException or IOException or UnauthorizedAccessException or ExternalException
            or AccessViolationException or ThreadInterruptedException or ThreadAbortException or InvariantViolationException or MachineException
            or CorruptDataException or ReplicaFaultException => true,
        AggregateException many => many.InnerExceptions.Any(IsOne),
        _ => exception.InnerException is { } inner && IsOne(inner),
    };
}

/// <summary>A call cannot be made on this replica: a sentence that says why, and what to do. The replica halts.</summary>
#pragma warning disable CA1064 // Nobody catches it by its type: it becomes the sentence with which a replica halts.
internal sealed class ReplicaFaultException(string message, Exception? innerException = null) : Exception(message, innerException);
#pragma warning restore CA1064
