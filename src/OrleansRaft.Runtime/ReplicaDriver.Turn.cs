using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;

namespace OrleansRaft.Runtime;

/// <summary>One turn: what is taken from the inbox, in which order, and how much of it.</summary>
internal sealed partial class ReplicaDriver
{
    private List<Completion> completions = [];
    private InboxBatch batch = new();
    private Queue<Submission> submissions = new();
    private MonotonicTime heardFromLeader;
    private long groupTimeSeen;
    private Unquiesce? unquiesceLater;

    /// <summary>The group's time at the end of the last turn. Any thread.</summary>
    private LogTime GroupTimeSeen => new(Volatile.Read(ref groupTimeSeen));

    private void TakeTurn()
    {
        appliedBytes = 0;
        ReportApplied();
        TakeLevel();
        TakeCompletions();
        if (isStopped)
        {
            return;
        }

        if (batch.IsEmpty && !isStopping)
        {
            batch = inbox.TakeBatch(batch);
        }

        TakeUnquiesce();
        TakeMessages(options.RunInputsMax);
        if (batch.Messages.Count == 0)
        {
            // After a pause, what the others said comes first: it may be the very sign of life whose absence a tick would count.
            TakeControls();
            TakeSubmissions(options.RunCommandsMax);
            TakeQueries();
            TakeTick();
        }

        if (!isStopping)
        {
            EndTurn();
        }
    }

    private void EndTurn()
    {
        MindCare();
        TellWhetherHalted();
        ProposeLimits();
        if (toCompare.Count > 0)
        {
            BeginComparison();
        }

        ServeReads();
        while (batch.Inspections.TryDequeue(out var inspection))
        {
            inspection.Answer();
        }

        CaptureSnapshot();
        StartWrite();
        HasLeader = Core.Leader is not null;
        HasCaughtUp = Core.HasCaughtUp || IsHalted;
        IsLeader = Core.Role == RaftRole.Leader;
        RequestIds = view.RequestIds;
        RequestFill = view.RequestFill;
        StateBytes = view.StateBytes ?? 0;
        SnapshotBytes = snapshotBytes;
        SnapshotAge = AgeOfSnapshot() ?? TimeSpan.Zero;
        CommitLag = Core.Role == RaftRole.Leader ? Core.LastEntry.Index - Core.CommitIndex : 0;
        Volatile.Write(ref commitIndexSeen, Core.CommitIndex.Value);
        Volatile.Write(ref versionCommitted, Core.MachineVersionAt(Core.CommitIndex));
        inbox.QueriesWaiting = reads.QueryCount + Volatile.Read(ref queriesAtMachine);
        Volatile.Write(ref groupTimeSeen, GroupTime.Value);
        if (!batch.IsEmpty || submissions.Count > 0 || unreported is not null || (inbox.CommandsWaiting.Count > 0 && !WaitForRound()))
        {
            AskForTurn();
        }
    }

    /// <summary>The cluster works at a later level since the last turn: from here on this replica writes and speaks it.</summary>
    private void TakeLevel()
    {
        if (Core.LastUtc.IsKnown)
        {
            // Only a leader that knew it can have stamped an entry.
            Level.Learn(FeatureLevels.Stamps);
        }

        if (Level.InForce is var level && level > Core.Level)
        {
            machine.Level = level;
            Step(new LevelRaised(level));
            hasLimitsToPropose |= leadingTerm is not null && HasOtherLimits;
        }
    }

    private void ReadClock() => Core.ReadClock(UtcTimes.Of(time.GetUtcNow()), Now());

    private void TakeCompletions()
    {
        completions = inbox.TakeCompletions(completions);
        for (var taken = 0; taken < completions.Count && !isStopping; taken++)
        {
            // Taken out, so that whoever ends the replica abandons only what comes after it.
            var completion = completions[taken];
            completions[taken] = default;
            if (completion.Stopped is { } cause)
            {
                OnLogStopped(completion.StopReason, cause);
                break;
            }

            if (completion.Job is { } job)
            {
                OnMachineDid(job);
            }
            else if (completion.Loaded is { } snapshot)
            {
                OnSnapshotLoaded(snapshot, completion.State!);
            }
            else if (completion.SnapshotFailure is { } failure)
            {
                OnSnapshotFailed(failure);
            }
            else
            {
                OnCompleted(completion.Input!);
            }
        }

        completions.Clear();
    }

    /// <summary>
    /// While the replica has no right to speak, Core hears nothing but what its own log has done: a vote, a heartbeat or a read could otherwise count
    /// this activation beside its successor. The right is checked after an input was taken, and the clock read after that.
    /// </summary>
    private void TakeMessages(int most)
    {
        while (most-- > 0 && !isStopping && batch.Messages.TryDequeue(out var receive))
        {
            if (!ReplicaLog.MaySpeak || IsTooMuchForHalted(receive.Message) || receive.Message.NeededLevel() > Level.Newest)
            {
                metrics.MessagesDropped.Add(1);
                continue;
            }

            Step(receive);
            NoteContact(receive.Message is AppendEntries or InstallSnapshot or Quiesce && Core.Leader == receive.From);
        }
    }

    /// <summary>A follower hears from its leader; a leader that ticks and still leads has heard from a majority.</summary>
    private void NoteContact(bool isContact)
    {
        if (isContact)
        {
            heardFromLeader = Now();
        }
    }

    private void TakeControls()
    {
        while (!isStopping && batch.Controls.TryDequeue(out var request))
        {
            if (!ReplicaLog.MaySpeak)
            {
                if (request.Submission is { } submission)
                {
                    answers.AnswerAll(submission, rejections.NotSpeaking());
                }

                continue;
            }

            switch (request.Input)
            {
                case ProposeConfiguration change:
                    proposals.Add(default, default, 0, request.Submission!, 0);
                    Step(change);
                    break;
                case ProposeRaise raise:
                    TakeRaise(raise, request.Submission!);
                    break;
                case ProposeSkip skip:
                    TakeSkip(skip, request.Submission!);
                    break;
                case ProposeComparison:
                    TakeComparison(request.Submission!);
                    break;
                case TransferLeadership transfer:
                    transfers.Add(request.Submission!);
                    Step(transfer);
                    break;
                default:
                    Step(request.Input);
                    break;
            }
        }
    }

    /// <summary>
    /// The host's call comes before the messages, so that a replica that has just lost its leader may vote for any candidate that asks. Without the
    /// right to speak it is kept for later: a quiescent replica hears no ticks, so the call that unquiesces it must not be lost.
    /// </summary>
    private void TakeUnquiesce()
    {
        if (batch.Unquiesce is { } posted)
        {
            batch.Unquiesce = null;
            unquiesceLater = posted.Or(unquiesceLater);
        }

        if (unquiesceLater is { } unquiesce && !isStopping && ReplicaLog.MaySpeak)
        {
            unquiesceLater = null;
            Step(unquiesce);
        }
    }

    private void TakeTick()
    {
        var isDue = batch.Tick;
        batch.Tick = false;
        if (isDue)
        {
            MindMachine();
            BeginComparison();
        }

        if (isDue && ReplicaLog.MaySpeak && !isStopping)
        {
            ReadClock();
            Step(OrleansRaft.Core.Tick.Instance);
            NoteContact(Core.Role == RaftRole.Leader);
        }
    }
}
