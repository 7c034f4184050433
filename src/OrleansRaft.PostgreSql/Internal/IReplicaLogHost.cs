using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>What a replica's log needs of the server that it is opened at.</summary>
internal interface IReplicaLogHost
{
    SiloLease Lease { get; }

    GroupCommit Writer { get; }

    SnapshotWorker SnapshotWorker { get; }

    /// <summary>Writes the views of states.</summary>
    ViewWriter Views { get; }

    /// <summary>Gives the right to speak back, if the server can be reached.</summary>
    Task ReleaseAsync(HeldReplica replica, CancellationToken cancellation);

    /// <summary>Remembers what a replica is about to do; again and again, until the server answers or the activation closes.</summary>
    /// <returns>Whether it is remembered.</returns>
    Task<bool> WriteMarkAsync(HeldReplica replica, ApplyMark? mark);

    /// <summary>The activation has closed.</summary>
    void Forget(HeldReplica replica);
}
