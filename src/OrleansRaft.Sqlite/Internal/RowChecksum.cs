using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// The SQL function <c>row_crc</c>: a checksum over the columns of a row, so that a bit that turned over in a term or a vote is noticed and not
/// obeyed.
/// </summary>
internal static class RowChecksum
{
    public const string Function = "row_crc";

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    /// <summary>The checksum of values as SQLite hands them over.</summary>
    public static long Compute(object?[] values)
    {
        var output = buffer ??= new ArrayBufferWriter<byte>(1_024);
        output.ResetWrittenCount();
        foreach (var value in values)
        {
            switch (value)
            {
                case long number:
                    Write(output, 1, number);
                    break;
                case string text:
                    Write(output, 2, Encoding.UTF8.GetByteCount(text));
                    Encoding.UTF8.GetBytes(text, output);
                    break;
                case byte[] bytes:
                    Write(output, 3, bytes.Length);
                    output.Write(bytes);
                    break;
                default:
                    Write(output, 0, 0);
                    break;
            }
        }

        return Crc32C.Compute(output.WrittenSpan);
    }

    private static void Write(ArrayBufferWriter<byte> output, byte kind, long number)
    {
        var span = output.GetSpan(1 + sizeof(long));
        span[0] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(span[1..], number);
        output.Advance(1 + sizeof(long));
    }
}
