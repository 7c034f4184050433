using System.Buffers;
using System.Text;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Transport;

/// <summary>The binary form of what goes from one silo to another in one batch.</summary>
/// <remarks>
/// <code>
/// version  1 byte  3 count    varint, of the frames frames until the end, each: kind 1 byte, see <see cref="LaneFrameKind"/>, and its body behind
/// its length, so that a reader passes over what it cannot read:
///   message:            group text
///                       from     varint, the sender's name in the group
///                       to       varint, the receiver's
///                       epoch    varint, the sender's
///                       message  until the end, see MessageCodec
///   commands, queries:  number   varint, of the call
///                       request  until the end, see RequestCodec
///   replies:            number   varint, of the call
///                       replies  until the end, see RequestCodec; empty when the replica is not there
///   lost replies:       number   varint, of the call
///   acknowledgement:    session  varint, number varint: the batch, see LaneHead
///                       answer   until the end, as below
/// </code>
/// The answer tells what was not delivered: for each such frame its number, shifted by two bits, and its <see cref="FrameFate"/>, as one varint.
/// </remarks>
internal static class LaneBatchCodec
{
    /// <summary>The longest group name in UTF-8.</summary>
    public const int GroupBytesMax = 256;

    private const byte FormatVersion = 3;
    private const int FateBits = 2;

    /// <summary>Writes a batch. A frame that has no binary form is taken out of the list and lost; the others travel without it.</summary>
    /// <param name="frames">The frames.</param>
    /// <param name="output">A buffer that the caller uses again and again.</param>
    /// <param name="scratch">Another.</param>
    public static byte[] Encode(List<LaneFrame> frames, ArrayBufferWriter<byte> output, ArrayBufferWriter<byte> scratch)
    {
        output.ResetWrittenCount();
        var writer = new WireWriter(output);
        List<LaneFrame>? unwritable = null;
        foreach (var frame in frames)
        {
            try
            {
                frame.WriteTo(writer, scratch);
            }
            catch (Exception)
            {
                (unwritable ??= []).Add(frame);
            }
        }

        if (unwritable is not null)
        {
            frames.RemoveAll(frame => unwritable.Exists(other => ReferenceEquals(frame, other)));
            unwritable.ForEach(static frame => frame.OnLost());
        }

        scratch.ResetWrittenCount();
        var head = new WireWriter(scratch);
        head.WriteByte(FormatVersion);
        head.WriteVarint(frames.Count);
        return [.. scratch.WrittenSpan, .. output.WrittenSpan];
    }

    /// <summary>
    /// Reads a batch, and hands each frame over. What cannot be read, or is not taken, is told to the receiver and harms no other frame.
    /// </summary>
    /// <param name="batch">The bytes, which the frames are slices of.</param>
    /// <param name="groups">Where groups are looked up.</param>
    /// <param name="receiver">Receives each frame, with its number in the batch.</param>
    public static void Decode(ReadOnlyMemory<byte> batch, GroupTable groups, ILaneReceiver receiver)
    {
        var reader = new WireReader(batch);
        var number = 0;
        int? firstUnreadable = null;
        try
        {
            var count = ReadHead(ref reader);
            for (; reader.Remaining > 0; number++)
            {
                var kind = (LaneFrameKind)reader.ReadByte();
                var body = reader.ReadBytes();
                try
                {
                    Deliver(number, kind, body, groups, receiver);
                }
                catch (Exception exception)
                {
                    // Whatever it is, in the bytes or in whoever takes them: the other frames are not to blame.
                    firstUnreadable ??= number;
                    receiver.OnUnreadable(number, isRest: false, exception);
                }
            }

            if (number != count)
            {
                firstUnreadable ??= 0;
                throw new CorruptDataException($"batch has {number} frames, and says that it has {count}");
            }
        }
        catch (CorruptDataException exception)
        {
            // Where frames begin is in doubt since the first that could not be read.
            receiver.OnUnreadable(firstUnreadable ?? number, isRest: true, exception);
        }
    }

    /// <summary>Writes which frames were not delivered; empty when all were.</summary>
    public static byte[] EncodeAnswer(IReadOnlyList<FrameMiss> misses)
    {
        if (misses.Count == 0)
        {
            return [];
        }

        var output = new ArrayBufferWriter<byte>(misses.Count * 2);
        var writer = new WireWriter(output);
        foreach (var miss in misses)
        {
            writer.WriteVarint(((long)miss.Number << FateBits) | (long)miss.Fate);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads which frames were not delivered, each once.</summary>
    /// <exception cref="CorruptDataException">The bytes are not such an answer.</exception>
    public static IReadOnlyList<FrameMiss> DecodeAnswer(ReadOnlyMemory<byte> answer, int frames)
    {
        if (answer.IsEmpty)
        {
            return [];
        }

        var fates = new FrameFate?[frames];
        var reader = new WireReader(answer);
        while (reader.Remaining > 0)
        {
            var value = reader.ReadVarint();
            var (number, fate) = (value >> FateBits, (FrameFate)(value & ((1 << FateBits) - 1)));
            if (number >= frames || fate == FrameFate.Delivered)
            {
                throw new CorruptDataException($"{value} tells of no frame among {frames} that was not delivered");
            }

            if (fate == FrameFate.LostWithRest)
            {
                fates.AsSpan((int)number).Fill(FrameFate.Lost);
            }
            else
            {
                fates[number] ??= fate;
            }
        }

        return [.. fates.Index().Where(static frame => frame.Item is not null).Select(static frame => new FrameMiss(frame.Index, frame.Item!.Value))];
    }

    private static long ReadHead(ref WireReader reader)
    {
        var version = reader.ReadByte();
        return version == FormatVersion
            ? reader.ReadVarint()
            : throw new CorruptDataException($"batch has version {version}; this program reads version {FormatVersion}");
    }

    private static void Deliver(int number, LaneFrameKind kind, ReadOnlyMemory<byte> body, GroupTable groups, ILaneReceiver receiver)
    {
        var reader = new WireReader(body);
        switch (kind)
        {
            case LaneFrameKind.Message:
                var group = FindGroup(reader.ReadBytes().Span, groups);
                var from = new ReplicaId(reader.ReadVarint());
                var to = new ReplicaId(reader.ReadVarint());
                var epoch = reader.ReadVarint();
                if (group is null)
                {
                    receiver.OnUnknownGroup(number);
                }
                else
                {
                    receiver.OnMessage(number, new ReceivedMessage(group, from, to, epoch, reader.ReadRest()));
                }

                break;
            case LaneFrameKind.Commands or LaneFrameKind.Queries:
                receiver.OnRequest(kind, reader.ReadVarint(), reader.ReadRest());
                break;
            case LaneFrameKind.Replies:
                receiver.OnReplies(reader.ReadVarint(), reader.ReadRest());
                break;
            case LaneFrameKind.LostReplies:
                receiver.OnLostReplies(reader.ReadVarint());
                break;
            case LaneFrameKind.Acknowledgement:
                receiver.OnAcknowledged(reader.ReadVarint(), reader.ReadVarint(), reader.ReadRest());
                break;
            default:
                throw new CorruptDataException($"{(int)kind} is not a kind of frame");
        }
    }

    private static GroupEntry? FindGroup(ReadOnlySpan<byte> utf8, GroupTable groups)
    {
        if (utf8.Length > GroupBytesMax)
        {
            throw new CorruptDataException($"a group's name has {utf8.Length} bytes; at most {GroupBytesMax} are allowed");
        }

        Span<char> name = stackalloc char[GroupBytesMax];
        return Encoding.UTF8.TryGetChars(utf8, name, out var length) ? groups.Find(name[..length]) : null;
    }
}

/// <summary>What became of a frame at its receiver. Part of the binary form.</summary>
internal enum FrameFate
{
    /// <summary>Whom it was for has it; not told.</summary>
    Delivered = 0,

    /// <summary>Whom it was for is not there.</summary>
    Absent = 1,

    /// <summary>It could not be read or taken.</summary>
    Lost = 2,

    /// <summary>It and all behind it in its batch could not be read.</summary>
    LostWithRest = 3,
}

/// <summary>A frame that was not delivered.</summary>
/// <param name="Number">Its number in the batch.</param>
/// <param name="Fate">What became of it.</param>
internal readonly record struct FrameMiss(int Number, FrameFate Fate);

/// <summary>A message as it arrived, still in bytes.</summary>
internal readonly record struct ReceivedMessage(GroupEntry Group, ReplicaId From, ReplicaId To, long Epoch, ReadOnlyMemory<byte> Message);

/// <summary>
/// Takes the frames of a batch, in order. The bytes are slices of the batch: who keeps them copies them, lest a small one keep a large batch in
/// memory.
/// </summary>
internal interface ILaneReceiver
{
    /// <summary>A message to a replica.</summary>
    void OnMessage(int number, in ReceivedMessage message);

    /// <summary>A message to a replica of a group that is not known here.</summary>
    void OnUnknownGroup(int number);

    /// <summary>Commands or queries to a replica.</summary>
    void OnRequest(LaneFrameKind kind, long number, ReadOnlyMemory<byte> request);

    /// <summary>The replies to a call of this silo.</summary>
    void OnReplies(long number, ReadOnlyMemory<byte> replies);

    /// <summary>The replies to a call of this silo were given, and lost on their way.</summary>
    void OnLostReplies(long number);

    /// <summary>What became of a batch that was a one-way call.</summary>
    void OnAcknowledged(long session, long number, ReadOnlyMemory<byte> answer);

    /// <summary>A frame could not be read, or failed when it was handed over.</summary>
    /// <param name="number">Its number in the batch.</param>
    /// <param name="isRest">Whether all behind it cannot be read either.</param>
    /// <param name="cause">Why.</param>
    void OnUnreadable(int number, bool isRest, Exception cause);
}
