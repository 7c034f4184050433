using System.Buffers;
using System.IO.Hashing;

namespace OrleansRaft.Runtime.State;

/// <summary>The hash of one entry, of which a state's digest is the sum: the same in every process and for ever, since replicas compare it.</summary>
internal static class EntryHash
{
    private const int CopiedBytesMax = 16 * 1024;

    /// <summary>Of a key and a value that lie behind each other.</summary>
    /// <param name="entry">Both.</param>
    /// <param name="keyLength">Where one ends and the other begins, in bytes: it matters.</param>
    public static UInt128 Of(ReadOnlySpan<byte> entry, int keyLength) => XxHash128.HashToUInt128(entry, keyLength);

    /// <summary>Of a key and a value.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var length = key.Length + value.Length;
        if (length > CopiedBytesMax)
        {
            var hash = new XxHash128(key.Length);
            hash.Append(key);
            hash.Append(value);
            return hash.GetCurrentHashAsUInt128();
        }

        // To copy them costs less than what hashes in pieces, which is an object of 570 bytes.
        var entry = ArrayPool<byte>.Shared.Rent(length);
        key.CopyTo(entry);
        value.CopyTo(entry.AsSpan(key.Length));
        var whole = Of(entry.AsSpan(0, length), key.Length);
        ArrayPool<byte>.Shared.Return(entry);
        return whole;
    }
}
