using OrleansRaft.Core;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>What a replica must know of its state machine before there is one: the same for all machines of a set in one program.</summary>
/// <param name="IsBounded">See <see cref="IStateMachineHost.IsBounded"/>.</param>
/// <param name="HasViews">See <see cref="IStateMachineHost.HasViews"/>.</param>
/// <param name="Versions">See <see cref="IStateMachineHost.Versions"/>.</param>
/// <param name="Program">See <see cref="IStateMachineHost.Program"/>.</param>
internal sealed record MachineTraits(bool IsBounded, bool HasViews, MachineVersions Versions, ulong Program)
{
    /// <summary>Reads them of a machine.</summary>
    public static MachineTraits Of(IStateMachineHost machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return new MachineTraits(machine.IsBounded, machine.HasViews, machine.Versions, machine.Program);
    }
}
