namespace OrleansRaft.Core;

/// <summary>Quiescence: a group with nothing to do sends nothing and needs no ticks, so that ten thousand idle groups cost next to nothing.</summary>
/// <remarks>
/// Nobody watches a quiesced leader any more: the host must, for all groups of a silo at once, and hand in <see cref="Wake"/> when it loses sight of it.
/// A follower that wakes for whatever reason asks around, which wakes the leader, if it lives, before anybody is elected. One without a vote asks nobody: when it
/// begins to take part, the host must wake its leader for it.
/// </remarks>
public sealed partial class RaftCore
{
    private int idleTicks;
    private ReplicaId? successor;

    /// <summary>Whether the replica sleeps: ticks mean nothing to it, and the host may stop its timer until this is false again.</summary>
    public bool IsQuiescent { get; private set; }

    private bool IsIdle =>
        CommitIndex == log.Last.Index
        && AppliedIndex == CommitIndex
        && durable == CommitIndex
        && !HasWrite
        && lastTaken == lastDurable
        && ReadsWaiting == 0
        && transferTarget is null
        && !Configuration.IsJoint
        && Array.TrueForAll(peers, IsAbsentOrCaughtUp)
        && IsQuorumActive();

    private bool IsAbsentOrCaughtUp(Progress peer) =>
        peer.IsUnreachable
        || (peer.State == ProgressState.Replicate
            && peer.Match == log.Last
            && peer.CommitSent == CommitIndex);

    /// <summary>
    /// Whoever is addressed wakes; except that a sleeping leader takes the last answers to its heartbeats, which say nothing new. Were it to wait for them before it
    /// sleeps, a group whose answers take longer than a heartbeat would never sleep, and many such groups would keep each other slow.
    /// </summary>
    private bool Wakes(Input input) => input switch
    {
        Propose or ProposeConfiguration or Read or TransferLeadership or Campaign => true,
        Receive { Message: Quiesce } => false,
        Receive { Message: AppendEntriesResponse { Accepted: true } response } => Role != RaftRole.Leader || response.Term != CurrentTerm || response.Match != log.Last,
        _ => input is Receive,
    };

    /// <summary>Counts idle ticks, and puts the group to sleep after enough of them.</summary>
    private bool FallsAsleep()
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
        Sleep(chosen);
        return true;
    }

    /// <summary>The reachable voter after this one, in a circle, so that successors of many groups are spread.</summary>
    private ReplicaId? NextVoter()
    {
        ReplicaId? first = null;
        foreach (var peer in peers)
        {
            if (peer.IsLearner || peer.IsUnreachable)
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

    private void Sleep(ReplicaId? chosen)
    {
        IsQuiescent = true;
        idleTicks = 0;
        successor = chosen;
        effects.Add(new QuiescenceChanged(true, log.Last, chosen));
    }

    private void OnQuiesce(ReplicaId from, Quiesce quiesce)
    {
        HearFromLeader(from);
        committedAtFirst ??= quiesce.LastEntry.Index;
        if (log.Last == quiesce.LastEntry && durable == log.Last.Index)
        {
            CommitThrough(log.Last.Index);
            if (!IsQuiescent || successor != quiesce.Successor)
            {
                Sleep(quiesce.Successor);
            }

            return;
        }

        // It cannot sleep, and would be alone awake: an answer wakes the leader.
        WakeUp();
        var hint = log.LastAtMost(quiesce.LastEntry.Term, quiesce.LastEntry.Index);
        Send(from, new AppendEntriesResponse(CurrentTerm, quiesce.Session, false, hint, quiesce.LastEntry.Index, ReadSequence.Zero), TermTicket);
    }

    private void OnWake(Wake wake)
    {
        // A leader that is about to fall asleep first speaks to whoever it is woken for.
        idleTicks = 0;
        var hasNothingToLose = !IsQuiescent && leader is null;
        WakeUp();
        if (!wake.IsLeaderLost || Role != RaftRole.Follower || hasNothingToLose)
        {
            // A report that is repeated must not make the others wait for their successor again and again.
            return;
        }

        // What was promised to the leader still binds: it may be out of the host's sight only.

        BecomeFollower(CurrentTerm, null);
        ticksSinceLeaderContact = settings.ElectionTicksMin;
        if (successor == Id)
        {
            electionTimeoutTicks = 1;
        }
        else if (successor is not null)
        {
            electionTimeoutTicks *= 2;
        }
    }

    /// <summary>Whoever is addressed wakes. A leader says so to everybody at once.</summary>
    private void WakeUp()
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
