namespace OrleansRaft;

/// <summary>Bytes from a store or a peer are not what they claim to be. They are refused as a whole, never read in part.</summary>
public sealed class CorruptDataException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    public CorruptDataException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, and where.</param>
    public CorruptDataException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What is wrong, and where.</param>
    /// <param name="innerException">What revealed it.</param>
    public CorruptDataException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
