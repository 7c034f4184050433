using System.Runtime.InteropServices;
using OrleansRaft.Core;

namespace OrleansRaft.Lab.Storage;

/// <summary>What the durable records of one replica add up to.</summary>
internal sealed class DurableLog(Configuration initial)
{
    private readonly List<Entry> entries = [];

    public HardState HardState { get; private set; }

    public SnapshotDescriptor Snapshot { get; private set; } = SnapshotDescriptor.Initial(initial);

    /// <summary>The entry before the first that is held.</summary>
    public EntryId Start { get; private set; }

    public ReadOnlySpan<Entry> Entries => CollectionsMarshal.AsSpan(entries);

    public EntryId Last => entries.Count == 0 ? Start : entries[^1].Id;

    /// <summary>The id of a held entry, or of the one before the first; null elsewhere.</summary>
    public EntryId? IdAt(LogIndex index)
    {
        if (index == Start.Index)
        {
            return Start;
        }

        var offset = index - Start.Index - 1;
        return offset >= 0 && offset < entries.Count ? entries[(int)offset].Id : null;
    }

    public void Write(HardState hardState, EntryId storedLast, EntryBlock? append, SnapshotDescriptor? install, EntryId? compactThrough)
    {
        Invariant.Holds(storedLast == Last, "a write continues the log that the store holds");
        Invariant.Holds(
            hardState.CurrentTerm != HardState.CurrentTerm || HardState.VotedFor is null || hardState.VotedFor == HardState.VotedFor,
            "a vote, once given, stays in its term");
        HardState = hardState;
        if (install is not null)
        {
            Snapshot = install;
            Start = install.LastIncluded;
            entries.Clear();
        }

        if (append is not null)
        {
            Invariant.Holds(IdAt(append.Previous.Index) == append.Previous, "appended entries follow an entry that the store holds");
            var kept = (int)(append.Previous.Index - Start.Index);
            entries.RemoveRange(kept, entries.Count - kept);
            entries.AddRange(append.Entries);
        }

        if (compactThrough is { } through && through.Index > Start.Index)
        {
            Invariant.Holds(through.Index <= Snapshot.LastIncluded.Index, "compaction stays behind the snapshot");
            Invariant.Holds(IdAt(through.Index) == through, "compaction ends at an entry that the store holds");
            entries.RemoveRange(0, (int)(through.Index - Start.Index));
            Start = through;
        }
    }

    public void SaveSnapshot(SnapshotDescriptor snapshot)
    {
        if (snapshot.LastIncluded.Index > Snapshot.LastIncluded.Index)
        {
            Snapshot = snapshot;
        }
    }

    /// <summary>Starts over from a checkpoint.</summary>
    public void Reset(HardState hardState, SnapshotDescriptor snapshot, EntryBlock log)
    {
        (HardState, Snapshot, Start) = (hardState, snapshot, log.Previous);
        entries.Clear();
        entries.AddRange(log.Entries);
    }

    public RecoveredState ToRecovered() => new(HardState, Snapshot, Start, [.. entries]);
}
