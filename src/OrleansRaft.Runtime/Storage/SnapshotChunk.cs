using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>A piece of a snapshot on its way into a store.</summary>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Data">Its bytes, valid until the store has taken them; empty only with the last chunk.</param>
/// <param name="Whole">What the snapshot is, with size and checksum: known with its last chunk, null before it.</param>
public readonly record struct SnapshotChunk(long Offset, ReadOnlyMemory<byte> Data, SnapshotDescriptor? Whole);
