namespace OrleansRaft.Core;

/// <summary>One replica of Raft, pure: inputs in, effects and writes out. It has no clock, thread, disk or dice.</summary>
/// <remarks>
/// <para>
/// The order rule of Raft, that nothing is promised before it is durable, is data here: an effect carries the <see cref="PersistTicket"/> of the
/// write that it promises. A follower's acknowledgement and a vote carry one; a leader's AppendEntries carries none, so that followers write in
/// parallel with their leader (thesis §10.2.1).
/// </para>
/// <para>
/// The parts are by theme: Persistence, Elections, Replication, Snapshots, Reads, Membership, Transfer, Skipping, Versions, Comparing, Stamps,
/// Quiescence.
/// </para>
/// </remarks>
internal sealed partial class RaftCore
{
    private readonly RaftSettings settings;
    private readonly RandomSource random;
    private readonly RaftLog log;

    // What each voter has reached, as delegates that are made once.
    private readonly Func<ReplicaId, long> matchOf;
    private readonly Func<ReplicaId, long> readConfirmedOf;
    private readonly Func<ReplicaId, long> activityOf;

    private List<Effect> effects = [];
    private MonotonicTime now;

    private readonly LogIndex joinedAfter;

    private HardState hardState;
    private ReplicaId? leader;

    private LogIndex handedOut;
    private LogIndex? committedAtFirst;
    private long bytesSinceSnapshot;

    // A leader's clock: the group's time went on from here by the host's monotonic clock.
    private LogTime timeBase;
    private MonotonicTime timeBaseRead;

    /// <summary>Starts a replica from what its store read back.</summary>
    /// <param name="id">The replica's name in its group.</param>
    /// <param name="settings">How it behaves.</param>
    /// <param name="recovered">What the store read back; the state machine has been restored from its snapshot.</param>
    /// <param name="seed">The seed of its election timeouts: different for each replica.</param>
    /// <exception cref="InvariantViolationException">What was read back contradicts itself.</exception>
    public RaftCore(ReplicaId id, RaftSettings settings, RecoveredState recovered, ulong seed)
    {
        Id = id;
        this.settings = settings;
        random = new RandomSource(seed);
        matchOf = voter => voter == Id ? durable.Value : FindPeer(voter)?.Match.Index.Value ?? 0;
        readConfirmedOf = voter => voter == Id ? readSequence.Value : FindPeer(voter)?.ReadConfirmed.Value ?? 0;
        activityOf = voter => voter == Id || FindPeer(voter)?.TicksSinceContact <= settings.ElectionTicksMax ? 1 : 0;
        Level = settings.Level;
        joinedAfter = recovered.JoinedAfter;
        wrongAt = recovered.WrongAt;
        snapshot = recovered.Snapshot;
        hardState = recovered.HardState with
        {
            CommitIndex = LogIndex.Max(recovered.HardState.CommitIndex, snapshot.LastIncluded.Index),
        };

        log = Recover(recovered);
        configurations = new ConfigurationHistory(snapshot.Configuration);
        skips = SkipHistory.Of(recovered);
        versions = new VersionHistory(snapshot.MachineVersion);
        foreach (var entry in recovered.Entries)
        {
            if (entry.Index > snapshot.LastIncluded.Index)
            {
                configurations.Note(entry);
                versions.Note(entry);
            }
        }

        Invariant.Holds(hardState.CurrentTerm >= log.Last.Term, "a log never holds an entry of a later term than the current one");
        hardState = hardState with { CommitIndex = LogIndex.Min(hardState.CommitIndex, log.Last.Index) };
        FindLastComparison();
        (durable, storeLast, writtenThrough) = (log.Last.Index, log.Last, log.Last);
        AppliedIndex = handedOut = snapshot.LastIncluded.Index;
        AppliedTime = snapshot.Time;
        (timeBase, timeBaseRead) = (log.LastTime, MonotonicTime.Zero);
        quietTicks = settings.LeaderLease ? settings.ElectionTicksMax : 0;
        IsQuiescent = settings.StartsQuiescent;
        ResetElectionTimer();
    }

    /// <summary>The replica's name in its group.</summary>
    public ReplicaId Id { get; }

    /// <summary>The role.</summary>
    public RaftRole Role { get; private set; }

    /// <summary>The current term.</summary>
    public Term CurrentTerm => hardState.CurrentTerm;

    /// <summary>The leader this replica knows, if any.</summary>
    public ReplicaId? Leader => leader;

    /// <summary>The commit index.</summary>
    public LogIndex CommitIndex => hardState.CommitIndex;

    /// <summary>The last entry whose effects the state machine holds.</summary>
    public LogIndex AppliedIndex { get; private set; }

    /// <summary>
    /// Whether the state machine holds all that was committed when the replica first heard from a leader, or became one itself: from then on it is of
    /// use to its group.
    /// </summary>
    public bool HasCaughtUp => committedAtFirst is { } index && AppliedIndex >= index;

    /// <summary>The log time of the last applied entry.</summary>
    public LogTime AppliedTime { get; private set; }

    /// <summary>The end of the log.</summary>
    public EntryId LastEntry => log.Last;

    /// <summary>How many bytes of applied entries the log holds beyond its newest snapshot: the reason to take another.</summary>
    public long BytesSinceSnapshot => bytesSinceSnapshot;

    /// <summary>How many bytes of entries the log holds that were not applied.</summary>
    public long UnappliedBytes => log.BytesBetween(LogIndex.Max(AppliedIndex, log.Start.Index), log.Last.Index);

    /// <summary>The replica at this moment, for display and for tests.</summary>
    public RaftStatus Status => new(
        Id,
        Role,
        hardState,
        leader,
        log.Last,
        durable,
        AppliedIndex,
        snapshot,
        Configuration,
        [.. peers.Select(peer => new ReplicaProgress(
            peer.Id, peer.State, peer.Match.Index, peer.NextIndex, peer.IsLearner, peer.TicksSinceContact) { Transfer = TransferTo(peer) })],
        ticksSinceLeaderContact)
    {
        ElectionTicks = electionTicks,
        ElectionTimeoutTicks = electionTimeoutTicks,
        Receiving = staging is { } part && (part.LastIncluded.Index > CommitIndex || BringsState(part))
            ? new SnapshotTransfer(part.LastIncluded.Index, stagedBytes, part.SizeBytes)
            : null,
    };

    /// <summary>Takes one input to its end.</summary>
    /// <param name="input">What happened.</param>
    /// <param name="now">The host's monotonic clock, read after the input was taken from its queue; never falls.</param>
    /// <param name="effects">Receives what the host must do, in order.</param>
    /// <exception cref="InvariantViolationException">The replica found itself impossible; it must be stopped and not stepped again.</exception>
    public void Step(Input input, MonotonicTime now, List<Effect> effects)
    {
        this.now = now;
        this.effects = effects;
        if (Unquiesces(input))
        {
            idleTicks = input is Receive { Message: not ReadIndexRequest } ? idleTicks : 0;
            EndQuiescence();
        }

        switch (input)
        {
            case Tick:
                OnTick();
                break;
            case LevelRaised raised:
                Level = Math.Max(Level, raised.Level);
                break;
            case Receive receive:
                OnMessage(receive.From, receive.Message);
                break;
            case Propose propose:
                OnPropose(propose);
                break;
            case ProposeConfiguration propose:
                OnProposeConfiguration(propose);
                break;
            case ProposeSkip propose:
                OnProposeSkip(propose);
                break;
            case ProposeComparison:
                OnProposeComparison();
                break;
            case StateDigested made:
                OnStateDigested(made);
                break;
            case ProposeRaise propose:
                OnProposeRaise(propose);
                break;
            case StateLost:
                OnStateLost();
                break;
            case Read read:
                OnRead(read);
                break;
            case Persisted persisted:
                OnPersisted(persisted.Ticket);
                break;
            case EntriesApplied applied:
                OnApplied(applied.Index);
                break;
            case SnapshotSaved saved:
                OnSnapshotSaved(saved.Snapshot);
                break;
            case CompactLog compact:
                OnCompactLog(compact.Through);
                break;
            case SnapshotChunkRead read:
                OnSnapshotChunkRead(read);
                break;
            case SnapshotChunkUnavailable unavailable:
                OnSnapshotChunkUnavailable(unavailable);
                break;
            case SnapshotChunkStaged staged:
                OnSnapshotChunkStaged(staged);
                break;
            case Unreachable unreachable:
                OnUnreachable(unreachable.Replica);
                break;
            case TransferLeadership transfer:
                OnTransferLeadership(transfer.Target);
                break;
            case MachineChanged change:
                OnMachineChanged(change.IsHalted);
                break;
            case Campaign:
                OnCampaign();
                break;
            case LeaderGone gone:
                OnLeaderGone(gone.Leader);
                break;
            case Unquiesce unquiesce:
                OnUnquiesce(unquiesce);
                break;
            default:
                throw new InvariantViolationException($"every input has a handler: {input.GetType().Name} has none");
        }

        CheckAlways();
    }

    /// <summary>The id of an entry in the log, null when it is not there (compacted, or beyond the end).</summary>
    public EntryId? IdAt(LogIndex index) => log.IdAt(index);

    /// <summary>The last entry that this leader knows to be durable on a member; zero for a stranger, and on a replica that does not lead.</summary>
    public EntryId MatchOf(ReplicaId member) => FindPeer(member)?.Match ?? EntryId.Zero;

    /// <summary>
    /// Entries in the log after an index, for display: at most <paramref name="countMax"/>, fewer when the log ends or begins later.
    /// </summary>
    public IReadOnlyList<Entry> EntriesAfter(LogIndex index, int countMax)
    {
        var entries = new List<Entry>();
        for (var next = LogIndex.Max(index, log.Start.Index).Next; next <= log.Last.Index && entries.Count < countMax; next = next.Next)
        {
            entries.Add(log[next]);
        }

        return entries;
    }

    /// <summary>The group's time as this leader would stamp it on an entry now; the time of the last entry elsewhere.</summary>
    /// <remarks>Only the elapsed time of the leader's monotonic clock counts, so that a wall clock that jumps expires nothing.</remarks>
    public LogTime LogTimeAt(MonotonicTime now) =>
        Role == RaftRole.Leader ? LogTime.Max(log.LastTime, timeBase + Math.Max(0, now - timeBaseRead)) : log.LastTime;

    private static RaftLog Recover(RecoveredState recovered)
    {
        var covered = recovered.Snapshot.LastIncluded;
        var end = recovered.LogStart.Index + recovered.Entries.Count;
        Invariant.Holds(recovered.LogStart.Index <= covered.Index, "the log leaves no gap after the snapshot");
        if (end < covered.Index)
        {
            return new RaftLog(covered, recovered.Snapshot.Time, recovered.Snapshot.Utc);
        }

        var isCovered = recovered.LogStart == covered;
        var log = new RaftLog(
            recovered.LogStart, isCovered ? recovered.Snapshot.Time : LogTime.Zero, isCovered ? recovered.Snapshot.Utc : UtcTime.None);
        foreach (var entry in recovered.Entries)
        {
            log.Append(entry);
        }

        Invariant.Holds(log.Contains(covered), "the log and the snapshot agree where they meet");
        return log;
    }

    private void OnTick()
    {
        if (IsQuiescent)
        {
            return;
        }

        quietTicks = Math.Max(0, quietTicks - 1);
        CountStorageStall();
        if (Role == RaftRole.Leader)
        {
            OnLeaderTick();
        }
        else
        {
            OnFollowerTick();
        }
    }

    private void OnMessage(ReplicaId from, Message message)
    {
        Invariant.Holds(from != Id, "a replica does not send messages to itself");
        if (IsForPreviousIncarnation(message))
        {
            return;
        }

        if (message.Term > CurrentTerm && !AdoptTerm(from, message))
        {
            return;
        }

        if (message.Term < CurrentTerm)
        {
            AnswerStale(from, message);
            return;
        }

        switch (message)
        {
            case PreVote vote:
                OnPreVote(from, vote);
                break;
            case PreVoteResponse response:
                OnPreVoteResponse(from, response);
                break;
            case RequestVote vote:
                OnRequestVote(from, vote);
                break;
            case RequestVoteResponse response:
                OnRequestVoteResponse(from, response);
                break;
            case AppendEntries append:
                OnAppendEntries(from, append);
                break;
            case AppendEntriesResponse response:
                OnAppendEntriesResponse(from, response);
                break;
            case InstallSnapshot install:
                OnInstallSnapshot(from, install);
                break;
            case InstallSnapshotResponse response:
                OnInstallSnapshotResponse(from, response);
                break;
            case TimeoutNow:
                OnTimeoutNow();
                break;
            case Quiesce quiesce:
                OnQuiesce(from, quiesce);
                break;
            case SnapshotRequest request:
                OnSnapshotRequest(from, request);
                break;
            case ComparisonRequest request:
                OnComparisonRequest(from, request);
                break;
            case ComparisonResponse response:
                OnComparisonResponse(from, response);
                break;
            case ReadIndexRequest request:
                OnReadIndexRequest(from, request);
                break;
            case ReadIndexResponse response:
                OnReadIndexResponse(response);
                break;
            default:
                throw new InvariantViolationException($"every message has a handler: {message.GetType().Name} has none");
        }
    }

    /// <summary>
    /// Whether a leader means a replica that once had this one's name and was removed: an acknowledgement would count as that replica's, whose log
    /// this one lacks.
    /// </summary>
    private bool IsForPreviousIncarnation(Message message) => joinedAfter > LogIndex.Zero && message switch
    {
        AppendEntries append => append.Session <= joinedAfter,
        InstallSnapshot install => install.Session <= joinedAfter,
        Quiesce quiesce => quiesce.Session <= joinedAfter,
        ComparisonRequest request => request.Session <= joinedAfter,
        _ => false,
    };

    /// <summary>
    /// Takes a newer term over (§5.1), except from those who only ask or who must not disturb. False when the message has been dealt with.
    /// </summary>
    private bool AdoptTerm(ReplicaId from, Message message)
    {
        switch (message)
        {
            case PreVote vote:
                OnPreVote(from, vote);
                return false;
            case PreVoteResponse { Granted: true } response:
                OnPreVoteResponse(from, response);
                return false;
            case RequestVote { IsTransfer: false } when RefusesToDisturbLeader(from):
                // The leader is alive: whoever asks was removed or cut off (thesis §4.2.3). It is not even answered, so its term cannot spread.
                return false;
            case AppendEntries or InstallSnapshot or Quiesce or ComparisonRequest:
                BecomeFollower(message.Term, from);
                return true;
            default:
                BecomeFollower(message.Term, null);
                return true;
        }
    }

    /// <summary>
    /// Answers a message of a term that is over, so that its sender learns of the newer one instead of being ignored for ever (etcd-io/etcd#8501).
    /// </summary>
    private void AnswerStale(ReplicaId from, Message message)
    {
        switch (message)
        {
            case AppendEntries append:
                Send(
                    from,
                    new AppendEntriesResponse(CurrentTerm, append.Session, false, EntryId.Zero, append.Previous.Index, ReadSequence.Zero),
                    TermTicket);
                break;
            case InstallSnapshot install:
                Send(
                    from,
                    new InstallSnapshotResponse(CurrentTerm, install.Session, install.Snapshot.LastIncluded, 0, false, ReadSequence.Zero),
                    TermTicket);
                break;
            case PreVote:
                Send(from, new PreVoteResponse(CurrentTerm, false), TermTicket);
                break;
            case RequestVote:
                Send(from, new RequestVoteResponse(CurrentTerm, false), TermTicket);
                break;
            case ReadIndexRequest request:
                Send(from, new ReadIndexResponse(CurrentTerm, request.ReadId, null), TermTicket);
                break;
        }
    }

    private void Send(ReplicaId to, Message message, PersistTicket after) => effects.Add(new Send(to, message, after));

    private void BecomeFollower(Term term, ReplicaId? newLeader)
    {
        Invariant.Holds(term >= CurrentTerm, "the current term never falls");
        var lostLeadership = Role == RaftRole.Leader;
        var wasFollower = Role == RaftRole.Follower;
        var changed = !wasFollower || term != CurrentTerm || leader != newLeader;
        if (term > CurrentTerm)
        {
            // Term and vote are one write; inside a term a vote, once given, stays (microsoft/CCF#5891).
            SetTermAndVote(term, null);
        }

        Role = RaftRole.Follower;
        leader = newLeader;
        if (changed)
        {
            EndQuiescence();
        }

        if (lostLeadership)
        {
            StepDown();
        }

        if (changed)
        {
            RejectForwardedReads();
            if (!wasFollower || newLeader is not null)
            {
                // A newer term alone does not restart a follower's timer: a candidate that cannot win would keep everybody waiting.
                ResetElectionTimer();
            }

            effects.Add(new RoleChanged(Role, CurrentTerm, leader, 0));
        }
    }

    private void StepDown()
    {
        RejectAllReads();
        peers = [];
        uncommittedBytes = 0;
        transferTarget = null;
        comparison = null;
        TellClocksOff([]);
    }

    /// <summary>Moves the commit index forward, and hands out what may be applied.</summary>
    private void CommitThrough(LogIndex index)
    {
        Invariant.Holds(index <= log.Last.Index, "nothing is committed beyond the end of the log");
        if (index <= CommitIndex)
        {
            // After a restart the commit index read back may be the whole truth already: nothing will advance it, and yet nothing is applied.
            HandOut();
            return;
        }

        uncommittedBytes -= Role == RaftRole.Leader ? log.BytesBetween(CommitIndex, index) : 0;
        hardState = hardState with { CommitIndex = index };
        TellSkips();
        HandOut();
        OnCommitAdvanced();
    }

    /// <summary>Hands committed entries to the state machine, one batch at a time. Only what is durable here is applied.</summary>
    private void HandOut()
    {
        var end = LogIndex.Min(CommitIndex, durable);
        if (skips.FirstPendingAfter(handedOut) is { } undecided)
        {
            end = LogIndex.Min(end, undecided.Previous);
        }

        if (restoring is not null || handedOut != AppliedIndex || end <= handedOut)
        {
            return;
        }

        if (log.FindSlice(handedOut, end) is { } slice && slice.SizeBytes <= settings.ApplyBytesMax)
        {
            // What was sent or written together is mostly committed together, too.
            HandOut(slice.List, slice.SizeBytes);
            return;
        }

        var entries = new List<Entry>();
        long bytes = 0;
        for (var next = handedOut.Next; next <= end && bytes < settings.ApplyBytesMax; next = next.Next)
        {
            ref readonly var entry = ref log[next];
            entries.Add(entry);
            bytes += entry.SizeBytes;
        }

        HandOut(entries, bytes);
    }

    private void HandOut(IReadOnlyList<Entry> entries, long bytes)
    {
        handedOut = entries[^1].Index;
        bytesSinceSnapshot += bytes;
        effects.Add(new Apply(entries));
    }

    private void OnApplied(LogIndex index)
    {
        if (restoring is { } installed)
        {
            if (index < installed.LastIncluded.Index)
            {
                return;
            }

            restoring = null;
            needsState = false;
            ForgetDigest(isReplaced: true);
            handedOut = installed.LastIncluded.Index;
        }

        Invariant.Holds(index <= handedOut, "only entries that were handed out are applied");
        Invariant.Holds(index >= AppliedIndex, "the applied index never falls");
        AppliedIndex = index;
        AppliedTime = index == snapshot.LastIncluded.Index ? snapshot.Time : log[index].Time;
        HandOut();
    }

    /// <summary>What must be true after every step, checked in release builds too.</summary>
    private void CheckAlways()
    {
        Invariant.Holds(AppliedIndex <= CommitIndex, "only committed entries are applied");
        Invariant.Holds(CommitIndex <= log.Last.Index, "only entries of the log are committed");
        Invariant.Holds(durable <= log.Last.Index, "only entries of the log are durable");
        Invariant.Holds(log.Last.Term <= CurrentTerm, "a log never holds an entry of a later term than the current one");
        Invariant.Holds(uncommittedBytes >= 0, "what is uncommitted is counted exactly");
        Invariant.Holds(Role != RaftRole.Leader || leader == Id, "a leader knows that it leads");
    }
}
