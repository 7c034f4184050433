using System.Globalization;

namespace OrleansRaft;

/// <summary>Names one member of a group.</summary>
/// <param name="Value">Counts up from 1 within its group; 0 names nobody.</param>
public readonly record struct ReplicaId(long Value) : IComparable<ReplicaId>
{
    /// <summary>Nobody.</summary>
    public static ReplicaId Zero => default;

    /// <summary>The one after this.</summary>
    public ReplicaId Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(ReplicaId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(ReplicaId left, ReplicaId right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(ReplicaId left, ReplicaId right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(ReplicaId left, ReplicaId right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(ReplicaId left, ReplicaId right) => left.Value >= right.Value;
}
