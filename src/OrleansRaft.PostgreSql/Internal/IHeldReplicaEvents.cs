using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>What the work on a <see cref="HeldReplica"/> reports to the activation that holds it.</summary>
internal interface IHeldReplicaEvents
{
    /// <summary>Whether nothing is written or reported any more.</summary>
    bool IsClosed { get; }

    /// <summary>A statement with this piece of work has committed.</summary>
    void OnLanded(PendingWrite part);

    /// <summary>The activation has lost the replica, or cannot continue.</summary>
    void OnStopped(LogStopReason reason, Exception cause);
}
