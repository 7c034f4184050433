namespace OrleansRaft.Core;

/// <summary>What must be written, what is being written, and what is durable.</summary>
internal sealed partial class RaftCore
{
    private readonly Queue<WriteInFlight> writesInFlight = new();

    private PersistTicket lastTaken;
    private PersistTicket lastDurable;

    // Term and vote: whether the next write must hold them, and the ticket of the write that last did.
    private bool isHardStateDirty;
    private PersistTicket hardStateTicket;

    // The end of the store's log after all writes that were taken; the part of our log that those writes and ours agree on.
    private EntryId storeLast;
    private EntryId writtenThrough;
    private LogIndex durable;

    private SnapshotDescriptor? pendingInstall;
    private EntryId? pendingCompaction;
    private int storageStallTicks;

    /// <summary>Whether something waits to be written.</summary>
    public bool HasWrite =>
        isHardStateDirty || writtenThrough != log.Last || storeLast != writtenThrough || pendingInstall is not null || pendingCompaction is not null;

    /// <summary>Whether a snapshot that is staged is not the store's yet: the write that installs it waits or is in flight.</summary>
    private bool IsInstallUnwritten => pendingInstall is not null || writesInFlight.Any(static write => write.Installed is not null);

    private PersistTicket NextTicket => lastTaken.Next;

    /// <summary>The write that makes the current term and vote durable; zero when they are.</summary>
    private PersistTicket TermTicket =>
        isHardStateDirty ? NextTicket
        : hardStateTicket > lastDurable ? hardStateTicket
        : PersistTicket.Zero;

    /// <summary>
    /// Takes everything that waits to be written, as one write. Its ticket is the one that effects since the last write carry.
    /// Several writes may be in flight; they must become durable in the order in which they were taken.
    /// </summary>
    /// <exception cref="InvariantViolationException">Nothing waits: see <see cref="HasWrite"/>.</exception>
    public LogWrite TakeWrite()
    {
        Invariant.Holds(HasWrite, "a write holds something");
        var ticket = NextTicket;
        var storedLast = storeLast;
        if (pendingInstall is { } installed)
        {
            storeLast = installed.LastIncluded;
            writtenThrough = installed.LastIncluded;
        }

        var block = storeLast != writtenThrough || writtenThrough != log.Last ? log.SliceAfter(writtenThrough.Index, long.MaxValue) : null;
        var write = new LogWrite(ticket, hardState, storedLast, block, pendingInstall, pendingCompaction);
        lastTaken = ticket;
        if (isHardStateDirty)
        {
            (isHardStateDirty, hardStateTicket) = (false, ticket);
        }

        (storeLast, writtenThrough) = (log.Last, log.Last);
        writesInFlight.Enqueue(new WriteInFlight(ticket) { Last = log.Last.Index, Installed = pendingInstall });
        (pendingInstall, pendingCompaction) = (null, null);
        return write;
    }

    /// <summary>The write that makes the log up to an index durable; zero when it is.</summary>
    private PersistTicket TicketOf(LogIndex index)
    {
        if (index <= durable)
        {
            return PersistTicket.Zero;
        }

        foreach (var write in writesInFlight)
        {
            if (write.Last >= index)
            {
                return write.Ticket;
            }
        }

        return NextTicket;
    }

    /// <summary>The write after which the log up to an index, and the term that vouches for it, are durable.</summary>
    private PersistTicket AcknowledgementTicket(LogIndex index)
    {
        var (term, entries) = (TermTicket, TicketOf(index));
        return term > entries ? term : entries;
    }

    private void OnPersisted(PersistTicket ticket)
    {
        Invariant.Holds(ticket <= lastTaken, "only writes that were taken become durable");
        Invariant.Holds(ticket > lastDurable, "writes become durable once, in order");
        storageStallTicks = 0;
        while (writesInFlight.TryPeek(out var write) && write.Ticket <= ticket)
        {
            writesInFlight.Dequeue();
            lastDurable = write.Ticket;
            // What was cut off while the write was in flight has been cut off from its claim too, so an index that another term
            // overwrote meanwhile is not taken for durable (ABA).
            durable = LogIndex.Max(durable, write.Last);
            if (write.Installed is { } installed)
            {
                OnInstalled(installed);
            }
        }

        OnTermDurable();
        if (Role == RaftRole.Leader)
        {
            AdvanceCommit();
        }

        HandOut();
    }

    private void SetTermAndVote(Term term, ReplicaId? vote)
    {
        hardState = hardState with { CurrentTerm = term, VotedFor = vote };
        isHardStateDirty = true;
    }

    /// <summary>Cuts off entries that conflict with the leader's (§5.3), from the log and from what writes in flight claim.</summary>
    private void TruncateAfter(LogIndex index)
    {
        Invariant.Holds(index >= CommitIndex, "a committed entry is never cut off");
        log.TruncateAfter(index);
        skips.TruncateAfter(index);
        versions.TruncateAfter(index);
        if (compared.Index > index)
        {
            FindLastComparison();
        }

        if (configurations.TruncateAfter(index))
        {
            OnConfigurationInForce();
        }

        durable = LogIndex.Min(durable, index);
        if (writtenThrough.Index > index)
        {
            writtenThrough = log.Last;
        }

        foreach (var write in writesInFlight)
        {
            write.Last = LogIndex.Min(write.Last, index);
        }
    }

    /// <summary>
    /// Steps a leader down whose storage hangs while its heartbeats go on (hashicorp/raft#503), and keeps such a replica from standing.
    /// </summary>
    private void CountStorageStall()
    {
        storageStallTicks = lastTaken > lastDurable ? storageStallTicks + 1 : 0;
        if (Role == RaftRole.Leader && IsStorageStalled)
        {
            BecomeFollower(CurrentTerm, null);
        }
    }

    private bool IsStorageStalled => storageStallTicks >= settings.StorageStallTicks;

    private sealed class WriteInFlight(PersistTicket ticket)
    {
        public PersistTicket Ticket { get; } = ticket;

        /// <summary>The last index of our log that is durable with this write.</summary>
        public LogIndex Last { get; set; }

        public SnapshotDescriptor? Installed { get; init; }
    }
}
