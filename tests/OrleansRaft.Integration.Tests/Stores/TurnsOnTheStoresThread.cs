using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Pulses;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>A worker with one replica, which writes once in each of its turns: one for each write that it hears of.</summary>
internal sealed class TurnsOnTheStoresThread : IPulseHost, IPulseMember, IReplicaLogEvents
{
    private static readonly TimeSpan TooLong = TimeSpan.FromMinutes(2);

    private readonly ILogStore store;
    private readonly StepWorker worker;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReplicaLog? log;
    private EntryId last = EntryId.Zero;
    private PersistTicket ticket;
    private int left;
    private int wakes;

    private TurnsOnTheStoresThread(ILogStore store, int writes)
    {
        this.store = store;
        left = writes;
        worker = new StepWorker(this);
    }

    /// <summary>Lets a new replica write so many times, each time when it has heard of the write before.</summary>
    /// <returns>How often that took another thread than the store's.</returns>
    public static async Task<int> CountWakesAsync(ILogStore store, ReplicaKey key, int writes)
    {
        var replica = new TurnsOnTheStoresThread(store, writes);
        await using var log = await store.OpenAsync(key, replica, TestContext.Current.CancellationToken);
        replica.log = log;
        replica.Write();
        await replica.ended.Task.WaitAsync(TooLong, TestContext.Current.CancellationToken);
        return Volatile.Read(ref replica.wakes);
    }

    public void OnWritten(PersistTicket ticket) => worker.Post(this);

    public void Wake()
    {
        Interlocked.Increment(ref wakes);
        ThreadPool.UnsafeQueueUserWorkItem(static worker => worker.Pulse(), worker, preferLocal: false);
    }

    public void OnPassBegun() => store.BeginPulse();

    public void OnPassEnded() => store.EndPulse();

    public void OnTurnFailed(Exception cause) => ended.TrySetException(cause);

    public void TakeTurn()
    {
        if (--left > 0)
        {
            Write();
        }
        else
        {
            ended.TrySetResult();
        }
    }

    public void OnStopped(LogStopReason reason, Exception cause) => ended.TrySetException(cause);

    public void OnChunkStaged(EntryId lastIncluded, long nextOffset)
    {
        // Without snapshots.
    }

    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast)
    {
        // Without snapshots.
    }

    public void OnSnapshotSaved(SnapshotDescriptor snapshot)
    {
        // Without snapshots.
    }

    public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause)
    {
        // Without snapshots.
    }

    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state) => state.Dispose();

    public void OnRightToSpeakChanged()
    {
        // It only writes.
    }

    private void Write()
    {
        ticket = ticket.Next;
        var block = OpenReplica.Block(last, 1, "again");
        log!.Write(new LogWrite(ticket, new HardState(new Term(1), null, LogIndex.Zero), last, block, null, null));
        last = block.Last;
    }
}
