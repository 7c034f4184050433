namespace OrleansRaft;

/// <summary>A replica found itself in a state that Raft rules out. It is our error, never the caller's; the replica stops.</summary>
public sealed class InvariantViolationException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    public InvariantViolationException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">The violated property and the expression that was false.</param>
    public InvariantViolationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">The violated property and the expression that was false.</param>
    /// <param name="innerException">What revealed the violation.</param>
    public InvariantViolationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
