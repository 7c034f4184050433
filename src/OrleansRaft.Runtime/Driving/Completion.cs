using OrleansRaft.Core;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Driving;

/// <summary>Something that the log, or the state machine, has done.</summary>
internal readonly struct Completion
{
    /// <summary>What Core is told; null when the host acts first.</summary>
    public Input? Input { get; private init; }

    /// <summary>A snapshot that was opened.</summary>
    public SnapshotDescriptor? Loaded { get; private init; }

    /// <summary>The bytes of <see cref="Loaded"/>.</summary>
    public SnapshotStream? State { get; private init; }

    /// <summary>Why a snapshot of the replica's own state could not be written.</summary>
    public MachineException? SnapshotFailure { get; private init; }

    /// <summary>What the state machine has done.</summary>
    public MachineJob? Job { get; private init; }

    /// <summary>The log stopped because of this.</summary>
    public Exception? Stopped { get; private init; }

    public LogStopReason StopReason { get; private init; }

    public static Completion Of(Input input) => new() { Input = input };

    public static Completion OfLoaded(SnapshotDescriptor snapshot, SnapshotStream state) => new() { Loaded = snapshot, State = state };

    public static Completion OfFailedSnapshot(MachineException cause) => new() { SnapshotFailure = cause };

    public static Completion OfJob(MachineJob job) => new() { Job = job };

    public static Completion OfStop(LogStopReason reason, Exception cause) => new() { Stopped = cause, StopReason = reason };
}
