using System.Buffers.Binary;
using System.Text;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>What must be found when the store is opened.</summary>
internal enum MarkState : uint
{
    /// <summary>The store is being made: nothing in it counts yet.</summary>
    Creating = 0,

    /// <summary>The write-ahead log must reach the marked place.</summary>
    InLog = 1,

    /// <summary>Everything through the marked place is in the database: its log may be gone.</summary>
    InDatabase = 2,
}

/// <summary>
/// How far a store has acknowledged, kept apart from the store: by it a log that was cut short, damaged, exchanged or removed is noticed, and a
/// database that is older.
/// </summary>
/// <param name="StoreId">The store's id.</param>
/// <param name="State">What must be found.</param>
/// <param name="Writes">How many writes of replicas were acknowledged, over all replicas.</param>
/// <param name="Position">The place in the write-ahead log.</param>
internal sealed record StoreMark(string StoreId, MarkState State, long Writes, WalPosition Position)
{
    /// <summary>How long an encoded mark is: less than a sector, so that a disk writes it whole or not at all.</summary>
    public const int EncodedBytes = 128;

    private const ulong Magic = 0x314B52414D54464F; // "OFTMARK1"
    private const int IdBytesMax = 48;
    private const int IdOffset = 64;
    private const int HolderOffset = 52;

    /// <summary>Writes it.</summary>
    /// <param name="sequence">Grows with every mark: of two, the later counts.</param>
    /// <param name="output">Takes <see cref="EncodedBytes"/>.</param>
    public void Encode(long sequence, Span<byte> output)
    {
        output.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(output, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(output[8..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(output[16..], (uint)State);
        BinaryPrimitives.WriteInt64LittleEndian(output[24..], Writes);
        BinaryPrimitives.WriteUInt32LittleEndian(output[32..], Position.Salt1);
        BinaryPrimitives.WriteUInt32LittleEndian(output[36..], Position.Salt2);
        BinaryPrimitives.WriteUInt32LittleEndian(output[40..], Position.Frames);
        BinaryPrimitives.WriteUInt32LittleEndian(output[44..], Position.Checksum1);
        BinaryPrimitives.WriteUInt32LittleEndian(output[48..], Position.Checksum2);
        BinaryPrimitives.WriteInt32LittleEndian(output[HolderOffset..], Environment.ProcessId);
        Encoding.UTF8.GetBytes(StoreId, output.Slice(IdOffset, IdBytesMax));
        BinaryPrimitives.WriteUInt32LittleEndian(output[(EncodedBytes - 4)..], Crc32C.Compute(output[..(EncodedBytes - 4)]));
    }

    /// <summary>Which process wrote a mark; for people.</summary>
    public static int HolderOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes[HolderOffset..]);

    /// <summary>Reads it back; null when the bytes are none, or damaged.</summary>
    public static (long Sequence, StoreMark Mark)? Decode(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[(EncodedBytes - 4)..]) != Crc32C.Compute(bytes[..(EncodedBytes - 4)]))
        {
            return null;
        }

        var position = new WalPosition(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]));
        var mark = new StoreMark(
            Encoding.UTF8.GetString(bytes.Slice(IdOffset, IdBytesMax)).TrimEnd('\0'),
            (MarkState)BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            position);
        return (BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), mark);
    }
}
