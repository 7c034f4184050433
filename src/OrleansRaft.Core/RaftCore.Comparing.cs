namespace OrleansRaft.Core;

/// <summary>
/// Comparisons of states: replicas that applied the same entries must hold the same state, and a digest at one agreed entry shows whether they do.
/// </summary>
/// <remarks>
/// The leader appends an entry for it. Every member makes a digest of its state exactly there, and tells the leader, which tells all what came of it.
/// A member that is wrong by the word of a majority has its state replaced by one of the majority; its log, its term and its vote are what others
/// count on, and stay. Digests of different programs say nothing of each other, and a comparison is made under one configuration only.
/// </remarks>
internal sealed partial class RaftCore
{
    private OpenComparison? comparison;

    // The newest comparison in the log, and the group's time then; to begin with, the end of the snapshot.
    private EntryId compared;
    private LogTime comparedTime;

    // What this replica has made of the newest comparison that it came to.
    private (EntryId Entry, StateDigest Digest)? ownDigest;

    // The last comparison at which this replica was known to hold what a majority holds; and the one that found it wrong, until its state is
    // replaced.
    private LogIndex agreedAt;
    private LogIndex wrongAt;

    /// <summary>The newest comparison in the log, for which a digest is worth making; zero when the log holds none.</summary>
    public EntryId LastComparison =>
        compared.Index > log.Start.Index && compared.Index <= log.Last.Index && log[compared.Index].Kind == EntryKind.Comparison
            ? compared
            : EntryId.Zero;

    /// <summary>Entries after the last comparison that are committed, or after the beginning of the log where that is later.</summary>
    public long EntriesSinceComparison => Math.Max(0, CommitIndex - compared.Index);

    /// <summary>The group's time at the last comparison, or at the beginning of the log where that is later.</summary>
    public LogTime LastComparisonTime => comparedTime;

    /// <summary>The comparison for which this leader awaits digests; null when there is none.</summary>
    public EntryId? ComparisonUnderWay => comparison is { Result: null } open ? open.Entry : null;

    /// <summary>Whether a comparison found this replica's state wrong, and no other state has taken its place yet.</summary>
    public bool IsStateWrong => wrongAt > LogIndex.Zero;

    private void NoteComparison(in Entry entry)
    {
        if (entry.Kind == EntryKind.Comparison)
        {
            (compared, comparedTime) = (entry.Id, entry.Time);
        }
    }

    /// <summary>What the log holds from the beginning: after a start, and when its end was cut off.</summary>
    private void FindLastComparison()
    {
        (compared, comparedTime) = (snapshot.LastIncluded, snapshot.Time);
        for (var index = log.Last.Index; index > log.Start.Index; index = index.Previous)
        {
            if (log[index].Kind == EntryKind.Comparison)
            {
                NoteComparison(log[index]);
                return;
            }
        }
    }

    private void OnProposeComparison()
    {
        if (RejectComparison() is { } reason)
        {
            effects.Add(new ComparisonRejected(reason));
            return;
        }

        AppendOwn(EntryKind.Comparison, ReadOnlyMemory<byte>.Empty);
        NoteComparison(log[log.Last.Index]);
        comparison = new OpenComparison(log.Last, Configuration);
        Broadcast();
        AdvanceCommit();
    }

    private RaftRejection? RejectComparison() =>
        Role != RaftRole.Leader || HasLeft ? RaftRejection.NotLeader
        : transferTarget is not null ? RaftRejection.Transferring
        : ComparisonUnderWay is not null || !IsTermCommitted || Configuration.IsJoint || Configuration.Version > CommitIndex ? RaftRejection.NotReady
        : null;

    /// <summary>The state machine came to a comparison, and its state there has this digest.</summary>
    private void OnStateDigested(StateDigested made)
    {
        ownDigest = (made.Entry, made.Digest);
        if (Role == RaftRole.Leader)
        {
            NoteDigest(Id, made.Entry, made.Digest);
        }
        else if (leader is { } known && Configuration.Find(Id) is { } self)
        {
            Send(known, new ComparisonResponse(CurrentTerm, self.Session, made.Entry, made.Digest), TermTicket);
        }
    }

    private void OnComparisonResponse(ReplicaId from, ComparisonResponse response)
    {
        if (Contact(from, response.Session) is null)
        {
            return;
        }

        if (!response.IsTold)
        {
            NoteDigest(from, response.Entry, response.Digest);
        }
        else if (comparison is { } open && open.Entry == response.Entry && open.Untold.Remove(from))
        {
            CloseComparison(open);
        }
    }

    private void NoteDigest(ReplicaId member, EntryId entry, StateDigest? digest)
    {
        if (comparison is { Result: null } open && open.Entry == entry)
        {
            open.Answer(member, digest);
            ConcludeComparison(open);
        }
    }

    /// <summary>At each tick of a leader: asks those that have not answered, and goes on without those that cannot.</summary>
    private void ContinueComparison()
    {
        if (comparison is not { } open)
        {
            return;
        }

        open.Ticks++;
        if (open.Result is null && Configuration.Version != open.Configuration.Version)
        {
            AbandonComparison();
            return;
        }

        if (isHalted && open.Result is null && ownDigest?.Entry != open.Entry)
        {
            open.Answer(Id, null);
        }

        if (open.Ticks % settings.ElectionTicksMin == 0)
        {
            foreach (var peer in peers)
            {
                if (!peer.IsUnreachable && (open.Result is null ? !open.IsAnsweredBy(peer.Id) : open.Untold.Contains(peer.Id)))
                {
                    SendComparison(peer, open);
                }
            }
        }

        ConcludeComparison(open);
        CloseComparison(open);
    }

    /// <summary>Ends a comparison when all have answered, or those that have not will not soon.</summary>
    private void ConcludeComparison(OpenComparison open)
    {
        if (open.Result is not null || !(open.IsAnsweredByAll || HasWaitedForAnswers(open)))
        {
            return;
        }

        var result = open.Conclude();
        effects.Add(new ComparisonEnded(result));
        var mustKnow = result.Verdict is ComparisonVerdict.Diverged or ComparisonVerdict.NoMajority;
        foreach (var peer in peers)
        {
            if (!peer.IsDeparting)
            {
                SendComparison(peer, open);
                if (mustKnow && result.Members.Any(member => member.Replica == peer.Id && member.Digest is not null))
                {
                    open.Untold.Add(peer.Id);
                }
            }
        }

        HearVerdict(result.Entry, result.Verdict, result.Majority);
        CloseComparison(open);
    }

    private bool HasWaitedForAnswers(OpenComparison open) =>
        open.Ticks >= settings.ComparisonTicksMax
        || (open.Ticks >= 2 * settings.ElectionTicksMax
            && open.Configuration.Members.All(member => open.IsAnsweredBy(member.Id) || IsOutOfSight(member.Id)));

    private bool IsOutOfSight(ReplicaId member) =>
        member != Id && (FindPeer(member) is not { } peer || peer.IsUnreachable || peer.TicksSinceContact > settings.ElectionTicksMax);

    private void CloseComparison(OpenComparison open)
    {
        if (open.Result is not null && (open.Untold.Count == 0 || open.Ticks >= settings.ComparisonTicksMax) && comparison == open)
        {
            comparison = null;
        }
    }

    /// <summary>The comparison says nothing any more: the members are others, or what it compares is void.</summary>
    private void AbandonComparison()
    {
        comparison = null;
        effects.Add(new ComparisonRejected(RaftRejection.NotReady));
    }

    private void SendComparison(Progress peer, OpenComparison open) => Send(
        peer.Id,
        new ComparisonRequest(CurrentTerm, peer.Member.Session, open.Entry) { Verdict = open.Result?.Verdict, Majority = open.Result?.Majority },
        PersistTicket.Zero);

    private void OnComparisonRequest(ReplicaId from, ComparisonRequest request)
    {
        if (Role == RaftRole.Leader)
        {
            return;
        }

        if (request.Verdict is { } verdict)
        {
            HearVerdict(request.Entry, verdict, request.Majority);
            Send(from, new ComparisonResponse(CurrentTerm, request.Session, request.Entry, null) { IsTold = true }, TermTicket);
            return;
        }

        var mine = ownDigest is { } own && own.Entry == request.Entry ? own.Digest : (StateDigest?)null;
        if (mine is not null || isHalted)
        {
            // Otherwise it says so by itself when it has come there.
            Send(from, new ComparisonResponse(CurrentTerm, request.Session, request.Entry, mine), TermTicket);
        }
    }

    /// <summary>What came of a comparison: every replica judges itself by it.</summary>
    private void HearVerdict(EntryId entry, ComparisonVerdict verdict, StateDigest? majority)
    {
        var mine = ownDigest is { } own && own.Entry == entry ? own.Digest : (StateDigest?)null;
        var isWrong = verdict == ComparisonVerdict.Diverged && majority is { } right && mine?.Contradicts(right) is true;
        if (mine is not null && mine == majority)
        {
            agreedAt = LogIndex.Max(agreedAt, entry.Index);
        }

        if (isWrong)
        {
            (wrongAt, ownDigest) = (entry.Index, null);
        }

        effects.Add(new ComparisonJudged(entry, verdict, isWrong, mine is not null && mine == majority));
    }

    /// <summary>The state is another one now, or must not be used: what it was says nothing any more.</summary>
    private void ForgetDigest(bool isReplaced)
    {
        ownDigest = null;
        wrongAt = isReplaced ? LogIndex.Zero : wrongAt;
    }

    /// <summary>An entry is skipped: digests from there on may be of states that hold it.</summary>
    private void ForgetDigestsFrom(LogIndex skipped)
    {
        if (comparison is { Result: null } open && open.Entry.Index > skipped)
        {
            AbandonComparison();
        }

        if (ownDigest?.Entry.Index > skipped)
        {
            ForgetDigest(isReplaced: false);
        }
    }
}
