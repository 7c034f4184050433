using OrleansRaft.Core;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A log in memory that does nothing until it is told to.</summary>
internal sealed class ScriptedLog : IReplicaLog
{
    private readonly Queue<Action<IReplicaLogEvents>> waiting = new();
    private readonly List<Entry> entries = [];
    private EntryId start;
    private HardState hardState;
    private SnapshotDescriptor snapshot;
    private ReadOnlyMemory<byte> snapshotState;
    private readonly List<byte> staged = [];

    public ScriptedLog(int voters)
    {
        snapshot = SnapshotDescriptor.Initial(Configuration.OfVoters(voters));
        Recovered = Recover();
    }

    /// <summary>What a new activation finds.</summary>
    public ScriptedLog(ScriptedLog before)
    {
        (entries, start, hardState, snapshot, snapshotState) = ([.. before.entries], before.start, before.hardState, before.snapshot, before.snapshotState);
        Epoch = before.Epoch + 1;
        DurableMark = Mark = before.DurableMark;
        Recovered = Recover();
    }

    public List<LogWrite> Writes { get; } = [];

    public int SnapshotsSaved { get; private set; }

    public IReadOnlyList<Entry> Entries => entries;

    public long Epoch { get; } = 1;

    public RecoveredState Recovered { get; set; }

    public ReadOnlyMemory<byte> RecoveredSnapshot => snapshotState;

    public bool MaySpeak { get; set; } = true;

    public bool KeepsMarks => true;

    public ApplyMark? Mark { get; }

    /// <summary>The mark that would outlive the process at this moment.</summary>
    public ApplyMark? DurableMark { get; private set; }

    /// <summary>Whether the disk refuses marks from now on.</summary>
    public bool RefusesMarks { get; set; }

    public bool HasWork => waiting.Count > 0;

    /// <summary>Does the oldest thing that was asked for.</summary>
    public void DoNext(IReplicaLogEvents events) => waiting.Dequeue()(events);

    public Task WaitUntilMaySpeakAsync(CancellationToken cancellation) => Task.CompletedTask;

    public void Write(LogWrite write)
    {
        Writes.Add(write);
        waiting.Enqueue(events =>
        {
            Store(write);
            events.OnWritten(write.Ticket);
        });
    }

    public void WriteMark(ApplyMark? mark, Action<bool> done) => waiting.Enqueue(_ =>
    {
        DurableMark = RefusesMarks ? DurableMark : mark;
        done(!RefusesMarks);
    });

    public void StageChunk(StageSnapshotChunk chunk) => waiting.Enqueue(events =>
    {
        staged.RemoveRange((int)chunk.Offset, staged.Count - (int)chunk.Offset);
        staged.AddRange(chunk.Data.Span);
        events.OnChunkStaged(chunk.Snapshot.LastIncluded, staged.Count);
    });

    public void ReadChunk(ReadSnapshotChunk request) => waiting.Enqueue(events =>
    {
        var length = Math.Min(request.BytesMax, snapshotState.Length - (int)request.Offset);
        events.OnChunkRead(request, snapshotState.Slice((int)request.Offset, length), request.Offset + length == snapshotState.Length);
    });

    public void SaveSnapshot(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state) => waiting.Enqueue(events =>
    {
        SnapshotsSaved++;
        (this.snapshot, snapshotState) = (snapshot, state);
        events.OnSnapshotSaved(snapshot);
    });

    public void LoadSnapshot(SnapshotDescriptor snapshot) => waiting.Enqueue(events => events.OnSnapshotLoaded(snapshot, snapshotState));

    public Task ReleaseAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private RecoveredState Recover() => new(hardState, snapshot, start, [.. entries]);

    private void Store(LogWrite write)
    {
        hardState = write.HardState;
        if (write.Install is { } installed)
        {
            (snapshot, snapshotState, start) = (installed, staged.ToArray(), installed.LastIncluded);
            entries.Clear();
        }

        if (write.Append is { } block)
        {
            entries.RemoveAll(entry => entry.Index > block.Previous.Index);
            entries.AddRange(block.Entries);
        }

        if (write.CompactThrough is { } through)
        {
            start = through;
            entries.RemoveAll(entry => entry.Index <= through.Index);
        }
    }
}
