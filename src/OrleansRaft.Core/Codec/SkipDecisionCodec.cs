using System.Buffers;

namespace OrleansRaft.Core.Codec;

/// <summary>The binary form of the decision to skip an entry: the body of an entry of kind <see cref="EntryKind.Skip"/>.</summary>
internal static class SkipDecisionCodec
{
    private const byte FormatVersion = 1;

    /// <summary>Writes the binary form.</summary>
    /// <param name="skipped">The entry that is never applied.</param>
    public static ReadOnlyMemory<byte> Encode(EntryId skipped)
    {
        var output = new ArrayBufferWriter<byte>(16);
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteVarint(skipped.Term.Value);
        writer.WriteVarint(skipped.Index.Value);
        return output.WrittenMemory;
    }

    /// <summary>Reads the binary form.</summary>
    /// <returns>The entry that is never applied.</returns>
    /// <exception cref="CorruptDataException">The bytes are no decision.</exception>
    public static EntryId Decode(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var version = reader.ReadByte();
        if (version != FormatVersion)
        {
            throw new CorruptDataException($"the decision to skip an entry has version {version}; this program reads version {FormatVersion}");
        }

        var skipped = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
        reader.RequireEnd();
        return skipped.Index > LogIndex.Zero ? skipped : throw new CorruptDataException("the decision to skip an entry names entry 0");
    }
}
