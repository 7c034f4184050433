using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage.Memory;

/// <summary>What a disk in memory holds of a replica.</summary>
internal sealed class MemoryStoredReplica(MemoryDisk disk, ReplicaKey key) : IStoredReplica
{
    public Task<StoredRow?> ReadRowAsync(CancellationToken cancellation)
    {
        lock (disk.Gate)
        {
            return Task.FromResult(disk.Replicas.TryGetValue(key, out var replica) ? replica.Row(key) : null);
        }
    }

    public Task<IReadOnlyList<PlacedBlock>> ReadBlocksAsync(BlockPlace? after, long bytesMax, CancellationToken cancellation)
    {
        var piece = new List<PlacedBlock>();
        lock (disk.Gate)
        {
            foreach (var block in disk.Replicas.TryGetValue(key, out var replica) ? replica.Blocks : [])
            {
                // Those that count follow each other, so the last entry of each is a place as good as its first.
                var place = new BlockPlace(block.ValidThrough.Value, 0);
                if (bytesMax > 0 && place.First > (after?.First ?? -1))
                {
                    piece.Add(new PlacedBlock(place, block));
                    bytesMax -= block.Encoded.Length;
                }
            }
        }

        return Task.FromResult<IReadOnlyList<PlacedBlock>>(piece);
    }

    public Task<ReadOnlyMemory<byte>?> ReadChunkAsync(
        long snapshot, SnapshotDescriptor descriptor, long offset, CancellationToken cancellation)
    {
        lock (disk.Gate)
        {
            return Task.FromResult<ReadOnlyMemory<byte>?>(
                disk.Replicas.TryGetValue(key, out var replica) && replica.Snapshot is { } newest && newest.Descriptor == descriptor
                    ? newest.Read(key, offset)
                    : null);
        }
    }
}
