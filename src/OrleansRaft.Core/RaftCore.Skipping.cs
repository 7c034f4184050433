using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>
/// Entries that are never applied, although they are committed: a decision about an earlier entry, replicated like any other entry.
/// </summary>
/// <remarks>
/// A decision holds from its commit on, and is known before anything is applied at or after it: so whoever has applied the entry by then can discard
/// its state, and nobody ever applies the decision itself on a state that holds the entry. Until it is committed, replicas that hold it and have not
/// come to the entry wait before it.
/// </remarks>
internal sealed partial class RaftCore
{
    private readonly SkipHistory skips;

    // The host's state machine has no state that may be used, and waits for a snapshot of the leader.
    private bool needsState;

    /// <summary>The entries that are never applied, by a decision that is known to be committed.</summary>
    public SkippedEntries Skipped => skips.Decided;

    /// <summary>Whether the decision to skip an entry is in the log and not known to be committed: nobody should apply it meanwhile.</summary>
    public bool IsSkipPending(LogIndex entry) => skips.IsPending(entry);

    /// <summary>
    /// Whether a state may be used: it knows of every skipped entry that it has passed. One that does not has applied the entry.
    /// </summary>
    /// <param name="through">The last entry that it holds.</param>
    /// <param name="known">What it has passed over.</param>
    public bool MayUse(LogIndex through, SkippedEntries known) => Skipped.FirstNotIn(known, through) is null;

    /// <summary>Whether the state of the snapshot that a store read back may be used.</summary>
    public static bool MayUse(RecoveredState recovered)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        return SkipHistory.Of(recovered).Decided.FirstNotIn(recovered.Snapshot.Skipped, recovered.Snapshot.LastIncluded.Index) is null;
    }

    /// <summary>Whether a snapshot's state may be used.</summary>
    public bool MayUse(SnapshotDescriptor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return MayUse(state.LastIncluded.Index, state.Skipped);
    }

    private void OnProposeSkip(ProposeSkip propose)
    {
        if (RejectSkip(propose.Entry) is { } reason)
        {
            effects.Add(new SkipRejected(propose.Entry, reason));
            return;
        }

        AppendOwn(EntryKind.Skip, SkipDecisionCodec.Encode(log[propose.Entry].Id));
        skips.Note(log[log.Last.Index]);
        Broadcast();
        AdvanceCommit();
    }

    private RaftRejection? RejectSkip(LogIndex entry)
    {
        if (Role != RaftRole.Leader || HasLeft)
        {
            return RaftRejection.NotLeader;
        }

        if (transferTarget is not null)
        {
            return RaftRejection.Transferring;
        }

        return entry <= AppliedIndex
            || entry > CommitIndex
            || log[entry].Kind != EntryKind.Command
            || Skipped.Contains(entry)
            || IsSkipPending(entry)
            || skips.Count >= SkippedEntries.CountMax
            ? RaftRejection.InvalidChange
            : null;
    }

    /// <summary>Tells of decisions that were committed; before anything is handed out that comes after them.</summary>
    private void TellSkips()
    {
        while (skips.TakeDecided(CommitIndex) is { } decided)
        {
            ForgetDigestsFrom(decided.Entry);
            effects.Add(new SkipDecided(decided.Entry, log.IdAt(decided.Decision)!.Value));
        }
    }

    /// <summary>Asks the leader for a snapshot that reaches beyond what was applied here; again and again, until it is installed.</summary>
    private void OnStateLost()
    {
        needsState = true;
        ForgetDigest(isReplaced: false);
        EndQuiescence();
        if (Role == RaftRole.Follower && leader is { } known && restoring is null && pendingInstall is null)
        {
            Send(known, new SnapshotRequest(CurrentTerm, AppliedIndex.Next) { WrongAt = wrongAt }, TermTicket);
        }
    }

    private void OnSnapshotRequest(ReplicaId from, SnapshotRequest request)
    {
        if (Role != RaftRole.Leader || FindPeer(from) is not { } peer)
        {
            return;
        }

        if (request.WrongAt > agreedAt || IsStateWrong)
        {
            effects.Add(ComparisonWanted.Instance);
            return;
        }

        if (snapshot.LastIncluded.Index < request.Through || !MayUse(snapshot))
        {
            if (request.Through > log.Last.Index && transferTarget is null && !HasLeft)
            {
                // The member has applied all that there is, and takes only what is beyond that.
                AppendOwn(EntryKind.NoOp, ReadOnlyMemory<byte>.Empty);
                Broadcast();
                AdvanceCommit();
            }

            effects.Add(new CaptureSnapshot(request.Through));
            return;
        }

        if (peer.State != ProgressState.Snapshot)
        {
            StartSnapshot(peer);
        }

        peer.TicksSinceStateAsked = 0;
    }

    /// <summary>A member that lacks no entry asked for a snapshot, and no longer does: it has it, or it does not want it any more.</summary>
    private void EndStateTransfer(Progress peer)
    {
        if (peer.TicksSinceStateAsked is { } ticks && peer.State == ProgressState.Snapshot)
        {
            peer.TicksSinceStateAsked = ticks + 1;
            if (ticks >= settings.ElectionTicksMax && CanSendAfter(peer.Match.Index))
            {
                peer.BecomeProbe(peer.Match.Index.Next);
                Replicate(peer);
            }
        }
    }

    /// <summary>Whether a snapshot brings the state that this replica lacks, although its log may hold all of it.</summary>
    private bool BringsState(SnapshotDescriptor offered) => needsState && offered.LastIncluded.Index > AppliedIndex;
}
