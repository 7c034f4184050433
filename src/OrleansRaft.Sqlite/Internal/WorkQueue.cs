namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// What waits for the writer. A transaction takes everything urgent, up to a limit, and a little of what is not, so that a big snapshot delays nobody
/// and is not delayed for ever.
/// </summary>
internal sealed class WorkQueue
{
    private const int CountMax = 4_096;
    private const long BytesMax = 16 * 1024 * 1024;
    private const long BulkBytesMax = 256 * 1024;

    private readonly object gate = new();
    private readonly Queue<Work> urgent = new();
    private readonly Queue<Work> bulk = new();
    private bool isClosed;

    /// <summary>Whether nothing more is taken.</summary>
    public bool IsClosed
    {
        get
        {
            lock (gate)
            {
                return isClosed;
            }
        }
    }

    /// <summary>Adds work; false when the queue is closed.</summary>
    public bool TryAdd(Work work)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }

            (work.IsBulk ? bulk : urgent).Enqueue(work);
            Monitor.Pulse(gate);
            return true;
        }
    }

    /// <summary>Takes nothing more.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Lets a <see cref="Take"/> that waits return with nothing.</summary>
    public void Wake()
    {
        lock (gate)
        {
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Waits once for work, and takes what goes into one transaction.</summary>
    /// <param name="batch">Takes it.</param>
    /// <param name="patience">How long to wait.</param>
    /// <returns>False when the queue is closed and nothing is left.</returns>
    public bool Take(List<Work> batch, TimeSpan patience)
    {
        lock (gate)
        {
            if (urgent.Count + bulk.Count == 0 && !isClosed)
            {
                Monitor.Wait(gate, patience);
            }

            long bytes = 0;
            while (batch.Count < CountMax && bytes < BytesMax && urgent.TryDequeue(out var next))
            {
                batch.Add(next);
                bytes += next.Bytes;
            }

            for (long bulkBytes = 0; bulkBytes < BulkBytesMax && bulk.TryDequeue(out var next); bulkBytes += next.Bytes)
            {
                batch.Add(next);
            }

            return batch.Count > 0 || !isClosed;
        }
    }
}
