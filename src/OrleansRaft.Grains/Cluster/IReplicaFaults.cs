namespace OrleansRaft.Grains.Cluster;

/// <summary>What all faults together do to one replica. Immutable.</summary>
internal interface IReplicaFaults
{
    /// <summary>Whether the replica does nothing.</summary>
    bool IsPaused { get; }

    /// <summary>Whether its store fails.</summary>
    bool IsStoreFailing { get; }

    /// <summary>How much longer its writes take.</summary>
    TimeSpan StoreDelay { get; }

    /// <summary>Whether messages to another replica of the group are lost.</summary>
    bool Loses(ReplicaId to);

    /// <summary>How much longer messages to another replica of the group take.</summary>
    TimeSpan DelayTo(ReplicaId to);
}
