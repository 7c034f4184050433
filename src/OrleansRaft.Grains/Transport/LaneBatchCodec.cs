using System.Buffers;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Grains;

/// <summary>The binary form of what one silo's replicas say to another's in one batch.</summary>
/// <remarks>
/// <code>
/// version  1 byte  1
/// frames until the end, each:
///   group    text
///   from     varint, the sender's name in the group
///   to       varint, the receiver's
///   epoch    varint, the sender's
///   message  bytes behind their length, see MessageCodec
/// </code>
/// </remarks>
internal static class LaneBatchCodec
{
    /// <summary>The longest group name in UTF-8.</summary>
    public const int GroupBytesMax = 256;

    private const byte FormatVersion = 1;

    /// <summary>Writes a batch.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="output">A buffer that the caller uses again and again.</param>
    /// <param name="message">Another.</param>
    public static byte[] Encode(List<LaneFrame> frames, ArrayBufferWriter<byte> output, ArrayBufferWriter<byte> message)
    {
        output.ResetWrittenCount();
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        foreach (var frame in frames)
        {
            writer.WriteString(frame.To.Group.Name);
            writer.WriteVarint(frame.Sender.Key.Replica.Value);
            writer.WriteVarint(frame.To.Replica.Value);
            writer.WriteVarint(frame.Epoch);
            message.ResetWrittenCount();
            MessageCodec.Encode(frame.Message, message);
            writer.WriteBytes(message.WrittenSpan);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a batch, and hands each frame over.</summary>
    /// <param name="batch">The bytes, which the messages keep slices of.</param>
    /// <param name="groups">Where groups are looked up.</param>
    /// <param name="receive">Receives each frame of a group that is known here, with its number in the batch.</param>
    /// <exception cref="CorruptDataException">The bytes are not a batch.</exception>
    public static void Decode(ReadOnlyMemory<byte> batch, GroupTable groups, Action<int, ReceivedFrame> receive)
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
            var group = FindGroup(reader.ReadBytes().Span, name, groups);
            var from = new ReplicaId(reader.ReadVarint());
            var to = new ReplicaId(reader.ReadVarint());
            var epoch = reader.ReadVarint();
            var message = reader.ReadBytes();
            if (group is not null)
            {
                receive(number, new ReceivedFrame(group, from, to, epoch, message));
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

/// <summary>A frame as it arrived; its message is still bytes.</summary>
internal readonly record struct ReceivedFrame(GroupEntry Group, ReplicaId From, ReplicaId To, long Epoch, ReadOnlyMemory<byte> Message);
