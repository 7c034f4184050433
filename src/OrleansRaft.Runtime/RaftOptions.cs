using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft;

/// <summary>The section <c>Raft</c> of a silo's configuration: how its replicas behave.</summary>
/// <remarks>
/// All silos should agree. Where a difference could make replicas diverge (the limits on sessions), the leader's values are replicated through the
/// log.
/// </remarks>
public sealed class RaftOptions
{
    // Each default is stated once: what Core or the sessions know is theirs.
    private static readonly RaftSettings CoreDefaults = new();

    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "Raft";

    /// <summary>The time between two ticks of a replica.</summary>
    /// <remarks>
    /// Election timeouts and heartbeats are counted in ticks; a shorter tick finds a dead leader sooner and costs more when groups are active.
    /// </remarks>
    /// <value>The default is 50 milliseconds.</value>
    public TimeSpan TickInterval { get; set; } = TimeSpan.FromMilliseconds(CoreDefaults.TickMilliseconds);

    /// <summary>Ticks between two heartbeats of a leader.</summary>
    /// <value>The default is 1.</value>
    public int HeartbeatTicks { get; set; } = CoreDefaults.HeartbeatTicks;

    /// <summary>The shortest election timeout, in ticks.</summary>
    /// <remarks>At least three times <see cref="HeartbeatTicks"/>, or one lost heartbeat would depose a healthy leader.</remarks>
    /// <value>The default is 4.</value>
    public int ElectionTicksMin { get; set; } = CoreDefaults.ElectionTicksMin;

    /// <summary>The longest election timeout, in ticks.</summary>
    /// <remarks>The wider the range, the rarer split votes.</remarks>
    /// <value>The default is 8.</value>
    public int ElectionTicksMax { get; set; } = CoreDefaults.ElectionTicksMax;

    /// <summary>Whether a replica asks around before it stands for election (thesis §9.6).</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool PreVote { get; set; } = CoreDefaults.PreVote;

    /// <summary>Whether a leader steps down when a majority is silent, and followers of a live leader refuse votes (thesis §6.2, §4.2.3).</summary>
    /// <value>The default is <see langword="true"/>.</value>
    public bool CheckQuorum { get; set; } = CoreDefaults.CheckQuorum;

    /// <summary>Whether a leader may serve reads on its lease, without a round of messages (thesis §6.4.1).</summary>
    /// <remarks>
    /// Such reads trust that clocks run at the same rate within 5 %, and that every silo has leases on: a follower that confirmed one votes for
    /// nobody else before it has expired.
    /// </remarks>
    /// <value>The default is <see langword="false"/>.</value>
    public bool LeaderLease { get; set; } = CoreDefaults.LeaderLease;

    /// <summary>The most bytes of entries in one AppendEntries, and so the largest command.</summary>
    /// <value>The default is 512 KiB.</value>
    public int AppendBytesMax { get; set; } = CoreDefaults.AppendBytesMax;

    /// <summary>The most AppendEntries with entries on their way to one follower.</summary>
    /// <value>The default is 64.</value>
    public int InflightMessagesMax { get; set; } = CoreDefaults.InflightMessagesMax;

    /// <summary>The most bytes of entries on their way to one follower; of a snapshot half as many.</summary>
    /// <value>The default is 4 MiB.</value>
    public int InflightBytesMax { get; set; } = CoreDefaults.InflightBytesMax;

    /// <summary>How many bytes of commands must wait for a leader to append them while earlier ones are not committed yet; 0 for any.</summary>
    /// <remarks>
    /// A round of replication costs every replica a message and a write, whatever it carries, so that on few cores fewer and larger rounds commit
    /// more commands. Whoever comes while none is under way does not wait.
    /// </remarks>
    /// <value>The default is 64 KiB.</value>
    public int RoundBytesMin { get; set; } = 64 * 1024;

    /// <summary>
    /// For how long a leader whose round is committed waits for the commands of those whom that round answered, before it begins the next; 0 for not
    /// at all.
    /// </summary>
    /// <remarks>
    /// Only while several clients take part, until three quarters of them are there again, and only where <see cref="RoundBytesMin"/> lets rounds
    /// gather.
    /// </remarks>
    /// <value>The default is 2 milliseconds.</value>
    public TimeSpan RoundWaitMax { get; set; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The most bytes of uncommitted entries before a leader refuses proposals.</summary>
    /// <value>The default is 16 MiB.</value>
    public long UncommittedBytesMax { get; set; } = CoreDefaults.UncommittedBytesMax;

    /// <summary>The most reads that wait for confirmation before a leader refuses more.</summary>
    /// <value>The default is 65,536.</value>
    public int PendingReadsMax { get; set; } = CoreDefaults.PendingReadsMax;

    /// <summary>The most bytes of entries handed to the state machine at once.</summary>
    /// <remarks>
    /// A replica that starts applies its whole log, with code that has just been compiled: in short turns, so that the silo's other replicas get
    /// theirs.
    /// </remarks>
    /// <value>The default is 64 KiB.</value>
    public int ApplyBytesMax { get; set; } = CoreDefaults.ApplyBytesMax;

    /// <summary>The size of a snapshot's chunks, in bytes.</summary>
    /// <value>The default is 256 KiB.</value>
    public int SnapshotChunkBytes { get; set; } = CoreDefaults.SnapshotChunkBytes;

    /// <summary>How many entries before a snapshot are kept at most, so that a follower a little behind needs no snapshot.</summary>
    /// <value>The default is 1,000.</value>
    public int KeptEntries { get; set; } = CoreDefaults.KeptEntries;

    /// <summary>How many bytes of entries before a snapshot are kept at most.</summary>
    /// <value>The default is 1 MiB.</value>
    public long KeptBytesMax { get; set; } = CoreDefaults.KeptBytesMax;

    /// <summary>Whether followers learn of an advanced commit index by entries and heartbeats only, and not by messages of its own.</summary>
    /// <remarks>They apply up to a heartbeat later, which only stale reads can see; a command that is alone costs half the messages.</remarks>
    /// <value>The default is <see langword="false"/>.</value>
    public bool HeartbeatsTellCommit { get; set; } = CoreDefaults.HeartbeatsTellCommit;

    /// <summary>Ticks without anything to do after which a leader quiesces its group; 0 for never.</summary>
    /// <remarks>Only for hosts that watch the silos of quiescent leaders and unquiesce their followers when one is lost.</remarks>
    /// <value>The default is 10.</value>
    public int QuiesceTicks { get; set; } = CoreDefaults.QuiesceTicks;

    /// <summary>Ticks without progress of its own storage after which a leader steps down, so that a replica whose storage works can lead.</summary>
    /// <value>The default is 30.</value>
    public int StorageStallTicks { get; set; } = CoreDefaults.StorageStallTicks;

    /// <summary>How many bytes of applied entries the log may hold before a snapshot is taken.</summary>
    /// <remarks>
    /// A state of more than four times this waits until the log has grown by a quarter of its last snapshot: what is written for snapshots is at most
    /// four times what is logged, and the log, which is in memory too, is a small part of the state. In silos each replica takes its snapshots up to
    /// a quarter earlier, at a part of this by its name: groups that grow alike do not take them together.
    /// </remarks>
    /// <value>The default is 8 MiB.</value>
    public long SnapshotThresholdBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>By how many times the threshold the log may grow while a snapshot is on its way to a follower.</summary>
    /// <remarks>A new snapshot makes the transfer start over, so it is put off, but not for ever.</remarks>
    /// <value>The default is 4.</value>
    public int SnapshotDelayFactor { get; set; } = 4;

    /// <summary>
    /// From which size on, in bytes, a state that is captured in one piece raises the alarm <c>large-capture</c>: its group waits for each snapshot.
    /// </summary>
    /// <remarks>
    /// A state machine that has views (<see cref="IViewStateMachine{TCommand,TResult}"/>) captures nothing in one piece.
    /// </remarks>
    /// <value>The default is 64 MiB.</value>
    public long LargeCaptureBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How many bytes a state may have that is captured in one piece; a replica whose state has more takes no snapshot, and halts.</summary>
    /// <value>The default is 1024 MiB.</value>
    public long CaptureBytesMax { get; set; } = 1024 * 1024 * 1024;

    /// <summary>For how long of the group's time a request id is remembered.</summary>
    /// <value>The default is 10 minutes.</value>
    public TimeSpan RequestRetention { get; set; } = TimeSpan.FromMilliseconds(SessionLimits.Initial.RetentionMilliseconds);

    /// <summary>The most request ids that a group remembers; a full table refuses new ones until the oldest are forgotten.</summary>
    /// <remarks>
    /// Divided by <see cref="RequestRetention"/>, it is how many commands under ids of their clients a group takes for ever: 1,666 a second by
    /// default. Commands without an id take no place. Where ids belong to several parties (<see cref="IRequestScopes"/>), as those of
    /// counters to tenants, each may hold as many as there are places free: one alone half of them. <see cref="RequestBytesMax"/> bounds the memory
    /// that they take.
    /// </remarks>
    /// <value>The default is 1,000,000.</value>
    public int RequestIdsMax { get; set; } = SessionLimits.Initial.RequestIdsMax;

    /// <summary>
    /// The most bytes that the request ids of a group and their results take; a full table refuses new ones until the oldest are forgotten.
    /// </summary>
    /// <remarks>
    /// On every replica. An id counts 48 bytes, its own length, and that of its result, of which at most 64 KiB: about 100 bytes for an id of 36
    /// characters and a small result, so that the default has room for two and a half million.
    /// </remarks>
    /// <value>The default is 256 MiB.</value>
    public long RequestBytesMax { get; set; } = SessionLimits.Initial.RequestBytesMax;

    /// <summary>The most bytes that the state of a group may have; 0 for any number.</summary>
    /// <remarks>
    /// What would make a state grow beyond is refused, definitely, by a state machine that keeps to it, as that of counters does: keys and values
    /// count. Reads, removals, and what does not make it grow go on, also when the limit is set below what there is. Other machines are told the
    /// limit with each command, and decide for themselves.
    /// </remarks>
    /// <value>The default is 0.</value>
    public long StateBytesMax { get; set; }

    /// <summary>After how long of the group's time without a command a client session is forgotten.</summary>
    /// <value>The default is 1 hour.</value>
    public TimeSpan SessionInactivityMax { get; set; } = TimeSpan.FromMilliseconds(SessionLimits.Initial.InactivityMilliseconds);

    /// <summary>The most client sessions of a group.</summary>
    /// <value>The default is 10,000.</value>
    public int SessionsMax { get; set; } = SessionLimits.Initial.SessionsMax;

    /// <summary>The most results that one client session may leave unanswered.</summary>
    /// <value>The default is 10,000.</value>
    public int SessionResultsMax { get; set; } = SessionLimits.Initial.SessionResultsMax;

    /// <summary>The most commands that wait in a replica's inbox.</summary>
    /// <value>The default is 65,536.</value>
    public int InboxCommandsMax { get; set; } = 65_536;

    /// <summary>The most queries that wait in a replica's inbox or for their confirmation.</summary>
    /// <value>The default is 65,536.</value>
    public int InboxQueriesMax { get; set; } = 65_536;

    /// <summary>The most bytes of commands, and of queries, that wait in a replica's inbox.</summary>
    /// <value>The default is 32 MiB.</value>
    public long InboxBytesMax { get; set; } = 32 * 1024 * 1024;

    /// <summary>The most messages from other members that wait in a replica's inbox; more are lost, as the network may lose them.</summary>
    /// <value>The default is 4,096.</value>
    public int InboxMessagesMax { get; set; } = 4_096;

    /// <summary>The most bytes of messages from other members that wait in a replica's inbox.</summary>
    /// <value>The default is 32 MiB.</value>
    public long InboxMessageBytesMax { get; set; } = 32 * 1024 * 1024;

    /// <summary>How many step workers a silo has; 0 for one for every two of its cores.</summary>
    /// <remarks>
    /// A worker gives the replicas that belong to it their turns, one after the other; what they write and send meanwhile leaves together. More
    /// workers use more cores, and make more and smaller pieces.
    /// </remarks>
    /// <value>The default is 0.</value>
    public int Workers { get; set; }

    /// <summary>The most inputs taken in one turn of a replica, so that its silo's other work gets its turn too.</summary>
    /// <value>The default is 256.</value>
    public int RunInputsMax { get; set; } = 256;

    /// <summary>The most commands taken in one turn of a replica.</summary>
    /// <value>The default is 4,096.</value>
    public int RunCommandsMax { get; set; } = 4_096;

    /// <summary>The most bytes of entries applied in one turn of a replica.</summary>
    /// <value>The default is 64 KiB.</value>
    public long RunApplyBytesMax { get; set; } = CoreDefaults.ApplyBytesMax;

    /// <summary>
    /// For how long replicas of a silo that stopped in order wait for it to come back under its name, before they are brought to life elsewhere.
    /// </summary>
    /// <remarks>
    /// Only where the rest of the group is a majority and has a leader. A restart then costs the other silos nothing: a replica that lives with them
    /// meanwhile reads its log there, and again when it moves back. A silo that was killed is not waited for, nor one whose host gave it no time to
    /// stop, as <c>KillSiloAsync</c> of a test cluster does.
    /// </remarks>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan ReturnPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After how many entries a leader compares the states of its group's replicas; 0 for never, unless somebody asks for it.
    /// </summary>
    /// <remarks>
    /// A comparison is an entry of the log, a digest of the state on each replica, and two messages to each. If digests take long, comparisons are
    /// rarer, so that at most a hundredth of the time goes to them.
    /// </remarks>
    /// <value>The default is 10,000.</value>
    public int CompareEntries { get; set; } = 10_000;

    /// <summary>After how long of the group's time a leader compares states although fewer entries have come, if any have.</summary>
    /// <remarks>A group that is quiescent is not woken for it, and is compared when it next wakes.</remarks>
    /// <value>The default is 1 hour.</value>
    public TimeSpan CompareInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>For how long comparisons of a group may have failed to compare all its replicas before an alarm says so.</summary>
    /// <value>The default is 1 hour.</value>
    public TimeSpan NotComparedAfter { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// In which time a silo reads everything that its replicas have stored, and checks it: damage is found before what it harmed is needed.
    /// <see cref="TimeSpan.Zero"/> turns it off.
    /// </summary>
    /// <remarks>It reads for at most a hundredth of the time, and takes longer where that is not enough.</remarks>
    /// <value>The default is 1 day.</value>
    public TimeSpan ScrubInterval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Whether a group stops when its replicas hold different states and no majority of them holds one: it then serves stale reads only.
    /// </summary>
    /// <remarks>Where it goes on, what a read returns depends on who leads.</remarks>
    /// <value>The default is <see langword="true"/>.</value>
    public bool StopOnDivergence { get; set; } = true;

    /// <summary>For how long a client's side goes on trying before it answers that the outcome is unknown, or that there is no leader.</summary>
    /// <value>The default is 5 seconds.</value>
    public TimeSpan SubmitTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>For how long a client's side waits for one attempt before it asks again.</summary>
    /// <value>The default is 250 milliseconds.</value>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>After how long a call of a state machine's code that has not come back counts as stuck.</summary>
    /// <remarks>Its replica gives leadership up, an alarm names the group, and other groups get another thread.</remarks>
    /// <value>The default is 10 seconds.</value>
    public TimeSpan MachineStuckAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many threads that hang in calls of state machines are replaced on a silo; beyond that, groups wait for those that are left.
    /// </summary>
    /// <value>The default is 16.</value>
    public int StuckThreadsMax { get; set; } = 16;

    /// <summary>
    /// Whether leaders raise the version of their groups' state machines by themselves, as soon as the programs of all members support a later one.
    /// </summary>
    /// <remarks>
    /// A version that was raised is never lowered: an earlier program applies and serves nothing from then on. Whoever wants a way back from a new
    /// program turns this off, and raises the version with <c>oraft group raise</c> when the new program has proved itself.
    /// </remarks>
    /// <value>The default is <see langword="true"/>.</value>
    public bool AutoRaise { get; set; } = CoreDefaults.AutoRaise;

    /// <summary>
    /// Whether the cluster goes over to the next feature level by itself, as soon as the programs of all its silos, absent ones included, support it.
    /// </summary>
    /// <remarks>
    /// A level is never lowered: an earlier program does not start any more from then on. Whoever wants a way back from a new program turns this off
    /// on all silos, and raises the level with <c>oraft cluster finalize</c> when the new program has proved itself.
    /// </remarks>
    /// <value>The default is <see langword="true"/>.</value>
    public bool AutoFinalize { get; set; } = true;

    /// <summary>
    /// The newest feature level that this silo supports. For tests of upgrades: below the default, the newest that there is, the program writes,
    /// says and reads what the program before it did, and does not start in a cluster that works at a later level.
    /// </summary>
    /// <value>The default is 3.</value>
    public int LevelMax { get; set; } = FeatureLevels.Newest;

    /// <summary>What Core needs of it.</summary>
    internal RaftSettings ToSettings() => new()
    {
        HeartbeatTicks = HeartbeatTicks,
        ElectionTicksMin = ElectionTicksMin,
        ElectionTicksMax = ElectionTicksMax,
        PreVote = PreVote,
        CheckQuorum = CheckQuorum,
        LeaderLease = LeaderLease,
        TickMilliseconds = (int)TickInterval.TotalMilliseconds,
        AppendBytesMax = AppendBytesMax,
        InflightMessagesMax = InflightMessagesMax,
        InflightBytesMax = InflightBytesMax,
        UncommittedBytesMax = UncommittedBytesMax,
        PendingReadsMax = PendingReadsMax,
        ApplyBytesMax = ApplyBytesMax,
        SnapshotChunkBytes = SnapshotChunkBytes,
        KeptEntries = KeptEntries,
        KeptBytesMax = KeptBytesMax,
        HeartbeatsTellCommit = HeartbeatsTellCommit,
        QuiesceTicks = QuiesceTicks,
        StorageStallTicks = StorageStallTicks,
        AutoRaise = AutoRaise,
    };

    /// <summary>The limits on sessions that a leader with these options replicates.</summary>
    internal SessionLimits ToSessionLimits() => new(
        (long)RequestRetention.TotalMilliseconds,
        RequestIdsMax,
        (long)SessionInactivityMax.TotalMilliseconds,
        SessionsMax,
        SessionResultsMax,
        RequestBytesMax,
        StateBytesMax == 0 ? long.MaxValue : StateBytesMax);
}
