using OrleansRaft.Runtime.Machines;

namespace OrleansRaft;

/// <summary>A user's state machine threw where it must not: its state can no longer be trusted, the replica's log and vote can.</summary>
public class MachineException : Exception
{
    /// <summary>Names what the machine was doing, and why it failed.</summary>
    /// <param name="activity">What it was doing: the start of a sentence, such as <c>Apply</c>.</param>
    /// <param name="cause">What it threw.</param>
    public MachineException(string activity, Exception cause)
        : base(Sentence(activity, cause), ThrownText.Loggable(cause))
    {
    }

    /// <summary>For tools.</summary>
    public MachineException()
    {
    }

    /// <summary>For tools.</summary>
    public MachineException(string message)
        : base(message)
    {
    }

    /// <summary>The message of such an exception, where nobody throws it.</summary>
    internal static string Sentence(string activity, Exception? cause) =>
        $"{activity} threw {cause?.GetType().Name}: {ThrownText.Of(cause)}.";

    /// <summary>For exceptions that say themselves what the machine was doing.</summary>
    /// <param name="cause">What happened.</param>
    /// <param name="message">The whole sentence.</param>
    protected MachineException(Exception? cause, string message)
        : base(message, ThrownText.Loggable(cause))
    {
    }
}
