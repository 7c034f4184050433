namespace OrleansRaft.Core;

/// <summary>How one replica behaves. All replicas of a group should agree. Hosts validate; see each member for its bounds.</summary>
internal sealed record RaftSettings
{
    /// <summary>Ticks between two heartbeats; at least 1.</summary>
    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>
    /// The shortest election timeout, in ticks; at least three times <see cref="HeartbeatTicks"/>. A follower that heard from its leader less than
    /// this ago refuses votes; it stands itself after more than this, so that the others are ready to vote when it asks.
    /// </summary>
    public int ElectionTicksMin { get; init; } = 4;

    /// <summary>The longest election timeout, in ticks; greater than <see cref="ElectionTicksMin"/>.</summary>
    public int ElectionTicksMax { get; init; } = 8;

    /// <summary>Whether a replica asks around before it disturbs the group with a new term (thesis §9.6).</summary>
    public bool PreVote { get; init; } = true;

    /// <summary>
    /// Whether a leader that has not heard from a majority for an election timeout steps down, and followers of a live leader refuse votes (thesis
    /// §6.2, §4.2.3).
    /// </summary>
    public bool CheckQuorum { get; init; } = true;

    /// <summary>Whether a leader may serve reads on its lease (thesis §6.4.1). Off by default: it trusts clock rates.</summary>
    public bool LeaderLease { get; init; }

    /// <summary>Milliseconds of one tick; needed by leases only, which are counted on the monotonic clock.</summary>
    public int TickMilliseconds { get; init; } = 50;

    /// <summary>The most bytes of entries in one AppendEntries, and so the largest command; a single entry may fill it.</summary>
    public int AppendBytesMax { get; init; } = 512 * 1024;

    /// <summary>The most AppendEntries with entries on their way to one follower.</summary>
    public int InflightMessagesMax { get; init; } = 64;

    /// <summary>The most bytes of entries on their way to one follower.</summary>
    public int InflightBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most bytes of uncommitted entries before a leader refuses proposals.</summary>
    public long UncommittedBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>The most reads that wait for confirmation before a leader refuses more.</summary>
    public int PendingReadsMax { get; init; } = 65_536;

    /// <summary>The most entries handed to the state machine at once, in bytes.</summary>
    public int ApplyBytesMax { get; init; } = 64 * 1024;

    /// <summary>
    /// The most bytes of a snapshot on their way to one follower: half of what entries may take, so that those of other groups need not wait long
    /// behind them. A single chunk may be larger.
    /// </summary>
    public int SnapshotWindowBytes => InflightBytesMax / 2;

    /// <summary>The size of a snapshot's chunks, in bytes.</summary>
    public int SnapshotChunkBytes { get; init; } = 256 * 1024;

    /// <summary>How many entries before a snapshot are kept at most, so that a follower a little behind needs no snapshot.</summary>
    public int KeptEntries { get; init; } = 1_000;

    /// <summary>How many bytes of entries before a snapshot are kept at most.</summary>
    public long KeptBytesMax { get; init; } = 1024 * 1024;

    /// <summary>
    /// Ticks without anything to do after which a leader quiesces its group; 0 for never. Only for hosts that watch the silos of quiescent
    /// leaders, and hand in <see cref="Unquiesce"/>.
    /// </summary>
    public int QuiesceTicks { get; init; } = 10;

    /// <summary>
    /// Whether a replica begins quiescent: for hosts that unquiesce many replicas a few at a time, so that their elections do not all begin at once.
    /// </summary>
    public bool StartsQuiescent { get; init; }

    /// <summary>
    /// Ticks after which a leader gives up handing its leadership over, and serves again; <see cref="ElectionTicksMax"/> unless set.
    /// </summary>
    public int TransferTicksMax { get => field > 0 ? field : ElectionTicksMax; init; }

    /// <summary>
    /// Whether messages from one replica to another arrive in the order in which they were sent, if they arrive. Then a commit index is told right
    /// behind the entries on their way, and a heartbeat's answer shows at once which of them were lost. Off for hosts whose heartbeats may overtake
    /// entries.
    /// </summary>
    public bool OrderedTransport { get; init; }

    /// <summary>
    /// Whether an advanced commit index waits for what goes out anyway, entries or a heartbeat, instead of being told at once. Half of the messages
    /// of a lone proposal tell followers that it is committed, which they need to know only before the leader changes or a read comes.
    /// </summary>
    public bool HeartbeatsTellCommit { get; init; }

    /// <summary>
    /// Whether a leader that is no longer a voter steps down once that is committed (§6). Only scripts that retell other implementations turn it off.
    /// </summary>
    public bool StepDownOnRemoval { get; init; } = true;

    /// <summary>The versions of the state machine that this replica's program supports.</summary>
    public MachineVersions MachineVersions { get; init; } = MachineVersions.First;

    /// <summary>
    /// Whether a leader raises the machine's version by itself, to the latest that every member's program supports. Otherwise it waits for <see
    /// cref="ProposeRaise"/>.
    /// </summary>
    public bool AutoRaise { get; init; } = true;

    /// <summary>
    /// The feature level at which the cluster works, when the replica starts: nothing of a later one is written or sent. See
    /// <see cref="LevelRaised"/>.
    /// </summary>
    public int Level { get; init; } = FeatureLevels.Newest;

    /// <summary>Ticks without progress of its own storage after which a leader steps down, so that a replica whose storage works can lead.</summary>
    public int StorageStallTicks { get; init; } = 30;

    /// <summary>Ticks after which a comparison of the members' states ends without those that have not answered.</summary>
    public int ComparisonTicksMax { get; init; } = 400;
}
