using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Storage.Memory;

/// <summary>A snapshot, or as much of it as has been staged.</summary>
/// <param name="descriptor">Which.</param>
internal sealed class MemorySnapshot(SnapshotDescriptor descriptor)
{
    private byte[] buffer = [];
    private int length;
    private uint checksum;

    public SnapshotDescriptor Descriptor { get; } = descriptor;

    public long Length => length;

    public bool IsComplete => Length == Descriptor.SizeBytes;

    /// <summary>Keeps what there is before <paramref name="offset"/> and adds <paramref name="data"/> to it.</summary>
    public void Put(long offset, ReadOnlySpan<byte> data)
    {
        length = checked((int)offset + data.Length);
        if (length > buffer.Length)
        {
            Array.Resize(ref buffer, (int)Math.Max(length, Math.Min(buffer.Length * 2L, Array.MaxLength)));
        }

        data.CopyTo(buffer.AsSpan((int)offset));
        checksum = IsComplete ? Crc32C.Compute(buffer.AsSpan(0, length)) : 0;
    }

    /// <summary>The whole snapshot.</summary>
    /// <exception cref="CorruptDataException">It does not match its checksum.</exception>
    public ReadOnlyMemory<byte> Read(ReplicaKey key)
    {
        if (Crc32C.Compute(buffer.AsSpan(0, length)) != checksum || !IsComplete)
        {
            throw StoredLog.Damaged(
                key, Descriptor.LastIncluded.Index, $"the snapshot through {Descriptor.LastIncluded} does not match its checksum");
        }

        return buffer.AsMemory(0, length);
    }

    public void Damage() => buffer[0] ^= 0x10;
}
