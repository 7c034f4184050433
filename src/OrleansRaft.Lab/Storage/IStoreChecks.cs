using OrleansRaft.Core;

namespace OrleansRaft.Lab.Storage;

/// <summary>Looks at what replicas store, before they do.</summary>
internal interface IStoreChecks
{
    /// <summary>A replica writes.</summary>
    void OnWrite(ReplicaId replica, LogWrite write);

    /// <summary>A replica saves a snapshot of its own state.</summary>
    void OnSnapshot(ReplicaId replica, SnapshotDescriptor snapshot);
}
