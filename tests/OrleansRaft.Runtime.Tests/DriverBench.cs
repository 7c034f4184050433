using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Replica 1 of a group: its driver is real, its log, its clock and the other members are played by the test.</summary>
internal sealed class DriverBench : IReplicaHost, IReplicaTransport, IDisposable
{
    public static readonly ReplicaId Self = new(1);
    public static readonly ReplicaId Two = new(2);
    public static readonly ReplicaId Three = new(3);

    private bool isScheduled;

    public DriverBench(
        int voters = 3,
        RaftOptions? options = null,
        ScriptedLog? log = null,
        IStateMachineHost? machine = null,
        ScriptedExecutor? executor = null,
        ulong program = 1,
        ClusterLevel? level = null,
        double snapshotPart = 1)
    {
        Log = log ?? new ScriptedLog(voters);
        Host = machine ?? new StateMachineHost<string, string>(Machine, new TextCodec(), new TextCodec()) { Program = program };
        Driver = new ReplicaDriver(
            new ReplicaKey("group", Self),
            options ?? Options(),
            Host,
            this,
            this,
            Time,
            Metrics,
            NullLogger.Instance,
            seed: 7,
            executor: executor)
        {
            Level = level ?? new ClusterLevel(FeatureLevels.Newest, FeatureLevels.Newest),
            SnapshotPart = snapshotPart,
        };
        Executor = executor;
    }

    /// <summary>A driver that does nothing of its own accord: its group never quiesces, and no command waits for others.</summary>
    public static RaftOptions Options(Action<RaftOptions>? change = null)
    {
        var options = new RaftOptions { QuiesceTicks = 0, RoundBytesMin = 0, RoundWaitMax = TimeSpan.Zero };
        change?.Invoke(options);
        return options;
    }

    public FakeTimeProvider Time { get; } = new();

    public RaftMetrics Metrics { get; } = new();

    public TextMachine Machine { get; } = new();

    public IStateMachineHost Host { get; }

    /// <summary>What the host was told of states that differ; null when they agree.</summary>
    public string? Diverged { get; private set; }

    /// <summary>What the host was told of states that could not be compared for too long; null when they could.</summary>
    public string? NotCompared { get; private set; }

    /// <summary>The thread of the state machine; null when it runs on the replica's turn.</summary>
    public ScriptedExecutor? Executor { get; }

    /// <summary>Where the state machine halted last, and why, as the host was told; null when it has recovered.</summary>
    public (EntryId? Entry, string Cause)? Halted { get; private set; }

    /// <summary>From where on the program is too old, and why, as the host was told; null when it is not, or no longer.</summary>
    public (EntryId? Entry, string Cause)? Behind { get; private set; }

    /// <summary>The versions that came into force, as the host was told.</summary>
    public List<(int Version, EntryId Entry)> Raised { get; } = [];

    /// <summary>How large the state is that is captured in one piece, as the host was told; null when it is not large.</summary>
    public long? LargeCapture { get; private set; }

    /// <summary>The entries that were skipped, as the host was told.</summary>
    public List<LogIndex> Skipped { get; } = [];

    public ScriptedLog Log { get; }

    public ReplicaDriver Driver { get; }

    public List<(ReplicaId To, Message Message)> Sent { get; } = [];

    /// <summary>Whose clocks are off, as the host was told last.</summary>
    public IReadOnlyList<ReplicaId> ClocksOff { get; private set; } = [];

    public int Scheduled { get; private set; }

    public bool? IsQuiescent { get; private set; }

    public Exception? StoppedBy { get; private set; }

    public DriverBench Start(StartCare? care = null)
    {
        Driver.Start(Log, start: care);
        return this;
    }

    /// <summary>Gives the driver its turns until it asks for no more. The log stays still.</summary>
    public DriverBench Turn()
    {
        for (var turns = 0; isScheduled; turns++)
        {
            Invariant.Holds(turns < 1_000, "a driver that has nothing to do asks for no turn");
            isScheduled = false;
            Driver.Run();
        }

        return this;
    }

    /// <summary>Lets the log do one thing, then gives the driver its turns.</summary>
    public DriverBench Disk()
    {
        Log.DoNext(Driver.LogEvents);
        return Turn();
    }

    /// <summary>Lets log and driver work until nothing is left.</summary>
    public DriverBench Settle()
    {
        Turn();
        while (Log.HasWork || Executor is { HasWork: true, IsFrozen: false })
        {
            if (Log.HasWork)
            {
                Disk();
            }

            if (Executor is { IsFrozen: false })
            {
                Executor.RunAll();
                Turn();
            }
        }

        return this;
    }

    public DriverBench Tell(ReplicaId from, Message message)
    {
        Driver.Receive(from, message);
        return Turn();
    }

    /// <summary>Becomes leader of three in term 1, its first entry committed by replica 2.</summary>
    public DriverBench Lead()
    {
        Start();
        Driver.Post(new Campaign());
        Settle();
        var term = Driver.Raft!.CurrentTerm;
        if (Driver.Raft.Role != RaftRole.Leader)
        {
            Tell(Two, new PreVoteResponse(term.Next, true)).Settle();
            Tell(Two, new RequestVoteResponse(Driver.Raft.CurrentTerm, true)).Settle();
            Acknowledge(Two);
        }

        Driver.Raft.Role.ShouldBe(RaftRole.Leader);
        Driver.Raft.AppliedIndex.Value.ShouldBeGreaterThan(0);
        Sent.Clear();
        return this;
    }

    /// <summary>A member acknowledges the newest entries that were sent to it.</summary>
    public DriverBench Acknowledge(ReplicaId from, bool isHalted = false, MachineVersions? supports = null)
    {
        var last = Sent.Where(sent => sent.To == from).Select(sent => sent.Message).OfType<AppendEntries>().Last();
        Driver.Receive(from, new AppendEntriesResponse(last.Term, last.Session, true, last.Block.Last, LogIndex.Zero, last.ReadSequence)
        {
            IsHalted = isHalted,
            MachineVersions = supports ?? MachineVersions.First,
        });
        return Settle();
    }

    public TestSink Submit(params ReadOnlyMemory<byte>[] envelopes)
    {
        var sink = new TestSink();
        Driver.Submit(envelopes, sink);
        return sink;
    }

    public TestSink Query(ReadConsistency consistency = ReadConsistency.Linearizable, long atLeast = 0)
    {
        var sink = new TestSink();
        Driver.Query([new QueryEnvelope("k", HostBench.Bytes("all")) { AtLeast = new LogIndex(atLeast) }], consistency, sink);
        return sink;
    }

    /// <summary>A leader in replica 2 says that it leads, with entries after what replica 1 has.</summary>
    public AppendEntries FromTwo(Term term, EntryId previous, params (EntryKind Kind, ReadOnlyMemory<byte> Body)[] bodies) => new(
        term,
        LogIndex.Zero,
        new EntryBlock(
            previous,
            [.. bodies.Select((body, i) => new Entry(new EntryId(term, previous.Index + (i + 1)), body.Kind, new LogTime(1), body.Body))]),
        LogIndex.Zero,
        ReadSequence.Zero);

    public void Dispose() => Metrics.Dispose();

    void IReplicaHost.Schedule()
    {
        Invariant.Holds(!isScheduled, "a turn is asked for once until it begins");
        isScheduled = true;
        Scheduled++;
    }

    void IReplicaHost.OnQuiescenceChanged(QuiescenceChanged change) => IsQuiescent = change.IsQuiescent;

    void IReplicaHost.OnStopped(Exception cause) => StoppedBy = cause;

    void IReplicaHost.OnMachineHalted(EntryId? entry, string cause) => Halted = (entry, cause);

    void IReplicaHost.OnEntrySkipped(LogIndex entry, EntryId decision) => Skipped.Add(entry);

    void IReplicaHost.OnVersionBehind(EntryId? entry, string cause) => Behind = (entry, cause);

    void IReplicaHost.OnVersionRaised(int version, EntryId entry) => Raised.Add((version, entry));

    void IReplicaHost.OnMachineRecovered() => (Halted, Behind) = (null, null);

    void IReplicaHost.OnDiverged(string detail, string remedy) => Diverged = $"{detail} {remedy}";

    void IReplicaHost.OnClocksJudged(IReadOnlyList<ReplicaId> off) => ClocksOff = off;

    void IReplicaHost.OnAgreed() => Diverged = null;

    void IReplicaHost.OnNotCompared(string? detail) => NotCompared = detail;

    void IReplicaHost.OnLargeCapture(long? sizeBytes) => LargeCapture = sizeBytes;

    void IReplicaTransport.Send(ReplicaId to, Message message) => Sent.Add((to, message));
}

internal sealed class TestSink : IReplySink
{
    private ReplyBatch? batch;

    public bool IsAnswered => batch is not null;

    public Reply[] Replies => batch.ShouldNotBeNull("the request is answered").Replies;

    public Reply Reply => Replies.ShouldHaveSingleItem();

    public LogTime Time => batch.ShouldNotBeNull("the request is answered").Time;

    public void OnReplied(ReplyBatch batch)
    {
        this.batch.ShouldBeNull("a request is answered once");
        this.batch = batch;
    }
}

/// <summary>The thread of state machines, played by the test: nothing runs until it is told to.</summary>
internal sealed class ScriptedExecutor : IMachineExecutor
{
    private readonly Queue<MachineQueue> waiting = new();

    public bool HasWork => waiting.Count > 0;

    /// <summary>Whether the machine's code does not come back.</summary>
    public bool IsFrozen { get; set; }

    /// <summary>Whether it is this thread, and not the replica's turn, that runs at the moment.</summary>
    public bool IsRunning { get; private set; }

    public void Schedule(MachineQueue queue) => waiting.Enqueue(queue);

    /// <summary>The queue that runs while no other does.</summary>
    public MachineQueue? Alone { get; private set; }

    public void Reserve(MachineQueue queue, Action granted)
    {
        Alone.ShouldBeNull();
        Alone = queue;
        granted();
    }

    public void Release(MachineQueue queue) => Alone = Alone == queue ? null : Alone;

    public void RunAll()
    {
        IsRunning = true;
        while (waiting.TryDequeue(out var queue))
        {
            queue.Run();
        }

        IsRunning = false;
    }
}
