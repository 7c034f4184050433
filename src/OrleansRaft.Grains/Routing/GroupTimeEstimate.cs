namespace OrleansRaft.Grains.Routing;

/// <summary>Estimates a group's time between two of its answers, so that deadlines can be given in it. Any thread.</summary>
/// <param name="time">This silo's clock.</param>
/// <param name="driftMax">
/// The most that is added to the last answer. A group's time stands still while nobody leads, so an estimate may run ahead; it must not run ahead by
/// more than a small part of the retention, or a delayed duplicate could outlive its request id.
/// </param>
internal sealed class GroupTimeEstimate(TimeProvider time, TimeSpan driftMax)
{
    private readonly Lock gate = new();
    private LogTime last;
    private long readAt = time.GetTimestamp();

    /// <summary>The group's time now, as far as is known.</summary>
    public LogTime Now
    {
        get
        {
            lock (gate)
            {
                var elapsed = time.GetElapsedTime(readAt);
                return last + (long)(elapsed < driftMax ? elapsed : driftMax).TotalMilliseconds;
            }
        }
    }

    /// <summary>
    /// Takes the time that came with the rejection of a deadline, even if it is earlier than what was known before: a leader that is gone may have
    /// been ahead of its log.
    /// </summary>
    public void Correct(LogTime answered)
    {
        lock (gate)
        {
            (last, readAt) = (answered, time.GetTimestamp());
        }
    }

    /// <summary>Takes note of the time that came with an answer; a follower's may be older than what is known.</summary>
    public void Observe(LogTime answered)
    {
        lock (gate)
        {
            if (answered >= last)
            {
                last = answered;
                readAt = time.GetTimestamp();
            }
        }
    }
}
