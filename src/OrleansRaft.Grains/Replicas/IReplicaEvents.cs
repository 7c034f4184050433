using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Hears what happens to the replicas of a silo, for those who watch the cluster. Any thread.</summary>
internal interface IReplicaEvents
{
    /// <summary>Whether anybody watches. Cheap: ask before an event is raised.</summary>
    bool IsWatched { get; }

    /// <summary>A replica has another role, term or leader.</summary>
    void OnRoleChanged(ILocalReplica replica, RoleChanged change);

    /// <summary>Another configuration is in force for a replica.</summary>
    void OnMembersChanged(ILocalReplica replica, Configuration configuration);

    /// <summary>A replica took a snapshot, or installed its leader's.</summary>
    void OnSnapshot(ILocalReplica replica, EntryId lastIncluded, bool isInstalled);

    /// <summary>A replica knows that an entry of its group is never applied.</summary>
    void OnEntrySkipped(ILocalReplica replica, LogIndex entry, EntryId decision);

    /// <summary>A replica's state machine works at another version from an entry on.</summary>
    void OnVersionRaised(ILocalReplica replica, int version, EntryId entry);

    /// <summary>A replica sends a message.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="message">What it says.</param>
    /// <param name="isLost">Whether a fault of the sender keeps it from leaving.</param>
    void OnMessage(ILocalReplica from, ReplicaSlot to, Message message, bool isLost);
}
