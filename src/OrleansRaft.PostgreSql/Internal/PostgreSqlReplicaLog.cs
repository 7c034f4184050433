using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>One activation's hold on a replica's rows.</summary>
internal sealed class PostgreSqlReplicaLog : IReplicaLog, IHeldReplicaEvents
{
    private static readonly TimeSpan MarkPatience = TimeSpan.FromSeconds(2);

    private readonly IReplicaLogHost host;
    private readonly ReplicaLogEventGate events;
    private readonly RightToSpeak right;
    private readonly PostgreSqlSnapshotWork snapshots;
    private readonly CancellationTokenSource closing = new();
    private readonly SerialQueue marking = new();
    private readonly Lock opening = new();
    private bool isOpen;
    private Exception? stoppedBeforeOpen;

    public PostgreSqlReplicaLog(IReplicaLogHost host, ReplicaKey key, Acquisition acquired, long nonce, IReplicaLogEvents events)
    {
        this.host = host;
        this.events = new ReplicaLogEventGate(events);
        right = new RightToSpeak(host.Lease);
        Replica = new HeldReplica(key, acquired, nonce, this, closing.Token);
        snapshots = new PostgreSqlSnapshotWork(host, Replica, this.events);
    }

    /// <summary>The replica's row, as this activation holds it.</summary>
    public HeldReplica Replica { get; }

    public ReplicaKey Key => Replica.Key;

    public long Epoch => Replica.Epoch;

    public RecoveredState Recovered { get; private set; } = null!;

    public SnapshotStream RecoveredSnapshot { get; private set; } = SnapshotStream.Nothing;

    public bool KeepsMarks => true;

    public ApplyMark? Mark { get; private set; }

    public bool MaySpeak => right.IsHeld;

    public bool IsClosed => events.IsClosed;

    /// <summary>Hands the log out, unless it was lost while it was read back.</summary>
    /// <exception cref="StoreRefusedException">It was.</exception>
    public void Open(RecoveredReplica recovered)
    {
        Recovered = recovered.State;
        RecoveredSnapshot = recovered.Snapshot is { } small ? SnapshotStream.Of(small) : snapshots.Open(recovered.Newest!);
        Mark = recovered.Mark;
        Replica.Recover(recovered);
        lock (opening)
        {
            if (stoppedBeforeOpen is not null)
            {
                throw stoppedBeforeOpen;
            }

            isOpen = true;
        }

        snapshots.CleanUp();
        if (recovered.HasCompacted)
        {
            snapshots.ForgetLog();
        }
    }

    public Task WaitUntilMaySpeakAsync(CancellationToken cancellation) => right.WaitAsync(cancellation);

    public void Write(LogWrite write)
    {
        if (write.Install is not { } install)
        {
            host.Writer.Enqueue(Replica, new PendingWrite(write, null));
        }
        else if (snapshots.FindStaged(install) is { } staged)
        {
            snapshots.GiveToWriter(write, staged);
        }
        else
        {
            Replica.StopLater(
                LogStopReason.Corrupt,
                StoredLog.Damaged(
                    Key,
                    install.LastIncluded.Index,
                    $"the snapshot through {install.LastIncluded} is to be installed but has not been staged completely"));
        }
    }

    public void StageChunk(StageSnapshotChunk chunk) => snapshots.Stage(chunk);

    public void ReadChunk(ReadSnapshotChunk request) => snapshots.Read(request);

    public void SaveSnapshot(SnapshotDescriptor snapshot, IStateView state) => snapshots.Save(snapshot, state);

    public void LoadSnapshot(SnapshotDescriptor snapshot) => snapshots.Load(snapshot);

    /// <summary>In the order of the calls, and again for as long as the server is away.</summary>
    public void WriteMark(ApplyMark? mark, Action<bool> done) => marking.Enqueue(async () =>
    {
        var isDurable = false;
        try
        {
            isDurable = await host.WriteMarkAsync(Replica, mark);
        }
        finally
        {
            done(isDurable);
        }
    });

    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        events.Close();
        right.End(new StoreRefusedException($"replica {Key} was released"));
        if (marking.WhenIdleAsync() is { IsCompleted: false } busy)
        {
            // A replica that has just stopped no longer does what it was about to do, and says so if its server can be reached.
            await Task.WhenAny(busy, Task.Delay(MarkPatience, cancellation));
        }

        if (right.IsSpeaker)
        {
            await host.ReleaseAsync(Replica, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        events.Close();
        right.End(new StoreRefusedException($"replica {Key} was closed"));
        host.Forget(Replica);
        if (!closing.IsCancellationRequested)
        {
            await closing.CancelAsync();
            closing.Dispose();
        }
    }

    public void OnLanded(PendingWrite part)
    {
        if (part.Write is { } landed)
        {
            events.OnWritten(landed.Ticket);
            if (landed.CompactThrough is not null || landed.Install is not null)
            {
                snapshots.ForgetLog();
            }
        }

        if (part.Snapshot is { } snapshot)
        {
            snapshots.OnNewest(snapshot);
        }
    }

    /// <summary>The store names this activation as the speaker, or somebody else has taken the replica over.</summary>
    public void OnClaimed(bool isSpeaker)
    {
        if (!isSpeaker)
        {
            Replica.StopFenced();
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

    public void OnStopped(LogStopReason reason, Exception cause)
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
