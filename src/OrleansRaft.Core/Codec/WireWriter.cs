using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansRaft.Core.Codec;

/// <summary>Writes the binary form: fixed little-endian numbers, variable-length numbers (LEB128), and bytes behind their length.</summary>
/// <param name="output">Where to.</param>
internal readonly ref struct WireWriter(IBufferWriter<byte> output)
{
    /// <summary>One byte.</summary>
    public void WriteByte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    /// <summary>One byte, 0 or 1.</summary>
    public void WriteBoolean(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    /// <summary>Four bytes.</summary>
    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), value);
        output.Advance(sizeof(uint));
    }

    /// <summary>A number that is not negative, in 1 to 9 bytes.</summary>
    public void WriteVarint(long value)
    {
        Invariant.Holds(value >= 0, "only numbers from 0 have a variable-length form");
        var span = output.GetSpan(9);
        var length = 0;
        var rest = (ulong)value;
        while (rest >= 0x80)
        {
            span[length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        span[length++] = (byte)rest;
        output.Advance(length);
    }

    /// <summary>A number of any sign, in eight bytes.</summary>
    public void WriteInt64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    /// <summary>Bytes behind their length.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteVarint(bytes.Length);
        output.Write(bytes);
    }

    /// <summary>Text in UTF-8 behind its length in bytes.</summary>
    public void WriteString(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        WriteVarint(length);
        Encoding.UTF8.GetBytes(text, output.GetSpan(length));
        output.Advance(length);
    }

    /// <summary>Bytes as they are, without a length.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes) => output.Write(bytes);
}
