namespace OrleansRaft.Runtime.State;

/// <summary>Numbers the views of one state, and knows which of them are live: what a live view shows must not be written.</summary>
/// <remarks>
/// A view shows the nodes that were in the tree when it was taken, so those of its epoch and earlier ones. What was made later is the state's alone,
/// and once a view is disposed, so is what it had shown: without a live view nothing is ever copied.
/// </remarks>
internal sealed class ViewEpochs
{
    private readonly Lock gate = new();

    // Sorted, and short: a snapshot on its way, and what asks for a digest.
    private readonly List<long> live = [];
    private long latestLive;

    /// <summary>The epoch of the nodes that are made now.</summary>
    public long Current { get; private set; } = 1;

    /// <summary>The epoch of the latest view that is live; 0 for none. Read too late, it is too high, which costs a copy.</summary>
    public long LatestLive => Volatile.Read(ref latestLive);

    /// <summary>Begins a view, by the thread that writes.</summary>
    public long Begin()
    {
        lock (gate)
        {
            var epoch = Current++;
            live.Add(epoch);
            Volatile.Write(ref latestLive, epoch);
            return epoch;
        }
    }

    /// <summary>Ends a view, by any thread, after which that one reads nothing of it any more.</summary>
    public void End(long epoch)
    {
        lock (gate)
        {
            live.Remove(epoch);
            Volatile.Write(ref latestLive, live.Count == 0 ? 0 : live[^1]);
        }
    }
}
