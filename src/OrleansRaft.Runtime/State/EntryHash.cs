using System.IO.Hashing;

namespace OrleansRaft.Runtime.State;

/// <summary>The hash of one entry, of which a state's digest is the sum: the same in every process and for ever, since replicas compare it.</summary>
internal static class EntryHash
{
    /// <summary>Of a key and a value that lie behind each other.</summary>
    /// <param name="entry">Both.</param>
    /// <param name="keyLength">Where one ends and the other begins, in bytes: it matters.</param>
    public static UInt128 Of(ReadOnlySpan<byte> entry, int keyLength) => XxHash128.HashToUInt128(entry, keyLength);

    /// <summary>Of a key and a value.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var hash = new XxHash128(key.Length);
        hash.Append(key);
        hash.Append(value);
        return hash.GetCurrentHashAsUInt128();
    }
}
