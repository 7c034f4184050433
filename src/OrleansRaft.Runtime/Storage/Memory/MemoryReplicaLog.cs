using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage.Memory;

/// <summary>One activation's hold on a replica of a <see cref="MemoryDisk"/>.</summary>
internal sealed class MemoryReplicaLog : IReplicaLog
{
    private readonly MemoryLogStore store;
    private readonly ReplicaKey key;
    private readonly MemoryReplica replica;
    private readonly long nonce;
    private readonly ReplicaLogEventGate events;
    private readonly RightToSpeak right;
    private readonly SerialQueue queue = new();

    // A large snapshot takes its time, in which others are read and staged.
    private readonly SerialQueue saving = new();
    private readonly CancellationTokenSource closing;
    private readonly CancellationToken closed;

    public MemoryReplicaLog(
        MemoryLogStore store,
        ReplicaKey key,
        MemoryReplica replica,
        long nonce,
        long epoch,
        RecoveredState recovered,
        SnapshotStream snapshot,
        IReplicaLogEvents events)
    {
        this.store = store;
        this.key = key;
        this.replica = replica;
        this.nonce = nonce;
        this.events = new ReplicaLogEventGate(events);
        right = new RightToSpeak(store.Lease);
        closing = CancellationTokenSource.CreateLinkedTokenSource(store.Closing);
        closed = closing.Token;
        Epoch = epoch;
        Recovered = recovered;
        RecoveredSnapshot = snapshot;
    }

    public long Epoch { get; }

    public RecoveredState Recovered { get; }

    public SnapshotStream RecoveredSnapshot { get; }

    public bool MaySpeak => right.IsHeld;

    /// <summary>Whether somebody else holds the replica; asked under the disk's gate.</summary>
    internal bool IsTakenOver => !replica.IsHeldBy(nonce, Epoch);

    public Task WaitUntilMaySpeakAsync(CancellationToken cancellation) => right.WaitAsync(cancellation);

    public void Write(LogWrite write) => Enqueue(() =>
    {
        MemoryWriteResult result;
        lock (store.DiskGate)
        {
            result = replica.Write(nonce, Epoch, write);
        }

        switch (result)
        {
            case MemoryWriteResult.Written:
                events.OnWritten(write.Ticket);
                break;
            case MemoryWriteResult.Fenced:
                StopFenced();
                break;
            default:
                Stop(
                    LogStopReason.Corrupt,
                    StoredLog.Damaged(key, write.StoredLast.Index, $"the store does not end with {write.StoredLast}, as its writer knew it"));
                break;
        }
    });

    public void StageChunk(StageSnapshotChunk chunk) => Enqueue(() =>
    {
        long next;
        lock (store.DiskGate)
        {
            if (IsTakenOver)
            {
                StopFenced();
                return;
            }

            if (replica.Staged is not { } staged || staged.Descriptor != chunk.Snapshot)
            {
                staged = replica.Staged = new MemorySnapshot(chunk.Snapshot);
            }

            if (chunk.Offset <= staged.Length)
            {
                staged.Put(chunk.Offset, chunk.Data.Span);
            }

            next = staged.Length;
        }

        events.OnChunkStaged(chunk.Snapshot.LastIncluded, next);
    });

    public void ReadChunk(ReadSnapshotChunk request) => Enqueue(() =>
    {
        var newest = FindNewest(request.LastIncluded);
        if (newest is null || request.Offset > newest.Descriptor.SizeBytes)
        {
            events.OnChunkRead(request, null, isLast: false);
            return;
        }

        var data = Read(newest, request.Offset);
        data = data[..Math.Min(data.Length, request.BytesMax)];
        events.OnChunkRead(request, data, request.Offset + data.Length == newest.Descriptor.SizeBytes);
    });

    public void SaveSnapshot(SnapshotDescriptor snapshot, IStateView state) => saving.Enqueue(() =>
    {
        var saved = new MemorySnapshot(snapshot);
        return store.Views.SaveAsync(
            snapshot,
            state,
            chunk => PutAsync(saved, chunk),
            static () => { },
            events,
            OnSavingFailed,
            closed);
    });

    public void LoadSnapshot(SnapshotDescriptor snapshot) => Enqueue(() =>
    {
        var newest = FindNewest(snapshot.LastIncluded)
            ?? throw StoredLog.Damaged(key, snapshot.LastIncluded.Index, $"the installed snapshot through {snapshot.LastIncluded} is gone");
        events.OnSnapshotLoaded(snapshot, Open(store, key, newest));
    });

    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        await store.WhenConnectedAsync(cancellation);
        events.Close();
        right.End(new StoreRefusedException($"replica {key} was released"));
        lock (store.DiskGate)
        {
            replica.Release(nonce);
        }
    }

    public async ValueTask DisposeAsync()
    {
        events.Close();
        right.End(new StoreRefusedException($"replica {key} was closed"));
        store.Forget(nonce);
        if (!closing.IsCancellationRequested)
        {
            await closing.CancelAsync();
        }

        await queue.WhenIdleAsync();
        closing.Dispose();
    }

    internal void OnClaimed(bool isSpeaker)
    {
        if (isSpeaker)
        {
            right.Grant();
        }
        else
        {
            StopFenced();
        }
    }

    /// <summary>Waits until the predecessor's right has certainly ended, then becomes the speaker.</summary>
    internal void ClaimLater()
    {
        if (right.IsSpeaker)
        {
            return;
        }

        _ = ClaimAsync(closed);
    }

    internal void OnLeaseChanged()
    {
        right.Refresh();
        events.OnRightToSpeakChanged();
    }

    internal void StopFenced() => Stop(LogStopReason.Fenced, new StoreRefusedException($"another activation took replica {key} over"));

    private async Task ClaimAsync(CancellationToken cancellation)
    {
        try
        {
            await store.WaitForPredecessorAsync(cancellation);
            await store.WhenConnectedAsync(cancellation);
            OnClaimed(store.Claim(replica, nonce));
            events.OnRightToSpeakChanged();
        }
        catch (OperationCanceledException)
        {
            // Closed while it waited: it never became the speaker.
        }
    }

    /// <summary>Opens a snapshot, which nothing changes any more; a small one is checked and read at once.</summary>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    internal static SnapshotStream Open(MemoryLogStore store, ReplicaKey key, MemorySnapshot snapshot)
    {
        var size = snapshot.Descriptor.SizeBytes;
        if (size > SnapshotStream.MemoryBytesMax)
        {
            return new SnapshotStream(size, offset => Task.FromResult(ReadPart(offset)));
        }

        var bytes = new byte[size];
        for (var length = 0; length < bytes.Length;)
        {
            var part = ReadPart(length);
            part.CopyTo(bytes.AsMemory(length));
            length += part.Length;
        }

        return SnapshotStream.Of(bytes);

        ReadOnlyMemory<byte> ReadPart(long offset)
        {
            lock (store.DiskGate)
            {
                return snapshot.Read(key, offset);
            }
        }
    }

    private ReadOnlyMemory<byte> Read(MemorySnapshot snapshot, long offset)
    {
        lock (store.DiskGate)
        {
            return snapshot.Read(key, offset);
        }
    }

    private MemorySnapshot? FindNewest(EntryId lastIncluded)
    {
        lock (store.DiskGate)
        {
            return replica.Snapshot is { } newest && newest.Descriptor.LastIncluded == lastIncluded ? newest : null;
        }
    }

    /// <returns>Whether the snapshot is still wanted: not when a newer one was installed meanwhile.</returns>
    private async Task<bool> PutAsync(MemorySnapshot saved, SnapshotChunk chunk)
    {
        await store.WhenConnectedAsync(closed);
        closed.ThrowIfCancellationRequested();
        lock (store.DiskGate)
        {
            if (IsTakenOver)
            {
                throw new StoreRefusedException($"another activation took replica {key} over");
            }

            if (replica.Snapshot is { } newest && newest.Descriptor.LastIncluded.Index >= saved.Descriptor.LastIncluded.Index)
            {
                return false;
            }

            saved.Put(chunk.Offset, chunk.Data.Span);
            if (chunk.Whole is { } whole)
            {
                saved.Descriptor = whole;
                replica.Snapshot = saved;
            }

            return true;
        }
    }

    private void OnSavingFailed(Exception exception)
    {
        if (exception is StoreRefusedException)
        {
            StopFenced();
        }
        else if (!closed.IsCancellationRequested)
        {
            Stop(LogStopReason.Failed, exception);
        }
    }

    private void Enqueue(Action work) => queue.Enqueue(async () =>
    {
        try
        {
            await store.WhenConnectedAsync(closed);
            if (!events.IsClosed)
            {
                work();
            }
        }
        catch (OperationCanceledException)
        {
            // Closed while it waited: nobody listens any more.
        }
        catch (CorruptDataException exception)
        {
            Stop(LogStopReason.Corrupt, exception);
        }
        catch (Exception exception)
        {
            Stop(LogStopReason.Failed, exception);
        }
    });

    private void Stop(LogStopReason reason, Exception cause)
    {
        right.End(cause);
        events.OnStopped(reason, cause);
    }
}
