using System.Globalization;

namespace OrleansRaft;

/// <summary>The group's replicated time, in milliseconds: what a leader stamps on entries, the same on every replica.</summary>
/// <param name="Value">Milliseconds since the group's first entry; never falls along the log.</param>
public readonly record struct LogTime(long Value) : IComparable<LogTime>
{
    /// <summary>The time of an empty log.</summary>
    public static LogTime Zero => default;

    /// <summary>The one after this.</summary>
    public LogTime Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(LogTime other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The later of two times.</summary>
    public static LogTime Max(LogTime left, LogTime right) => left >= right ? left : right;

    /// <summary>The time <paramref name="milliseconds"/> later.</summary>
    public static LogTime operator +(LogTime left, long milliseconds) => new(left.Value + milliseconds);

    /// <summary>How many milliseconds lie between two times.</summary>
    public static long operator -(LogTime left, LogTime right) => left.Value - right.Value;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(LogTime left, LogTime right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(LogTime left, LogTime right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(LogTime left, LogTime right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(LogTime left, LogTime right) => left.Value >= right.Value;
}
