using System.Buffers.Binary;

namespace OrleansRaft.Runtime.State;

/// <summary>Numbers from 0 as keys, or parts of keys: short, in the order of the numbers, and none the beginning of another.</summary>
/// <remarks>One byte that says how many follow, then the number without its leading zeros, the most significant byte first.</remarks>
internal static class OrderedNumber
{
    /// <summary>The most bytes that one takes.</summary>
    public const int BytesMax = 1 + sizeof(long);

    /// <summary>Writes a number.</summary>
    /// <returns>How many bytes it takes.</returns>
    public static int Write(long value, Span<byte> output)
    {
        Span<byte> whole = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(whole, value);
        var digits = whole.TrimStart((byte)0);
        output[0] = (byte)digits.Length;
        digits.CopyTo(output[1..]);
        return 1 + digits.Length;
    }

    /// <summary>Reads the number at the beginning of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="rest">What follows.</param>
    /// <exception cref="CorruptDataException">There is none.</exception>
    public static long Read(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> rest)
    {
        if (key.IsEmpty || key[0] > sizeof(long) || key[0] > key.Length - 1 || (key[0] > 0 && key[1] == 0))
        {
            throw new CorruptDataException($"{Convert.ToHexStringLower(key)} does not begin with a number");
        }

        long value = 0;
        foreach (var digit in key.Slice(1, key[0]))
        {
            value = (value << 8) | digit;
        }

        rest = key[(1 + key[0])..];
        return value >= 0 ? value : throw new CorruptDataException($"{Convert.ToHexStringLower(key)} begins with a number of more than 63 bits");
    }
}
