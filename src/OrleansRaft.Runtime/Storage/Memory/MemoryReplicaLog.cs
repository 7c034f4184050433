using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

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
    private readonly CancellationTokenSource closing;

    public MemoryReplicaLog(
        MemoryLogStore store,
        ReplicaKey key,
        MemoryReplica replica,
        long nonce,
        long epoch,
        RecoveredState recovered,
        ReadOnlyMemory<byte> snapshot,
        IReplicaLogEvents events)
    {
        this.store = store;
        this.key = key;
        this.replica = replica;
        this.nonce = nonce;
        this.events = new ReplicaLogEventGate(events);
        right = new RightToSpeak(store.Lease);
        closing = CancellationTokenSource.CreateLinkedTokenSource(store.Closing);
        Epoch = epoch;
        Recovered = recovered;
        RecoveredSnapshot = snapshot;
    }

    public long Epoch { get; }

    public RecoveredState Recovered { get; }

    public ReadOnlyMemory<byte> RecoveredSnapshot { get; }

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
        if (ReadNewest(request.LastIncluded) is not { } state || request.Offset > state.Length)
        {
            events.OnChunkRead(request, null, isLast: false);
            return;
        }

        var length = (int)Math.Min(request.BytesMax, state.Length - request.Offset);
        events.OnChunkRead(request, state.Slice((int)request.Offset, length), request.Offset + length == state.Length);
    });

    public void SaveSnapshot(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state)
    {
        Invariant.Holds(snapshot.SizeBytes == state.Length, "a snapshot's descriptor knows its size");
        Enqueue(() =>
        {
            var saved = new MemorySnapshot(snapshot);
            saved.Put(0, state.Span);
            lock (store.DiskGate)
            {
                if (IsTakenOver)
                {
                    StopFenced();
                    return;
                }

                if (replica.Snapshot is null || replica.Snapshot.Descriptor.LastIncluded.Index < snapshot.LastIncluded.Index)
                {
                    replica.Snapshot = saved;
                }
            }

            events.OnSnapshotSaved(snapshot);
        });
    }

    public void LoadSnapshot(SnapshotDescriptor snapshot) => Enqueue(() =>
    {
        var state = ReadNewest(snapshot.LastIncluded)
            ?? throw StoredLog.Damaged(key, snapshot.LastIncluded.Index, $"the installed snapshot through {snapshot.LastIncluded} is gone");
        events.OnSnapshotLoaded(snapshot, state);
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

        _ = ClaimAsync(closing.Token);
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

    private ReadOnlyMemory<byte>? ReadNewest(EntryId lastIncluded)
    {
        lock (store.DiskGate)
        {
            return replica.Snapshot is { } newest && newest.Descriptor.LastIncluded == lastIncluded
                ? newest.Read(key)
                : default(ReadOnlyMemory<byte>?);
        }
    }

    private void Enqueue(Action work) => queue.Enqueue(async () =>
    {
        try
        {
            await store.WhenConnectedAsync(closing.Token);
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
    });

    private void Stop(LogStopReason reason, Exception cause)
    {
        right.End(cause);
        events.OnStopped(reason, cause);
    }
}
