namespace OrleansRaft.Core;

/// <summary>What a leader knows of one member, and how it sends to it.</summary>
internal sealed class Progress(Member member, bool isLearner, LogIndex nextIndex)
{
    private const int StallsMax = 3;

    private readonly Queue<(LogIndex Last, long Bytes)> inflight = new();
    private long inflightBytes;

    public Member Member { get; set; } = member;

    public ReplicaId Id => Member.Id;

    public bool IsLearner { get; set; } = isLearner;

    /// <summary>
    /// Whether the configuration in force no longer names it: it receives the log until that is committed, so that it hears of its removal.
    /// </summary>
    public bool IsDeparting { get; set; }

    public ProgressState State { get; private set; } = ProgressState.Probe;

    /// <summary>The last entry known to be durable there. Only grows.</summary>
    public EntryId Match { get; private set; }

    /// <summary>Invariant: <c>Match.Index &lt; NextIndex</c>.</summary>
    public LogIndex NextIndex { get; private set; } = nextIndex;

    /// <summary>While probing: whether an unanswered probe is on its way.</summary>
    public bool IsProbeSent { get; set; }

    /// <summary>The commit index last told to the member.</summary>
    public LogIndex CommitSent { get; set; }

    /// <summary>The latest read round that the member confirmed.</summary>
    public ReadSequence ReadConfirmed { get; set; }

    /// <summary>Whether the host said that messages to it are lost, and it has not answered since.</summary>
    public bool IsUnreachable { get; set; }

    /// <summary>Whether the member's state machine goes no further, as its last answer said.</summary>
    public bool IsHalted { get; set; }

    /// <summary>
    /// The versions of the state machine that the member's program supports, as its last answer to this leader said; null before the first.
    /// </summary>
    public MachineVersions? MachineVersions { get; set; }

    /// <summary>What the member's wall clock said when it was last told, and when that was; none before.</summary>
    public (UtcTime Utc, MonotonicTime At) Clock { get; set; }

    /// <summary>Ticks since the member's last answer in this term.</summary>
    public int TicksSinceContact { get; set; }

    /// <summary>Ticks since something was sent that has not been answered by progress.</summary>
    public int TicksWithoutProgress { get; set; }

    /// <summary>How often in a row what was sent has gone unanswered; at most <see cref="StallsMax"/>.</summary>
    public int Stalls { get; private set; }

    /// <summary>While <see cref="ProgressState.Snapshot"/>: which snapshot, and how far it is on its way.</summary>
    public SnapshotSending? Sending { get; private set; }

    /// <summary>While <see cref="ProgressState.Snapshot"/>: whether the next chunks wait until the member is heard.</summary>
    public bool IsChunkDue { get; set; }

    /// <summary>
    /// While <see cref="ProgressState.Snapshot"/>: ticks since a member that may lack no entry asked for one; null when it is sent because the log is
    /// gone.
    /// </summary>
    public int? TicksSinceStateAsked { get; set; }

    public bool HasInflight => inflight.Count > 0;

    public bool IsWindowFull(RaftSettings settings) =>
        inflight.Count >= settings.InflightMessagesMax || inflightBytes >= settings.InflightBytesMax;

    /// <summary>Notes that a block is on its way and the next one may follow it.</summary>
    public void Sent(EntryBlock block)
    {
        if (inflight.Count == 0)
        {
            TicksWithoutProgress = 0;
        }

        NextIndex = block.Last.Index.Next;
        inflight.Enqueue((block.Last.Index, block.SizeBytes));
        inflightBytes += block.SizeBytes;
    }

    /// <summary>Notes that the member's log matches up to an entry. False when that was known.</summary>
    public bool Matched(EntryId id)
    {
        while (inflight.TryPeek(out var first) && first.Last <= id.Index)
        {
            inflightBytes -= inflight.Dequeue().Bytes;
        }

        NextIndex = LogIndex.Max(NextIndex, id.Index.Next);
        if (id.Index <= Match.Index)
        {
            return false;
        }

        Match = id;
        TicksWithoutProgress = 0;
        Stalls = 0;
        return true;
    }

    /// <summary>Notes that what was sent went unanswered.</summary>
    public void NoteStall()
    {
        TicksWithoutProgress = 0;
        Stalls = Math.Min(Stalls + 1, StallsMax);
    }

    public void BecomeProbe(LogIndex nextIndex)
    {
        Reset(ProgressState.Probe);
        NextIndex = LogIndex.Max(nextIndex, Match.Index.Next);
    }

    public void BecomeReplicate()
    {
        Reset(ProgressState.Replicate);
        NextIndex = Match.Index.Next;
    }

    /// <summary>Begins to send a snapshot. One that takes another's place while that is sent is sent for the same reason.</summary>
    public void BecomeSnapshot(SnapshotDescriptor snapshot, RaftSettings settings)
    {
        var asked = State == ProgressState.Snapshot ? TicksSinceStateAsked : null;
        Reset(ProgressState.Snapshot);
        (Sending, TicksSinceStateAsked) = (new SnapshotSending(snapshot, settings), asked);
    }

    private void Reset(ProgressState state)
    {
        State = state;
        IsProbeSent = false;
        TicksWithoutProgress = 0;
        inflight.Clear();
        inflightBytes = 0;
        (Sending, IsChunkDue, TicksSinceStateAsked) = (null, false, null);
    }
}
