using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>
/// The decisions to skip entries that a replica knows: those that are committed hold for ever, those that are not may yet be cut off.
/// </summary>
/// <param name="decided">What the snapshot knows.</param>
internal sealed class SkipHistory(SkippedEntries decided)
{
    // In the log and not known to be committed, in order of their decisions.
    private readonly List<(LogIndex Decision, LogIndex Entry)> pending = [];

    /// <summary>What a store read back knows.</summary>
    public static SkipHistory Of(RecoveredState recovered)
    {
        var history = new SkipHistory(recovered.Snapshot.Skipped);
        foreach (var entry in recovered.Entries)
        {
            history.Note(entry);
        }

        var committed = LogIndex.Max(recovered.HardState.CommitIndex, recovered.Snapshot.LastIncluded.Index);
        while (history.TakeDecided(committed) is not null)
        {
            // Nobody is told: whoever starts asks.
        }

        return history;
    }

    /// <summary>The entries whose skip is committed.</summary>
    public SkippedEntries Decided { get; private set; } = decided;

    /// <summary>How many there are, with those that are not committed.</summary>
    public int Count => Decided.Count + pending.Count;

    /// <summary>Notes an entry that was appended.</summary>
    public void Note(in Entry entry)
    {
        if (entry.Kind == EntryKind.Skip)
        {
            pending.Add((entry.Index, SkipDecisionCodec.Decode(entry.Body).Index));
        }
    }

    /// <summary>Whether the skip of an entry is in the log and not known to be committed.</summary>
    public bool IsPending(LogIndex entry) => pending.Exists(one => one.Entry == entry);

    /// <summary>The first entry after an index whose skip is not known to be committed; null when there is none.</summary>
    public LogIndex? FirstPendingAfter(LogIndex index)
    {
        LogIndex? first = null;
        foreach (var (_, entry) in pending)
        {
            if (entry > index && !(first <= entry))
            {
                first = entry;
            }
        }

        return first;
    }

    /// <summary>Forgets decisions that were cut off.</summary>
    public void TruncateAfter(LogIndex index) => pending.RemoveAll(one => one.Decision > index);

    /// <summary>Takes the next decision that is committed, if there is one.</summary>
    /// <param name="commitIndex">What is committed.</param>
    /// <returns>The skipped entry, and the index of its decision.</returns>
    public (LogIndex Decision, LogIndex Entry)? TakeDecided(LogIndex commitIndex)
    {
        if (pending.Count == 0 || pending[0].Decision > commitIndex)
        {
            return null;
        }

        var taken = pending[0];
        pending.RemoveAt(0);
        Decided = Decided.With(taken.Entry);
        return taken;
    }

    /// <summary>A snapshot takes the place of the log up to its end.</summary>
    public void Install(SnapshotDescriptor snapshot)
    {
        pending.RemoveAll(one => one.Decision <= snapshot.LastIncluded.Index);
        Decided = Decided.With(snapshot.Skipped);
    }
}
