using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Driving;

/// <summary>Messages that promise a write which is not durable yet (thesis §10.2.1).</summary>
/// <remarks>Sorted by ticket: a message that promises only the term may follow one that promises a later write of entries.</remarks>
internal sealed class HeldSends
{
    private readonly PriorityQueue<Send, (PersistTicket After, long Order)> held = new();
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

        held.Enqueue(send, (send.After, ++order));
        return true;
    }

    public void OnDurable(PersistTicket ticket)
    {
        Invariant.Holds(ticket > Durable, "writes become durable in order");
        Durable = ticket;
    }

    /// <summary>Takes the next message whose write is durable; null when there is none.</summary>
    public Send? TakeReleased() => held.TryPeek(out _, out var priority) && priority.After <= Durable ? held.Dequeue() : null;

    public void Clear() => held.Clear();
}
