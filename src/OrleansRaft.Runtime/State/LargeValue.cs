namespace OrleansRaft.Runtime.State;

/// <summary>A value that is too large to lie within its leaf: in an array of its own, which is never written once it is here.</summary>
/// <param name="bytes">The value.</param>
/// <param name="hash">The hash of the whole entry, so that nothing large is hashed again when the entry goes.</param>
internal sealed class LargeValue(byte[] bytes, UInt128 hash)
{
    /// <summary>The longest value that lies within its leaf, in bytes.</summary>
    public const int InlineBytesMax = 512;

    public byte[] Bytes { get; } = bytes;

    public UInt128 Hash { get; } = hash;
}
