using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime;

/// <summary>Drives one replica: hands inputs to Core, and turns its effects into writes, messages, applied commands and answers.</summary>
/// <remarks>
/// <para>
/// Inputs are posted from any thread; everything else happens inside <see cref="Run"/>, which the host calls on its own turn. The driver awaits
/// nothing and takes time from its <see cref="TimeProvider"/> only, so that the simulator runs the same code the silos run.
/// </para>
/// <para>
/// A user's state machine runs on other threads: it gets what it has to do in a <see cref="MachineQueue"/>, and what it has done comes back through
/// the inbox. The library's own, whose time is bounded, run on the turn itself.
/// </para>
/// <para>The parts are by theme: Posting (any thread), Turn, Effects, Requests, Machine, Halting, Care, Skipping, Versions, Snapshots, Ending.</para>
/// </remarks>
internal sealed partial class ReplicaDriver
{
    private readonly RaftOptions options;
    private readonly IStateMachineHost machine;
    private readonly IReplicaTransport transport;
    private readonly IReplicaHost host;
    private readonly TimeProvider time;
    private readonly RaftMetrics metrics;
    private readonly ILogger logger;
    private readonly ulong seed;
    private readonly IMachineExecutor? executor;
    private readonly long origin;

    // The library's own state machines look at nothing that surrounds them; a change of context for each turn would be felt by short turns.
    private readonly bool turnsRunUserCode;

    private readonly Inbox inbox;
    private readonly Answers answers;
    private readonly Rejections rejections;
    private readonly PendingProposals proposals;
    private readonly Rounds rounds;
    private readonly HeldSends heldSends = new();

    private RaftCore? core;
    private IReplicaLog? log;
    private PendingReads reads = new(0);
    private long commitIndexSeen;
    private bool isStopped;
    private bool isInTurn;
    private bool isStopping;

    /// <summary>Makes a driver; it does nothing until <see cref="Start"/>.</summary>
    /// <param name="key">Which replica.</param>
    /// <param name="options">How it behaves; validated.</param>
    /// <param name="machine">The state machine; whatever it holds is replaced at <see cref="Start"/>.</param>
    /// <param name="transport">Takes messages to the other members.</param>
    /// <param name="host">Gives the driver its turns.</param>
    /// <param name="time">The monotonic clock.</param>
    /// <param name="metrics">The silo's instruments.</param>
    /// <param name="logger">Where the replica logs.</param>
    /// <param name="seed">The seed of its election timeouts: different for each replica.</param>
    /// <param name="executor">Runs the state machine away from the host's turns; null to run it there, as the library's own always are.</param>
    public ReplicaDriver(
        ReplicaKey key,
        RaftOptions options,
        IStateMachineHost machine,
        IReplicaTransport transport,
        IReplicaHost host,
        TimeProvider time,
        RaftMetrics metrics,
        ILogger logger,
        ulong seed,
        IMachineExecutor? executor = null)
    {
        Key = key;
        this.options = options;
        this.machine = machine;
        this.transport = transport;
        this.host = host;
        this.time = time;
        this.metrics = metrics;
        this.logger = logger;
        this.seed = seed;
        this.executor = executor;
        origin = time.GetTimestamp();
        inbox = new Inbox(options);
        answers = new Answers(metrics, time, () => GroupTime);
        rejections = new Rejections(key, options);
        proposals = new PendingProposals(answers);
        turnsRunUserCode = executor is null && !machine.IsBounded;
        worker = executor is null || machine.IsBounded ? null : new MachineQueue(key, machine, executor, time, OnJobDone, OnMachineStuck);
        restorer = executor is null || worker is not null ? null : new MachineQueue(key, machine, executor, time, OnJobDone, OnMachineStuck);
        rounds = new Rounds(options, time, AskForTurn);
        LogEvents = new LogEvents(inbox, AskForTurn, host);
    }

    /// <summary>Which replica.</summary>
    public ReplicaKey Key { get; }

    /// <summary>The feature level at which the cluster works, as the silo knows it; the newest unless it is set before <see cref="Start"/>.</summary>
    public ClusterLevel Level { get; init; } = new(FeatureLevels.Newest, FeatureLevels.Newest);

    /// <summary>Whether the replica knew a leader (itself, perhaps) at the end of its last turn. Any thread.</summary>
    public bool HasLeader { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Whether the replica has applied what was committed when it first heard from a leader, or became one itself. Any thread.</summary>
    public bool HasCaughtUp { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Whether the replica led at the end of its last turn. Any thread.</summary>
    public bool IsLeader { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>How many entries it had appended and not committed at the end of its last turn, if it led. Any thread.</summary>
    public long CommitLag { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>How many bytes the state has; 0 when its state machine does not say. Any thread.</summary>
    public long StateBytes { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>How many bytes the newest snapshot has; 0 without one. Any thread.</summary>
    public long SnapshotBytes { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>See <see cref="ReplicaStatus.SnapshotAge"/>; zero without a snapshot. Any thread.</summary>
    public TimeSpan SnapshotAge
    {
        get => new(Volatile.Read(ref snapshotAgeTicks));
        private set => Volatile.Write(ref snapshotAgeTicks, value.Ticks);
    }

    /// <summary>How many request ids the group remembers, as this replica knows. Any thread.</summary>
    public int RequestIds { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Which part of the places for request ids is taken, from 0 to 1. Any thread.</summary>
    public double RequestFill { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>The commit index at the end of its last turn. Any thread.</summary>
    public LogIndex CommitIndex => new(Volatile.Read(ref commitIndexSeen));

    /// <summary>Whether the replica has a vote: without one it finds no leader by itself, but waits to be spoken to. On the host's turn.</summary>
    public bool HasVote => Core.HasVote;

    /// <summary>What the log tells goes here; pass it to <see cref="ILogStore.OpenAsync"/> before <see cref="Start"/>.</summary>
    public IReplicaLogEvents LogEvents { get; }

    /// <summary>Core itself, for a host that checks it after every run; null before <see cref="Start"/>. On the host's turn.</summary>
    internal RaftCore? Raft => core;

    /// <summary>Whether this replica would serve a read by its lease now. On the host's turn.</summary>
    internal bool HoldsLease => core is { } raft && ReplicaLog.MaySpeak && raft.HoldsLease(Now());

    private RaftCore Core => core ?? throw new InvalidOperationException($"{Key} has not been started.");

    private IReplicaLog ReplicaLog => log ?? throw new InvalidOperationException($"{Key} has not been started.");

    private LogTime GroupTime => core?.LogTimeAt(Now()) ?? LogTime.Zero;

    /// <summary>Restores the state machine from what the log read back, and starts Core. On the host's turn.</summary>
    /// <exception cref="CorruptDataException">The snapshot is damaged, or the state machine did not take it whole: the replica must not
    /// start.</exception>
    /// <exception cref="InvariantViolationException">What the log read back contradicts itself.</exception>
    /// <param name="log">The replica's log, open.</param>
    /// <param name="isQuiescent">Whether it begins quiescent: only for hosts that unquiesce it, see <see cref="Unquiesce"/>.</param>
    /// <param name="start">Whether the silo begins this life carefully; null for a host that takes no care.</param>
    public void Start(IReplicaLog log, bool isQuiescent = false, StartCare? start = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (core is not null || isStopped)
        {
            throw new InvalidOperationException($"{Key} can be started once only.");
        }

        var recovered = log.Recovered;
        var level = machine.Level = Level.InForce;
        BeginCare(log, start);
        verdict = RecallVerdict(log);
        recovered = recovered with { WrongAt = verdict.WrongAt };
        var mayUse = RaftCore.MayUse(recovered) && !verdict.IsWrong;
        MachineException? failure = null;
        MachineContext.Run(_ => failure = BeginMachine(recovered.Snapshot, log.RecoveredSnapshot, mayUse), this);
        this.log = log;
        reads = new PendingReads(log.Epoch);
        heardFromLeader = Now();
        core = new RaftCore(
            Key.Replica,
            options.ToSettings() with { StartsQuiescent = isQuiescent, MachineVersions = machine.Versions, Level = level },
            recovered,
            seed);
        ReadClock();
        if (verdict.IsWrong)
        {
            ObeyVerdict();
        }
        else if (!mayUse)
        {
            LackState();
        }
        else if (IsUnsupported(recovered.Snapshot))
        {
            FallBehind(recovered.Snapshot);
        }
        else if (failure is not null)
        {
            HaltWithoutState(failure);
        }

        // Whereupon Core hands out what is known to be committed: in a sleeping group nobody else would make it.
        unreported = core.AppliedIndex;
        MindCare();
        metrics.Replicas.Add(this);
        Log.Started(logger, Key, recovered.Snapshot.LastIncluded, recovered.Entries.Count, log.Epoch);

        // Nobody else may know it: after all silos have ended, the members' own logs are all that tells who they are.
        host.OnConfigurationChanged(core.Configuration);
        if (isQuiescent && !mayUse)
        {
            // It has something to ask for, and asks when it ticks.
            unquiesceLater = new Unquiesce(IsLeaderLost: false);
        }

        if (isQuiescent)
        {
            host.OnQuiescenceChanged(new QuiescenceChanged(true, core.LastEntry, null));
        }

        AskForTurn();
    }

    /// <summary>Takes what was posted: what the log has done, then messages, then requests, then at most one tick. On the host's turn.</summary>
    public void Run()
    {
        Interlocked.Exchange(ref isScheduled, 0);
        if (core is null || isStopped)
        {
            return;
        }

        Invariant.Holds(!isInTurn, "a replica has one turn at a time");
        isInTurn = true;
        metrics.Turns.Add(1);
        try
        {
            if (turnsRunUserCode)
            {
                // Whatever the thread carries is of some caller, or of the host.
                MachineContext.Run(static driver => ((ReplicaDriver)driver!).TakeTurn(), this);
            }
            else
            {
                TakeTurn();
            }
        }
        catch (Exception exception)
        {
            // Whatever went wrong, what Core knows and what the host did may differ now. Only a restart from the store mends that.
            Log.Failed(logger, exception, Key);
            End(exception);
        }

        isInTurn = false;
        if (isStopping)
        {
            Stop();
        }
    }

    /// <summary>
    /// Stops: answers what waits with "unknown" or a rejection, and hands nothing more to anybody. On the host's turn; may be repeated.
    /// </summary>
    public void Stop()
    {
        if (isInTurn)
        {
            // Called by whoever is told something in the middle of the turn: from here on the turn does nothing, and the answers follow it.
            isStopping = true;
        }
        else if (!isStopped)
        {
            Log.Stopped(logger, Key);
            Abandon();
        }
    }

    private MonotonicTime Now() => new(time.GetElapsedTime(origin).Ticks / TimeSpan.TicksPerMillisecond);
}
