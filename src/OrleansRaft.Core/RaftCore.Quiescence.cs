namespace OrleansRaft.Core;

/// <summary>Quiescence: a group with nothing to do sends nothing and needs no ticks, so that ten thousand idle groups cost next to nothing.</summary>
/// <remarks>
/// The members of a quiescent group do not watch their leader: the host does, for all groups of a silo at once, and hands in
/// <see cref="Unquiesce"/> when it loses sight of the leader's silo. A follower that is unquiesced for whatever reason asks the others for a
/// pre-vote, which unquiesces a leader that lives before another is elected. A member without a vote asks for none: while it hears no leader,
/// <see cref="LeaderSought"/> tells the host, which must unquiesce the leader for it.
/// </remarks>
internal sealed partial class RaftCore
{
    private int idleTicks;
    private ReplicaId? successor;

    /// <summary>Whether the replica is quiescent: it ignores ticks, and the host may stop its timer until this is false again.</summary>
    public bool IsQuiescent { get; private set; }

    private bool IsIdle =>
        CommitIndex == log.Last.Index
        && AppliedIndex == CommitIndex
        && durable == CommitIndex
        && !HasWrite
        && lastTaken == lastDurable
        && ReadsWaiting == 0
        && transferTarget is null
        && comparison is null
        && !Configuration.IsJoint
        && Array.TrueForAll(peers, IsAbsentOrCaughtUp)
        && IsQuorumActive();

    private bool IsAbsentOrCaughtUp(Progress peer) =>
        peer.IsUnreachable
        || (peer.State == ProgressState.Replicate
            && peer.Match == log.Last
            && peer.CommitSent == CommitIndex);

    /// <summary>
    /// Any input that addresses the replica ends its quiescence, except the last answers to a quiescent leader's heartbeats, which say nothing
    /// new. If the leader waited for them before it quiesces, a group whose answers take longer than a heartbeat would never quiesce, and many such
    /// groups would keep each other slow.
    /// </summary>
    private bool Unquiesces(Input input) => input switch
    {
        Propose or ProposeConfiguration or ProposeSkip or ProposeComparison or ProposeRaise or Read or TransferLeadership or Campaign => true,
        Receive { Message: Quiesce or ComparisonRequest or ComparisonResponse } => false,
        Receive { Message: AppendEntriesResponse { Accepted: true } response } =>
            Role != RaftRole.Leader || response.Term != CurrentTerm || response.Match != log.Last,
        _ => input is Receive,
    };

    /// <summary>Counts idle ticks, and quiesces the group after enough of them.</summary>
    private bool Quiesces()
    {
        idleTicks = settings.QuiesceTicks > 0 && IsIdle ? idleTicks + 1 : 0;
        if (idleTicks == 0 || idleTicks < settings.QuiesceTicks)
        {
            return false;
        }

        var chosen = NextVoter();
        foreach (var peer in peers)
        {
            if (!peer.IsUnreachable)
            {
                Send(peer.Id, new Quiesce(CurrentTerm, peer.Member.Session, log.Last, chosen), PersistTicket.Zero);
            }
        }

        leaseStart = null;
        roundsSent.Clear();

        // Nobody tells a quiescent leader that a clock was set.
        TellClocksOff([]);
        BecomeQuiescent(chosen);
        return true;
    }

    /// <summary>
    /// The reachable voter after this one, in a circle, so that successors of many groups are spread; one whose state machine is not halted, if there
    /// is one.
    /// </summary>
    private ReplicaId? NextVoter() => NextVoter(mayBeHalted: false) ?? NextVoter(mayBeHalted: true);

    private ReplicaId? NextVoter(bool mayBeHalted)
    {
        ReplicaId? first = null;
        foreach (var peer in peers)
        {
            if (peer.IsLearner || peer.IsUnreachable || (peer.IsHalted && !mayBeHalted))
            {
                continue;
            }

            if (peer.Id > Id)
            {
                return peer.Id;
            }

            first ??= peer.Id;
        }

        return first;
    }

    private void BecomeQuiescent(ReplicaId? chosen)
    {
        IsQuiescent = true;
        log.Trim();
        idleTicks = 0;
        successor = chosen;
        effects.Add(new QuiescenceChanged(true, log.Last, chosen));
    }

    private void OnQuiesce(ReplicaId from, Quiesce quiesce)
    {
        HearFromLeader(from);
        committedAtFirst ??= quiesce.LastEntry.Index;
        if (log.Last == quiesce.LastEntry && durable == log.Last.Index && !needsState)
        {
            CommitThrough(log.Last.Index);
            if (!IsQuiescent || successor != quiesce.Successor)
            {
                BecomeQuiescent(quiesce.Successor);
            }

            return;
        }

        // It cannot quiesce and would be the only active member: the answer unquiesces the leader.
        EndQuiescence();
        var hint = log.LastAtMost(quiesce.LastEntry.Term, quiesce.LastEntry.Index);
        Send(from, AnswerOf(quiesce.Session, false, hint, quiesce.LastEntry.Index, ReadSequence.Zero), TermTicket);
    }

    private void OnUnquiesce(Unquiesce unquiesce)
    {
        // A leader that is about to quiesce first sends a heartbeat to the member for which it is unquiesced.
        idleTicks = 0;
        var hasNothingToLose = !IsQuiescent && leader is null;
        EndQuiescence();
        if (!unquiesce.IsLeaderLost || Role != RaftRole.Follower || hasNothingToLose)
        {
            // A report that is repeated must not make the others wait for their successor again and again.
            return;
        }

        // What was promised to the leader still binds: it may be out of the host's sight only.

        BecomeFollower(CurrentTerm, null);
        ticksSinceLeaderContact = settings.ElectionTicksMin;
        if (successor == Id && !isHalted)
        {
            electionTimeoutTicks = 1;
        }
        else if (successor is not null)
        {
            electionTimeoutTicks *= 2;
        }
    }

    /// <summary>Ends quiescence. A leader sends heartbeats to all at once.</summary>
    private void EndQuiescence()
    {
        if (!IsQuiescent)
        {
            return;
        }

        IsQuiescent = false;
        effects.Add(new QuiescenceChanged(false, log.Last, null));
        if (Role != RaftRole.Leader)
        {
            ResetElectionTimer();
            return;
        }

        foreach (var peer in peers)
        {
            peer.TicksSinceContact = 0;
        }

        BroadcastHeartbeat();
    }
}
