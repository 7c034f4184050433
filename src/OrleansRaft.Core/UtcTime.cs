using System.Globalization;

namespace OrleansRaft.Core;

/// <summary>A wall clock's time, in milliseconds since 1970-01-01 00:00 UTC.</summary>
/// <remarks>Core reads no clock: hosts tell it theirs, and leaders stamp entries with it, within bounds.</remarks>
/// <param name="Value">The milliseconds; zero where nobody told.</param>
public readonly record struct UtcTime(long Value) : IComparable<UtcTime>
{
    /// <summary>The latest time that a clock can tell: the end of the year 9999.</summary>
    public static UtcTime Latest { get; } = new(253_402_300_799_999);

    /// <summary>No time.</summary>
    public static UtcTime None => default;

    /// <summary>Whether it is a time.</summary>
    public bool IsKnown => Value > 0;

    /// <inheritdoc/>
    public int CompareTo(UtcTime other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The later of two times.</summary>
    public static UtcTime Max(UtcTime left, UtcTime right) => left >= right ? left : right;

    /// <summary>The time <paramref name="milliseconds"/> later.</summary>
    public static UtcTime operator +(UtcTime left, long milliseconds) => new(left.Value + milliseconds);

    /// <summary>How many milliseconds lie between two times.</summary>
    public static long operator -(UtcTime left, UtcTime right) => left.Value - right.Value;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(UtcTime left, UtcTime right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(UtcTime left, UtcTime right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(UtcTime left, UtcTime right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(UtcTime left, UtcTime right) => left.Value >= right.Value;
}
