using System.Buffers.Binary;
using System.Text;

namespace OrleansRaft.Core.Codec;

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote. Every method throws <see cref="CorruptDataException"/> rather than believe a wrong byte.
/// </summary>
/// <remarks>Bytes are slices of the source, never copies, and never allocated by a declared length.</remarks>
/// <param name="source">The bytes; they must not change afterwards.</param>
internal ref struct WireReader(ReadOnlyMemory<byte> source)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> span = source.Span;

    /// <summary>How many bytes have been read.</summary>
    public int Position { get; private set; }

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => span.Length - Position;

    /// <summary>One byte.</summary>
    public byte ReadByte()
    {
        Require(1);
        return span[Position++];
    }

    /// <summary>One byte, 0 or 1.</summary>
    public bool ReadBoolean() => ReadByte() switch
    {
        0 => false,
        1 => true,
        var other => throw Corrupt($"{other} is neither true nor false"),
    };

    /// <summary>Four bytes.</summary>
    public uint ReadUInt32()
    {
        Require(sizeof(uint));
        var value = BinaryPrimitives.ReadUInt32LittleEndian(span[Position..]);
        Position += sizeof(uint);
        return value;
    }

    /// <summary>Eight bytes, of any sign.</summary>
    public long ReadInt64()
    {
        Require(sizeof(long));
        var value = BinaryPrimitives.ReadInt64LittleEndian(span[Position..]);
        Position += sizeof(long);
        return value;
    }

    /// <summary>A number that is not negative, in 1 to 9 bytes.</summary>
    public long ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 63; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }

        throw Corrupt("a number has more than 63 bits");
    }

    /// <summary>A number from 0 to <paramref name="limit"/>.</summary>
    public int ReadInt32(int limit)
    {
        var value = ReadVarint();
        return value <= limit ? (int)value : throw Corrupt($"{value} is above the limit of {limit}");
    }

    /// <summary>How many items follow, when each takes at least <paramref name="bytesMin"/> bytes; so that a lie cannot make us allocate.</summary>
    public int ReadCount(int bytesMin)
    {
        var count = ReadVarint();
        return count <= Remaining / bytesMin ? (int)count : throw Corrupt($"{count} items do not fit into {Remaining} bytes");
    }

    /// <summary>Bytes behind their length: a slice of the source.</summary>
    public ReadOnlyMemory<byte> ReadBytes()
    {
        var length = ReadCount(1);
        var bytes = source.Slice(Position, length);
        Position += length;
        return bytes;
    }

    /// <summary>Text in UTF-8 behind its length.</summary>
    public string ReadString()
    {
        var bytes = ReadBytes();
        try
        {
            return StrictUtf8.GetString(bytes.Span);
        }
        catch (DecoderFallbackException exception)
        {
            throw new CorruptDataException($"text at byte {Position - bytes.Length} is not UTF-8", exception);
        }
    }

    /// <summary>Everything that is left: a slice of the source.</summary>
    public ReadOnlyMemory<byte> ReadRest()
    {
        var rest = source[Position..];
        Position = span.Length;
        return rest;
    }

    /// <summary>Throws unless everything has been read.</summary>
    public readonly void RequireEnd()
    {
        if (Remaining != 0)
        {
            throw Corrupt($"{Remaining} bytes follow the end");
        }
    }

    private readonly void Require(int bytes)
    {
        if (Remaining < bytes)
        {
            throw Corrupt($"{bytes} more bytes were expected, {Remaining} are left");
        }
    }

    private readonly CorruptDataException Corrupt(string what) => new($"{what} (at byte {Position})");
}
