using OrleansRaft.Core;

namespace OrleansRaft.Grains.Events;

/// <summary>The latest events, numbered from 1. Never blocks and never grows: who reads too slowly finds a gap. Any thread.</summary>
/// <param name="capacity">How many it keeps.</param>
internal sealed class EventRing(int capacity)
{
    private readonly Lock gate = new();
    private readonly SeenEvent?[] events = new SeenEvent?[capacity];
    private long last;
    private long oldest = 1;

    /// <summary>The number of the latest event; 0 before the first.</summary>
    public long Last
    {
        get
        {
            lock (gate)
            {
                return last;
            }
        }
    }

    /// <summary>Adds an event; the oldest may go for it.</summary>
    public void Add(SeenEvent seen)
    {
        lock (gate)
        {
            events[++last % capacity] = seen;
            oldest = Math.Max(oldest, last - capacity + 1);
        }
    }

    /// <summary>Forgets all events; who has not read them finds a gap, and so does who has, for something may be missing from now on.</summary>
    public void Break()
    {
        lock (gate)
        {
            Array.Clear(events);
            last++;
            oldest = last + 1;
        }
    }

    /// <summary>The events after a number.</summary>
    /// <param name="after">The number of the last event that the reader has.</param>
    /// <param name="most">How many to take at most.</param>
    /// <param name="into">Receives them, in order.</param>
    /// <returns>False when some were dropped, or the ring never gave out that number.</returns>
    public bool TryRead(long after, int most, List<SeenEvent> into)
    {
        lock (gate)
        {
            if (after + 1 < oldest || after > last)
            {
                return false;
            }

            for (var number = after + 1; number <= last && into.Count < most; number++)
            {
                var seen = events[number % capacity];
                Invariant.Holds(seen is not null, "a ring holds every event from its oldest to its last");
                into.Add(seen);
            }

            return true;
        }
    }
}
