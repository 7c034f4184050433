using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage.Memory;

/// <summary>What became of an attempt to change a replica's data.</summary>
internal enum MemoryWriteResult
{
    Written,
    Fenced,
    Mismatch,
}

/// <summary>One replica's data on a <see cref="MemoryDisk"/>; used under the disk's gate.</summary>
/// <param name="initial">The configuration it starts from.</param>
internal sealed class MemoryReplica(Configuration initial)
{
    private EntryId start;
    private EntryId last;
    private HardState hardState;
    private long writes;

    public Configuration Initial { get; set; } = initial;

    public long Epoch { get; private set; }

    public long Nonce { get; private set; }

    /// <summary>The nonce of the last activation that was allowed to speak; null when it released, or there was none.</summary>
    public long? Speaker { get; private set; }

    public long SpeakerLease { get; private set; }

    public bool HasHistory { get; private set; }

    public List<StoredBlock> Blocks { get; } = [];

    public MemorySnapshot? Snapshot { get; set; }

    public MemorySnapshot? Staged { get; set; }

    public long Acquire(long nonce)
    {
        Nonce = nonce;
        return ++Epoch;
    }

    public bool IsHeldBy(long nonce, long epoch) => Nonce == nonce && Epoch == epoch;

    public bool Claim(long nonce, long lease)
    {
        if (Nonce != nonce)
        {
            return false;
        }

        (Speaker, SpeakerLease) = (nonce, lease);
        return true;
    }

    public void Release(long nonce)
    {
        if (Speaker == nonce)
        {
            Speaker = null;
        }
    }

    public MemoryWriteResult Write(long nonce, long epoch, LogWrite write)
    {
        if (!IsHeldBy(nonce, epoch))
        {
            return MemoryWriteResult.Fenced;
        }

        if (last != write.StoredLast || (write.Install is { } wanted && !HasStaged(wanted)))
        {
            return MemoryWriteResult.Mismatch;
        }

        var shape = LogWriteShape.Of(write);
        HasHistory = true;
        writes++;
        hardState = write.HardState;
        if (write.Install is not null)
        {
            Install();
        }

        if (shape.CutAfter is { } cut)
        {
            CutAfter(cut);
        }

        if (write.Append is { Count: > 0 } block)
        {
            Blocks.Add(new StoredBlock(block.Last.Index, block.Encoded));
        }

        last = shape.Last;
        if (write.CompactThrough is { } through && through.Index > start.Index)
        {
            start = through;
            Blocks.RemoveAll(stored => stored.ValidThrough <= through.Index);
        }

        return MemoryWriteResult.Written;
    }

    public bool IsVoteDamaged { get; set; }

    public StoredRow Row(ReplicaKey key) =>
        IsVoteDamaged ? throw VoteDamaged(key) : new StoredRow(Epoch, writes, hardState, start, last, Snapshot is null ? null : 1, Initial)
    {
        Snapshot = Snapshot?.Descriptor ?? SnapshotDescriptor.Initial(Initial),
    };

    public RecoveredState Recover(ReplicaKey key)
    {
        if (IsVoteDamaged)
        {
            throw VoteDamaged(key);
        }

        var snapshot = Snapshot?.Descriptor ?? SnapshotDescriptor.Initial(Initial);
        var recovered = new RecoveredState(hardState, snapshot, start, StoredLog.Assemble(key, start, last, Blocks))
        {
            JoinedAfter = Initial.Version,
        };
        StoredLog.RequireConsistent(key, recovered);
        return recovered;
    }

    private static CorruptDataException VoteDamaged(ReplicaKey key) =>
        StoredLog.Damaged(key, LogIndex.Zero, "its term and its vote do not match their checksum");

    private bool HasStaged(SnapshotDescriptor wanted) => Staged is { IsComplete: true } staged && staged.Descriptor == wanted;

    private void Install()
    {
        (Snapshot, Staged) = (Staged, null);
        start = Snapshot!.Descriptor.LastIncluded;
        Blocks.Clear();
    }

    private void CutAfter(LogIndex cut)
    {
        Blocks.RemoveAll(stored => stored.ValidThrough > cut && FirstIndexOf(stored) > cut);
        if (Blocks.Count > 0 && Blocks[^1].ValidThrough > cut)
        {
            Blocks[^1] = Blocks[^1] with { ValidThrough = cut };
        }
    }

    private static LogIndex FirstIndexOf(StoredBlock stored) => EntryBlock.Decode(stored.Encoded).Previous.Index.Next;
}
