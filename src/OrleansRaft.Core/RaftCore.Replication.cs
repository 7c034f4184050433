namespace OrleansRaft.Core;

/// <summary>Replication (§5.3): a leader's sending and counting, a follower's log.</summary>
internal sealed partial class RaftCore
{
    private Progress[] peers = [];
    private int heartbeatTicks;
    private LogIndex termStart;
    private long uncommittedBytes;

    private void OnLeaderTick()
    {
        foreach (var peer in peers)
        {
            peer.TicksSinceContact++;
            peer.TicksWithoutProgress++;
        }

        CountTransferTicks();
        if (settings.CheckQuorum && !IsQuorumActive())
        {
            // The majority is out of reach: clients should look for another leader, and reads must not wait here for ever (thesis §6.2).
            BecomeFollower(CurrentTerm, null);
            return;
        }

        foreach (var peer in peers)
        {
            MendStall(peer);
            EndStateTransfer(peer);
        }

        JudgeClocks();
        ContinueComparison();
        PromoteLearners();
        RaiseByItself();
        if (Quiesces())
        {
            return;
        }

        if (++heartbeatTicks >= settings.HeartbeatTicks)
        {
            heartbeatTicks = 0;
            BroadcastHeartbeat();
        }
    }

    private bool IsQuorumActive() =>
        Quorum.Reached(Configuration, activityOf) == 1;

    /// <summary>
    /// Falls back to probing, or repeats, when what was sent has not been answered for an election timeout: it was lost, or the member is slow, so
    /// every repetition waits twice as long as the one before.
    /// </summary>
    private void MendStall(Progress peer)
    {
        if (peer.TicksWithoutProgress < settings.ElectionTicksMin << peer.Stalls)
        {
            return;
        }

        peer.NoteStall();
        switch (peer.State)
        {
            case ProgressState.Probe:
                RepeatProbe(peer);
                break;
            case ProgressState.Replicate when peer.HasInflight:
                peer.BecomeProbe(peer.Match.Index.Next);
                RepeatProbe(peer);
                break;
            case ProgressState.Snapshot:
                peer.Sending!.Repeat();
                RequestChunks(peer);
                break;
        }
    }

    private void OnPropose(Propose propose)
    {
        if (RejectProposal(propose) is { } reason)
        {
            effects.Add(new ProposalRejected(propose.ProposalId, reason, Role == RaftRole.Leader ? transferTarget : leader));
            return;
        }

        var first = new EntryId(CurrentTerm, log.Last.Index.Next);
        foreach (var command in propose.Commands)
        {
            AppendOwn(EntryKind.Command, command);
        }

        effects.Add(new ProposalAppended(propose.ProposalId, first, propose.Commands.Count));
        Broadcast();
    }

    private RaftRejection? RejectProposal(Propose propose)
    {
        if (Role != RaftRole.Leader || HasLeft)
        {
            return RaftRejection.NotLeader;
        }

        if (transferTarget is not null)
        {
            return RaftRejection.Transferring;
        }

        long bytes = 0;
        foreach (var command in propose.Commands)
        {
            if (Entry.OverheadBytes + command.Length > settings.AppendBytesMax)
            {
                return RaftRejection.TooLarge;
            }

            bytes += Entry.OverheadBytes + command.Length;
        }

        // One proposal always fits into an empty window, however large: it would otherwise never get through.
        return uncommittedBytes > 0 && uncommittedBytes + bytes > settings.UncommittedBytesMax ? RaftRejection.Overloaded : null;
    }

    private void AppendOwn(EntryKind kind, ReadOnlyMemory<byte> body)
    {
        var entry = new Entry(new EntryId(CurrentTerm, log.Last.Index.Next), kind, LogTimeAt(now), body) { Utc = Stamp() };
        log.Append(entry);
        uncommittedBytes += entry.SizeBytes;
    }

    private Progress? FindPeer(ReplicaId id)
    {
        foreach (var peer in peers)
        {
            if (peer.Id == id)
            {
                return peer;
            }
        }

        return null;
    }

    /// <summary>
    /// Follows the configuration in force: a member's progress is kept as long as its session is the same, and that of a removed one until its
    /// removal is committed.
    /// </summary>
    private void TrackPeers()
    {
        var tracked = new List<Progress>();
        foreach (var member in Configuration.Members)
        {
            if (member.Id == Id)
            {
                continue;
            }

            var isLearner = !Configuration.IsVoter(member.Id);
            var known = FindPeer(member.Id);
            if (Role == RaftRole.Leader && known?.Member.Session == member.Session)
            {
                (known.Member, known.IsLearner) = (member, isLearner);
                tracked.Add(known);
            }
            else
            {
                tracked.Add(new Progress(member, isLearner, log.Last.Index.Next));
            }
        }

        foreach (var peer in peers)
        {
            if (!Configuration.Contains(peer.Id))
            {
                (peer.IsDeparting, peer.IsLearner) = (true, true);
                tracked.Add(peer);
            }
        }

        peers = [.. tracked];
    }

    /// <summary>Sends everybody what the window allows.</summary>
    private void Broadcast()
    {
        foreach (var peer in peers)
        {
            Replicate(peer);
        }
    }

    private void Replicate(Progress peer)
    {
        switch (peer.State)
        {
            case ProgressState.Probe when !peer.IsProbeSent:
                SendProbe(peer);
                break;
            case ProgressState.Replicate:
                while (peer.NextIndex <= log.Last.Index && !peer.IsWindowFull(settings))
                {
                    if (!CanSendAfter(peer.NextIndex.Previous))
                    {
                        StartSnapshot(peer);
                        return;
                    }

                    var block = log.SliceAfter(peer.NextIndex.Previous, settings.AppendBytesMax);
                    SendAppend(peer, block);
                    peer.Sent(block);
                }

                break;
        }
    }

    private bool CanSendAfter(LogIndex previous) => previous >= log.Start.Index;

    private void SendProbe(Progress peer)
    {
        var previous = peer.NextIndex.Previous;
        if (!CanSendAfter(previous))
        {
            StartSnapshot(peer);
            return;
        }

        peer.IsProbeSent = true;
        peer.TicksWithoutProgress = 0;
        SendAppend(peer, log.SliceAfter(previous, settings.AppendBytesMax));
    }

    /// <summary>Asks again without entries: only whether the logs match is in question.</summary>
    private void RepeatProbe(Progress peer)
    {
        if (log.IdAt(peer.NextIndex.Previous) is { } previous)
        {
            peer.IsProbeSent = true;
            SendAppend(peer, EntryBlock.Empty(previous));
        }
        else
        {
            StartSnapshot(peer);
        }
    }

    private void SendAppend(Progress peer, EntryBlock block)
    {
        peer.CommitSent = LogIndex.Min(CommitIndex, block.Last.Index);
        Send(peer.Id, new AppendEntries(CurrentTerm, peer.Member.Session, block, CommitIndex, readSequence), PersistTicket.Zero);
    }

    private void BroadcastHeartbeat()
    {
        StartRound();
        foreach (var peer in peers)
        {
            SendHeartbeat(peer);
        }
    }

    /// <summary>A heartbeat names the last entry known to match, so that it may overtake entries on their way without being refused.</summary>
    private void SendHeartbeat(Progress peer) => SendAppend(peer, EntryBlock.Empty(peer.Match));

    /// <summary>Names the last entry on its way: accepted only where everything before it arrived.</summary>
    private void SendBehindEntries(Progress peer)
    {
        if (log.IdAt(peer.NextIndex.Previous) is { } last)
        {
            SendAppend(peer, EntryBlock.Empty(last));
        }
    }

    /// <summary>Tells an advanced commit index, if heartbeats do not; a member that goes is sent none after its removal is committed.</summary>
    private void TellCommit(Progress peer)
    {
        if (!settings.HeartbeatsTellCommit || peer.IsDeparting)
        {
            TellCommitAtOnce(peer);
        }
    }

    /// <summary>
    /// Tells an advanced commit index at once, unless entries are on their way: their answer is followed by more entries, which tell it, or brings us
    /// here again.
    /// </summary>
    private void TellCommitAtOnce(Progress peer)
    {
        if (settings.OrderedTransport && peer is { State: ProgressState.Replicate, HasInflight: true })
        {
            if (peer.CommitSent < CommitIndex && peer.CommitSent < peer.NextIndex.Previous && !peer.IsWindowFull(settings))
            {
                SendBehindEntries(peer);
            }
        }
        else if (!peer.HasInflight && peer.CommitSent < LogIndex.Min(CommitIndex, peer.Match.Index))
        {
            SendHeartbeat(peer);
        }
    }

    private void OnCommitAdvanced()
    {
        if (Role == RaftRole.Leader)
        {
            foreach (var peer in peers)
            {
                Replicate(peer);
                TellCommit(peer);
            }

            ReleaseWaitingReads();
        }

        OnConfigurationCommitted();
    }

    private void OnAppendEntries(ReplicaId from, AppendEntries append)
    {
        HearFromLeader(from);
        committedAtFirst ??= append.LeaderCommit;
        var match = AcceptEntries(append);
        if (match is { } matched)
        {
            CommitThrough(LogIndex.Min(append.LeaderCommit, matched.Index));
            Send(
                from,
                AnswerOf(append.Session, true, matched, LogIndex.Zero, append.ReadSequence),
                AcknowledgementTicket(matched.Index));
            return;
        }

        var hint = log.LastAtMost(append.Previous.Term, append.Previous.Index);
        Send(from, AnswerOf(append.Session, false, hint, append.Previous.Index, append.ReadSequence), TermTicket);
    }

    /// <summary>An answer to the leader of this term, with what it must know of this replica's state machine.</summary>
    private AppendEntriesResponse AnswerOf(LogIndex session, bool accepted, EntryId match, LogIndex rejected, ReadSequence round) =>
        new(CurrentTerm, session, accepted, match, rejected, round)
        {
            IsHalted = isHalted,
            MachineVersions = settings.MachineVersions,
            Clock = ClockToTell,
        };

    private void HearFromLeader(ReplicaId from)
    {
        Invariant.Holds(Role != RaftRole.Leader, "a term has at most one leader");
        Invariant.Holds(Role != RaftRole.Follower || leader is null || leader == from, "a term has at most one leader");
        if (Role != RaftRole.Follower || leader != from)
        {
            BecomeFollower(CurrentTerm, from);
        }

        electionTicks = 0;
        ticksSinceLeaderContact = 0;
        PromiseTo(from);
    }

    /// <summary>
    /// Takes a leader's entries into the log. Returns the last entry up to which both logs are now the same; null when they are not at the entry
    /// before.
    /// </summary>
    private EntryId? AcceptEntries(AppendEntries append)
    {
        var block = append.Block;
        if (block.Last.Index <= CommitIndex)
        {
            // Old news: whatever is committed is the same in both logs, here even beyond what the message covers.
            return log.IdAt(CommitIndex);
        }

        if (append.Previous.Index >= CommitIndex && !log.Contains(append.Previous))
        {
            return null;
        }

        var isWhole = block.Count > 0 && block.Previous == log.Last;
        foreach (ref readonly var entry in block.Entries)
        {
            if (entry.Index <= CommitIndex || log.Contains(entry.Id))
            {
                continue;
            }

            if (entry.Index <= log.Last.Index)
            {
                // Only a conflict cuts off; a shorter message that is merely late does not (§5.3).
                TruncateAfter(entry.Index.Previous);
            }

            log.Append(entry);
            skips.Note(entry);
            NoteComparison(entry);
            versions.Note(entry);
            if (configurations.Note(entry))
            {
                OnConfigurationInForce();
            }
        }

        if (isWhole)
        {
            log.NoteEnd(block);
        }

        return block.Last;
    }

    private void OnAppendEntriesResponse(ReplicaId from, AppendEntriesResponse response)
    {
        if (Contact(from, response.Session) is not { } peer)
        {
            return;
        }

        (peer.IsHalted, peer.MachineVersions) = (response.IsHalted, response.MachineVersions);
        NoteClock(peer, response.Clock);
        if (response.Accepted)
        {
            OnMatched(peer, response.Match, response.ReadSequence);
        }
        else
        {
            OnRejected(peer, response);
        }

        ConfirmReads(peer, response.ReadSequence);
    }

    /// <summary>Notes an answer of this term. Null when it is not for this leader, or from a member's former life (etcd-io/raft#349).</summary>
    private Progress? Contact(ReplicaId from, LogIndex session)
    {
        if (Role != RaftRole.Leader || FindPeer(from) is not { } peer || peer.Member.Session != session)
        {
            return null;
        }

        peer.TicksSinceContact = 0;
        peer.IsUnreachable = false;
        if (peer.IsChunkDue)
        {
            RequestChunks(peer);
        }

        return peer;
    }

    private void OnMatched(Progress peer, EntryId match, ReadSequence round)
    {
        Invariant.Holds(match.Index <= log.Last.Index, "a follower's log matches only what its leader holds");
        var isNew = peer.Matched(match);
        if (peer.State == ProgressState.Probe && (isNew || match.Index.Next == peer.NextIndex))
        {
            peer.BecomeReplicate();
        }
        else if (peer is { State: ProgressState.Snapshot, TicksSinceStateAsked: null } && isNew && CanSendAfter(match.Index))
        {
            // It caught up by other means, or the answer to the last chunk was lost.
            peer.BecomeProbe(match.Index.Next);
        }

        if (isNew)
        {
            AdvanceCommit();
        }
        else if (settings.OrderedTransport && round > peer.ReadConfirmed)
        {
            AskForLost(peer);
        }

        if (Role != RaftRole.Leader)
        {
            // What was committed took our vote away.
            return;
        }

        if (isNew)
        {
            ContinueTransfer(peer);
        }

        Replicate(peer);
        TellCommit(peer);
    }

    /// <summary>A heartbeat's answer brought no news: had what was sent before it arrived, its answer would have come before this one.</summary>
    private void AskForLost(Progress peer)
    {
        if (peer.State == ProgressState.Probe)
        {
            SendProbe(peer);
        }
        else if (peer is { State: ProgressState.Replicate, HasInflight: true })
        {
            if (CanSendAfter(peer.NextIndex.Previous))
            {
                SendBehindEntries(peer);
            }
            else
            {
                StartSnapshot(peer);
            }
        }
    }

    private void OnRejected(Progress peer, AppendEntriesResponse response)
    {
        var isOld = peer.State switch
        {
            ProgressState.Replicate => response.Rejected <= peer.Match.Index,
            ProgressState.Probe => response.Rejected != peer.NextIndex.Previous,
            _ => true,
        };

        if (isOld)
        {
            return;
        }

        // Where our log no longer reaches, the next probe becomes a snapshot.
        var bound = LogIndex.Min(response.Match.Index, response.Rejected.Previous);
        var next = bound < log.Start.Index ? bound : log.LastAtMost(response.Match.Term, bound).Index;
        peer.BecomeProbe(next.Next);
        SendProbe(peer);
    }

    private void OnUnreachable(ReplicaId replica)
    {
        if (Role != RaftRole.Leader || FindPeer(replica) is not { } peer)
        {
            return;
        }

        peer.IsUnreachable = true;
        if (peer is { State: ProgressState.Replicate, HasInflight: true })
        {
            peer.BecomeProbe(peer.Match.Index.Next);
        }
    }

    /// <summary>Commits what a majority holds durably, if it ends with an entry of this term (§5.4.2, Figure 8).</summary>
    private void AdvanceCommit()
    {
        var index = new LogIndex(Quorum.Reached(Configuration, matchOf));
        if (index > CommitIndex && log.IdAt(index)!.Value.Term == CurrentTerm)
        {
            CommitThrough(index);
        }
    }
}
