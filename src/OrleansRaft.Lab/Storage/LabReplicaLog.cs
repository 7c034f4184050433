using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Lab.Storage;

/// <summary>One activation's hold on a stored replica.</summary>
internal sealed class LabReplicaLog : IReplicaLog, ILabLog
{
    // Small, so that small states are written and read in several pieces.
    private const int ChunkBytes = 512;
    private const int StreamedBytesMin = 1_024;
    private const int ViewLatencies = 8;

    private readonly ILabProcess process;
    private readonly StoreConnection connection;
    private readonly IReplicaLogEvents events;
    private readonly IStoreChecks checks;
    private readonly TaskCompletionSource mayspeak = new();
    private readonly Queue<ReadSnapshotChunk> reads = new();

    private bool isGranted;
    private bool isStopped;
    private bool isReleased;
    private ApplyMark? wanted;

    /// <summary>Takes a replica over: raises its epoch, then reads it back.</summary>
    /// <exception cref="CorruptDataException">What was read back is damaged.</exception>
    /// <exception cref="StoreRefusedException">The disk is full.</exception>
    public LabReplicaLog(ILabProcess process, StoreConnection connection, StoredReplica stored, IReplicaLogEvents events, IStoreChecks checks)
    {
        this.process = process;
        this.connection = connection;
        this.events = events;
        this.checks = checks;
        Stored = stored;
        if (connection.Disk.IsFull)
        {
            throw new StoreRefusedException($"the disk of {stored.Key} is full; free some space, then start the replica again");
        }

        stored.OnTakenOver?.Invoke();
        stored.OnTakenOver = () => connection.Lease.Mark(this);
        RaiseEpoch();
        Recovered = stored.Recover();
        RecoveredSnapshot = Open(stored.ReadSnapshot());
        wanted = Mark = stored.Mark;
        connection.Lease.Add(this);
        AskToSpeak();
    }

    public StoredReplica Stored { get; }

    public long Epoch { get; private set; }

    public RecoveredState Recovered { get; }

    public SnapshotStream RecoveredSnapshot { get; }

    public bool KeepsMarks => true;

    public ApplyMark? Mark { get; }

    public bool MaySpeak => isGranted && !isStopped && connection.Lease.IsValid;

    public Task WaitUntilMaySpeakAsync(CancellationToken cancellation) => mayspeak.Task;

    public void Write(LogWrite write)
    {
        checks.OnWrite(Stored.Key.Replica, write);
        Enqueue(new WriteWork(this, write));
    }

    /// <summary>A replica that ends before it is told has its machine's reservation ended, too, by <see cref="LabReplica"/>.</summary>
    public void WriteMark(ApplyMark? mark, Action<bool> done)
    {
        wanted = mark;
        if (isStopped)
        {
            done(false);
            return;
        }

        Enqueue(new MarkWork(this, () => Stored.Mark = isReleased ? Stored.Mark : mark, () => done(true)));
    }

    public void StageChunk(StageSnapshotChunk chunk) => Enqueue(new StageWork(this, chunk));

    /// <summary>
    /// The view is written some time after it was taken, and its chunks become durable one after the other: much may happen in between.
    /// </summary>
    public void SaveSnapshot(SnapshotDescriptor snapshot, IStateView state)
    {
        checks.OnSnapshot(Stored.Key.Replica, snapshot);
        process.Clock.Schedule(connection.Disk.DrawLatency() * ViewLatencies, () => process.Perform(() => Write(snapshot, state)));
    }

    /// <summary>Chunks are read in the order in which they were asked for, whenever the disk comes to it.</summary>
    public void ReadChunk(ReadSnapshotChunk request)
    {
        reads.Enqueue(request);
        connection.Perform(() => Read(reads.Dequeue()));
    }

    public void LoadSnapshot(SnapshotDescriptor snapshot) => connection.Perform(() =>
        ReadSnapshot(state => Tell(target => target.OnSnapshotLoaded(snapshot, Open(state)))));

    public Task ReleaseAsync(CancellationToken cancellation)
    {
        if (isGranted && Stored.Epoch == Epoch)
        {
            Stored.Speaker = 0;
        }

        if (Stored.Epoch == Epoch)
        {
            // Whoever stops in order waits for its last writes.
            Stored.Mark = wanted;
            isReleased = true;
        }

        isGranted = false;
        isStopped = true;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        isStopped = true;
        return ValueTask.CompletedTask;
    }

    /// <summary>Whoever wrote under the old epoch can write no more; a right to speak that this activation holds goes on.</summary>
    public void RaiseEpoch()
    {
        var wasSpeaker = isGranted && Stored.Speaker == Epoch;
        Epoch = ++Stored.Epoch;
        if (wasSpeaker)
        {
            Stored.Speaker = Epoch;
        }
    }

    /// <summary>Tells the driver, unless the activation has ended.</summary>
    public void Tell(Action<IReplicaLogEvents> what)
    {
        if (!isStopped)
        {
            what(events);
        }
    }

    public void Stop(LogStopReason reason, Exception cause)
    {
        if (!isStopped)
        {
            isStopped = true;
            process.Perform(() => events.OnStopped(reason, cause));
        }
    }

    /// <summary>The node died: nothing is told any more.</summary>
    public void Abandon() => isStopped = true;

    private void Write(SnapshotDescriptor snapshot, IStateView state)
    {
        if (isStopped)
        {
            ViewWriter.Release(state);
            return;
        }

        var written = new ArrayBufferWriter<byte>();
        try
        {
            state.Write(written);
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            var failure = exception as MachineException ?? new MachineException($"{nameof(IStateView)}.{nameof(IStateView.Write)}", exception);
            Tell(target => target.OnSnapshotFailed(snapshot.LastIncluded, failure));
            return;
        }
        finally
        {
            ViewWriter.Release(state);
        }

        var whole = snapshot with { SizeBytes = written.WrittenCount, Checksum = Crc32C.Compute(written.WrittenSpan) };
        Put(new StoredView(), written.WrittenMemory, 0, whole);
    }

    private void Put(StoredView view, ReadOnlyMemory<byte> state, int offset, SnapshotDescriptor whole)
    {
        var length = Math.Min(ChunkBytes, state.Length - offset);
        var isLast = offset + length == state.Length;
        var chunk = new SnapshotChunk(offset, state.Slice(offset, length), isLast ? whole : null);
        Enqueue(new SaveWork(this, view, chunk, () =>
        {
            if (isLast)
            {
                events.OnSnapshotSaved(whole);
            }
            else
            {
                Put(view, state, offset + length, whole);
            }
        }));
    }

    /// <summary>What is small is in memory, as in a silo; what is large is streamed.</summary>
    private static SnapshotStream Open(ReadOnlyMemory<byte> state) => state.Length <= StreamedBytesMin
        ? SnapshotStream.Of(state)
        : new SnapshotStream(state.Length, offset => Task.FromResult(state[(int)offset..(int)Math.Min(state.Length, offset + ChunkBytes)]));

    private void Enqueue(DiskWork work)
    {
        if (!isStopped)
        {
            connection.Enqueue(work);
        }
    }

    private void Read(ReadSnapshotChunk request)
    {
        if (Stored.Log.Snapshot.LastIncluded != request.LastIncluded)
        {
            process.Perform(() => Tell(target => target.OnChunkRead(request, null, false)));
            return;
        }

        ReadSnapshot(state =>
        {
            var rest = state[(int)request.Offset..];
            var data = rest.Length > request.BytesMax ? rest[..request.BytesMax] : rest;
            Tell(target => target.OnChunkRead(request, data, data.Length == rest.Length));
        });
    }

    private void ReadSnapshot(Action<ReadOnlyMemory<byte>> next)
    {
        try
        {
            var state = Stored.ReadSnapshot();
            process.Perform(() => next(state));
        }
        catch (CorruptDataException damage)
        {
            Stop(LogStopReason.Corrupt, damage);
        }
    }

    private void AskToSpeak()
    {
        if (!connection.IsShared || Stored.Speaker == 0)
        {
            Grant();
            return;
        }

        process.Clock.Schedule(StoreLease.Length, () => connection.Perform(() => process.Perform(Grant)));
    }

    private void Grant()
    {
        if (isStopped || Stored.Epoch != Epoch)
        {
            return;
        }

        Stored.Speaker = Epoch;
        isGranted = true;
        mayspeak.TrySetResult();
        Tell(static target => target.OnRightToSpeakChanged());
    }
}
