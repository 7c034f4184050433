namespace OrleansRaft;

/// <summary>A replicated grain threw an exception of a type that the caller's program does not know. The call changed nothing.</summary>
[GenerateSerializer, Alias("raft-grain-exception")]
public sealed class ReplicatedGrainException : Exception
{
    /// <summary>Says what was thrown.</summary>
    /// <param name="exceptionType">The exception's type, by its full name or alias.</param>
    /// <param name="message">A sentence.</param>
    public ReplicatedGrainException(string exceptionType, string message)
        : base(message) => ExceptionType = exceptionType;

    /// <summary>The exception's type, by its full name or alias.</summary>
    [Id(0)]
    public string ExceptionType { get; private set; }
}
