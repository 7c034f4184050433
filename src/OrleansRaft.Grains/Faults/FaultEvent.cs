using OrleansRaft.Grains.Events;

namespace OrleansRaft.Grains.Faults;

/// <summary>A fault began, or healed.</summary>
/// <param name="Fault">Which.</param>
/// <param name="IsHealed">Whether it healed.</param>
[GenerateSerializer, Immutable, Alias("raft-event-fault")]
internal sealed record FaultEvent([property: Id(0)] Fault Fault, [property: Id(1)] bool IsHealed) : RaftEvent;
