using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Machines;

/// <summary>How far a state machine is, as its replica knows: the machine itself may be at work on another thread.</summary>
/// <param name="AppliedEntry">The last entry whose effects it holds.</param>
/// <param name="AppliedTime">The group's time at that entry.</param>
/// <param name="Limits">The limits on sessions that are in force there.</param>
/// <param name="RequestIds">How many request ids are remembered there.</param>
/// <param name="RequestBytes">What they cost, in bytes.</param>
/// <param name="StateBytes">How many bytes the state has; null when its machine does not say.</param>
/// <param name="StateKeys">How many keys the state has; null when its machine does not say.</param>
internal readonly record struct MachineView(
    EntryId AppliedEntry,
    LogTime AppliedTime,
    SessionLimits Limits,
    int RequestIds,
    long RequestBytes = 0,
    long? StateBytes = null,
    long? StateKeys = null)
{
    /// <summary>The UTC stamp of that entry.</summary>
    public UtcTime AppliedUtc { get; init; }

    /// <summary>The version at which it works there.</summary>
    public int Version { get; init; } = MachineVersions.Initial;

    /// <summary>How full the table of request ids is, from 0 to 1: by their number or their bytes, whichever is nearer to its limit.</summary>
    public double RequestFill => Math.Max((double)RequestIds / Limits.RequestIdsMax, (double)RequestBytes / Limits.RequestBytesMax);

    /// <summary>Reads it, on the thread that runs the machine.</summary>
    public static MachineView Of(IStateMachineHost machine) => new(
        machine.AppliedEntry,
        machine.AppliedTime,
        machine.Limits,
        machine.RequestIds,
        machine.RequestBytes,
        machine.StateBytes,
        machine.StateKeys) { Version = machine.Version, AppliedUtc = machine.AppliedUtc };
}
