using System.Buffers;
using System.Collections.Immutable;

namespace OrleansRaft.Core.Codec;

/// <summary>The binary form of a <see cref="Configuration"/>: the body of its entry, and part of every snapshot.</summary>
public static class ConfigurationCodec
{
    private const byte FormatVersion = 1;

    /// <summary>Writes the binary form.</summary>
    public static ReadOnlyMemory<byte> Encode(Configuration configuration)
    {
        var output = new ArrayBufferWriter<byte>();
        Encode(configuration, output);
        return output.WrittenMemory;
    }

    /// <summary>Reads the binary form.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a configuration.</exception>
    public static Configuration Decode(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var configuration = Decode(ref reader);
        reader.RequireEnd();
        return configuration;
    }

    internal static void Encode(Configuration configuration, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteVarint(configuration.Version.Value);
        writer.WriteBoolean(configuration.LeavesAutomatically);
        writer.WriteVarint(configuration.Members.Length);
        foreach (var member in configuration.Members)
        {
            writer.WriteVarint(member.Id.Value);
            writer.WriteVarint(member.Session.Value);
            writer.WriteInt64(member.Priority);
            writer.WriteString(member.Store);
            writer.WriteBoolean(member.PromotesWhenCaughtUp);
        }

        WriteIds(configuration.Voters, writer);
        WriteIds(configuration.OutgoingVoters, writer);
        WriteIds(configuration.Learners, writer);
        WriteIds(configuration.LearnersNext, writer);
    }

    internal static Configuration Decode(ref WireReader reader)
    {
        var version = reader.ReadByte();
        if (version != FormatVersion)
        {
            throw new CorruptDataException($"configuration has version {version}; this program reads version {FormatVersion}");
        }

        var index = new LogIndex(reader.ReadVarint());
        var leaves = reader.ReadBoolean();
        var members = ImmutableArray.CreateBuilder<Member>();
        for (var left = reader.ReadCount(12); left > 0; left--)
        {
            members.Add(new Member(
                new ReplicaId(reader.ReadVarint()),
                new LogIndex(reader.ReadVarint()),
                unchecked((int)reader.ReadInt64()),
                reader.ReadString(),
                reader.ReadBoolean()));
        }

        return new Configuration
        {
            Version = index,
            LeavesAutomatically = leaves,
            Members = members.ToImmutable(),
            Voters = ReadIds(ref reader),
            OutgoingVoters = ReadIds(ref reader),
            Learners = ReadIds(ref reader),
            LearnersNext = ReadIds(ref reader),
        };
    }

    private static void WriteIds(ImmutableArray<ReplicaId> ids, WireWriter writer)
    {
        writer.WriteVarint(ids.Length);
        foreach (var id in ids)
        {
            writer.WriteVarint(id.Value);
        }
    }

    private static ImmutableArray<ReplicaId> ReadIds(ref WireReader reader)
    {
        var ids = ImmutableArray.CreateBuilder<ReplicaId>();
        for (var left = reader.ReadCount(1); left > 0; left--)
        {
            ids.Add(new ReplicaId(reader.ReadVarint()));
        }

        return ids.ToImmutable();
    }
}
