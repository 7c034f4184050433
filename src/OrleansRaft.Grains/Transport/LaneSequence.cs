namespace OrleansRaft.Grains.Transport;

/// <summary>Puts the batches of one other silo in order: Orleans may hand over two one-way calls in either order.</summary>
/// <remarks>On the turns of <see cref="LaneService"/>. What its sender has given up is waited for no longer.</remarks>
internal sealed class LaneSequence
{
    // The sender has two on their way; what is more comes from one that does not keep to that.
    private const int HeldMax = 8;

    private readonly SortedList<long, (LaneHead Head, byte[] Batch)> held = [];
    private long session;
    private long next = 1;

    /// <summary>Takes a batch that has a number.</summary>
    /// <returns>Those whose turn it is now, in order.</returns>
    public IEnumerable<(LaneHead Head, byte[] Batch)> Take(LaneHead head, byte[] batch)
    {
        if (head.Session != session)
        {
            if (head.Session < session)
            {
                // Its sender has begun anew, and waits for no answer.
                yield break;
            }

            session = head.Session;
            next = head.First;
            held.Clear();
        }

        if (head.Number >= next)
        {
            held[head.Number] = (head, batch);
        }

        if (head.First > next)
        {
            next = head.First;
        }

        while (held.Count > 0 && (held.Keys[0] <= next || held.Count > HeldMax))
        {
            var first = held.Values[0];
            held.RemoveAt(0);
            next = Math.Max(next, first.Head.Number + 1);
            yield return first;
        }
    }
}
