using System.Buffers.Binary;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>A 64-bit hash that is the same in every process and for ever: snapshots hold it.</summary>
/// <remarks>It tells requests of one client apart, who would only cheat itself by a collision; it is no protection against an attacker.</remarks>
internal static class StableHash
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    /// <summary>The hash of two byte strings; where one ends and the other begins matters.</summary>
    public static ulong Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => Add(Add(0, first), second);

    /// <summary>The hash of a request of which its client has made one, and of the key by which it chose the group.</summary>
    public static ulong Of(ReadOnlySpan<byte> key, ulong identity) => Mix(Add(0, key), identity);

    /// <summary>Goes on with a byte string.</summary>
    public static ulong Add(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash = Mix(hash, (ulong)bytes.Length);
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        ulong tail = 0;
        foreach (var value in bytes)
        {
            tail = (tail << 8) | value;
        }

        return Mix(hash, tail);
    }

    /// <summary>Goes on with a number.</summary>
    public static ulong Mix(ulong hash, ulong word)
    {
        hash = (hash ^ word) * Multiplier;
        return hash ^ (hash >> 29);
    }
}
