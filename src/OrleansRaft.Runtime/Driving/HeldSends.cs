using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Driving;

/// <summary>Messages that promise a write which is not durable yet (thesis §10.2.1).</summary>
/// <remarks>
/// Sorted by ticket: a message that promises only the term may follow one that promises a later write of entries. Acknowledgements that wait for the
/// same write become one: the furthest says all that the others say.
/// </remarks>
internal sealed class HeldSends
{
    private readonly PriorityQueue<Send, (PersistTicket After, long Order)> held = new();
    private readonly List<Send> acknowledgements = [];
    private long order;

    /// <summary>The last write that is durable.</summary>
    public PersistTicket Durable { get; private set; }

    /// <summary>Keeps a message until its write is durable.</summary>
    /// <returns>Whether it has to wait.</returns>
    public bool Hold(Send send)
    {
        if (send.After <= Durable)
        {
            return false;
        }

        if (send.Message is AppendEntriesResponse { Accepted: true } acknowledgement)
        {
            HoldAcknowledgement(send, acknowledgement);
        }
        else
        {
            held.Enqueue(send, (send.After, ++order));
        }

        return true;
    }

    public void OnDurable(PersistTicket ticket)
    {
        Invariant.Holds(ticket > Durable, "writes become durable in order");
        Durable = ticket;
    }

    /// <summary>Takes the next message whose write is durable; null when there is none.</summary>
    public Send? TakeReleased()
    {
        if (held.TryPeek(out _, out var priority) && priority.After <= Durable)
        {
            return held.Dequeue();
        }

        for (var place = 0; place < acknowledgements.Count; place++)
        {
            if (acknowledgements[place] is var send && send.After <= Durable)
            {
                acknowledgements.RemoveAt(place);
                return send;
            }
        }

        return null;
    }

    public void Clear()
    {
        held.Clear();
        acknowledgements.Clear();
    }

    private void HoldAcknowledgement(Send send, AppendEntriesResponse later)
    {
        for (var place = acknowledgements.Count - 1; place >= 0; place--)
        {
            var earlier = acknowledgements[place];
            if (earlier.To == send.To
                && earlier.After == send.After
                && earlier.Message is AppendEntriesResponse known
                && known.Term == later.Term
                && known.Session == later.Session)
            {
                acknowledgements[place] = send with { Message = Join(known, later) };
                return;
            }
        }

        acknowledgements.Add(send);
    }

    private static AppendEntriesResponse Join(AppendEntriesResponse known, AppendEntriesResponse later) => later with
    {
        Match = known.Match.Index > later.Match.Index ? known.Match : later.Match,
        ReadSequence = known.ReadSequence > later.ReadSequence ? known.ReadSequence : later.ReadSequence,
    };
}
