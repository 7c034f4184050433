using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>One activation's hold on a replica in the file.</summary>
internal sealed class SqliteReplicaLog : IReplicaLog
{
    private readonly SqliteLogStore store;
    private readonly CommitLoop loop;
    private readonly Hold hold;
    private readonly ReplicaLogEventGate events;
    private readonly SqliteSnapshotWork snapshots;
    private readonly RightToSpeak right = new(lease: null);
    private readonly CancellationTokenSource closing = new();
    private readonly CancellationToken closed;

    public SqliteReplicaLog(
        SqliteLogStore store,
        CommitLoop loop,
        Hold hold,
        Recovery recovery,
        IReplicaLogEvents events)
    {
        this.store = store;
        this.loop = loop;
        this.hold = hold;
        this.events = new ReplicaLogEventGate(events);
        closed = closing.Token;
        snapshots = new SqliteSnapshotWork(loop, hold, store.Views, this.events, OnFailed, closed);
        Recovered = recovery.State;
        Mark = recovery.Mark;
        if (recovery.Large is { } id)
        {
            snapshots.Use(id);
            RecoveredSnapshot = snapshots.Open(id, Recovered.Snapshot);
        }
        else
        {
            RecoveredSnapshot = SnapshotStream.Of(recovery.Small);
        }
    }

    public ReplicaKey Key => hold.Key;

    public long Epoch => hold.Epoch;

    public RecoveredState Recovered { get; }

    public SnapshotStream RecoveredSnapshot { get; }

    public bool KeepsMarks => true;

    public ApplyMark? Mark { get; }

    public bool MaySpeak => right.IsHeld;

    public Task WaitUntilMaySpeakAsync(CancellationToken cancellation) => right.WaitAsync(cancellation);

    public void Write(LogWrite write) => Submit(
        database => Store(database, write),
        () =>
        {
            events.OnWritten(write.Ticket);
            if (write.Install is not null)
            {
                snapshots.OnInstalled();
            }
            else if (write.CompactThrough is not null)
            {
                snapshots.CleanUp();
            }
        },
        write.Append?.SizeBytes ?? 0);

    public void StageChunk(StageSnapshotChunk chunk) => snapshots.Stage(chunk);

    public void ReadChunk(ReadSnapshotChunk request)
    {
        ReadOnlyMemory<byte>? data = null;
        var isLast = false;
        Submit(
            database => (data, isLast) = Read(database, request),
            () => events.OnChunkRead(request, data, isLast),
            0);
    }

    public void SaveSnapshot(SnapshotDescriptor snapshot, IStateView state) => snapshots.Save(snapshot, state);

    public void LoadSnapshot(SnapshotDescriptor snapshot) => snapshots.Load(snapshot);

    /// <summary>Also of a replica that has just stopped: it no longer does what it was about to do.</summary>
    public void WriteMark(ApplyMark? mark, Action<bool> done) => loop.Submit(new Work(
        database =>
        {
            if (!ReplicaRow.IsHeld(database, hold))
            {
                return () => done(false);
            }

            LifeTable.WriteMark(database, hold, mark);
            return () => done(true);
        },
        exception =>
        {
            OnFailed(exception);
            done(false);
        },
        0));

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
        snapshots.CleanUp();
        if (isSpeaker)
        {
            right.Grant();
        }
        else
        {
            _ = ClaimAsync(closed);
        }
    }

    /// <summary>The store serves no more.</summary>
    internal void StopFailed(StoreTroubleException trouble) => Stop(ReasonOf(trouble), trouble);

    internal void StopFenced() => Stop(LogStopReason.Fenced, hold.Fenced());

    private void Store(Database database, LogWrite write)
    {
        var shape = LogWriteShape.Of(write);
        if (!ReplicaRow.Update(database, hold, write, shape.Last))
        {
            ReplicaRow.RequireHeld(database, hold);
            throw StoredLog.Damaged(Key, write.StoredLast.Index, $"the store does not end with {write.StoredLast}, as its writer knew it");
        }

        if (write.Install is { } install)
        {
            LogTable.Clear(database, hold.Id);
            ReplicaRow.SetSnapshot(database, hold, snapshots.RequireStaged(database, install));
        }

        if (shape.CutAfter is { } cut)
        {
            LogTable.CutAfter(database, hold.Id, cut);
        }

        if (write.Append is { Count: > 0 } block)
        {
            LogTable.Append(database, hold.Id, block);
        }
    }

    private (ReadOnlyMemory<byte>? Data, bool IsLast) Read(Database database, ReadSnapshotChunk request)
    {
        if (snapshots.FindNewest(database, request.LastIncluded) is not { } newest || request.Offset > newest.Descriptor.SizeBytes)
        {
            return (null, false);
        }

        if (request.Offset == newest.Descriptor.SizeBytes)
        {
            return (ReadOnlyMemory<byte>.Empty, true);
        }

        var data = SnapshotTable.ReadFrom(database, Key, newest.Id, newest.Descriptor, request.Offset);
        data = data[..Math.Min(data.Length, request.BytesMax)];
        return (data, request.Offset + data.Length == newest.Descriptor.SizeBytes);
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

    /// <summary>
    /// Runs work that belongs to this hold; what goes wrong with the hold or its data stops the log without spoiling the transaction of the others.
    /// </summary>
    private void Submit(Action<Database> run, Action written, long bytes) => loop.Submit(new Work(
        database =>
        {
            if (!events.IsClosed)
            {
                run(database);
            }

            return written;
        },
        OnFailed,
        bytes));

    private void OnFailed(Exception exception)
    {
        if (exception is not ObjectDisposedException)
        {
            Stop(ReasonOf(exception), exception);
        }
    }

    private static LogStopReason ReasonOf(Exception exception) => exception switch
    {
        StoreRefusedException => LogStopReason.Fenced,
        CorruptDataException or StoreTroubleException { Kind: StoreTroubleKind.Corrupt } => LogStopReason.Corrupt,
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
