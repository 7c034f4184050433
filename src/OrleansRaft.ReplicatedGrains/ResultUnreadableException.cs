namespace OrleansRaft;

/// <summary>
/// A call of a replicated grain was applied, but this program cannot read its result: it is older than the one that answered, or lacks a type. A
/// repetition under the same request id gets the same result, which a program that knows its type can read.
/// </summary>
[GenerateSerializer, Alias("raft-result-unreadable")]
public sealed class ResultUnreadableException : Exception
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="message">A sentence.</param>
    /// <param name="innerException">Why the result cannot be read.</param>
    public ResultUnreadableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
