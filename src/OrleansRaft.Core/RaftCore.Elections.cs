namespace OrleansRaft.Core;

/// <summary>Elections (§5.2), pre-votes (thesis §9.6), and when a vote is refused because a leader lives (thesis §4.2.3).</summary>
internal sealed partial class RaftCore
{
    private const int SeekTimeoutsMax = 64;

    private readonly SortedDictionary<ReplicaId, bool> votes = [];

    private int electionTicks;
    private int electionTimeoutTicks;
    private int ticksSinceLeaderContact;

    // Ticks for which a replica that may have acknowledged a leader's lease before it restarted keeps its vote to itself.
    private int quietTicks;

    // What a leader with a lease may have counted: until then this replica neither votes for another nor stands, whatever it hears of that leader. On
    // the clock, since the promise also expires while the replica is quiescent or gets no ticks; apart from the known leader, which is forgotten with
    // every newer term.
    private (ReplicaId To, MonotonicTime Until)? promise;

    // The write that makes a candidate's vote for itself durable; it counts only then (etcd-io/etcd#14370).
    private PersistTicket ownVoteTicket;

    /// <summary>
    /// Whether the replica may vote and stand, and so finds its leader by itself: one without a vote waits until its leader speaks to it. As long as
    /// it does not know that its removal is committed, it stands (thesis §4.2.2): it may be the only one that has the entry, and then those that
    /// stay can neither elect anybody else without its vote, nor have it for their shorter logs.
    /// </summary>
    public bool HasVote => configurations.IsVoterSince(CommitIndex, Id) && HasItsOwnPast;

    private bool MayStand => HasVote && restoring is null && pendingInstall is null && !IsStorageStalled;

    private bool IsQuiet => quietTicks > 0 || now < promise?.Until;

    private int QuietTicksLeft => Math.Max(
        quietTicks,
        promise?.Until is { } until && now < until ? (int)((until - now + settings.TickMilliseconds - 1) / settings.TickMilliseconds) : 0);

    /// <summary>
    /// Whether the log reaches the entry that added this replica. Until then it has no vote: in an older configuration its name may have belonged to
    /// a replica that held entries which this one lacks, and somebody who was removed and has not heard of it would win there with the vote of the
    /// one that forgot them.
    /// </summary>
    private bool HasItsOwnPast => joinedAfter == LogIndex.Zero || configurations.HasMembershipAfter(joinedAfter, Id);

    private bool HearsFromLeader =>
        Role == RaftRole.Leader || (leader is not null && ticksSinceLeaderContact < settings.ElectionTicksMin);

    /// <summary>Sets the election timeout that is running, in ticks; for scripts that decide who stands first.</summary>
    /// <param name="ticks">From now on, until the timer is next reset.</param>
    public void SetElectionTimeout(int ticks) => electionTimeoutTicks = ticks;

    private void OnFollowerTick()
    {
        ticksSinceLeaderContact++;
        ExpireForwardedReads();
        if (++electionTicks < electionTimeoutTicks)
        {
            return;
        }

        if (HasVote)
        {
            OnCampaign();
        }
        else
        {
            SeekLeader();
        }
    }

    /// <summary>Ever more rarely: a replica that was removed, and does not know it, must not keep its group active.</summary>
    private void SeekLeader()
    {
        electionTicks = 0;
        electionTimeoutTicks = Math.Min(2 * electionTimeoutTicks, SeekTimeoutsMax * settings.ElectionTicksMax);
        effects.Add(new LeaderSought());
    }

    private void OnCampaign()
    {
        if (Role == RaftRole.Leader || !MayStand || IsQuiet)
        {
            return;
        }

        if (settings.PreVote)
        {
            BecomePreCandidate();
        }
        else
        {
            BecomeCandidate(isTransfer: false);
        }
    }

    /// <summary>
    /// The voter after the leader in a circle stands at once, and again with the next tick: the others may hear of the loss a little later, and until
    /// then refuse. Each voter behind it waits two ticks more. What was promised to the leader still binds, and a candidate goes on as it is.
    /// </summary>
    private void OnLeaderGone(ReplicaId gone)
    {
        if (Role != RaftRole.Follower || leader != gone || IsQuiescent)
        {
            return;
        }

        BecomeFollower(CurrentTerm, null);
        ticksSinceLeaderContact = settings.ElectionTicksMin;
        var before = Configuration.Members.Count(member => IsBetween(gone, member.Id, Id) && Configuration.IsVoter(member.Id));
        if (isHalted || Configuration.Find(Id) is { Priority: < 0 })
        {
            // Others should lead; it stands when none of them does.
            return;
        }

        if (before == 0)
        {
            OnCampaign();
        }

        // Those whose promise expires together do not stand together either.
        electionTicks = 0;
        electionTimeoutTicks = QuietTicksLeft + Math.Min(1 + (2 * before), settings.ElectionTicksMax);
    }

    /// <summary>Whether a member comes after one and before another in the circle of members.</summary>
    private static bool IsBetween(ReplicaId first, ReplicaId member, ReplicaId last) =>
        first < last ? first < member && member < last : member > first || member < last;

    /// <summary>
    /// A follower of a live leader waits longer than <see cref="RaftSettings.ElectionTicksMin"/>, so that when it asks, the others no longer
    /// count the leader as alive. A member of low priority, or whose state machine is halted, waits one timeout more.
    /// </summary>
    private void ResetElectionTimer()
    {
        electionTicks = 0;
        electionTimeoutTicks = random.Next(settings.ElectionTicksMin + 1, settings.ElectionTicksMax + 1);
        if (isHalted || Configuration.Find(Id) is { Priority: < 0 })
        {
            electionTimeoutTicks += settings.ElectionTicksMax;
        }
    }

    private void BecomePreCandidate()
    {
        Role = RaftRole.PreCandidate;
        leader = null;
        StartVoting();
        effects.Add(new RoleChanged(Role, CurrentTerm, null, 0));
        AskForVotes(new PreVote(CurrentTerm.Next, log.Last), TermTicket);
        CountVote(Id, granted: true);
    }

    private void BecomeCandidate(bool isTransfer)
    {
        Invariant.Holds(Role != RaftRole.Leader, "a leader does not stand for election");
        Role = RaftRole.Candidate;
        leader = null;
        SetTermAndVote(CurrentTerm.Next, Id);
        ownVoteTicket = NextTicket;
        StartVoting();
        effects.Add(new RoleChanged(Role, CurrentTerm, null, 0));
        AskForVotes(new RequestVote(CurrentTerm, log.Last, isTransfer), ownVoteTicket);
    }

    private void StartVoting()
    {
        votes.Clear();
        clocksOfVoters.Clear();
        RejectForwardedReads();
        ResetElectionTimer();
    }

    private void AskForVotes(Message message, PersistTicket after)
    {
        foreach (var member in Configuration.Members)
        {
            if (member.Id != Id && Configuration.IsVoter(member.Id))
            {
                Send(member.Id, message, after);
            }
        }
    }

    /// <summary>A candidate's own vote counts when it is durable.</summary>
    private void OnTermDurable()
    {
        if (Role == RaftRole.Candidate && lastDurable >= ownVoteTicket)
        {
            CountVote(Id, granted: true);
        }
    }

    private void CountVote(ReplicaId voter, bool granted)
    {
        votes.TryAdd(voter, granted);
        var result = Quorum.Count(Configuration, id => votes.TryGetValue(id, out var vote) ? vote : null);
        switch (result)
        {
            case VoteResult.Won when Role == RaftRole.PreCandidate:
                BecomeCandidate(isTransfer: false);
                break;
            case VoteResult.Won:
                BecomeLeader();
                break;
            case VoteResult.Lost:
                BecomeFollower(CurrentTerm, null);
                break;
        }
    }

    private void BecomeLeader()
    {
        Invariant.Holds(Role == RaftRole.Candidate, "only a candidate becomes leader");
        var granted = votes.Count(vote => vote.Value);
        Role = RaftRole.Leader;
        leader = Id;
        (timeBase, timeBaseRead) = (log.LastTime, now);
        uncommittedBytes = log.BytesBetween(CommitIndex, log.Last.Index);
        heartbeatTicks = 0;
        StartReads();
        TrackPeers();
        NoteClocksOfVoters();
        effects.Add(new RoleChanged(Role, CurrentTerm, leader, granted));

        // Entries of earlier terms commit only through one of ours (§5.4.2, §8).
        termStart = log.Last.Index.Next;
        committedAtFirst ??= termStart;
        AppendOwn(EntryKind.NoOp, ReadOnlyMemory<byte>.Empty);
        Broadcast();
        AdvanceCommit();
    }

    private void OnPreVote(ReplicaId from, PreVote request)
    {
        if (!HasItsOwnPast)
        {
            return;
        }

        // Only the log and the leader's being alive decide; the asker's own leader may ask (hashicorp/raft#606), and nothing is remembered: no term,
        // no timer.
        if (request.Term > CurrentTerm && RefusesToDisturbLeader(from))
        {
            return;
        }

        var granted = Election.Decide(hardState, log.Last, request) == VoteDecision.Granted;
        Send(from, new PreVoteResponse(granted ? request.Term : CurrentTerm, granted), granted ? PersistTicket.Zero : TermTicket);
    }

    private void OnPreVoteResponse(ReplicaId from, PreVoteResponse response)
    {
        var answersUs = response.Granted ? response.Term == CurrentTerm.Next : response.Term == CurrentTerm;
        if (Role == RaftRole.PreCandidate && answersUs)
        {
            CountVote(from, response.Granted);
        }
    }

    private void OnRequestVote(ReplicaId from, RequestVote request)
    {
        if ((IsPromisedToAnother(from) && !request.IsTransfer) || !HasItsOwnPast)
        {
            return;
        }

        var decision = Election.Decide(hardState, log.Last, from, request);
        if (decision == VoteDecision.Granted)
        {
            if (hardState.VotedFor is null)
            {
                SetTermAndVote(CurrentTerm, from);
            }

            // Only a vote that is given restarts the timer (§5.2); a refusal must not keep a better candidate waiting.
            ResetElectionTimer();
        }

        Send(from, new RequestVoteResponse(CurrentTerm, decision == VoteDecision.Granted) { Clock = ClockToTell }, TermTicket);
    }

    private void OnRequestVoteResponse(ReplicaId from, RequestVoteResponse response)
    {
        if (Role == RaftRole.Candidate)
        {
            clocksOfVoters[from] = (response.Clock, now);
            CountVote(from, response.Granted);
        }
    }

    private bool RefusesToDisturbLeader(ReplicaId asker) =>
        IsPromisedToAnother(asker) || (settings.CheckQuorum && leader != asker && HearsFromLeader);

    /// <summary>
    /// Promises the vote to a leader for as long as its lease may count this contact (thesis §6.4.1). Earlier leaders' leases are over: this one was
    /// elected by a majority that had outlived its promises, or by the word of a leader that had given up its lease.
    /// </summary>
    private void PromiseTo(ReplicaId currentLeader)
    {
        if (settings.LeaderLease)
        {
            promise = (currentLeader, now + ((long)settings.ElectionTicksMin * settings.TickMilliseconds));
        }
    }

    /// <summary>Whether somebody other than the asker may hold a lease. A leader that stands again has stepped down, and its lease with it.</summary>
    private bool IsPromisedToAnother(ReplicaId asker) => quietTicks > 0 || (promise?.To != asker && now < promise?.Until);
}
