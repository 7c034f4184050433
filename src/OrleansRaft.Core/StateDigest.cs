namespace OrleansRaft.Core;

/// <summary>
/// A digest of a replica's whole state at one entry, and which program made it: of the same entries, equal programs make equal states.
/// </summary>
/// <param name="program">Tells one build of the state machine from another.</param>
/// <param name="hash">The digest's bytes, never changed afterwards: 1 to <see cref="HashBytesMax"/>.</param>
public readonly struct StateDigest(ulong program, ReadOnlyMemory<byte> hash) : IEquatable<StateDigest>
{
    /// <summary>The most bytes of a hash.</summary>
    public const int HashBytesMax = 64;

    /// <summary>Tells one build of the state machine from another.</summary>
    public ulong Program => program;

    /// <summary>The digest's bytes.</summary>
    public ReadOnlyMemory<byte> Hash => hash;

    /// <summary>Whether the states have the same digest, and programs that are the same.</summary>
    public static bool operator ==(StateDigest left, StateDigest right) => left.Equals(right);

    /// <summary>Whether the states have other digests, or other programs.</summary>
    public static bool operator !=(StateDigest left, StateDigest right) => !left.Equals(right);

    /// <summary>Whether a difference from another digest of the same entry means anything: of two programs, it does not.</summary>
    public bool IsComparableTo(StateDigest other) => Program == other.Program;

    /// <summary>Whether this digest and another one, of the same entry, show that states differ that must be the same.</summary>
    public bool Contradicts(StateDigest other) => IsComparableTo(other) && this != other;

    /// <inheritdoc/>
    public bool Equals(StateDigest other) => Program == other.Program && Hash.Span.SequenceEqual(other.Hash.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StateDigest other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.IsEmpty ? 0 : Hash.Span[0] | (Hash.Span[^1] << 8) | (Hash.Length << 16);

    /// <summary>The hash, in lower-case hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(Hash.Span);
}
