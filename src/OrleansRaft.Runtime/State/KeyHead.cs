using System.Buffers.Binary;

namespace OrleansRaft.Runtime.State;

/// <summary>
/// The first bytes of a key behind those that a node's keys have in common, as a number: of two keys, the one with the smaller head comes first.
/// Where heads are equal, the keys themselves tell.
/// </summary>
internal static class KeyHead
{
    /// <summary>How many bits a short head has; it is the upper half of a number of 64.</summary>
    public const int Bits32 = 32;

    /// <summary>The four bytes from a place on; those that are missing are zeros.</summary>
    public static uint Of32(ReadOnlySpan<byte> key, int from)
    {
        var rest = key[from..];
        return rest.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32BigEndian(rest) : (uint)Short(rest, sizeof(uint));
    }

    /// <summary>The eight bytes from a place on; those that are missing are zeros.</summary>
    public static ulong Of64(ReadOnlySpan<byte> key, int from)
    {
        var rest = key[from..];
        return rest.Length >= sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(rest) : Short(rest, sizeof(ulong));
    }

    /// <summary>How many of the numbers, which are in the order of their upper halves, have one below <paramref name="head"/>.</summary>
    public static int CountBelow(ReadOnlySpan<ulong> sorted, uint head) => CountBelow(sorted, (ulong)head << Bits32);

    /// <summary>How many of the sorted numbers are below <paramref name="bound"/>.</summary>
    public static int CountBelow(ReadOnlySpan<ulong> sorted, ulong bound)
    {
        // No branch hangs on what is compared: half of those would be predicted wrongly, each of which costs more than all comparisons.
        var low = 0;
        for (var length = sorted.Length; length > 0;)
        {
            var half = (length + 1) >> 1;
            low = sorted[low + half - 1] < bound ? low + half : low;
            length -= half;
        }

        return low;
    }

    private static ulong Short(ReadOnlySpan<byte> rest, int length)
    {
        ulong value = 0;
        for (var place = 0; place < length; place++)
        {
            value = (value << 8) | (place < rest.Length ? rest[place] : 0u);
        }

        return value;
    }
}
