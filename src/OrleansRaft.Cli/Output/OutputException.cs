using System.ComponentModel;

namespace OrleansRaft.Cli.Output;

/// <summary>Standard output takes nothing more.</summary>
/// <param name="reason">Why, without a full stop.</param>
/// <param name="isReaderGone">Whether it is a pipe whose reader has closed it, as <c>head</c> does when it has seen enough.</param>
internal sealed class OutputException(string reason, bool isReaderGone) : IOException(reason)
{
    private const int BrokenPipe = 32;

    /// <summary>Whether it is a pipe whose reader has closed it, as <c>head</c> does when it has seen enough.</summary>
    public bool IsReaderGone { get; } = isReaderGone;

    /// <summary>What the system said.</summary>
    public static OutputException FromSystem(int error) => new(new Win32Exception(error).Message, error == BrokenPipe);

    /// <summary>Finds it in what a command threw.</summary>
    public static OutputException? In(Exception? failure)
    {
        while (failure is not null and not OutputException)
        {
            failure = failure.InnerException;
        }

        return (OutputException?)failure;
    }
}
