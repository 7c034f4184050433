namespace OrleansRaft.Grains.Faults;

/// <summary>A fault in force on one silo.</summary>
/// <param name="Fault">Which.</param>
/// <param name="HealsIn">When it heals there by itself.</param>
[GenerateSerializer, Immutable, Alias("raft-fault-report")]
internal sealed record FaultReport([property: Id(0)] Fault Fault, [property: Id(1)] TimeSpan HealsIn);
