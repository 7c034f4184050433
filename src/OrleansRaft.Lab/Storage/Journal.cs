using System.Buffers.Binary;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Lab.Storage;

/// <summary>The durable bytes of one replica: records one behind the other, the last of which a crash may have torn.</summary>
/// <remarks>
/// A record has a header of its length and the checksum of its body, and a checksum over the header: a torn end is told from damage.
/// </remarks>
internal sealed class Journal
{
    private const int HeaderBytes = 12;
    private const int BeginningBytes = 10;

    private readonly List<byte[]> frames = [];

    public long SizeBytes { get; private set; }

    public void Append(ReadOnlySpan<byte> record) => Add(Frame(record));

    /// <summary>Writes only the beginning of a record, as a crash in the middle of a write does.</summary>
    public void Tear(ReadOnlySpan<byte> record, RandomSource random)
    {
        var frame = Frame(record);
        Add(frame[..random.Next(0, frame.Length)]);
    }

    public void Rewrite(ReadOnlySpan<byte> checkpoint)
    {
        frames.Clear();
        SizeBytes = 0;
        Append(checkpoint);
    }

    /// <summary>
    /// Flips one bit. Half of all flips hit the beginning of a record, where term, vote and place are; it would seldom be hit by chance.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    public bool FlipBit(RandomSource random)
    {
        if (frames.Count == 0 || frames[^1].Length == 0)
        {
            return false;
        }

        // A copy: whoever read the record before has what it read, in slices.
        var place = random.Next(0, frames.Count);
        byte[] frame = [.. frames[place]];
        frames[place] = frame;
        var end = random.Next(0, 2) == 0 ? Math.Min(frame.Length, HeaderBytes + BeginningBytes) : frame.Length;
        frame[random.Next(0, end)] ^= (byte)(1 << random.Next(0, 8));
        return true;
    }

    /// <summary>Adds up all whole records. A torn last one was never acknowledged: it is cut off.</summary>
    /// <exception cref="CorruptDataException">A record is damaged; the message names it.</exception>
    public DurableLog Recover(Configuration initial, string place)
    {
        var log = new DurableLog(initial);
        for (var i = 0; i < frames.Count; i++)
        {
            if (i == frames.Count - 1 && IsTorn(frames[i]))
            {
                SizeBytes -= frames[i].Length;
                frames.RemoveAt(i);
                break;
            }

            Replay(frames[i], log, $"record {i} of {place}");
        }

        return log;
    }

    private static void Replay(byte[] frame, DurableLog log, string place)
    {
        if (!HasIntactHeader(frame) || frame.Length - HeaderBytes != Length(frame))
        {
            throw new CorruptDataException($"{place} has a damaged header; replace the replica as a member");
        }

        var body = frame.AsMemory(HeaderBytes);
        if (Crc32C.Compute(body.Span) != BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(4)))
        {
            throw new CorruptDataException($"{place} does not match its checksum; replace the replica as a member");
        }

        JournalRecord.Replay(body, log);
    }

    private static bool IsTorn(byte[] frame) =>
        frame.Length < HeaderBytes || (HasIntactHeader(frame) && frame.Length - HeaderBytes < Length(frame));

    private static bool HasIntactHeader(byte[] frame) =>
        frame.Length >= HeaderBytes && Crc32C.Compute(frame.AsSpan(0, 8)) == BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(8));

    private static int Length(byte[] frame) => BinaryPrimitives.ReadInt32LittleEndian(frame);

    private static byte[] Frame(ReadOnlySpan<byte> record)
    {
        var frame = new byte[HeaderBytes + record.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), Crc32C.Compute(record));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Crc32C.Compute(frame.AsSpan(0, 8)));
        record.CopyTo(frame.AsSpan(HeaderBytes));
        return frame;
    }

    private void Add(byte[] frame)
    {
        frames.Add(frame);
        SizeBytes += frame.Length;
    }
}
