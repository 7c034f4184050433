using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Entries of a log that one silo shows another: contiguous or none.</summary>
internal static class EntryListCodec
{
    /// <summary>Writes entries.</summary>
    public static byte[] Encode(IReadOnlyList<Entry> entries)
    {
        var output = new ArrayBufferWriter<byte>(256);
        var writer = new WireWriter(output);
        foreach (var entry in entries)
        {
            writer.WriteVarint(entry.Term.Value);
            writer.WriteVarint(entry.Index.Value);
            writer.WriteByte((byte)entry.Kind);
            writer.WriteVarint(entry.Time.Value);
            writer.WriteBytes(entry.Body.Span);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads entries.</summary>
    /// <exception cref="CorruptDataException">The bytes are not entries.</exception>
    public static IReadOnlyList<Entry> Decode(ReadOnlyMemory<byte> encoded)
    {
        var entries = new List<Entry>();
        var reader = new WireReader(encoded);
        while (reader.Remaining > 0)
        {
            var id = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
            entries.Add(new Entry(id, (EntryKind)reader.ReadByte(), new LogTime(reader.ReadVarint()), reader.ReadBytes()));
        }

        return entries;
    }
}
