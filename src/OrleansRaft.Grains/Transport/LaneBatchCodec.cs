using System.Buffers;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Grains;

/// <summary>The binary form of what goes from one silo to another in one batch.</summary>
/// <remarks>
/// <code>
/// version  1 byte  2
/// frames until the end, each: kind 1 byte, see <see cref="LaneFrameKind"/>, and
///   message:            group text
///                       from     varint, the sender's name in the group
///                       to       varint, the receiver's
///                       epoch    varint, the sender's
///                       message  bytes behind their length, see MessageCodec
///   commands, queries:  number   varint, of the call
///                       request  bytes behind their length, see RequestCodec
///   replies:            number   varint, of the call
///                       replies  bytes behind their length, see RequestCodec; empty when the replica is not there
/// </code>
/// </remarks>
internal static class LaneBatchCodec
{
    /// <summary>The longest group name in UTF-8.</summary>
    public const int GroupBytesMax = 256;

    private const byte FormatVersion = 2;

    /// <summary>Writes a batch.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="output">A buffer that the caller uses again and again.</param>
    /// <param name="scratch">Another.</param>
    public static byte[] Encode(List<LaneFrame> frames, ArrayBufferWriter<byte> output, ArrayBufferWriter<byte> scratch)
    {
        output.ResetWrittenCount();
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        foreach (var frame in frames)
        {
            frame.WriteTo(writer, scratch);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a batch, and hands each frame over.</summary>
    /// <param name="batch">The bytes, which the frames are slices of.</param>
    /// <param name="groups">Where groups are looked up; messages to those that are not known here are left out.</param>
    /// <param name="receiver">Receives each frame, with its number in the batch.</param>
    /// <exception cref="CorruptDataException">The bytes are not a batch.</exception>
    public static void Decode(ReadOnlyMemory<byte> batch, GroupTable groups, ILaneReceiver receiver)
    {
        var reader = new WireReader(batch);
        var version = reader.ReadByte();
        if (version != FormatVersion)
        {
            throw new CorruptDataException($"batch has version {version}; this program reads version {FormatVersion}");
        }

        Span<char> name = stackalloc char[GroupBytesMax];
        for (var number = 0; reader.Remaining > 0; number++)
        {
            var kind = (LaneFrameKind)reader.ReadByte();
            switch (kind)
            {
                case LaneFrameKind.Message:
                    var group = FindGroup(reader.ReadBytes().Span, name, groups);
                    var from = new ReplicaId(reader.ReadVarint());
                    var to = new ReplicaId(reader.ReadVarint());
                    var epoch = reader.ReadVarint();
                    var message = reader.ReadBytes();
                    if (group is not null)
                    {
                        receiver.OnMessage(number, new ReceivedMessage(group, from, to, epoch, message));
                    }

                    break;
                case LaneFrameKind.Commands or LaneFrameKind.Queries:
                    receiver.OnRequest(kind, reader.ReadVarint(), reader.ReadBytes());
                    break;
                case LaneFrameKind.Replies:
                    receiver.OnReplies(reader.ReadVarint(), reader.ReadBytes());
                    break;
                default:
                    throw new CorruptDataException($"{(int)kind} is not a kind of frame");
            }
        }
    }

    /// <summary>Writes which frames found nobody; empty when all did.</summary>
    public static byte[] EncodeAbsent(IReadOnlyList<int> absent)
    {
        if (absent.Count == 0)
        {
            return [];
        }

        var output = new ArrayBufferWriter<byte>(absent.Count * 2);
        var writer = new WireWriter(output);
        foreach (var number in absent)
        {
            writer.WriteVarint(number);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads which frames found nobody.</summary>
    /// <exception cref="CorruptDataException">The bytes are not such an answer.</exception>
    public static IReadOnlyList<int> DecodeAbsent(ReadOnlyMemory<byte> answer, int frames)
    {
        if (answer.IsEmpty)
        {
            return [];
        }

        var absent = new List<int>();
        var reader = new WireReader(answer);
        while (reader.Remaining > 0)
        {
            absent.Add(reader.ReadInt32(frames - 1));
        }

        return absent;
    }

    private static GroupEntry? FindGroup(ReadOnlySpan<byte> utf8, Span<char> name, GroupTable groups)
    {
        if (utf8.Length > GroupBytesMax)
        {
            throw new CorruptDataException($"a group's name has {utf8.Length} bytes; at most {GroupBytesMax} are allowed");
        }

        return Encoding.UTF8.TryGetChars(utf8, name, out var length) ? groups.Find(name[..length]) : null;
    }
}

/// <summary>A message as it arrived, still in bytes.</summary>
internal readonly record struct ReceivedMessage(GroupEntry Group, ReplicaId From, ReplicaId To, long Epoch, ReadOnlyMemory<byte> Message);

/// <summary>Takes the frames of a batch, in order. The bytes are slices of the batch: who keeps them copies them, lest a small one keep a large batch in memory.</summary>
internal interface ILaneReceiver
{
    /// <summary>A message to a replica.</summary>
    void OnMessage(int number, in ReceivedMessage message);

    /// <summary>Commands or queries to a replica.</summary>
    void OnRequest(LaneFrameKind kind, long number, ReadOnlyMemory<byte> request);

    /// <summary>The replies to a call of this silo.</summary>
    void OnReplies(long number, ReadOnlyMemory<byte> replies);
}
