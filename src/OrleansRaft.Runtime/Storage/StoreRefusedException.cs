namespace OrleansRaft.Runtime.Storage;

/// <summary>A store refuses to serve. The message says what is wrong, with what, and what to do.</summary>
public sealed class StoreRefusedException : Exception
{
    /// <summary>Creates the exception without a message.</summary>
    public StoreRefusedException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong, with what, and what to do.</param>
    public StoreRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What is wrong, with what, and what to do.</param>
    /// <param name="innerException">What revealed it.</param>
    public StoreRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
