namespace OrleansRaft.Grains.Cluster;

/// <summary>Names a replica between silos.</summary>
[GenerateSerializer, Immutable, Alias("raft-replica-name")]
internal readonly record struct ReplicaName([property: Id(0)] string Group, [property: Id(1)] long Replica);
