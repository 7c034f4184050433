using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.SiloService;

/// <summary>The binary form of requests to a replica on another silo, and of its replies.</summary>
/// <remarks>
/// <code>
/// version  1 byte  2; 3 of queries that need another version of the state machine than the first
/// of commands:  group text, replica varint, count varint, then each envelope as bytes
/// of queries:   group text, replica varint, consistency 1 byte, count varint, then each:
///   key text, query bytes, the index that it must have seen varint, for how many milliseconds it is waited for varint,
///   and of version 3 the version of the state machine that it needs varint
/// of replies:   time varint, count varint, then each: kind 1 byte, and
///   committed:  term varint, index varint, age in milliseconds varint, body bytes
///   rejected:   reason varint, leader varint (0 for none), milliseconds varint, detail text
///   unknown:    detail text
/// </code>
/// </remarks>
internal static class RequestCodec
{
    private const byte FormatVersion = 2;
    private const byte FormatVersionWithNeeds = 3;

    /// <summary>Writes commands.</summary>
    public static byte[] EncodeCommands(ReplicaSlot to, IReadOnlyList<ReadOnlyMemory<byte>> envelopes)
    {
        var size = 64;
        foreach (var envelope in envelopes)
        {
            size += envelope.Length + 5;
        }

        var output = new ArrayBufferWriter<byte>(size);
        var writer = new WireWriter(output);
        WriteHead(writer, to);
        writer.WriteVarint(envelopes.Count);
        foreach (var envelope in envelopes)
        {
            writer.WriteBytes(envelope.Span);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads commands; the envelopes are slices of the request.</summary>
    /// <exception cref="CorruptDataException">The bytes are not commands.</exception>
    public static (ReplicaName To, ReadOnlyMemory<byte>[] Envelopes) DecodeCommands(ReadOnlyMemory<byte> request)
    {
        var reader = new WireReader(request);
        var to = ReadHead(ref reader, FormatVersion, out _);
        var envelopes = new ReadOnlyMemory<byte>[reader.ReadCount(1)];
        for (var index = 0; index < envelopes.Length; index++)
        {
            envelopes[index] = reader.ReadBytes();
        }

        reader.RequireEnd();
        return (to, envelopes);
    }

    /// <summary>Writes queries.</summary>
    public static byte[] EncodeQueries(ReplicaSlot to, IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency)
    {
        var output = new ArrayBufferWriter<byte>(256);
        var writer = new WireWriter(output);
        var needsMore = queries.Any(static query => query.Needs > MachineVersions.Initial);
        WriteHead(writer, to, needsMore ? FormatVersionWithNeeds : FormatVersion);
        writer.WriteByte((byte)consistency);
        writer.WriteVarint(queries.Count);
        foreach (var query in queries)
        {
            writer.WriteString(query.Key);
            writer.WriteBytes(query.Query.Span);
            writer.WriteVarint(query.AtLeast.Value);
            writer.WriteVarint(query.PatienceMilliseconds);
            if (needsMore)
            {
                writer.WriteVarint(query.Needs);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads queries.</summary>
    /// <exception cref="CorruptDataException">The bytes are not queries.</exception>
    public static (ReplicaName To, QueryEnvelope[] Queries, ReadConsistency Consistency) DecodeQueries(ReadOnlyMemory<byte> request)
    {
        var reader = new WireReader(request);
        var to = ReadHead(ref reader, FormatVersionWithNeeds, out var version);
        var consistency = (ReadConsistency)reader.ReadByte();
        var queries = new QueryEnvelope[reader.ReadCount(4)];
        for (var index = 0; index < queries.Length; index++)
        {
            queries[index] = new QueryEnvelope(reader.ReadString(), reader.ReadBytes())
            {
                AtLeast = new LogIndex(reader.ReadVarint()),
                PatienceMilliseconds = reader.ReadVarint(),
                Needs = version == FormatVersion ? MachineVersions.Initial : Math.Max(MachineVersions.Initial, reader.ReadInt32(MachineVersions.Max)),
            };
        }

        reader.RequireEnd();
        return (to, queries, consistency);
    }

    /// <summary>Writes replies.</summary>
    public static byte[] EncodeReplies(ReplyBatch batch)
    {
        var output = new ArrayBufferWriter<byte>(32 + (batch.Replies.Length * 24));
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteVarint(batch.Time.Value);
        writer.WriteVarint(batch.Replies.Length);
        foreach (var reply in batch.Replies)
        {
            WriteReply(writer, reply);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads replies; their bodies are slices of the bytes.</summary>
    /// <exception cref="CorruptDataException">The bytes are not replies.</exception>
    public static ReplyBatch DecodeReplies(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        ReadVersion(ref reader, FormatVersion);
        var time = new LogTime(reader.ReadVarint());
        var replies = new Reply[reader.ReadCount(2)];
        for (var index = 0; index < replies.Length; index++)
        {
            replies[index] = ReadReply(ref reader);
        }

        reader.RequireEnd();
        return new ReplyBatch(replies, time);
    }

    private static void WriteReply(WireWriter writer, in Reply reply)
    {
        writer.WriteByte((byte)reply.Kind);
        switch (reply.Kind)
        {
            case ReplyKind.Committed:
                writer.WriteVarint(reply.Entry.Term.Value);
                writer.WriteVarint(reply.Entry.Index.Value);
                writer.WriteVarint(reply.AgeMilliseconds);
                writer.WriteBytes(reply.Body.Span);
                break;
            case ReplyKind.Rejected:
                writer.WriteVarint((int)reply.Reason);
                writer.WriteVarint(reply.Leader?.Value ?? 0);
                writer.WriteVarint(reply.RetryAfterMilliseconds);
                writer.WriteString(reply.Detail);
                break;
            default:
                writer.WriteString(reply.Detail);
                break;
        }
    }

    private static Reply ReadReply(ref WireReader reader)
    {
        var kind = (ReplyKind)reader.ReadByte();
        switch (kind)
        {
            case ReplyKind.Committed:
                var entry = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
                var age = reader.ReadVarint();
                return Reply.Committed(entry, reader.ReadBytes()) with { AgeMilliseconds = age };
            case ReplyKind.Rejected:
                var reason = (RejectionReason)reader.ReadInt32(int.MaxValue);
                var leader = reader.ReadVarint();
                return Reply.Rejected(reason, leader == 0 ? null : new ReplicaId(leader), reader.ReadInt32(int.MaxValue), reader.ReadString());
            case ReplyKind.Unknown:
                return Reply.Unknown(reader.ReadString());
            default:
                throw new CorruptDataException($"{(int)kind} is not a kind of reply");
        }
    }

    private static void WriteHead(WireWriter writer, ReplicaSlot to, byte version = FormatVersion)
    {
        writer.WriteByte(version);
        writer.WriteString(to.Group.Name);
        writer.WriteVarint(to.Replica.Value);
    }

    private static ReplicaName ReadHead(ref WireReader reader, byte newest, out byte version)
    {
        version = ReadVersion(ref reader, newest);
        return new ReplicaName(reader.ReadString(), reader.ReadVarint());
    }

    private static byte ReadVersion(ref WireReader reader, byte newest)
    {
        var version = reader.ReadByte();
        return version >= FormatVersion && version <= newest
            ? version
            : throw new CorruptDataException(
                $"request has version {version}; this program reads version {FormatVersion}{(newest > FormatVersion ? $" to {newest}" : "")}");
    }
}
