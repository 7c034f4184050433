using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Raises an alarm for a replica whose state machine is halted, and clears it. Any thread.</summary>
internal sealed class MachineAlarms(AlarmBoard alarms)
{
    /// <summary>A state machine threw on an entry, and again when it was tried on a restored state.</summary>
    /// <param name="replica">Whose it is.</param>
    /// <param name="entry">The entry; null when the machine cannot be restored or captured.</param>
    /// <param name="cause">What it threw, in a sentence.</param>
    public void Halted(ReplicaKey replica, EntryId? entry, string cause) => alarms.Report(
        AlarmNames.MachineHalted,
        replica.ToString(),
        $"The state machine of {replica} is halted {(entry is { } at ? $"at entry {at.Index} of its log" : "where it cannot be restored or captured")}: {cause}",
        $"Its log and its vote live on. See `oraft group log {replica.Group}`, and start a program on its silos that can apply the entry; it tries again by itself.",
        replica.Group);

    /// <summary>A state machine goes on, or its replica has left this silo.</summary>
    public void Recovered(ReplicaKey replica) => alarms.Clear(AlarmNames.MachineHalted, replica.ToString());
}
