using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A log in memory that does nothing until it is told to.</summary>
internal sealed class ScriptedLog : IReplicaLog
{
    private readonly Queue<Action<IReplicaLogEvents>> waiting = new();
    private readonly Queue<Action<IReplicaLogEvents>> saving = new();
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
        (entries, start, hardState, snapshot, snapshotState) = (
            [.. before.entries], before.start, before.hardState, before.snapshot, before.snapshotState);
        Epoch = before.Epoch + 1;
        DurableMark = Mark = before.DurableMark;
        Recovered = Recover();
    }

    public List<LogWrite> Writes { get; } = [];

    public int SnapshotsSaved { get; private set; }

    public IReadOnlyList<Entry> Entries => entries;

    public long Epoch { get; } = 1;

    public RecoveredState Recovered { get; set; }

    public SnapshotStream RecoveredSnapshot => Open();

    /// <summary>The bytes of the newest snapshot.</summary>
    public ReadOnlyMemory<byte> State => snapshotState;

    public bool MaySpeak { get; set; } = true;

    public bool KeepsMarks => true;

    public ApplyMark? Mark { get; }

    /// <summary>The mark that would outlive the process at this moment.</summary>
    public ApplyMark? DurableMark { get; private set; }

    /// <summary>Whether the disk refuses marks from now on.</summary>
    public bool RefusesMarks { get; set; }

    public bool HasWork => waiting.Count + saving.Count > 0;

    /// <summary>Whether snapshots are read as they are asked for, as large ones are.</summary>
    public bool IsStreamed { get; set; }

    /// <summary>Whether the last snapshot that was opened is closed.</summary>
    public bool IsStreamClosed { get; private set; }

    /// <summary>Does the oldest thing that was asked for; snapshots last.</summary>
    public void DoNext(IReplicaLogEvents events) => (waiting.Count > 0 ? waiting : saving).Dequeue()(events);

    /// <summary>Does everything but saving snapshots.</summary>
    public void DoWrites(IReplicaLogEvents events)
    {
        while (waiting.TryDequeue(out var next))
        {
            next(events);
        }
    }

    /// <summary>Flips a bit of the snapshot.</summary>
    public void DamageState()
    {
        var damaged = snapshotState.ToArray();
        damaged[^1] ^= 1;
        snapshotState = damaged;
    }

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

    public void SaveSnapshot(SnapshotDescriptor snapshot, IStateView state) => saving.Enqueue(events =>
    {
        using (state)
        {
            var written = new ArrayBufferWriter<byte>();
            try
            {
                state.Write(written);
            }
            catch (InvalidOperationException exception)
            {
                events.OnSnapshotFailed(snapshot.LastIncluded, new MachineException("Write", exception));
                return;
            }

            SnapshotsSaved++;
            this.snapshot = snapshot with { SizeBytes = written.WrittenCount, Checksum = Crc32C.Compute(written.WrittenSpan) };
            snapshotState = written.WrittenMemory;
        }

        events.OnSnapshotSaved(this.snapshot);
    });

    public void LoadSnapshot(SnapshotDescriptor snapshot) => waiting.Enqueue(
        events => events.OnSnapshotLoaded(snapshot, Open()));

    public Task ReleaseAsync(CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private SnapshotStream Open()
    {
        IsStreamClosed = false;
        var state = snapshotState;
        return IsStreamed
            ? new SnapshotStream(
                state.Length,
                offset => Task.FromResult(state[(int)offset..Math.Min((int)offset + 50, state.Length)]),
                () => IsStreamClosed = true)
            : SnapshotStream.Of(state);
    }

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
