using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// What a store holds of one replica, read in pieces by whoever checks it, without taking the replica over: it may be running, and be written to
/// meanwhile.
/// </summary>
public interface IStoredReplica
{
    /// <summary>Reads the replica's row.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Null when the replica has no place in the store.</returns>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    Task<StoredRow?> ReadRowAsync(CancellationToken cancellation);

    /// <summary>Reads some of the blocks that count, in the order of their entries, as one statement sees them.</summary>
    /// <param name="after">Behind which block to begin; null for the first.</param>
    /// <param name="bytesMax">After how many bytes to stop.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Empty when there are no more.</returns>
    Task<IReadOnlyList<PlacedBlock>> ReadBlocksAsync(BlockPlace? after, long bytesMax, CancellationToken cancellation);

    /// <summary>Reads a chunk of a snapshot.</summary>
    /// <param name="snapshot">Which, by <see cref="StoredRow.SnapshotId"/>.</param>
    /// <param name="descriptor">What it is.</param>
    /// <param name="offset">The byte at which to begin.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>At least one byte; null when there is none at that offset.</returns>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    Task<ReadOnlyMemory<byte>?> ReadChunkAsync(long snapshot, SnapshotDescriptor descriptor, long offset, CancellationToken cancellation);
}

/// <summary>The row of a replica.</summary>
/// <param name="Epoch">How often it was taken over.</param>
/// <param name="Writes">How many writes there were.</param>
/// <param name="HardState">Its term, vote and commit index.</param>
/// <param name="LogStart">The last entry that was compacted away.</param>
/// <param name="LogLast">The last entry of its log.</param>
/// <param name="SnapshotId">Its newest snapshot; null for the empty state.</param>
/// <param name="Initial">The configuration that it started from.</param>
public sealed record StoredRow(
    long Epoch, long Writes, HardState HardState, EntryId LogStart, EntryId LogLast, long? SnapshotId, Configuration Initial)
{
    /// <summary>What the newest snapshot is; <see cref="SnapshotDescriptor.Initial"/> for the empty state, and null where that is damaged.</summary>
    public SnapshotDescriptor? Snapshot { get; init; }

    /// <summary>What is wrong with the snapshot's descriptor; null for nothing.</summary>
    public string? SnapshotProblem { get; init; }
}

/// <summary>Where a block stands.</summary>
/// <param name="First">The index of its first entry.</param>
/// <param name="Number">Tells it from others that begin there.</param>
public readonly record struct BlockPlace(long First, long Number);

/// <summary>A block, with its place.</summary>
/// <param name="Place">Its place.</param>
/// <param name="Block">The block.</param>
public readonly record struct PlacedBlock(BlockPlace Place, StoredBlock Block);
