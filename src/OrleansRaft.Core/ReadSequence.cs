using System.Globalization;

namespace OrleansRaft.Core;

/// <summary>Numbers the rounds by which a leader confirms that it still leads (§6.4). Grows through one leader's term.</summary>
/// <param name="Value">Counts up from 1; 0 is no round.</param>
internal readonly record struct ReadSequence(long Value) : IComparable<ReadSequence>
{
    /// <summary>No round.</summary>
    public static ReadSequence Zero => default;

    /// <summary>The one after this.</summary>
    public ReadSequence Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(ReadSequence other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(ReadSequence left, ReadSequence right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(ReadSequence left, ReadSequence right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(ReadSequence left, ReadSequence right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(ReadSequence left, ReadSequence right) => left.Value >= right.Value;
}
