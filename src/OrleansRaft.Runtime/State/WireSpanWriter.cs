using System.Buffers.Binary;

namespace OrleansRaft.Runtime.State;

/// <summary>Writes numbers and bytes as <see cref="Core.Codec.WireWriter"/> does, into a span with room for them.</summary>
/// <param name="output">Where to.</param>
internal ref struct WireSpanWriter(Span<byte> output)
{
    /// <summary>The most bytes of a variable-length number.</summary>
    public const int VarintBytesMax = 9;

    private readonly Span<byte> output = output;
    private int length;

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => output[..length];

    public void WriteByte(byte value) => output[length++] = value;

    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output[length..], value);
        length += sizeof(long);
    }

    /// <summary>A number that is not negative, in 1 to 9 bytes.</summary>
    public void WriteVarint(long value)
    {
        var rest = (ulong)value;
        while (rest >= 0x80)
        {
            output[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        output[length++] = (byte)rest;
    }

    /// <summary>Bytes as they are, without a length.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output[length..]);
        length += bytes.Length;
    }
}
