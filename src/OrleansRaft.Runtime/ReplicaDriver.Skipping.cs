using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.Runtime;

/// <summary>
/// Entries that are skipped: a leader that is halted at one decides it, the decision is replicated, and from its commit on every replica passes over
/// the entry. One that has applied it by then discards its state, and makes it anew from what its store or its leader has.
/// </summary>
internal sealed partial class ReplicaDriver
{
    private readonly List<(LogIndex Entry, Submission Submission)> skipping = [];

    // What the machine's state has passed over; and how often that state was made anew.
    private SkippedEntries stateSkips = SkippedEntries.None;
    private long lives;

    /// <summary>
    /// Whether the entry at which the machine is halted may be skipped soon: applied meanwhile, its effects would be seen and then be gone.
    /// </summary>
    private bool IsSkipUnderWay => halt is { Entry: { } entry } && Core.IsSkipPending(entry.Index);

    /// <summary>Somebody asks this replica to skip an entry.</summary>
    private void TakeSkip(ProposeSkip skip, Submission submission)
    {
        if (AnswerSkip(skip.Entry) is { } answer)
        {
            answers.AnswerAll(submission, answer);
            return;
        }

        skipping.Add((skip.Entry, submission));
        Step(skip);
    }

    /// <summary>The answer to whoever wants an entry skipped; null when that is to be decided.</summary>
    private Reply? AnswerSkip(LogIndex entry)
    {
        if (Core.Role != RaftRole.Leader)
        {
            return rejections.NotLeader(Core.Leader);
        }

        if (Core.Skipped.Contains(entry))
        {
            return Reply.Committed(default, default);
        }

        if (Core.IsSkipPending(entry))
        {
            return rejections.SkipUnderWay(entry);
        }

        return RejectSkipOf(entry);
    }

    private Reply? RejectSkipOf(LogIndex entry) =>
        halt is not { } halted ? rejections.SkipNotHalted(entry)
        : halted.Entry is not { } at ? rejections.SkipNoEntry(entry, halted.Cause)
        : at.Index != entry ? rejections.SkipOther(entry, at.Index)
        : Core.AppliedIndex >= entry ? rejections.SkipApplied(entry, Core.AppliedIndex)
        : isRebuilding || isInstalling ? rejections.SkipTryingAgain()
        : Core.Skipped.Count >= SkippedEntries.CountMax ? rejections.SkipTooMany()
        : null;

    /// <param name="entry">Which skip it is about; null for all that wait.</param>
    /// <param name="reply">The answer.</param>
    private void AnswerSkips(LogIndex? entry, in Reply reply)
    {
        for (var i = skipping.Count - 1; i >= 0; i--)
        {
            if (entry is null || skipping[i].Entry == entry)
            {
                answers.AnswerAll(skipping[i].Submission, reply);
                skipping.RemoveAt(i);
            }
        }
    }

    /// <summary>A decision is committed. Whatever the machine does with the entry, or has done, is void.</summary>
    private void OnSkipDecided(SkipDecided decided)
    {
        Log.EntrySkipped(logger, Key, decided.Entry, decided.Decision);
        host.OnEntrySkipped(decided.Entry, decided.Decision);
        AnswerSkips(decided.Entry, Reply.Committed(decided.Decision, default));
        if (decided.Entry > handedOut || isInstalling || Core.IsInstalling || halt is { IsDiverged: true })
        {
            // It is passed over when its turn comes; what is being installed is looked at when it is there.
            return;
        }

        if (decided.Entry <= view.AppliedEntry.Index)
        {
            Log.StateDiscarded(logger, Key, view.AppliedEntry.Index, decided.Entry);
        }

        suspect = new LogIndex(long.MaxValue);
        BeginRebuild(handedOut, null);
    }

    /// <summary>The state holds what was skipped, and so does the snapshot in the store: the leader must send one that does not.</summary>
    private void LackState()
    {
        var entry = Core.Skipped.FirstNotIn(Core.Snapshot.Skipped, Core.Snapshot.LastIncluded.Index);
        isRebuilding = false;
        EnterHalt(new Halt(null, $"Its snapshot holds entry {entry}, which was skipped; the replica waits for a snapshot of its leader.")
        {
            HasState = false,
            LacksState = true,
        });
    }

    private void AskForState()
    {
        if (ReplicaLog.MaySpeak && !isInstalling && !isStopping)
        {
            Step(StateLost.Instance);
        }
    }

    /// <summary>How many of the next entries after an index come before one that was skipped.</summary>
    private int CountUnskipped(LogIndex after, int most) =>
        Core.Skipped.FirstAfter(after) is { } skipped ? (int)Math.Min(skipped - after - 1, most) : most;

    private void PassOver(Entry entry)
    {
        if (worker is not null)
        {
            worker.Post(new SkipJob(entry) { Life = lives });
            return;
        }

        var reply = machine.Skip(entry);
        view = MachineView.Of(machine);
        OnPassedOver(entry, reply);
    }

    private void OnPassedOver(in Entry entry, in Reply reply)
    {
        stateSkips = stateSkips.With(entry.Index);
        OnApplied([entry], [reply]);
    }

    private static bool CarriesSkip(EntryBlock block)
    {
        foreach (ref readonly var entry in block.Entries)
        {
            if (entry.Kind == EntryKind.Skip)
            {
                return true;
            }
        }

        return false;
    }
}
