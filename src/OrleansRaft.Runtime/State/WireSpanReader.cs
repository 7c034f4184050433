using System.Buffers.Binary;

namespace OrleansRaft.Runtime.State;

/// <summary>Reads what <see cref="WireSpanWriter"/> wrote, such as a value of a keyed state, without a copy.</summary>
/// <param name="bytes">The bytes.</param>
internal ref struct WireSpanReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> left = bytes;

    /// <summary>Everything that is left.</summary>
    public readonly ReadOnlySpan<byte> Rest => left;

    public byte ReadByte() => Take(1)[0];

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

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

        throw new CorruptDataException("a number has more than 63 bits");
    }

    /// <summary>Bytes behind their length.</summary>
    public ReadOnlySpan<byte> ReadBytes() => ReadVarint() is var length && length <= left.Length
        ? Take((int)length)
        : throw new CorruptDataException($"{length} more bytes were expected, {left.Length} are left");

    /// <summary>Throws unless everything has been read.</summary>
    public readonly void RequireEnd()
    {
        if (!left.IsEmpty)
        {
            throw new CorruptDataException($"{left.Length} bytes follow the end");
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > left.Length)
        {
            throw new CorruptDataException($"{length} more bytes were expected, {left.Length} are left");
        }

        var taken = left[..length];
        left = left[length..];
        return taken;
    }
}
