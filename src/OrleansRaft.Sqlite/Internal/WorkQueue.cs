using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// What waits for the writer. A transaction takes everything urgent, up to a limit, and a little of what is not, so that a big snapshot delays nobody
/// and is not delayed for ever. What is urgent waits a little for more of it where that is expected.
/// </summary>
internal sealed class WorkQueue : IDisposable
{
    private const int CountMax = 4_096;
    private const long BytesMax = 16 * 1024 * 1024;
    private const long BulkBytesMax = 256 * 1024;

    private readonly Lock gate = new();

    // Set when the gate is open again: whoever is woken under it would only wait for it.
    private readonly WakeSignal wake = new();
    private readonly Queue<Work> urgent = new();
    private readonly Queue<Work> bulk = new();
    private readonly WriteGathering gathering = new(TimeProvider.System);
    private bool isWaiting;
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
        bool wakes;
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }

            (work.IsBulk ? bulk : urgent).Enqueue(work);
            wakes = (work.IsBulk ? !isGathering : !(isGathering || gathering.IsInPulse) || !gathering.MustWait(urgent.Count)) && NotesWake();
        }

        WakeIf(wakes);
        return true;
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
        bool wakes;
        lock (gate)
        {
            gathering.EndPulse();
            wakes = urgent.Count > 0 && !(isGathering && gathering.MustWait(urgent.Count)) && NotesWake();
        }

        WakeIf(wakes);
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
        bool wakes;
        lock (gate)
        {
            isClosed = true;
            wakes = NotesWake();
        }

        WakeIf(wakes);
    }

    /// <summary>Lets a <see cref="Take"/> that waits, or is about to, return with nothing.</summary>
    public void Wake() => wake.Set();

    /// <summary>Waits once for work, and then for more that is expected, and takes what goes into one transaction.</summary>
    /// <param name="batch">Takes it.</param>
    /// <param name="patience">How long to wait for the first.</param>
    /// <returns>False when the queue is closed and nothing is left.</returns>
    public bool Take(List<Work> batch, TimeSpan patience)
    {
        if (WaitsForFirst())
        {
            wake.Wait(patience);
        }

        while (WaitsForMore() && wake.Wait(WriteGathering.PatienceMax))
        {
            // Woken since enough has come, or since the queue is closed.
        }

        lock (gate)
        {
            isWaiting = false;
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

    /// <summary>Nobody takes any more.</summary>
    public void Dispose() => wake.Dispose();

    private bool WaitsForFirst()
    {
        lock (gate)
        {
            return isWaiting = urgent.Count + bulk.Count == 0 && !isClosed;
        }
    }

    private bool WaitsForMore()
    {
        lock (gate)
        {
            isGathering = true;
            return isWaiting = urgent.Count > 0 && !isClosed && gathering.MustWait(urgent.Count);
        }
    }

    /// <returns>Whether the writer waits, and nobody has woken it yet. Under the gate.</returns>
    private bool NotesWake() => isWaiting && !(isWaiting = false);

    private void WakeIf(bool wakes)
    {
        if (wakes)
        {
            wake.Set();
        }
    }
}
