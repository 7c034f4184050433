using System.Buffers;
using System.Collections.Immutable;

namespace OrleansRaft.Core.Codec;

/// <summary>The binary form of a <see cref="Comparison"/>, as it travels from a leader to whoever asked for it.</summary>
internal static class ComparisonCodec
{
    private const byte FormatVersion = 1;

    // What is said of a member in one byte.
    private const int Voter = 1;
    private const int Halted = 2;

    /// <summary>Writes the binary form.</summary>
    public static ReadOnlyMemory<byte> Encode(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        var output = new ArrayBufferWriter<byte>(256);
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteVarint(comparison.Entry.Term.Value);
        writer.WriteVarint(comparison.Entry.Index.Value);
        writer.WriteVarint(comparison.Members.Length);
        foreach (var member in comparison.Members)
        {
            writer.WriteVarint(member.Replica.Value);
            writer.WriteByte((byte)((member.IsVoter ? Voter : 0) | (member.IsHalted ? Halted : 0)));
            Write(writer, member.Digest);
        }

        return output.WrittenMemory;
    }

    /// <summary>Reads the binary form.</summary>
    /// <exception cref="CorruptDataException">The bytes are no comparison.</exception>
    public static Comparison Decode(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var version = reader.ReadByte();
        if (version != FormatVersion)
        {
            throw new CorruptDataException($"a comparison has version {version}; this program reads version {FormatVersion}");
        }

        var entry = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
        var members = ImmutableArray.CreateBuilder<MemberDigest>();
        for (var left = reader.ReadCount(3); left > 0; left--)
        {
            var replica = reader.ReadVarint();
            var flags = reader.ReadInt32(Voter | Halted);
            members.Add(new MemberDigest(
                replica > 0 ? new ReplicaId(replica) : throw new CorruptDataException("a comparison names replica 0"),
                (flags & Voter) != 0,
                ReadDigest(ref reader),
                (flags & Halted) != 0));
        }

        reader.RequireEnd();
        return new Comparison(entry, members.ToImmutable());
    }

    /// <summary>Writes a digest: its hash, empty for none, and the program.</summary>
    internal static void Write(WireWriter writer, StateDigest? digest)
    {
        writer.WriteBytes(digest is { } made ? made.Hash.Span : default);
        if (digest is { } with)
        {
            writer.WriteInt64(unchecked((long)with.Program));
        }
    }

    /// <summary>Reads a digest, if there is one.</summary>
    internal static StateDigest? ReadDigest(ref WireReader reader)
    {
        var hash = reader.ReadBytes();
        return hash.Length switch
        {
            0 => null,
            > StateDigest.HashBytesMax => throw new CorruptDataException(
                $"a digest of {hash.Length} bytes is longer than {StateDigest.HashBytesMax}"),
            _ => new StateDigest(unchecked((ulong)reader.ReadInt64()), hash.ToArray()),
        };
    }
}
