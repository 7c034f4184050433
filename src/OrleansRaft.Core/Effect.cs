namespace OrleansRaft.Core;

/// <summary>Something the host must do. Writes are not effects: the host takes them one at a time, when it is ready for the next.</summary>
public abstract record Effect
{
    private protected Effect()
    {
    }
}

/// <summary>Send a message, but not before a write is durable.</summary>
/// <param name="To">The receiver.</param>
/// <param name="Message">What to say.</param>
/// <param name="After">The write that the message promises; zero when it may leave at once.</param>
internal sealed record Send(ReplicaId To, Message Message, PersistTicket After) : Effect;

/// <summary>Apply committed entries, in order, then answer with <see cref="EntriesApplied"/>. They are durable on this replica.</summary>
/// <param name="Entries">The entries, contiguous after the last that were handed out.</param>
internal sealed record Apply(IReadOnlyList<Entry> Entries) : Effect;

/// <summary>
/// Other members than before have wall clocks that are more than <see cref="RaftCore.ClockOffsetMax"/> from most members' clocks, as this leader
/// knows; none when it leads no longer.
/// </summary>
/// <param name="Off">Which, the leader itself perhaps among them.</param>
internal sealed record ClocksJudged(System.Collections.Immutable.ImmutableArray<ReplicaId> Off) : Effect;

/// <summary>A proposal was appended. Whether it commits shows when its index is applied: if another term stands there, it was lost.</summary>
/// <param name="ProposalId">The proposal.</param>
/// <param name="First">The entry of its first command.</param>
/// <param name="Count">How many entries it became.</param>
internal sealed record ProposalAppended(long ProposalId, EntryId First, int Count) : Effect;

/// <summary>A proposal was refused: it certainly changes nothing.</summary>
/// <param name="ProposalId">The proposal.</param>
/// <param name="Reason">Why.</param>
/// <param name="Leader">Who may accept it, if known.</param>
internal sealed record ProposalRejected(long ProposalId, RaftRejection Reason, ReplicaId? Leader) : Effect;

/// <summary>A read may be served once the state machine holds this index.</summary>
/// <param name="ReadId">The read.</param>
/// <param name="Index">What must have been applied.</param>
internal sealed record ReadReady(long ReadId, LogIndex Index) : Effect;

/// <summary>A read was refused; nothing was read.</summary>
/// <param name="ReadId">The read.</param>
/// <param name="Reason">Why.</param>
/// <param name="Leader">Who may serve it, if known.</param>
internal sealed record ReadRejected(long ReadId, RaftRejection Reason, ReplicaId? Leader) : Effect;

/// <summary>
/// Read a chunk of this replica's newest snapshot, and tell that it was read or that it is not there.
/// </summary>
/// <param name="To">For whom.</param>
/// <param name="LastIncluded">Of which snapshot.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="BytesMax">How long it may be.</param>
public sealed record ReadSnapshotChunk(ReplicaId To, EntryId LastIncluded, long Offset, int BytesMax) : Effect;

/// <summary>Put a received chunk aside in the store, without touching state or log, and tell when it is there.</summary>
/// <param name="Snapshot">Of which snapshot. A chunk at offset 0 throws away whatever was staged before.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Data">Its bytes.</param>
/// <param name="IsLast">Whether the snapshot is complete with it.</param>
public sealed record StageSnapshotChunk(SnapshotDescriptor Snapshot, long Offset, ReadOnlyMemory<byte> Data, bool IsLast) : Effect;

/// <summary>
/// The installed snapshot is durable: restore the state machine from it, then answer with <see cref="EntriesApplied"/> of its index.
/// </summary>
/// <param name="Snapshot">Which.</param>
internal sealed record RestoreSnapshot(SnapshotDescriptor Snapshot) : Effect;

/// <summary>
/// The role, the term or the known leader changed. A host that loses leadership answers the proposals it had appended with "unknown".
/// </summary>
/// <param name="Role">The role now.</param>
/// <param name="Term">The term now.</param>
/// <param name="Leader">The leader now known, if any.</param>
/// <param name="Votes">When it became leader, how many voted for it; otherwise 0.</param>
internal sealed record RoleChanged(RaftRole Role, Term Term, ReplicaId? Leader, int Votes) : Effect;

/// <summary>Another configuration is in force, from its append on.</summary>
/// <param name="Configuration">Which.</param>
internal sealed record ConfigurationChanged(Configuration Configuration) : Effect;

/// <summary>The replica quiesced, or is active again.</summary>
/// <param name="IsQuiescent">Whether it is quiescent: until it is unquiesced, it needs no ticks.</param>
/// <param name="LastEntry">The end of the log; while it is quiescent, that of every member that is so with it.</param>
/// <param name="Successor">Who stands first when a quiescent leader is lost, if anybody was named.</param>
internal sealed record QuiescenceChanged(bool IsQuiescent, EntryId LastEntry, ReplicaId? Successor) : Effect;

/// <summary>
/// A replica without a vote has heard no leader for an election timeout. It cannot ask the others, and its leader may be quiescent without it: the
/// host must unquiesce that leader, wherever it is. Repeated each time after twice as long, up to 64 of the longest election timeouts.
/// </summary>
internal sealed record LeaderSought : Effect;

/// <summary>
/// An entry is never applied: that is committed. A state that holds the entry must be discarded before anything else is applied or served.
/// </summary>
/// <param name="Entry">Which entry.</param>
/// <param name="Decision">The entry that decided it.</param>
internal sealed record SkipDecided(LogIndex Entry, EntryId Decision) : Effect;

/// <summary>An entry is not skipped; nothing was appended.</summary>
/// <param name="Entry">Which entry.</param>
/// <param name="Reason">Why.</param>
internal sealed record SkipRejected(LogIndex Entry, RaftRejection Reason) : Effect;

/// <summary>A comparison of this leader is over.</summary>
/// <param name="Comparison">What came of it.</param>
internal sealed record ComparisonEnded(Comparison Comparison) : Effect;

/// <summary>The states are not compared: nothing was appended, or what was says nothing since the members have changed.</summary>
/// <param name="Reason">Why.</param>
internal sealed record ComparisonRejected(RaftRejection Reason) : Effect;

/// <summary>What came of a comparison, as this replica hears of it; perhaps more than once.</summary>
/// <param name="Entry">The entry of the comparison.</param>
/// <param name="Verdict">What it says.</param>
/// <param name="IsWrong">
/// Whether it found this replica's state wrong, by the word of a majority. The host discards that state, and has <see cref="StateLost"/> ask for
/// another. Told once for each comparison.
/// </param>
/// <param name="IsRight">Whether it found that this replica holds what a majority holds.</param>
internal sealed record ComparisonJudged(EntryId Entry, ComparisonVerdict Verdict, bool IsWrong, bool IsRight) : Effect;

/// <summary>A member needs a state of the majority, and this leader does not know whether its own is: compare the states again.</summary>
internal sealed record ComparisonWanted : Effect
{
    /// <summary>The only one there is.</summary>
    public static ComparisonWanted Instance { get; } = new();
}

/// <summary>A member needs a snapshot: take one that holds an entry at least, as soon as the state machine does.</summary>
/// <param name="Through">Which entry.</param>
internal sealed record CaptureSnapshot(LogIndex Through) : Effect;

/// <summary>Leadership was not handed over.</summary>
/// <param name="Reason">Why.</param>
internal sealed record TransferRejected(RaftRejection Reason) : Effect;
