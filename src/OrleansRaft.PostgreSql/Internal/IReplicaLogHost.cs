using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>What a replica's log needs of the server that it is opened at.</summary>
internal interface IReplicaLogHost
{
    SiloLease Lease { get; }

    GroupCommit Writer { get; }

    SnapshotWorker SnapshotWorker { get; }

    /// <summary>Gives the right to speak back, if the server can be reached.</summary>
    Task ReleaseAsync(HeldReplica replica, CancellationToken cancellation);

    /// <summary>The activation has closed.</summary>
    void Forget(HeldReplica replica);
}
