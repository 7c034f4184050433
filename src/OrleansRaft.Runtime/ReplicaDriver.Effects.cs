using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>What becomes of Core's effects.</summary>
internal sealed partial class ReplicaDriver
{
    private readonly List<Effect> effects = [];
    private readonly List<Driving.Submission> transfers = [];
    private bool isWriting;
    private long writeStarted;
    private Term? leadingTerm;

    // Applied, but not yet told to Core; and how much was applied in this turn.
    private LogIndex? unreported;
    private long appliedBytes;

    /// <summary>Hands Core one input, and deals with all that follows from it before anything else happens.</summary>
    private void Step(Input input)
    {
        StepOnce(input);
        ReportApplied();
    }

    private void StepOnce(Input input)
    {
        if (isStopping)
        {
            return;
        }

        Core.Step(input, Now(), effects);
        for (var i = 0; i < effects.Count && !isStopping; i++)
        {
            Handle(effects[i]);
        }

        effects.Clear();
    }

    /// <summary>Tells Core what was applied, whereupon it hands out the next entries; until the turn has applied enough.</summary>
    private void ReportApplied()
    {
        while (unreported is { } index && (worker is not null || appliedBytes < options.RunApplyBytesMax) && !isStopping)
        {
            unreported = null;
            StepOnce(new EntriesApplied(index));
        }

        ReportDigest();
    }

    private void OnCompleted(Input input)
    {
        switch (input)
        {
            case Persisted persisted:
                isWriting = false;
                metrics.AppendDuration.Record(time.GetElapsedTime(writeStarted).TotalSeconds);
                heldSends.OnDurable(persisted.Ticket);
                while (heldSends.TakeReleased() is { } send)
                {
                    Send(send);
                }

                break;
            case SnapshotSaved saved:
                OnSnapshotSaved(saved.Snapshot);
                break;
        }

        Step(input);
        if (input is not SnapshotSaved)
        {
            return;
        }

        snapshotBytes = Core.Snapshot.SizeBytes;
        EndRenewals(Core.Snapshot.LastIncluded.Index);
        if (isRebuilding && rebuildFrom is null)
        {
            // Not before Core knows the snapshot: the log begins with it now.
            LoadForRebuild();
        }
    }

    private void Handle(Effect effect)
    {
        switch (effect)
        {
            case Send send:
                if (!heldSends.Hold(send))
                {
                    Send(send);
                }

                break;
            case Apply apply:
                Apply(apply.Entries);
                break;
            case ProposalAppended appended:
                proposals.OnAppended(appended.First, appended.Count);
                break;
            case ProposalRejected rejected:
                proposals.OnRejected(IsChangePending(rejected.Reason)
                    ? rejections.ChangePending(Core.Configuration)
                    : rejections.Of(rejected.Reason, rejected.Leader));
                break;
            case ReadReady ready:
                reads.OnReady(ready.ReadId, ready.Index);
                break;
            case ReadRejected rejected:
                RejectReads(reads.TakeRejected(rejected.ReadId), rejections.Of(rejected.Reason, rejected.Leader));
                break;
            case RoleChanged change:
                OnRoleChanged(change);
                break;
            case ConfigurationChanged change:
                Log.ConfigurationChanged(logger, Key, change.Configuration);
                host.OnConfigurationChanged(change.Configuration);
                break;
            case QuiescenceChanged change:
                host.OnQuiescenceChanged(change);
                break;
            case LeaderSought:
                host.OnLeaderSought();
                break;
            case SkipDecided decided:
                OnSkipDecided(decided);
                break;
            case SkipRejected rejected:
                AnswerSkips(rejected.Entry, rejections.OfSkip(rejected.Entry, rejected.Reason, Core.Leader));
                break;
            case ComparisonEnded ended:
                OnComparisonEnded(ended.Comparison);
                break;
            case ComparisonRejected rejected:
                OnComparisonRejected(rejected);
                break;
            case ComparisonJudged judged:
                OnComparisonJudged(judged);
                break;
            case ComparisonWanted:
                recheckAfter = recheckAfter is { } later && later < FirstRecheck ? later : FirstRecheck;
                break;
            case ClocksJudged judged:
                host.OnClocksJudged(judged.Off);
                break;
            case CaptureSnapshot capture:
                captureWanted = LogIndex.Max(captureWanted, capture.Through);
                break;
            case TransferRejected rejected:
                AnswerTransfers(rejections.OfTransfer(rejected.Reason, Core.Leader));
                break;
            case StageSnapshotChunk stage:
                ReplicaLog.StageChunk(stage);
                break;
            case ReadSnapshotChunk read:
                ReplicaLog.ReadChunk(read);
                break;
            case RestoreSnapshot restore:
                Install(restore.Snapshot);
                break;
            default:
                throw new InvariantViolationException($"every effect is dealt with: {effect.GetType().Name} is not");
        }
    }

    /// <summary>A change of members waits for the one before it, which is no passing trouble: whoever made it did not know of the other.</summary>
    private bool IsChangePending(RaftRejection reason) =>
        reason == RaftRejection.NotReady && (Core.Configuration.IsJoint || Core.Configuration.Version > Core.CommitIndex);

    private void Send(Send send)
    {
        if (ReplicaLog.MaySpeak && !isStopping)
        {
            transport.Send(send.To, send.Message);
        }
        else
        {
            metrics.MessagesDropped.Add(1);
        }
    }

    private void OnRoleChanged(RoleChanged change)
    {
        var led = leadingTerm;
        leadingTerm = change.Role == RaftRole.Leader ? change.Term : null;
        if (led is not null && leadingTerm != led)
        {
            Log.LostLeadership(logger, Key, change.Term, change.Leader?.ToString() ?? "not known yet");
            proposals.Abandon(rejections.LostLeadership(), rejections.NotLeader(change.Leader));
            AnswerTransfers(Reply.Committed(default, default));
            AnswerSkips(null, rejections.SkipUndecided());
            RejectComparisons(rejections.NotLeader(change.Leader));
        }

        if (leadingTerm is not null && leadingTerm != led)
        {
            Log.BecameLeader(logger, Key, change.Term, change.Votes, Core.Configuration.Voters.Length);
            metrics.Elections.Add(1);
            hasLimitsToPropose = HasOtherLimits;
            transfersAtOnce |= IsVersionBehind;
        }
        else
        {
            Log.RoleChanged(logger, Key, change.Role, change.Term, change.Leader);
        }

        host.OnRoleChanged(change);
    }

    private void AnswerTransfers(in Reply reply)
    {
        foreach (var transfer in transfers)
        {
            answers.AnswerAll(transfer, reply);
        }

        transfers.Clear();
    }

    /// <summary>One write at a time: what is stepped meanwhile gathers into the next, so batches grow with the load.</summary>
    private void StartWrite()
    {
        if (isWriting || !Core.HasWrite)
        {
            return;
        }

        isWriting = true;
        writeStarted = time.GetTimestamp();
        ReplicaLog.Write(Core.TakeWrite());
    }
}
