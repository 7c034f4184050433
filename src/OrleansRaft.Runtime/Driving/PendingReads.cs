using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Driving;

/// <summary>Reads that wait: first for Core to confirm them, then for the state machine to reach their index.</summary>
/// <param name="epoch">
/// The epoch of the activation. Names of reads begin with it: an answer meant for an earlier activation of the replica must not confirm a read of
/// this one.
/// </param>
internal sealed class PendingReads(long epoch)
{
    private readonly SortedDictionary<long, List<QueryBatch>> unconfirmed = [];
    private readonly PriorityQueue<QueryBatch, (LogIndex Index, long Order)> confirmed = new();
    private long lastId = epoch << 32;
    private long order;

    /// <summary>How many queries wait.</summary>
    public int QueryCount { get; private set; }

    /// <summary>Adds batches that Core is going to be asked for together.</summary>
    /// <returns>The name of the read.</returns>
    public long Add(List<QueryBatch> batches)
    {
        unconfirmed.Add(++lastId, batches);
        foreach (var batch in batches)
        {
            QueryCount += batch.Queries.Count;
        }

        return lastId;
    }

    /// <summary>Core confirmed a read.</summary>
    public void OnReady(long id, LogIndex index)
    {
        Invariant.Holds(unconfirmed.Remove(id, out var batches), "a read is confirmed or refused once");
        foreach (var batch in batches)
        {
            confirmed.Enqueue(batch, (index, ++order));
        }
    }

    /// <summary>Takes what waited for a read that Core refused.</summary>
    public List<QueryBatch> TakeRejected(long id)
    {
        Invariant.Holds(unconfirmed.Remove(id, out var batches), "a read is confirmed or refused once");
        foreach (var batch in batches)
        {
            QueryCount -= batch.Queries.Count;
        }

        return batches;
    }

    /// <summary>Takes a confirmed batch whose state is there; null when there is none.</summary>
    public QueryBatch? TakeServable(LogIndex applied) =>
        confirmed.TryPeek(out _, out var priority) && priority.Index <= applied ? TakeConfirmed() : null;

    /// <summary>Takes a confirmed batch, whether its state is there or not; null when there is none.</summary>
    public QueryBatch? TakeConfirmed()
    {
        if (!confirmed.TryDequeue(out var batch, out _))
        {
            return null;
        }

        QueryCount -= batch.Queries.Count;
        return batch;
    }

    /// <summary>Takes all that waits.</summary>
    public List<QueryBatch> TakeAll()
    {
        var all = new List<QueryBatch>();
        foreach (var batches in unconfirmed.Values)
        {
            all.AddRange(batches);
        }

        while (confirmed.TryDequeue(out var batch, out _))
        {
            all.Add(batch);
        }

        unconfirmed.Clear();
        QueryCount = 0;
        return all;
    }
}
