namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// One replica as a grain. Its key is <c>group/replica</c>. Called to bring it to life or to move it; everything else goes by the lanes.
/// </summary>
[Alias("raft-replica")]
internal interface IReplicaGrain : IGrainWithStringKey
{
    /// <summary>Does nothing but bring the replica to life where it is placed.</summary>
    /// <returns>Where it lives.</returns>
    [Alias("activate")]
    Task<ReplicaAddress> ActivateAsync();

    /// <summary>Stops the replica here, gives its right to speak back, and brings it to life on another silo.</summary>
    /// <returns>Whether it goes. It stays where it is as long as its silo has not heard from the other what grains that hosts: Orleans would let it
    /// go nowhere.</returns>
    [Alias("move")]
    Task<bool> MoveAsync(SiloAddress target);
}

/// <summary>Where a replica lives.</summary>
/// <param name="Silo">On which silo.</param>
/// <param name="Epoch">Under which epoch.</param>
[GenerateSerializer, Immutable, Alias("raft-replica-address")]
internal readonly record struct ReplicaAddress([property: Id(0)] SiloAddress Silo, [property: Id(1)] long Epoch);
