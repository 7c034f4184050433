namespace OrleansRaft.Grains.Cluster;

/// <summary>Where an activation of a replica was last heard of.</summary>
/// <param name="Silo">The silo; null when it was there, and is there no more.</param>
/// <param name="Epoch">Its epoch: whoever has a lower one is a predecessor, and is not listened to.</param>
/// <param name="Left">The silo where it was, when it is there no more.</param>
internal sealed record ReplicaLocation(SiloAddress? Silo, long Epoch, SiloAddress? Left = null);
