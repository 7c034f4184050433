using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>One activation's hold on a replica in the file.</summary>
internal sealed class SqliteReplicaLog : IReplicaLog
{
    private readonly SqliteLogStore store;
    private readonly CommitLoop loop;
    private readonly Hold hold;
    private readonly ReplicaLogEventGate events;
    private readonly RightToSpeak right = new(lease: null);
    private readonly CancellationTokenSource closing = new();
    private readonly CancellationToken closed;

    public SqliteReplicaLog(
        SqliteLogStore store, CommitLoop loop, Hold hold, RecoveredState recovered, ReadOnlyMemory<byte> snapshot, IReplicaLogEvents events)
    {
        this.store = store;
        this.loop = loop;
        this.hold = hold;
        this.events = new ReplicaLogEventGate(events);
        closed = closing.Token;
        Recovered = recovered;
        RecoveredSnapshot = snapshot;
    }

    public ReplicaKey Key => hold.Key;

    public long Epoch => hold.Epoch;

    public RecoveredState Recovered { get; }

    public ReadOnlyMemory<byte> RecoveredSnapshot { get; }

    public bool MaySpeak => right.IsHeld;

    public Task WaitUntilMaySpeakAsync(CancellationToken cancellation) => right.WaitAsync(cancellation);

    public void Write(LogWrite write) => Submit(
        database => Store(database, write),
        () => events.OnWritten(write.Ticket),
        write.Append?.SizeBytes ?? 0);

    public void StageChunk(StageSnapshotChunk chunk)
    {
        long next = 0;
        Submit(
            database => next = Stage(database, chunk),
            () => events.OnChunkStaged(chunk.Snapshot.LastIncluded, next),
            chunk.Data.Length);
    }

    public void ReadChunk(ReadSnapshotChunk request)
    {
        ReadOnlyMemory<byte>? data = null;
        var isLast = false;
        Submit(
            database => (data, isLast) = Read(database, request),
            () => events.OnChunkRead(request, data, isLast),
            0);
    }

    public void SaveSnapshot(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state)
    {
        Invariant.Holds(snapshot.SizeBytes == state.Length, "a snapshot's descriptor knows its size");
        Submit(database => Save(database, snapshot, state), () => events.OnSnapshotSaved(snapshot), state.Length);
    }

    public void LoadSnapshot(SnapshotDescriptor snapshot)
    {
        ReadOnlyMemory<byte> state = default;
        Submit(
            database => state = FindNewest(database, snapshot.LastIncluded) is { } newest
                ? SnapshotTable.ReadWhole(database, Key, newest.Id, newest.Descriptor)
                : throw StoredLog.Damaged(Key, snapshot.LastIncluded.Index, $"the installed snapshot through {snapshot.LastIncluded} is gone"),
            () => events.OnSnapshotLoaded(snapshot, state),
            0);
    }

    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        events.Close();
        right.End(new StoreRefusedException($"replica {Key} was released"));
        await loop.SubmitAsync(database =>
        {
            ReplicaRow.Release(database, hold);
            return true;
        }).WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        events.Close();
        right.End(new StoreRefusedException($"replica {Key} was closed"));
        store.Forget(this);
        if (!closing.IsCancellationRequested)
        {
            await closing.CancelAsync();
            closing.Dispose();
        }
    }

    internal void Begin(bool isSpeaker)
    {
        if (isSpeaker)
        {
            right.Grant();
        }
        else
        {
            _ = ClaimAsync(closed);
        }
    }

    internal void StopFenced() => Stop(LogStopReason.Fenced, hold.Fenced());

    private void Store(Database database, LogWrite write)
    {
        var shape = LogWriteShape.Of(write);
        if (!ReplicaRow.Update(database, hold, write, shape.Last))
        {
            RequireHeld(database);
            throw StoredLog.Damaged(Key, write.StoredLast.Index, $"the store does not end with {write.StoredLast}, as its writer knew it");
        }

        if (write.Install is { } install)
        {
            LogTable.Clear(database, hold.Id);
            SnapshotTable.MakeNewest(database, hold.Id, RequireStaged(database, install));
        }

        if (shape.CutAfter is { } cut)
        {
            LogTable.CutAfter(database, hold.Id, cut);
        }

        if (write.Append is { Count: > 0 } block)
        {
            LogTable.Append(database, hold.Id, block);
        }

        if (write.CompactThrough is { } through)
        {
            LogTable.Forget(database, hold.Id, through.Index);
        }
    }

    private long Stage(Database database, StageSnapshotChunk chunk)
    {
        RequireHeld(database);
        if (FindStaged(database, chunk.Snapshot) is not { } staged)
        {
            SnapshotTable.DeleteOthers(database, hold.Id);
            staged = SnapshotTable.Create(database, hold.Id, chunk.Snapshot);
        }

        var length = SnapshotTable.Length(database, staged);
        if (chunk.Offset > length)
        {
            return length;
        }

        SnapshotTable.CutAt(database, Key, staged, chunk.Snapshot, chunk.Offset);
        if (!chunk.Data.IsEmpty)
        {
            SnapshotTable.PutChunk(database, staged, chunk.Offset, chunk.Data.Span);
        }

        return chunk.Offset + chunk.Data.Length;
    }

    private long RequireStaged(Database database, SnapshotDescriptor install) =>
        FindStaged(database, install) is { } staged && SnapshotTable.Length(database, staged) == install.SizeBytes
            ? staged
            : throw StoredLog.Damaged(Key, install.LastIncluded.Index, $"the snapshot through {install.LastIncluded} is to be installed but has not been staged completely");

    private void Save(Database database, SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state)
    {
        RequireHeld(database);
        if (SnapshotTable.NewestId(database, hold.Id) is { } newest && SnapshotTable.Describe(database, Key, newest).LastIncluded.Index >= snapshot.LastIncluded.Index)
        {
            return;
        }

        var id = SnapshotTable.Create(database, hold.Id, snapshot);
        SnapshotTable.PutWhole(database, id, state.Span);
        SnapshotTable.MakeNewest(database, hold.Id, id);
    }

    private (ReadOnlyMemory<byte>? Data, bool IsLast) Read(Database database, ReadSnapshotChunk request)
    {
        if (FindNewest(database, request.LastIncluded) is not { } newest || request.Offset > newest.Descriptor.SizeBytes)
        {
            return (null, false);
        }

        if (request.Offset == newest.Descriptor.SizeBytes)
        {
            return (ReadOnlyMemory<byte>.Empty, true);
        }

        var chunk = SnapshotTable.ChunkAt(database, Key, newest.Id, newest.Descriptor, request.Offset);
        if (chunk is not { } found || request.Offset >= found.Offset + found.Data.Length)
        {
            throw StoredLog.Damaged(Key, request.LastIncluded.Index, $"the snapshot through {request.LastIncluded} has no chunk at byte {request.Offset}");
        }

        var data = found.Data.AsMemory((int)(request.Offset - found.Offset));
        data = data[..Math.Min(data.Length, request.BytesMax)];
        return (data, request.Offset + data.Length == newest.Descriptor.SizeBytes);
    }

    private (long Id, SnapshotDescriptor Descriptor)? FindNewest(Database database, EntryId lastIncluded) =>
        SnapshotTable.NewestId(database, hold.Id) is { } id
        && SnapshotTable.Describe(database, Key, id) is var descriptor
        && descriptor.LastIncluded == lastIncluded
            ? (id, descriptor)
            : null;

    private long? FindStaged(Database database, SnapshotDescriptor snapshot) =>
        SnapshotTable.StagedId(database, hold.Id) is { } id && SnapshotTable.Describe(database, Key, id) == snapshot ? id : null;

    private void RequireHeld(Database database)
    {
        if (!ReplicaRow.IsHeld(database, hold))
        {
            throw hold.Fenced();
        }
    }

    private async Task ClaimAsync(CancellationToken cancellation)
    {
        try
        {
            await store.WaitForPredecessorAsync(cancellation);
            if (await loop.SubmitAsync(database => ReplicaRow.Claim(database, hold)))
            {
                right.Grant();
                events.OnRightToSpeakChanged();
            }
            else
            {
                StopFenced();
            }
        }
        catch (OperationCanceledException)
        {
            // Closed while it waited: it never became the speaker.
        }
        catch (Exception exception)
        {
            Stop(LogStopReason.Failed, exception);
        }
    }

    /// <summary>Runs work that belongs to this hold; what goes wrong with the hold or its data stops the log without spoiling the transaction of the others.</summary>
    private void Submit(Action<Database> run, Action written, long bytes) => loop.Submit(new Work(
        database =>
        {
            if (!events.IsClosed)
            {
                run(database);
            }

            return written;
        },
        exception =>
        {
            if (exception is not ObjectDisposedException)
            {
                Stop(ReasonOf(exception), exception);
            }
        },
        bytes));

    private static LogStopReason ReasonOf(Exception exception) => exception switch
    {
        StoreRefusedException => LogStopReason.Fenced,
        CorruptDataException => LogStopReason.Corrupt,
        _ => LogStopReason.Failed,
    };

    private void Stop(LogStopReason reason, Exception cause)
    {
        if (reason == LogStopReason.Failed)
        {
            store.ReportFailure(Key, cause);
        }

        right.End(cause);
        events.OnStopped(reason, cause);
    }
}
