namespace OrleansRaft.Core;

/// <summary>Linearizable reads without writing to the log (§8; thesis §6.4): by a round of messages, by lease, and for followers.</summary>
/// <remarks>
/// Rounds are numbered within a leader's term, every message carries the number of the latest, and every answer carries it back: an old or repeated
/// answer can never confirm a later read.
/// </remarks>
internal sealed partial class RaftCore
{
    // Reads that wait for a confirmation, in order of their rounds.
    private readonly Queue<PendingRead> pendingReads = new();

    // Reads that arrived before this term's first entry was committed (etcd-io/etcd#7331).
    private readonly List<PendingRead> waitingReads = [];

    // A follower's reads on their way to the leader: by id, with the ticks that they have waited.
    private readonly SortedDictionary<long, int> forwardedReads = [];

    private readonly Queue<(ReadSequence Round, MonotonicTime Sent)> roundsSent = new();

    private ReadSequence readSequence;
    private ReadSequence readConfirmed;
    private MonotonicTime? leaseStart;
    private bool isLeaseForfeited;

    private bool IsTermCommitted => CommitIndex >= termStart;

    private int ReadsWaiting => pendingReads.Count + waitingReads.Count;

    private void StartReads()
    {
        (readSequence, readConfirmed) = (ReadSequence.Zero, ReadSequence.Zero);
        roundsSent.Clear();
        leaseStart = null;
        isLeaseForfeited = false;
    }

    private void OnRead(Read read)
    {
        if (Role == RaftRole.Leader)
        {
            Serve(new PendingRead(read.ReadId, null), read.AllowLease);
        }
        else if (read.AllowLease && !settings.LeaderLease)
        {
            effects.Add(new ReadRejected(read.ReadId, RaftRejection.LeaseDisabled, leader));
        }
        else if (leader is not { } known)
        {
            effects.Add(new ReadRejected(read.ReadId, RaftRejection.NotLeader, null));
        }
        else if (forwardedReads.Count >= settings.PendingReadsMax)
        {
            effects.Add(new ReadRejected(read.ReadId, RaftRejection.Overloaded, leader));
        }
        else
        {
            forwardedReads[read.ReadId] = 0;
            Send(known, new ReadIndexRequest(CurrentTerm, read.ReadId), TermTicket);
        }
    }

    private void Serve(PendingRead read, bool allowLease)
    {
        if (allowLease && !settings.LeaderLease)
        {
            Reject(read, RaftRejection.LeaseDisabled);
        }
        else if (ReadsWaiting >= settings.PendingReadsMax)
        {
            Reject(read, RaftRejection.Overloaded);
        }
        else if (!IsTermCommitted)
        {
            waitingReads.Add(read);
        }
        else if (allowLease && HoldsLease(now))
        {
            Answer(read with { Index = CommitIndex });
        }
        else
        {
            Enqueue(read);
        }
    }

    /// <summary>
    /// Gives a read the next round. While a round is on its way, later reads share the one after it, so that any number of reads costs at most two
    /// rounds.
    /// </summary>
    private void Enqueue(PendingRead read)
    {
        var isRoundUnderWay = readConfirmed < readSequence && pendingReads.Count > 0;
        pendingReads.Enqueue(read with { Index = CommitIndex, Round = readSequence.Next });
        if (!isRoundUnderWay)
        {
            BroadcastHeartbeat();
        }

        ConfirmReads();
    }

    /// <summary>Numbers the next round; every message from now on carries it.</summary>
    private void StartRound()
    {
        readSequence = readSequence.Next;
        if (settings.LeaderLease)
        {
            roundsSent.Enqueue((readSequence, now));
        }
    }

    private void ReleaseWaitingReads()
    {
        if (!IsTermCommitted || waitingReads.Count == 0)
        {
            return;
        }

        foreach (var read in waitingReads)
        {
            pendingReads.Enqueue(read with { Index = CommitIndex, Round = readSequence.Next });
        }

        waitingReads.Clear();
        BroadcastHeartbeat();
        ConfirmReads();
    }

    private void ConfirmReads(Progress peer, ReadSequence confirmed)
    {
        if (Role != RaftRole.Leader || confirmed <= peer.ReadConfirmed)
        {
            return;
        }

        Invariant.Holds(confirmed <= readSequence, "only rounds that were started are confirmed");
        peer.ReadConfirmed = confirmed;
        ConfirmReads();
    }

    /// <summary>Answers the reads of every round that a majority has confirmed.</summary>
    private void ConfirmReads()
    {
        var confirmed = new ReadSequence(Quorum.Reached(Configuration, readConfirmedOf));
        if (confirmed > readConfirmed)
        {
            readConfirmed = confirmed;
            ExtendLease();
        }

        while (pendingReads.TryPeek(out var read) && read.Round <= readConfirmed)
        {
            Answer(pendingReads.Dequeue());
        }

        if (pendingReads.Count > 0 && pendingReads.Peek().Round > readSequence)
        {
            BroadcastHeartbeat();
        }
    }

    private void Answer(PendingRead read)
    {
        if (read.Follower is { } follower)
        {
            Send(follower, new ReadIndexResponse(CurrentTerm, read.Id, read.Index), PersistTicket.Zero);
        }
        else
        {
            effects.Add(new ReadReady(read.Id, read.Index));
        }
    }

    private void Reject(PendingRead read, RaftRejection reason)
    {
        if (read.Follower is { } follower)
        {
            Send(follower, new ReadIndexResponse(CurrentTerm, read.Id, null), TermTicket);
        }
        else
        {
            effects.Add(new ReadRejected(read.Id, reason, Role == RaftRole.Leader ? null : leader));
        }
    }

    private void RejectAllReads()
    {
        foreach (var read in waitingReads)
        {
            Reject(read, RaftRejection.NotLeader);
        }

        waitingReads.Clear();
        while (pendingReads.TryDequeue(out var read))
        {
            Reject(read, RaftRejection.NotLeader);
        }
    }

    private void OnReadIndexRequest(ReplicaId from, ReadIndexRequest request)
    {
        if (Role == RaftRole.Leader)
        {
            Serve(new PendingRead(request.ReadId, from), allowLease: false);
        }
        else
        {
            Send(from, new ReadIndexResponse(CurrentTerm, request.ReadId, null), TermTicket);
        }
    }

    private void OnReadIndexResponse(ReadIndexResponse response)
    {
        if (!forwardedReads.Remove(response.ReadId))
        {
            return;
        }

        effects.Add(response.Index is { } index
            ? new ReadReady(response.ReadId, index)
            : new ReadRejected(response.ReadId, RaftRejection.NotLeader, leader));
    }

    private void ExpireForwardedReads()
    {
        if (forwardedReads.Count == 0)
        {
            return;
        }

        foreach (var id in forwardedReads.Keys.ToArray())
        {
            if (++forwardedReads[id] > settings.ElectionTicksMax)
            {
                forwardedReads.Remove(id);
                effects.Add(new ReadRejected(id, RaftRejection.NotLeader, leader));
            }
        }
    }

    private void RejectForwardedReads()
    {
        foreach (var id in forwardedReads.Keys)
        {
            effects.Add(new ReadRejected(id, RaftRejection.NotLeader, leader));
        }

        forwardedReads.Clear();
    }

    /// <summary>
    /// Whether this leader may read by its lease. A lease counts from the moment when its round was sent, on the clock that was read after its answer
    /// was taken from the queue. It ends a tenth before the earliest moment at which a follower may vote again, for clocks that run at different
    /// rates (thesis §6.4.1). A follower's first tick may come at once, so one tick less counts.
    /// </summary>
    /// <param name="now">The host's monotonic clock.</param>
    public bool HoldsLease(MonotonicTime now) =>
        Role == RaftRole.Leader
        && settings.CheckQuorum
        && leaseStart is { } start
        && !isLeaseForfeited
        && now - start < (settings.ElectionTicksMin - 1L) * settings.TickMilliseconds * 9 / 10;

    private void ExtendLease()
    {
        while (roundsSent.TryPeek(out var round) && round.Round <= readConfirmed)
        {
            leaseStart = roundsSent.Dequeue().Sent;
        }
    }

    private sealed record PendingRead(long Id, ReplicaId? Follower)
    {
        public LogIndex Index { get; init; }

        public ReadSequence Round { get; init; }
    }
}
