namespace OrleansRaft.Testing;

/// <summary>
/// The clock by which replicas stamp the entries of their logs: the system's, moved forward as often as a test asks. Timers, and whatever else
/// tells time, are the system's.
/// </summary>
internal sealed class GroupClock : TimeProvider
{
    private long ahead;

    /// <summary>How far it is ahead of the system's.</summary>
    public TimeSpan Ahead => new(Interlocked.Read(ref ahead));

    /// <inheritdoc/>
    public override long GetTimestamp() => base.GetTimestamp() + (long)(Ahead.TotalSeconds * TimestampFrequency);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

    /// <summary>Moves it forward.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref ahead, by.Ticks);
}
