using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// What waits for the writer. A transaction takes everything urgent, up to a limit, and a little of what is not, so that a big snapshot delays nobody
/// and is not delayed for ever. What is urgent waits a little for more of it where that is expected.
/// </summary>
internal sealed class WorkQueue
{
    private const int CountMax = 4_096;
    private const long BytesMax = 16 * 1024 * 1024;
    private const long BulkBytesMax = 256 * 1024;

    private readonly object gate = new();
    private readonly Queue<Work> urgent = new();
    private readonly Queue<Work> bulk = new();
    private readonly WriteGathering gathering = new(TimeProvider.System);
    private bool isGathering;
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
            if (work.IsBulk ? !isGathering : !(isGathering || gathering.IsInPulse) || !gathering.MustWait(urgent.Count))
            {
                Monitor.Pulse(gate);
            }

            return true;
        }
    }

    /// <summary>Work of several replicas follows, which belongs into one transaction.</summary>
    public void BeginPulse()
    {
        lock (gate)
        {
            gathering.BeginPulse();
        }
    }

    /// <summary>All of it has been added.</summary>
    public void EndPulse()
    {
        lock (gate)
        {
            gathering.EndPulse();
            if (urgent.Count > 0 && !(isGathering && gathering.MustWait(urgent.Count)))
            {
                Monitor.Pulse(gate);
            }
        }
    }

    /// <summary>A transaction has ended, and nobody was told yet.</summary>
    public void EndTransaction()
    {
        lock (gate)
        {
            gathering.End(urgent.Count);
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

    /// <summary>Waits once for work, and then for more that is expected, and takes what goes into one transaction.</summary>
    /// <param name="batch">Takes it.</param>
    /// <param name="patience">How long to wait for the first.</param>
    /// <returns>False when the queue is closed and nothing is left.</returns>
    public bool Take(List<Work> batch, TimeSpan patience)
    {
        lock (gate)
        {
            if (urgent.Count + bulk.Count == 0 && !isClosed)
            {
                Monitor.Wait(gate, patience);
            }

            isGathering = true;
            while (urgent.Count > 0 && !isClosed && gathering.MustWait(urgent.Count) && Monitor.Wait(gate, WriteGathering.PatienceMax))
            {
                // Woken since enough has come, or since the queue is closed.
            }

            isGathering = false;
            gathering.Begin(urgent.Count);
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
