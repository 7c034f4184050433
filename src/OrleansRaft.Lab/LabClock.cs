namespace OrleansRaft.Lab;

/// <summary>Virtual time: a queue of what will happen. Time passes only when it is run, and then at once.</summary>
internal sealed class LabClock
{
    private readonly PriorityQueue<Action, Moment> queue = new();

    private long scheduled;

    /// <summary>The virtual time since the start.</summary>
    public TimeSpan Now => new(NowTicks);

    /// <summary>How many events have happened.</summary>
    public long Steps { get; private set; }

    internal long NowTicks { get; private set; }

    /// <summary>Arranges that something happens later. What is due at the same moment happens in the order in which it was scheduled.</summary>
    /// <param name="after">How much later; at least zero.</param>
    /// <param name="action">What happens.</param>
    public void Schedule(TimeSpan after, Action action)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(after, TimeSpan.Zero);
        queue.Enqueue(action, new Moment(NowTicks + after.Ticks, scheduled++));
    }

    /// <summary>Lets the next event happen.</summary>
    /// <returns>Whether there was one.</returns>
    public bool RunNext()
    {
        if (!queue.TryDequeue(out var action, out var moment))
        {
            return false;
        }

        NowTicks = moment.Ticks;
        Steps++;
        action();
        return true;
    }

    /// <summary>Lets time pass.</summary>
    /// <param name="duration">How much.</param>
    public void Run(TimeSpan duration) => RunUntil(static () => false, duration);

    /// <summary>Lets time pass until a condition holds.</summary>
    /// <param name="condition">Asked before the first event and after each.</param>
    /// <param name="limit">How much time may pass.</param>
    /// <returns>Whether the condition held in time.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var end = NowTicks + limit.Ticks;
        while (!condition())
        {
            if (!queue.TryPeek(out _, out var moment) || moment.Ticks > end)
            {
                NowTicks = end;
                return false;
            }

            RunNext();
        }

        return true;
    }

    private readonly record struct Moment(long Ticks, long Order) : IComparable<Moment>
    {
        public int CompareTo(Moment other) => Ticks != other.Ticks ? Ticks.CompareTo(other.Ticks) : Order.CompareTo(other.Order);
    }
}
