using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Grains.Replicas;

/// <summary>A change of members between silos.</summary>
internal static class MemberChangeCodec
{
    /// <summary>Writes changes, and the version they were made for.</summary>
    public static byte[] Encode(IReadOnlyList<MemberChange> changes, LogIndex? expectedVersion)
    {
        var output = new ArrayBufferWriter<byte>(64);
        var writer = new WireWriter(output);
        writer.WriteInt64(expectedVersion?.Value ?? -1);
        writer.WriteVarint(changes.Count);
        foreach (var change in changes)
        {
            writer.WriteByte((byte)change.Kind);
            writer.WriteVarint(change.Replica.Value);
            writer.WriteInt64(change.Priority);
            writer.WriteString(change.Store);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="CorruptDataException">The bytes are not changes.</exception>
    public static (IReadOnlyList<MemberChange> Changes, LogIndex? ExpectedVersion) Decode(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var version = reader.ReadInt64();
        var changes = new MemberChange[reader.ReadCount(11)];
        for (var index = 0; index < changes.Length; index++)
        {
            changes[index] = new MemberChange(
                (MemberChangeKind)reader.ReadByte(), new ReplicaId(reader.ReadVarint()), (int)reader.ReadInt64(), reader.ReadString());
        }

        reader.RequireEnd();
        return (changes, version < 0 ? null : new LogIndex(version));
    }
}
