using Orleans.Services;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Replicas;

/// <summary>What is asked of single replicas of a silo: what they are at, and what their leaders should do.</summary>
[Alias("raft-replica-service")]
internal interface IReplicaService : IGrainService
{
    /// <summary>What some replicas here are at; those that are not here are left out.</summary>
    [Alias("inspect")]
    Task<ReplicaReport[]> InspectAsync([Immutable] ReplicaName[] wanted);

    /// <summary>Entries of the log of a replica here; null when it is not here.</summary>
    [Alias("log")]
    Task<byte[]?> ReadLogAsync(ReplicaName replica, long after, int limit);

    /// <summary>Hands leadership of a group over, if its replica here leads.</summary>
    /// <returns>One reply; empty when the replica is not here.</returns>
    [Alias("transfer")]
    Task<byte[]> TransferLeadershipAsync(ReplicaName replica, long target);

    /// <summary>Skips the entry at which a group is halted, if its replica here leads and is halted there.</summary>
    /// <returns>One reply; empty when the replica is not here.</returns>
    [Alias("skip")]
    Task<byte[]> SkipEntryAsync(ReplicaName replica, long entry);

    /// <summary>Compares the states of a group's replicas, if its replica here leads; answers when that is over.</summary>
    /// <returns>One reply; empty when the replica is not here.</returns>
    [Alias("compare")]
    Task<byte[]> CompareAsync(ReplicaName replica);

    /// <summary>Raises the version of a group's state machine, if its replica here leads; to the latest that all support where it is 0.</summary>
    /// <returns>One reply; empty when the replica is not here.</returns>
    [Alias("raise")]
    Task<byte[]> RaiseVersionAsync(ReplicaName replica, int version);

    /// <summary>Changes the members of a group, if its replica here leads, see <see cref="MemberChangeCodec"/>.</summary>
    /// <returns>One reply; empty when the replica is not here.</returns>
    [Alias("members")]
    Task<byte[]> ChangeMembersAsync(ReplicaName replica, [Immutable] byte[] change);

    /// <summary>
    /// Makes the place of a new member in the store that this silo reaches; <paramref name="version"/> is that of the configuration in force.
    /// </summary>
    [Alias("create")]
    Task CreateReplicaAsync(ReplicaName replica, long version);

    /// <summary>Deletes what a replica, which is a member no longer, has stored where this silo reaches it.</summary>
    /// <returns>Whether there was anything.</returns>
    [Alias("delete")]
    Task<bool> DeleteReplicaAsync(ReplicaName replica);
}
