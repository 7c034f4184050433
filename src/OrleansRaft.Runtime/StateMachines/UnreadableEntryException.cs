using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// A committed command cannot be read. What the group has committed another program could read: so this one is too old, or the log is damaged. It is
/// never refused, since others may have applied it.
/// </summary>
internal sealed class UnreadableEntryException : MachineException
{
    /// <summary>Names the entry and the cause.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="cause">Why it cannot be read.</param>
    public UnreadableEntryException(LogIndex entry, Exception cause)
        : base(cause, $"Entry {entry} holds a command that this program cannot read: {ThrownText.Of(cause)}.")
    {
    }

    /// <summary>For tools.</summary>
    public UnreadableEntryException()
    {
    }

    /// <summary>For tools.</summary>
    public UnreadableEntryException(string message)
        : base(message)
    {
    }

    /// <summary>For tools.</summary>
    public UnreadableEntryException(string message, Exception innerException)
        : base(innerException, message)
    {
    }
}
