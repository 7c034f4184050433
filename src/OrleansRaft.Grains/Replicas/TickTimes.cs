namespace OrleansRaft.Grains.Replicas;

/// <summary>When the replicas of a silo tick: at the multiples of their period.</summary>
internal static class TickTimes
{
    /// <summary>
    /// How long to wait for the next tick after one at a time: three quarters of a period at least, so that a late one does not hurry those that
    /// follow it, and five quarters at most. In whole milliseconds, as timers have them; on average, a period.
    /// </summary>
    /// <param name="now">The time on the silo's clock.</param>
    /// <param name="period">The period of the ticks.</param>
    public static TimeSpan UntilNext(TimeSpan now, TimeSpan period)
    {
        var left = period - new TimeSpan(now.Ticks % period.Ticks);
        if (left < period / 4)
        {
            // The tick came a little early, by the coarse clock of timers: it was that of the coming multiple.
            left += period;
        }

        return TimeSpan.FromMilliseconds(Math.Ceiling((left > period * 0.75 ? left : period * 0.75).TotalMilliseconds));
    }
}
