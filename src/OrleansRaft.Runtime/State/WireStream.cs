using System.Buffers.Binary;
using System.Text;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.State;

/// <summary>
/// Reads what <see cref="WireWriter"/> wrote from a stream, as <see cref="WireReader"/> does from memory. Every method throws
/// <see cref="CorruptDataException"/> rather than believe a wrong byte, or where the stream ends too early.
/// </summary>
/// <param name="input">The stream; read in small pieces.</param>
internal readonly struct WireStream(Stream input)
{
    private const int PieceBytes = 64 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public byte ReadByte() => input.ReadByte() is >= 0 and var value ? (byte)value : throw TooShort(null);

    public bool ReadBoolean() => ReadByte() switch
    {
        0 => false,
        1 => true,
        var other => throw new CorruptDataException($"{other} is neither true nor false"),
    };

    public long ReadInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        ReadExactly(bytes);
        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    /// <summary>A number that is not negative, in 1 to 9 bytes.</summary>
    public long ReadVarint() => ReadVarint(ReadByte());

    /// <summary>A number that is not negative, in 1 to 9 bytes; null where the stream is at its end.</summary>
    public long? ReadVarintUnlessAtEnd() => input.ReadByte() is >= 0 and var first ? ReadVarint((byte)first) : null;

    private long ReadVarint(byte next)
    {
        ulong value = 0;
        for (var shift = 0; shift < 63; shift += 7)
        {
            next = shift == 0 ? next : ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }

        throw new CorruptDataException("a number has more than 63 bits");
    }

    /// <summary>A number from 0 to <paramref name="limit"/>.</summary>
    /// <param name="limit">The greatest that is taken.</param>
    /// <param name="what">What it is, for whoever reads why it was refused.</param>
    public int ReadInt32(int limit, string what)
    {
        var value = ReadVarint();
        return value <= limit ? (int)value : throw new CorruptDataException($"{what}: {value} is above the limit of {limit}");
    }

    public void ReadExactly(Span<byte> bytes)
    {
        try
        {
            input.ReadExactly(bytes);
        }
        catch (EndOfStreamException exception)
        {
            throw TooShort(exception);
        }
    }

    /// <summary>Bytes behind their length.</summary>
    /// <param name="limit">The most that are taken.</param>
    /// <param name="what">What the length is of, for whoever reads why it was refused.</param>
    /// <param name="buffer">Where they are put, if it is long enough.</param>
    /// <param name="length">How many there are.</param>
    /// <returns>The buffer, or a longer one. What a length claims is not believed before the bytes are there.</returns>
    public byte[] ReadBytes(int limit, string what, byte[] buffer, out int length)
    {
        length = ReadInt32(limit, what);
        for (var read = 0; read < length;)
        {
            var piece = Math.Min(length - read, PieceBytes);
            if (buffer.Length < read + piece)
            {
                Array.Resize(ref buffer, Math.Min(length, Math.Max(256, 2 * (read + piece))));
            }

            ReadExactly(buffer.AsSpan(read, piece));
            read += piece;
        }

        return buffer;
    }

    /// <summary>Text in UTF-8 behind its length.</summary>
    /// <param name="limit">The most bytes that are taken.</param>
    /// <param name="what">What the length is of, for whoever reads why it was refused.</param>
    public string ReadString(int limit, string what)
    {
        var bytes = ReadBytes(limit, what, [], out var length);
        try
        {
            return StrictUtf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException exception)
        {
            throw new CorruptDataException("a text is not UTF-8", exception);
        }
    }

    /// <summary>Throws unless everything has been read.</summary>
    public void RequireEnd()
    {
        if (input.ReadByte() >= 0)
        {
            throw new CorruptDataException("bytes follow the end");
        }
    }

    private static CorruptDataException TooShort(EndOfStreamException? cause) => cause is null
        ? new CorruptDataException("more bytes were expected, and the stream is at its end")
        : new CorruptDataException("more bytes were expected, and the stream is at its end", cause);
}
