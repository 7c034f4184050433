using System.Buffers.Binary;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The bytes of SQLite's write-ahead log (sqlite.org/fileformat2.html#walformat).</summary>
internal static class WalFormat
{
    public const int HeaderBytes = 32;
    public const int FrameHeaderBytes = 24;

    private const uint MagicLittleEndian = 0x377f0682;
    private const uint Version = 3_007_000;

    /// <summary>How long a frame is with its page.</summary>
    public static int FrameBytes(int pageBytes) => FrameHeaderBytes + pageBytes;

    /// <summary>Where a frame begins; the first is 1.</summary>
    public static long OffsetOf(long frame, int pageBytes) => HeaderBytes + ((frame - 1) * FrameBytes(pageBytes));

    /// <summary>Reads a header; null when it is not one, or does not match its checksum.</summary>
    public static (WalPosition Start, int PageBytes, bool IsLittleEndian)? ReadHeader(ReadOnlySpan<byte> header)
    {
        var magic = Word(header, 0);
        var isLittleEndian = magic == MagicLittleEndian;
        var pageBytes = Word(header, 8);
        if ((magic & ~1u) != MagicLittleEndian || Word(header, 4) != Version || pageBytes is < 512 or > 65_536 || !uint.IsPow2(pageBytes))
        {
            return null;
        }

        var (checksum1, checksum2) = Sum(header[..24], 0, 0, isLittleEndian);
        return checksum1 == Word(header, 24) && checksum2 == Word(header, 28)
            ? (new WalPosition(Word(header, 16), Word(header, 20), 0, checksum1, checksum2), (int)pageBytes, isLittleEndian)
            : null;
    }

    /// <summary>The rolling checksum after some more bytes; their number is a multiple of eight.</summary>
    public static (uint Checksum1, uint Checksum2) Sum(ReadOnlySpan<byte> bytes, uint checksum1, uint checksum2, bool isLittleEndian)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            unchecked
            {
                checksum1 += (isLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes))
                    + checksum2;
                checksum2 += (isLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]))
                    + checksum1;
            }
        }

        return (checksum1, checksum2);
    }

    /// <summary>A word of a header.</summary>
    public static uint Word(ReadOnlySpan<byte> header, int offset) => BinaryPrimitives.ReadUInt32BigEndian(header[offset..]);
}
