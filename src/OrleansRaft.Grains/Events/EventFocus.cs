namespace OrleansRaft.Grains.Events;

/// <summary>Limits how many messages of a group in focus are shown: more than an eye can follow would only cost. Any thread.</summary>
internal sealed class EventFocus
{
    private const int ShownPerMoment = 20;

    private int inMoment;
    private long shown;
    private long leftOut;

    /// <summary>Whether one more message may be shown now.</summary>
    public bool TryShow()
    {
        if (Interlocked.Increment(ref inMoment) <= ShownPerMoment)
        {
            Interlocked.Increment(ref shown);
            return true;
        }

        Interlocked.Increment(ref leftOut);
        return false;
    }

    /// <summary>Begins another moment.</summary>
    public void BeginMoment() => Volatile.Write(ref inMoment, 0);

    /// <summary>What was shown and left out since this was last asked.</summary>
    public (long Shown, long LeftOut) Take() => (Interlocked.Exchange(ref shown, 0), Interlocked.Exchange(ref leftOut, 0));
}
