using System.Globalization;

namespace OrleansRaft.Core;

/// <summary>A reading of the host's monotonic clock, in milliseconds. Only differences mean anything, and only within one process.</summary>
/// <param name="Value">Milliseconds since an arbitrary moment of this process.</param>
internal readonly record struct MonotonicTime(long Value) : IComparable<MonotonicTime>
{
    /// <summary>The arbitrary start.</summary>
    public static MonotonicTime Zero => default;

    /// <summary>The one after this.</summary>
    public MonotonicTime Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(MonotonicTime other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The time <paramref name="milliseconds"/> later.</summary>
    public static MonotonicTime operator +(MonotonicTime left, long milliseconds) => new(left.Value + milliseconds);

    /// <summary>How many milliseconds lie between two readings.</summary>
    public static long operator -(MonotonicTime left, MonotonicTime right) => left.Value - right.Value;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(MonotonicTime left, MonotonicTime right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(MonotonicTime left, MonotonicTime right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(MonotonicTime left, MonotonicTime right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(MonotonicTime left, MonotonicTime right) => left.Value >= right.Value;
}
