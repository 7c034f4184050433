namespace OrleansRaft.Core;

/// <summary>What one replica says to another. Messages may be lost, repeated, delayed and reordered at will.</summary>
/// <param name="Term">The sender's current term; for <see cref="PreVote"/> the term it would stand in.</param>
internal abstract record Message(Term Term)
{
    /// <summary>The feature level from which on programs can read it: it is sent only in a cluster that works at that level.</summary>
    public virtual int NeededLevel() => FeatureLevels.Oldest;
}

/// <summary>Asks whether an election could be won, without disturbing anybody (thesis §9.6).</summary>
/// <param name="Term">The term in which the sender would stand: its current term plus one.</param>
/// <param name="LastEntry">The last entry of the sender's log.</param>
internal sealed record PreVote(Term Term, EntryId LastEntry) : Message(Term);

/// <summary>Answers a <see cref="PreVote"/>.</summary>
/// <param name="Term">If granted, the term that was asked about; otherwise the answering replica's current term.</param>
/// <param name="Granted">Whether the sender would vote for the asker.</param>
internal sealed record PreVoteResponse(Term Term, bool Granted) : Message(Term);

/// <summary>Asks for a vote (§5.2).</summary>
/// <param name="Term">The candidate's term.</param>
/// <param name="LastEntry">The last entry of the candidate's log (§5.4.1).</param>
/// <param name="IsTransfer">Whether the leader itself asked the candidate to stand, so that its being alive is no reason to refuse (thesis
/// §3.10).</param>
internal sealed record RequestVote(Term Term, EntryId LastEntry, bool IsTransfer) : Message(Term);

/// <summary>Answers a <see cref="RequestVote"/>.</summary>
/// <param name="Term">The answering replica's current term.</param>
/// <param name="Granted">Whether it votes for the candidate.</param>
internal sealed record RequestVoteResponse(Term Term, bool Granted) : Message(Term)
{
    /// <summary>What the answering replica's wall clock says; none below the level <see cref="FeatureLevels.Stamps"/>.</summary>
    public UtcTime Clock { get; init; }

    /// <inheritdoc/>
    public override int NeededLevel() => Clock.IsKnown ? FeatureLevels.Stamps : base.NeededLevel();
}

/// <summary>Replicates entries; without any it is the heartbeat (§5.3).</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Session">The receiver's membership session, echoed in the answer.</param>
/// <param name="Block">The entries, and with <see cref="EntryBlock.Previous"/> the entry that must come before them.</param>
/// <param name="LeaderCommit">The leader's commit index.</param>
/// <param name="ReadSequence">The latest read round that waits for confirmation, echoed in the answer.</param>
internal sealed record AppendEntries(Term Term, LogIndex Session, EntryBlock Block, LogIndex LeaderCommit, ReadSequence ReadSequence) : Message(Term)
{
    /// <summary>prevLogIndex and prevLogTerm.</summary>
    public EntryId Previous => Block.Previous;

    /// <inheritdoc/>
    public override int NeededLevel() => Block.HasStamps ? FeatureLevels.Stamps : base.NeededLevel();
}

/// <summary>Answers an <see cref="AppendEntries"/>.</summary>
/// <param name="Term">The follower's current term.</param>
/// <param name="Session">The session of the request.</param>
/// <param name="Accepted">Whether the follower's log held the previous entry.</param>
/// <param name="Match">
/// If accepted, the last entry that the request covered, now durable. If refused, a hint: the follower's log can match the leader's at
/// this entry or before it; whole conflicting terms are skipped (§5.3).
/// </param>
/// <param name="Rejected">If refused, the index of the previous entry that did not match; tells the answer of an old probe.</param>
/// <param name="ReadSequence">The round of the request.</param>
internal sealed record AppendEntriesResponse(
    Term Term, LogIndex Session, bool Accepted, EntryId Match, LogIndex Rejected, ReadSequence ReadSequence) : Message(Term)
{
    /// <summary>Whether the follower's state machine goes no further, so that the follower should not lead.</summary>
    public bool IsHalted { get; init; }

    /// <summary>The versions of the state machine that the follower's program supports.</summary>
    public MachineVersions MachineVersions { get; init; } = MachineVersions.First;

    /// <summary>What the follower's wall clock says; none below the level <see cref="FeatureLevels.Stamps"/>.</summary>
    public UtcTime Clock { get; init; }

    /// <inheritdoc/>
    public override int NeededLevel() => Clock.IsKnown ? FeatureLevels.Stamps : base.NeededLevel();
}

/// <summary>Carries one chunk of a snapshot to a follower that is too far behind (§7).</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Session">The receiver's membership session, echoed in the answer.</param>
/// <param name="Snapshot">Which snapshot.</param>
/// <param name="Offset">Where in the snapshot's bytes this chunk begins.</param>
/// <param name="Data">The chunk.</param>
/// <param name="IsLast">Whether the snapshot ends with this chunk.</param>
/// <param name="ReadSequence">The latest read round that waits for confirmation, echoed in the answer.</param>
internal sealed record InstallSnapshot(
    Term Term,
    LogIndex Session,
    SnapshotDescriptor Snapshot,
    long Offset,
    ReadOnlyMemory<byte> Data,
    bool IsLast,
    ReadSequence ReadSequence) : Message(Term)
{
    /// <inheritdoc/>
    public override int NeededLevel() => Snapshot.Utc.IsKnown ? FeatureLevels.Stamps : base.NeededLevel();
}

/// <summary>Answers an <see cref="InstallSnapshot"/>.</summary>
/// <param name="Term">The follower's current term.</param>
/// <param name="Session">The session of the request.</param>
/// <param name="LastIncluded">Which snapshot.</param>
/// <param name="NextOffset">The offset from which the follower wants to go on; it may resume what it received before.</param>
/// <param name="IsInstalled">Whether the snapshot is installed and durable: the follower's log now matches up to it.</param>
/// <param name="ReadSequence">The round of the request.</param>
internal sealed record InstallSnapshotResponse(
    Term Term, LogIndex Session, EntryId LastIncluded, long NextOffset, bool IsInstalled, ReadSequence ReadSequence) : Message(Term);

/// <summary>Tells the receiver to stand for election at once (thesis §3.10).</summary>
/// <param name="Term">The leader's term.</param>
internal sealed record TimeoutNow(Term Term) : Message(Term);

/// <summary>Tells a follower that the group has nothing to do and quiesces.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Session">The receiver's membership session, echoed in the answer of one that cannot quiesce.</param>
/// <param name="LastEntry">The end of the log, committed: a follower that ends elsewhere stays active.</param>
/// <param name="Successor">Who stands first when the leader is lost; the others give it time.</param>
internal sealed record Quiesce(Term Term, LogIndex Session, EntryId LastEntry, ReplicaId? Successor) : Message(Term);

/// <summary>
/// Asks the leader for a snapshot: the sender's log may be whole, but its state machine has no state that may be used. Repeated until it has one.
/// </summary>
/// <param name="Term">The sender's term.</param>
/// <param name="Through">The snapshot must hold this entry at least.</param>
internal sealed record SnapshotRequest(Term Term, LogIndex Through) : Message(Term)
{
    /// <summary>
    /// The comparison that found the sender's state wrong, so that only a leader that was in the right there may send its own; zero when another
    /// reason makes it ask.
    /// </summary>
    public LogIndex WrongAt { get; init; }
}

/// <summary>Asks a member for the digest of its state at a comparison; or tells what came of it.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Session">The receiver's membership session, echoed in the answer.</param>
/// <param name="Entry">The entry of the comparison.</param>
internal sealed record ComparisonRequest(Term Term, LogIndex Session, EntryId Entry) : Message(Term)
{
    /// <summary>What came of it; null while digests are awaited.</summary>
    public ComparisonVerdict? Verdict { get; init; }

    /// <summary>With a verdict: what a majority of the voters holds, if there is such.</summary>
    public StateDigest? Majority { get; init; }
}

/// <summary>Tells the leader the digest of the sender's state at a comparison, as soon as it is made, and again when asked.</summary>
/// <param name="Term">The sender's term.</param>
/// <param name="Session">The sender's membership session.</param>
/// <param name="Entry">The entry of the comparison.</param>
/// <param name="Digest">The digest; null when the sender makes none, since its state machine goes no further.</param>
internal sealed record ComparisonResponse(Term Term, LogIndex Session, EntryId Entry, StateDigest? Digest) : Message(Term)
{
    /// <summary>Whether this only acknowledges what came of the comparison.</summary>
    public bool IsTold { get; init; }
}

/// <summary>Asks the leader for an index at which the sender may serve a linearizable read (§6.4, thesis).</summary>
/// <param name="Term">The sender's term.</param>
/// <param name="ReadId">Chosen by the sender, echoed in the answer.</param>
internal sealed record ReadIndexRequest(Term Term, long ReadId) : Message(Term);

/// <summary>Answers a <see cref="ReadIndexRequest"/>.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="ReadId">The id of the request.</param>
/// <param name="Index">The index that the sender must have applied; null when the receiver could not confirm that it leads.</param>
internal sealed record ReadIndexResponse(Term Term, long ReadId, LogIndex? Index) : Message(Term);
