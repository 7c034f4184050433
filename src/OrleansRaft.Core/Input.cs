namespace OrleansRaft.Core;

/// <summary>Something that happened to a replica. Each is handed to <see cref="RaftCore.Step"/> together with the host's monotonic time.</summary>
internal abstract record Input
{
    private protected Input()
    {
    }
}

/// <summary>One tick of time passed. Every duration in Core is a number of ticks.</summary>
internal sealed record Tick : Input
{
    /// <summary>The only tick there is, so that an idle replica allocates nothing.</summary>
    public static Tick Instance { get; } = new();
}

/// <summary>The cluster works at a later feature level. An earlier one than is known already changes nothing.</summary>
/// <param name="Level">Which: see <see cref="FeatureLevels"/>.</param>
internal sealed record LevelRaised(int Level) : Input;

/// <summary>A message arrived.</summary>
/// <param name="From">Who sent it.</param>
/// <param name="Message">What it says.</param>
internal sealed record Receive(ReplicaId From, Message Message) : Input;

/// <summary>
/// A client asks for commands to be appended: all of them in this order, or none. Answered by <see cref="ProposalAppended"/> or
/// <see cref="ProposalRejected"/>.
/// </summary>
/// <param name="ProposalId">Chosen by the host, echoed in the answer.</param>
/// <param name="Commands">The bodies of the entries.</param>
internal sealed record Propose(long ProposalId, IReadOnlyList<ReadOnlyMemory<byte>> Commands) : Input;

/// <summary>A change of the group's members (§6). Answered like <see cref="Propose"/>.</summary>
/// <param name="ProposalId">Chosen by the host, echoed in the answer.</param>
/// <param name="Changes">What to change; empty to leave a joint configuration.</param>
/// <param name="ExpectedVersion">The version of the configuration that the change was made for; null to take whichever is in force.</param>
/// <param name="Transition">How the change passes through a joint configuration.</param>
internal sealed record ProposeConfiguration(
    long ProposalId, IReadOnlyList<MemberChange> Changes, LogIndex? ExpectedVersion, JointTransition Transition = JointTransition.Automatic) : Input;

/// <summary>
/// Decides that a committed entry is never applied. Answered by <see cref="SkipDecided"/> when that is committed, or by <see cref="SkipRejected"/>.
/// </summary>
/// <param name="Entry">Which entry: a command that this leader has not applied.</param>
internal sealed record ProposeSkip(LogIndex Entry) : Input;

/// <summary>
/// Compares the states of all members, at an entry that this leader appends. Answered by <see cref="ComparisonEnded"/>, or by
/// <see cref="ComparisonRejected"/>; by neither when this replica stops leading meanwhile.
/// </summary>
internal sealed record ProposeComparison : Input
{
    /// <summary>The only one there is.</summary>
    public static ProposeComparison Instance { get; } = new();
}

/// <summary>The state machine came to a comparison, and made a digest there.</summary>
/// <param name="Entry">The entry of the comparison.</param>
/// <param name="Digest">The digest of the state that holds exactly what is applied up to it.</param>
internal sealed record StateDigested(EntryId Entry, StateDigest Digest) : Input;

/// <summary>
/// Raises the version at which the state machine works, if every member's program supports the later one. Answered like <see cref="Propose"/>;
/// refused with <see cref="RaftRejection.InvalidChange"/> while a member's program is too old, or has not said what it supports.
/// </summary>
/// <param name="ProposalId">Chosen by the host, echoed in the answer.</param>
/// <param name="Version">The later version; null for the latest that every member's program supports.</param>
internal sealed record ProposeRaise(long ProposalId, int? Version) : Input;

/// <summary>
/// The state machine has no state that may be used, and the store has no snapshot that may: the replica asks its leader for one, and again with every
/// such input. It ends with <see cref="RestoreSnapshot"/>.
/// </summary>
internal sealed record StateLost : Input
{
    /// <summary>The only one there is.</summary>
    public static StateLost Instance { get; } = new();
}

/// <summary>
/// A client asks for a read that sees everything acknowledged before it. Answered by <see cref="ReadReady"/> or <see cref="ReadRejected"/>.
/// </summary>
/// <param name="ReadId">Chosen by the host, echoed in the answer.</param>
/// <param name="AllowLease">Whether the leader's lease may stand for a round of messages; refused where leases are off.</param>
internal sealed record Read(long ReadId, bool AllowLease = false) : Input;

/// <summary>A write became durable. Tickets complete in order.</summary>
/// <param name="Ticket">The write's ticket.</param>
internal sealed record Persisted(PersistTicket Ticket) : Input;

/// <summary>The state machine applied entries.</summary>
/// <param name="Index">The last entry whose effects the state machine holds.</param>
internal sealed record EntriesApplied(LogIndex Index) : Input;

/// <summary>A snapshot of this replica's own state became durable; the log before it may go.</summary>
/// <param name="Snapshot">Which; its configuration is <see cref="RaftCore.ConfigurationAt"/> of its index.</param>
internal sealed record SnapshotSaved(SnapshotDescriptor Snapshot) : Input;

/// <summary>The log up to an index may go, however much of it <see cref="RaftSettings.KeptEntries"/> would keep.</summary>
/// <param name="Through">The last entry to forget; the newest snapshot covers it.</param>
internal sealed record CompactLog(LogIndex Through) : Input;

/// <summary>A chunk asked for by <see cref="ReadSnapshotChunk"/> was read.</summary>
/// <param name="To">For whom it was read.</param>
/// <param name="LastIncluded">Of which snapshot.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Data">Its bytes.</param>
/// <param name="IsLast">Whether the snapshot ends with it.</param>
internal sealed record SnapshotChunkRead(ReplicaId To, EntryId LastIncluded, long Offset, ReadOnlyMemory<byte> Data, bool IsLast) : Input;

/// <summary>A chunk asked for by <see cref="ReadSnapshotChunk"/> could not be read: the snapshot has been replaced.</summary>
/// <param name="To">For whom it was to be read.</param>
/// <param name="LastIncluded">Of which snapshot.</param>
internal sealed record SnapshotChunkUnavailable(ReplicaId To, EntryId LastIncluded) : Input;

/// <summary>A chunk handed out by <see cref="StageSnapshotChunk"/> is in the store.</summary>
/// <param name="LastIncluded">Of which snapshot.</param>
/// <param name="NextOffset">Where the next chunk begins.</param>
internal sealed record SnapshotChunkStaged(EntryId LastIncluded, long NextOffset) : Input;

/// <summary>
/// A message to a replica was lost: entries, a chunk, a heartbeat or the word to quiesce. What is on its way to it is sent again when it answers, and
/// the group may quiesce without it.
/// </summary>
/// <param name="Replica">To whom.</param>
internal sealed record Unreachable(ReplicaId Replica) : Input;

/// <summary>Hand leadership to another voter (thesis §3.10). Its outcome shows in the role, or in <see cref="TransferRejected"/>.</summary>
/// <param name="Target">To whom; null for the most up-to-date voter, one whose state machine is not halted if there is one.</param>
internal sealed record TransferLeadership(ReplicaId? Target) : Input;

/// <summary>
/// Whether the replica's state machine goes no further (it threw, or does not come back): its log and vote live on, but another should lead.
/// </summary>
/// <param name="IsHalted">Whether it does from now on; false to begin with.</param>
internal sealed record MachineChanged(bool IsHalted) : Input;

/// <summary>Ends the quiescence of a replica, if it is quiescent.</summary>
/// <param name="IsLeaderLost">Whether the host has lost sight of the leader's silo: the replica no longer counts on it.</param>
internal sealed record Unquiesce(bool IsLeaderLost) : Input
{
    /// <summary>Both calls in one.</summary>
    public Unquiesce Or(Unquiesce? other) => other is { IsLeaderLost: true } ? other : this;
}

/// <summary>
/// The host knows that the process of a leader has ended, and not merely that it is silent: the follower no longer counts on it, and elections begin
/// at once. A word that is false, late, or repeated costs nothing but a question to the others.
/// </summary>
/// <param name="Leader">Which replica led there; one that follows another by now does not mind.</param>
internal sealed record LeaderGone(ReplicaId Leader) : Input;

/// <summary>Stand for election now, without waiting for the timeout.</summary>
internal sealed record Campaign : Input;
