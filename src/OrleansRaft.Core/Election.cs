namespace OrleansRaft.Core;

/// <summary>How a vote is decided: pure, without side effects.</summary>
internal static class Election
{
    /// <summary>Decides one vote (§5.2, §5.4.1).</summary>
    /// <remarks>
    /// The caller has already adopted a newer <see cref="Message.Term"/>. Asking again is allowed: an answer may have been lost. Whether this replica
    /// is itself a voter is not asked: its configuration may be older than the candidate's (raft-rs, etcd-io/etcd#10998).
    /// </remarks>
    public static VoteDecision Decide(HardState hardState, EntryId lastEntry, ReplicaId candidate, RequestVote request)
    {
        Invariant.Holds(request.Term <= hardState.CurrentTerm, "a newer term is adopted before voting");

        if (request.Term < hardState.CurrentTerm)
        {
            return VoteDecision.StaleTerm;
        }

        if (hardState.VotedFor is { } chosen && chosen != candidate)
        {
            return VoteDecision.AlreadyVoted;
        }

        return request.LastEntry.IsAtLeastAsUpToDateAs(lastEntry)
            ? VoteDecision.Granted
            : VoteDecision.LogBehind;
    }

    /// <summary>Decides whether a vote would be given (thesis §9.6). Nothing is remembered of it.</summary>
    public static VoteDecision Decide(HardState hardState, EntryId lastEntry, PreVote request)
    {
        if (request.Term <= hardState.CurrentTerm)
        {
            return VoteDecision.StaleTerm;
        }

        return request.LastEntry.IsAtLeastAsUpToDateAs(lastEntry)
            ? VoteDecision.Granted
            : VoteDecision.LogBehind;
    }
}

/// <summary>What came of a request for a vote.</summary>
internal enum VoteDecision
{
    /// <summary>The vote is given.</summary>
    Granted = 0,

    /// <summary>The candidate's term is over.</summary>
    StaleTerm = 1,

    /// <summary>Somebody else has the vote of this term.</summary>
    AlreadyVoted = 2,

    /// <summary>The candidate's log is behind.</summary>
    LogBehind = 3,
}
