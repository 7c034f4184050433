using System.Buffers;
using System.Buffers.Binary;

namespace OrleansRaft.Core.Codec;

/// <summary>The binary form of a block of entries, the same on the wire and in every store.</summary>
/// <remarks>
/// <code>
/// version  1 byte   1; 2 where entries have UTC stamps
/// crc      4 bytes  CRC-32C of all that follows
/// previous          term, index (varints)
/// time              log time of the first entry (varint; 0 when there are no entries)
/// utc               of version 2, the stamp of the first entry (varint)
/// count             varint, then each entry:
///   kind   1 byte
///   term, time      what they grew since the entry before (varints)
///   utc             of version 2, likewise
///   body            length (varint), bytes
/// </code>
/// Growth is stored, so terms and times that fall cannot even be written.
/// </remarks>
internal static class EntryBlockCodec
{
    private const byte Version = 1;
    private const byte VersionWithStamps = 2;
    private const int HeaderBytes = 1 + sizeof(uint);
    private const int EntryBytesMin = 4;

    /// <summary>Whether a block can only be read from the level <see cref="FeatureLevels.Stamps"/> on.</summary>
    public static bool HasStamps(ReadOnlySpan<Entry> entries) => entries.Length > 0 && entries[^1].Utc.IsKnown;

    public static ReadOnlyMemory<byte> Encode(EntryId previous, ReadOnlySpan<Entry> entries, long sizeBytes)
    {
        var output = new ArrayBufferWriter<byte>(HeaderBytes + 32 + checked((int)sizeBytes));
        var writer = new WireWriter(output);
        var hasStamps = HasStamps(entries);
        writer.WriteByte(hasStamps ? VersionWithStamps : Version);
        writer.WriteUInt32(0);
        writer.WriteVarint(previous.Term.Value);
        writer.WriteVarint(previous.Index.Value);

        var time = entries.Length == 0 ? LogTime.Zero : entries[0].Time;
        var term = previous.Term;
        writer.WriteVarint(time.Value);
        var utc = hasStamps ? entries[0].Utc : UtcTime.None;
        if (hasStamps)
        {
            writer.WriteVarint(utc.Value);
        }

        writer.WriteVarint(entries.Length);
        foreach (ref readonly var entry in entries)
        {
            writer.WriteByte((byte)entry.Kind);
            writer.WriteVarint(entry.Term.Value - term.Value);
            writer.WriteVarint(entry.Time - time);
            if (hasStamps)
            {
                writer.WriteVarint(entry.Utc - utc);
            }

            writer.WriteBytes(entry.Body.Span);
            (term, time, utc) = (entry.Term, entry.Time, entry.Utc);
        }

        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsMemory(output.WrittenMemory);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Span[1..], Crc32C.Compute(bytes.Span[HeaderBytes..]));
        return bytes;
    }

    public static (EntryId Previous, Entry[] Entries) Decode(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var version = reader.ReadByte();
        if (version is not (Version or VersionWithStamps))
        {
            throw new CorruptDataException($"entry block has version {version}; this program reads versions {Version} and {VersionWithStamps}");
        }

        var declared = reader.ReadUInt32();
        var actual = Crc32C.Compute(encoded.Span[HeaderBytes..]);
        if (declared != actual)
        {
            throw new CorruptDataException($"entry block of {encoded.Length} bytes has checksum {actual:x8} instead of {declared:x8}");
        }

        var previous = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
        var (term, index, time) = (previous.Term.Value, previous.Index.Value, reader.ReadVarint());
        var hasStamps = version == VersionWithStamps;
        var utc = hasStamps ? reader.ReadVarint() : 0;
        var entries = new Entry[reader.ReadCount(EntryBytesMin)];
        for (var i = 0; i < entries.Length; i++)
        {
            var kind = reader.ReadInt32((int)EntryKind.Raise);
            term = Grow(term, reader.ReadVarint());
            time = Grow(time, reader.ReadVarint());
            index = Grow(index, 1);
            utc = hasStamps ? Grow(utc, reader.ReadVarint()) : 0;
            entries[i] = new Entry(new EntryId(new Term(term), new LogIndex(index)), (EntryKind)kind, new LogTime(time), reader.ReadBytes())
            {
                Utc = new UtcTime(utc),
            };
        }

        reader.RequireEnd();
        if (hasStamps && utc == 0)
        {
            throw new CorruptDataException($"entry block of version {version} has no stamps");
        }

        return (previous, entries);
    }

    private static long Grow(long value, long by) =>
        value <= long.MaxValue - by ? value + by : throw new CorruptDataException($"{value} + {by} is beyond 63 bits");
}
