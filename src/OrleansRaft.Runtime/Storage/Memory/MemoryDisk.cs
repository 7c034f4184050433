using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;

namespace OrleansRaft;

/// <summary>
/// What outlives a silo in memory: the disk that the silos of <c>UseMemory</c> open, one or several. Gone with the process.
/// </summary>
/// <param name="localId">The id by which replicas are bound to this disk; empty when every silo of the cluster opens it.</param>
public sealed class MemoryDisk(string localId = "")
{
    /// <summary>The id by which replicas are bound to this disk; empty when every silo of the cluster opens it.</summary>
    public string LocalId { get; } = localId;

    /// <summary>Tells this disk from any other, in this process and elsewhere.</summary>
    internal string Id { get; } = $"memory-{Guid.NewGuid():N}";

    internal Lock Gate { get; } = new();

    internal ClusterDefinition? Cluster { get; set; }

    internal ClusterLevels? Levels { get; set; }

    internal Dictionary<ReplicaKey, MemoryReplica> Replicas { get; } = [];

    /// <summary>Per silo's lease, how often somebody took one of its replicas over.</summary>
    internal Dictionary<long, long> TakeOvers { get; } = [];

    /// <summary>Flips one bit of a replica's stored log, as a failing disk would.</summary>
    /// <param name="key">Whose log; it must hold entries.</param>
    public void DamageLog(ReplicaKey key)
    {
        lock (Gate)
        {
            var blocks = Replicas[key].Blocks;
            var bytes = blocks[^1].Encoded.ToArray();
            bytes[^1] ^= 0x10;
            blocks[^1] = blocks[^1] with { Encoded = bytes };
        }
    }

    /// <summary>Damages what a replica gave its word for, term and vote.</summary>
    /// <param name="key">Whose.</param>
    public void DamageVote(ReplicaKey key)
    {
        lock (Gate)
        {
            Replicas[key].IsVoteDamaged = true;
        }
    }

    /// <summary>Flips one bit of a replica's newest snapshot, as a failing disk would.</summary>
    /// <param name="key">Whose snapshot; it must have one that is not empty.</param>
    public void DamageSnapshot(ReplicaKey key)
    {
        lock (Gate)
        {
            Replicas[key].Snapshot!.Damage();
        }
    }
}
