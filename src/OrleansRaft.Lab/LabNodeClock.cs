namespace OrleansRaft.Lab;

/// <summary>One node's clocks: a monotonic one that may run fast or slow, and a wall clock that may also jump.</summary>
internal sealed class LabNodeClock : TimeProvider
{
    private const long Million = 1_000_000;

    private static readonly DateTimeOffset WallClockStart = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly LabClock clock;

    private long anchor;
    private long anchorLocal;
    private long rate = Million;
    private TimeSpan wallOffset;

    internal LabNodeClock(LabClock clock, TimeSpan start)
    {
        this.clock = clock;
        anchorLocal = start.Ticks;
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The node's monotonic time. Only differences mean anything.</summary>
    public TimeSpan Now => new(GetTimestamp());

    /// <summary>How many microseconds this clock counts while a true second passes; 1,000,000 is exact.</summary>
    /// <remarks>Leases assume rates within 5 % of each other; the setter takes 1 to 10,000,000, to show what happens beyond.</remarks>
    public long RatePerMillion
    {
        get => rate;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 10 * Million);
            (anchorLocal, anchor, rate) = (GetTimestamp(), clock.NowTicks, value);
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => anchorLocal + ((clock.NowTicks - anchor) * rate / Million);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => WallClockStart + new TimeSpan(GetTimestamp()) + wallOffset;

    /// <summary>Sets the wall clock forward, or back. The monotonic clock does not notice.</summary>
    /// <param name="by">How far; negative is back.</param>
    public void JumpWallClock(TimeSpan by) => wallOffset += by;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Arranges that something happens when this node's clock has counted a duration.</summary>
    internal void Schedule(TimeSpan after, Action action) => clock.Schedule(new TimeSpan((after.Ticks * Million / rate) + 1), action);

    private sealed class Timer(LabNodeClock clock, Action action) : ITimer
    {
        private long generation;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            generation++;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Arrange(dueTime, period, generation);
            }

            return true;
        }

        public void Dispose() => generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arrange(TimeSpan after, TimeSpan period, long current) => clock.Schedule(after, () =>
        {
            if (current != generation)
            {
                return;
            }

            if (period > TimeSpan.Zero)
            {
                Arrange(period, period, current);
            }

            action();
        });
    }
}
