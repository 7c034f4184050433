using OrleansRaft.Core;

namespace OrleansRaft.Simulation.Script;

/// <summary>
/// What one node keeps through a restart. The state machine's state is its commands, one a line, so that any index's state can be told from the log.
/// </summary>
internal sealed class ScriptDisk
{
    private readonly List<Entry> log = [];
    private SnapshotDescriptor snapshot;
    private ReadOnlyMemory<byte> content;
    private ReadOnlyMemory<byte> staged;

    public ScriptDisk(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> content)
    {
        (this.snapshot, this.content) = (snapshot, content);
        HardState = HardState.Initial with { CommitIndex = snapshot.LastIncluded.Index };
    }

    public HardState HardState { get; private set; }

    public IReadOnlyList<Entry> Log => log;

    public void Stage(ReadOnlyMemory<byte> data) => staged = data;

    public void Write(LogWrite write)
    {
        HardState = write.HardState;
        if (write.Install is { } installed)
        {
            (snapshot, content) = (installed, staged);
            log.Clear();
        }

        if (write.Append is { } block)
        {
            log.RemoveAll(entry => entry.Index > block.Previous.Index);
            Invariant.Holds((log.Count == 0 ? snapshot.LastIncluded : log[^1].Id) == block.Previous, "entries follow the one before them");
            log.AddRange(block.Entries);
        }
    }

    /// <summary>Notes the commit index, which Core writes only along with something else.</summary>
    public void NoteCommit(LogIndex commit) => HardState = HardState with { CommitIndex = commit };

    /// <summary>Takes a snapshot at an index and forgets the log before it.</summary>
    public void Compact(SnapshotDescriptor descriptor)
    {
        content = ContentAt(descriptor.LastIncluded.Index);
        snapshot = descriptor;
        log.RemoveAll(entry => entry.Index <= descriptor.LastIncluded.Index);
    }

    public ReadOnlyMemory<byte> ContentAt(LogIndex index)
    {
        var bytes = new List<byte>(content.Span.ToArray());
        foreach (var entry in log)
        {
            if (entry.Kind == EntryKind.Command && entry.Index <= index)
            {
                bytes.AddRange(entry.Body.Span);
                bytes.Add((byte)'\n');
            }
        }

        return bytes.ToArray();
    }

    public RecoveredState Recover() => new(HardState, snapshot, snapshot.LastIncluded, [.. log]);
}
