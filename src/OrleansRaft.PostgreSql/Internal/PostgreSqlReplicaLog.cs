using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>One activation's hold on a replica's rows.</summary>
internal sealed class PostgreSqlReplicaLog : IReplicaLog
{
    private readonly PostgreSqlServer server;
    private readonly ReplicaLogEventGate events;
    private readonly RightToSpeak right;
    private readonly SnapshotWork snapshots;
    private readonly CancellationTokenSource closing = new();
    private readonly Lock opening = new();
    private bool isOpen;
    private Exception? stoppedBeforeOpen;
    private long epoch;

    public PostgreSqlReplicaLog(PostgreSqlServer server, ReplicaKey key, Acquisition acquired, long nonce, IReplicaLogEvents events)
    {
        this.server = server;
        this.events = new ReplicaLogEventGate(events);
        right = new RightToSpeak(server.Lease);
        Closing = closing.Token;
        Key = key;
        Id = acquired.Id;
        Nonce = nonce;
        Epoch = EpochTried = acquired.Epoch;
        snapshots = new SnapshotWork(server, this, this.events);
    }

    public ReplicaKey Key { get; }

    /// <summary>The replica's row.</summary>
    public long Id { get; }

    public long Nonce { get; }

    public long Epoch
    {
        get => Volatile.Read(ref epoch);
        set => Volatile.Write(ref epoch, value);
    }

    public RecoveredState Recovered { get; private set; } = null!;

    public ReadOnlyMemory<byte> RecoveredSnapshot { get; private set; }

    public bool MaySpeak => right.IsHeld;

    /// <summary>Whether nothing is written or told any more.</summary>
    public bool IsClosed => events.IsClosed;

    public CancellationToken Closing { get; }

    /// <summary>The highest epoch that this activation has tried to raise itself to. The writer's.</summary>
    public long EpochTried { get; set; }

    /// <summary>The last entry that the store holds. The writer's.</summary>
    public EntryId StoredLast { get; private set; }

    /// <summary>The hard state that the store holds. The writer's.</summary>
    public HardState StoredHardState { get; private set; }

    /// <summary>How many writes the row has seen. The writer's.</summary>
    public long Writes { get; private set; }

    /// <summary>The newest snapshot; null for the empty state.</summary>
    public StoredSnapshot? Newest { get; private set; }

    /// <summary>What waits for the writer; under its gate.</summary>
    public Queue<PendingWrite> Waiting { get; } = new();

    /// <summary>Whether the writer knows that something waits; under its gate.</summary>
    public bool IsReady { get; set; }

    /// <summary>Hands the log out, unless it was lost while it was read back.</summary>
    /// <exception cref="StoreRefusedException">It was.</exception>
    public void Open(RecoveredReplica recovered)
    {
        Recovered = recovered.State;
        RecoveredSnapshot = recovered.Snapshot;
        (StoredLast, StoredHardState, Writes, Newest) = (recovered.Last, recovered.State.HardState, recovered.Writes, recovered.Newest);
        lock (opening)
        {
            if (stoppedBeforeOpen is not null)
            {
                throw stoppedBeforeOpen;
            }

            isOpen = true;
        }

        snapshots.CleanUp();
    }

    public Task WaitUntilMaySpeakAsync(CancellationToken cancellation) => right.WaitAsync(cancellation);

    public void Write(LogWrite write)
    {
        if (write.Install is not { } install)
        {
            server.Writer.Enqueue(this, new PendingWrite(write, null));
        }
        else if (snapshots.FindStaged(install) is { } staged)
        {
            server.Writer.Enqueue(this, new PendingWrite(write, staged));
        }
        else
        {
            StopLater(StoredLog.Damaged(
                Key, install.LastIncluded.Index, $"the snapshot through {install.LastIncluded} is to be installed but has not been staged completely"));
        }
    }

    public void StageChunk(StageSnapshotChunk chunk) => snapshots.Stage(chunk);

    public void ReadChunk(ReadSnapshotChunk request) => snapshots.Read(request);

    public void SaveSnapshot(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state) => snapshots.Save(snapshot, state);

    public void LoadSnapshot(SnapshotDescriptor snapshot) => snapshots.Load(snapshot);

    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        events.Close();
        right.End(new StoreRefusedException($"replica {Key} was released"));
        if (right.IsSpeaker)
        {
            await server.ReleaseAsync(this, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        events.Close();
        right.End(new StoreRefusedException($"replica {Key} was closed"));
        server.Forget(this);
        if (!closing.IsCancellationRequested)
        {
            await closing.CancelAsync();
            closing.Dispose();
        }
    }

    /// <summary>A statement with these writes has committed.</summary>
    public void OnLanded(ReplicaWrite write)
    {
        (StoredLast, StoredHardState, Newest) = (write.Last, write.HardState, write.Newest ?? Newest);
        Writes++;
        foreach (var part in write.Parts)
        {
            if (part.Write is { } landed)
            {
                events.OnWritten(landed.Ticket);
            }

            if (part.Snapshot is { } snapshot)
            {
                snapshots.OnNewest(snapshot);
            }
        }
    }

    /// <summary>The store names this activation as the speaker, or somebody else has taken the replica over.</summary>
    public void OnClaimed(bool isSpeaker)
    {
        if (!isSpeaker)
        {
            StopFenced();
            return;
        }

        right.Grant();
        events.OnRightToSpeakChanged();
    }

    /// <summary>This activation may speak from the beginning.</summary>
    public void GrantAtOnce() => right.Grant();

    public void OnLeaseChanged()
    {
        right.Refresh();
        events.OnRightToSpeakChanged();
    }

    public StoreRefusedException Fenced() => new($"another activation took replica {Key} over");

    public void StopFenced() => Stop(LogStopReason.Fenced, Fenced());

    /// <summary>Stops for damage that was found inside a call of the replica, which must not be told inside that call.</summary>
    public void StopLater(Exception cause) => _ = Task.Run(() => Stop(LogStopReason.Corrupt, cause));

    public void Stop(LogStopReason reason, Exception cause)
    {
        right.End(cause);
        lock (opening)
        {
            if (!isOpen)
            {
                stoppedBeforeOpen ??= cause;
                events.Close();
                return;
            }
        }

        events.OnStopped(reason, cause);
        snapshots.OnStopped();
    }
}
