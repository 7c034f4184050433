using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Clients;

internal enum OperationStatus
{
    /// <summary>Under way, or given up: it may have been applied, and may still be.</summary>
    Unknown = 0,

    /// <summary>Answered.</summary>
    Completed = 1,

    /// <summary>Refused for good: it was not applied, and will not be.</summary>
    Refused = 2,
}

/// <summary>One operation of one client, from its first attempt to its answer.</summary>
/// <param name="Id">Its name in the run.</param>
/// <param name="Client">Whose.</param>
/// <param name="Group">In which group.</param>
/// <param name="Key">On which register.</param>
/// <param name="Command">What.</param>
/// <param name="Consistency">What a read may see.</param>
/// <param name="Invoked">The step before its first attempt.</param>
internal sealed record Operation(long Id, int Client, string Group, string Key, RegisterCommand Command, ReadConsistency Consistency, long Invoked)
{
    public OperationStatus Status { get; private set; }

    /// <summary>The step of its answer.</summary>
    public long Returned { get; private set; } = long.MaxValue;

    public RegisterResult Result { get; private set; }

    /// <summary>The entry that applied it; for a read, whose state it saw.</summary>
    public EntryId Entry { get; private set; }

    /// <summary>For a stale read, the index that its client has seen and wants to see again; zero for none.</summary>
    public LogIndex AtLeast { get; set; }

    /// <summary>Whether its client tells its identity, and encodes each attempt in other bytes; not before the cluster works at that level.</summary>
    public bool HasIdentity { get; set; }

    /// <summary>Whether only the newer build of the state machine knows the command.</summary>
    public bool IsNew => Command.Action == RegisterAction.Negate;

    public bool IsWrite => Command.Action != RegisterAction.Read;

    public void Complete(RegisterResult result, EntryId entry, long step) =>
        (Status, Result, Entry, Returned) = (OperationStatus.Completed, result, entry, step);

    /// <summary>The operation as if its answer had been lost.</summary>
    public Operation WithoutAnswer() => this with { Status = OperationStatus.Unknown, Returned = long.MaxValue };

    public void Refuse() => Status = OperationStatus.Refused;

    public override string ToString() =>
        $"client {Client} {Deed} {Group}/{Key}: {Ending} (steps {Invoked} to {(Status == OperationStatus.Completed ? $"{Returned}" : "...")})";

    private string Deed => Command.Action switch
    {
        RegisterAction.Add => $"adds {Command.Value} to",
        RegisterAction.Set => $"writes {Command.Value} to",
        RegisterAction.Negate => "negates",
        RegisterAction.CompareAndSet => $"changes {Command.Expected} to {Command.Value} in",
        _ => $"reads ({Consistency})",
    };

    private string Ending => Status switch
    {
        OperationStatus.Completed => $"{(Result.Succeeded ? "" : "refused, it holds ")}{Result.Value}, at {Entry}",
        OperationStatus.Refused => "not done",
        _ => "nobody knows",
    };
}
