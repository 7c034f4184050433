using System.IO.Hashing;
using System.Text;

namespace OrleansRaft;

/// <summary>Spreads keys over the groups of a set. Stored data depends on it: while the number of groups stands, no key moves.</summary>
public static class KeyHash
{
    /// <summary>
    /// The number of the group that keeps a key: the XxHash3 of its UTF-8 bytes (seed 0, 64 bits, unsigned) modulo the number of groups.
    /// </summary>
    /// <param name="key">The key; an empty one is a key like any other.</param>
    /// <param name="groups">How many groups the set has; at least 1.</param>
    public static int GroupOf(string key, int groups)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        return (int)(Hash(key) % (uint)groups);
    }

    /// <summary>The hash itself.</summary>
    internal static ulong Hash(string text)
    {
        Span<byte> bytes = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(text, bytes, out var length)
            ? XxHash3.HashToUInt64(bytes[..length])
            : XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text));
    }
}
