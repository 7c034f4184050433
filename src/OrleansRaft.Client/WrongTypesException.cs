namespace OrleansRaft.Client;

/// <summary>A set of groups was asked for with other types than it has. Thrown before anything is sent to a group.</summary>
[GenerateSerializer, Alias("raft-wrong-types")]
internal sealed class WrongTypesException : InvalidCastException
{
    /// <summary>Says what is wrong.</summary>
    public WrongTypesException(string message)
        : base(message)
    {
    }

    /// <summary>For tools.</summary>
    public WrongTypesException()
    {
    }

    /// <summary>For tools.</summary>
    public WrongTypesException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
