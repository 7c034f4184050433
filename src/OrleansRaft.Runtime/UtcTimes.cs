using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>UTC stamps as dates, and back.</summary>
internal static class UtcTimes
{
    /// <summary>The stamp of a date, to the millisecond; none before 1970.</summary>
    public static UtcTime Of(DateTimeOffset date) => new(Math.Max(0, date.ToUnixTimeMilliseconds()));

    /// <summary>The date of a stamp; null for none. One beyond the year 9999 is the end of that year.</summary>
    public static DateTimeOffset? ToDate(UtcTime stamp) =>
        stamp.IsKnown ? DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(stamp.Value, UtcTime.Latest.Value)) : null;
}
