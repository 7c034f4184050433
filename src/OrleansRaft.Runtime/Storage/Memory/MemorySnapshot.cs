using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Storage.Memory;

/// <summary>A snapshot, or as much of it as has been written or staged; used under the disk's gate.</summary>
/// <param name="descriptor">Which.</param>
internal sealed class MemorySnapshot(SnapshotDescriptor descriptor)
{
    private readonly List<Chunk> chunks = [];

    /// <summary>Which; its size and checksum are known when all of it is there.</summary>
    public SnapshotDescriptor Descriptor { get; set; } = descriptor;

    public long Length { get; private set; }

    public bool IsComplete => Length == Descriptor.SizeBytes;

    /// <summary>Keeps what there is before <paramref name="offset"/> and adds <paramref name="data"/> to it.</summary>
    public void Put(long offset, ReadOnlySpan<byte> data)
    {
        while (Length > offset)
        {
            var last = chunks[^1];
            chunks.RemoveAt(chunks.Count - 1);
            Length = last.Offset;
            if (last.Offset < offset)
            {
                Add(last.Data.AsSpan(0, (int)(offset - last.Offset)));
            }
        }

        if (!data.IsEmpty)
        {
            Add(data);
        }
    }

    /// <summary>What there is from an offset on, to the end of a chunk; nothing at the end.</summary>
    /// <exception cref="CorruptDataException">It does not match its checksum, or is not there.</exception>
    public ReadOnlyMemory<byte> Read(ReplicaKey key, long offset)
    {
        if (offset == Length && IsComplete)
        {
            return default;
        }

        var place = Find(offset);
        if (place < 0 || Crc32C.Compute(chunks[place].Data) != chunks[place].Checksum)
        {
            throw StoredLog.Damaged(
                key,
                Descriptor.LastIncluded.Index,
                place < 0
                    ? $"the snapshot through {Descriptor.LastIncluded} has no chunk at byte {offset}"
                    : $"the chunk at byte {chunks[place].Offset} of the snapshot through {Descriptor.LastIncluded} does not match its checksum");
        }

        return chunks[place].Data.AsMemory((int)(offset - chunks[place].Offset));
    }

    public void Damage() => chunks[0].Data[0] ^= 0x10;

    private void Add(ReadOnlySpan<byte> data)
    {
        var kept = data.ToArray();
        chunks.Add(new Chunk(Length, kept, Crc32C.Compute(kept)));
        Length += kept.Length;
    }

    /// <summary>The chunk that holds a byte; negative when none does.</summary>
    private int Find(long offset)
    {
        var (low, high) = (0, chunks.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (offset < chunks[middle].Offset)
            {
                high = middle - 1;
            }
            else if (offset < chunks[middle].Offset + chunks[middle].Data.Length)
            {
                return middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return -1;
    }

    private readonly record struct Chunk(long Offset, byte[] Data, uint Checksum);
}
