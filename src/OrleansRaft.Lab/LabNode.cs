using OrleansRaft.Core;
using OrleansRaft.Lab.Storage;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Lives;

namespace OrleansRaft.Lab;

/// <summary>One process of a <see cref="LabCluster"/>, with its clocks, its disk and its replicas.</summary>
internal sealed class LabNode : ILabProcess
{
    // How often a node asks for the level, in ticks.
    private const int LevelTicks = 20;

    private readonly List<LabReplica> replicas = [];
    private readonly Queue<Action> backlog = new();
    private readonly Queue<(LabReplica Replica, Action Granted)> reserving = new();
    private readonly List<Action> waiting = [];
    private LabReplica? alone;
    private SiloLives? lives;

    private StoreConnection[] connections = [];
    private LabWorker[] workers = [];
    private long ticks;
    private long turnsAsked;
    private long generation;
    private bool isDoomed;

    internal LabNode(LabCluster cluster, int index, LabDisk disk, LabNodeClock clock)
    {
        Cluster = cluster;
        Index = index;
        Disk = disk;
        Clock = clock;
    }

    /// <summary>The node's number, from 0.</summary>
    public int Index { get; }

    /// <summary>Its clocks.</summary>
    public LabNodeClock Clock { get; }

    /// <summary>The disk that holds the replicas whose home is this node.</summary>
    public LabDisk Disk { get; }

    /// <summary>Whether the process runs.</summary>
    public bool IsUp { get; private set; }

    /// <summary>Whether the process is frozen: it does nothing, and its clocks go on.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>
    /// Whether the node does not reach shared disks. What it asked meanwhile is answered when this ends; a disk of its own it always reaches.
    /// </summary>
    public bool IsCutFromDisks
    {
        get;
        set
        {
            field = value;
            if (!value)
            {
                Array.ForEach(connections, connection => connection.Resume());
            }
        }
    }

    /// <summary>How long a replica waits for its turn after something was posted to it.</summary>
    public TimeSpan TurnDelay { get; set; } = TimeSpan.FromMicroseconds(20);

    /// <summary>How long a state machine takes for what it is given at one time, where machines run apart from turns.</summary>
    public TimeSpan MachineDelay { get; set; } = TimeSpan.FromMicroseconds(20);

    /// <summary>Whether one of the node's replicas takes its turn at this moment: no user's code may run then, where machines run apart.</summary>
    public bool IsInTurn { get; internal set; }

    /// <summary>The newest feature level that the node's program supports; changed only while its process does not run.</summary>
    public int LevelMax { get; set; } = FeatureLevels.Newest;

    /// <summary>The feature level at which the cluster works, as the process knows it.</summary>
    public ClusterLevel Level { get; private set; } = new(FeatureLevels.Newest, FeatureLevels.Oldest);

    /// <summary>What the node told when it last started.</summary>
    internal int LevelReported { get; private set; }

    /// <summary>The replicas that run here.</summary>
    public IReadOnlyList<LabReplica> Replicas => replicas;

    /// <summary>Whether the process began its life carefully, because the lives before it did not end in order.</summary>
    public bool IsCareful => Care.IsCareful;

    internal StartCare Care { get; private set; } = StartCare.None;

    internal LabCluster Cluster { get; }

    /// <summary>The process that runs here, apart from those that ran here before.</summary>
    internal LabSilo Silo => new(Index, generation);

    /// <summary>Watches the other nodes, if groups may be quiescent; null otherwise.</summary>
    internal LabLiveness? Liveness { get; private set; }

    /// <summary>Starts the process and the replicas whose home it is. One that runs goes on, even if it was to die in its next write.</summary>
    public void Restart()
    {
        isDoomed = false;
        if (IsUp || !Cluster.Admit(this))
        {
            return;
        }

        LevelReported = LevelMax;
        Level = new ClusterLevel(LevelMax, Cluster.Levels.InForce);
        IsUp = true;
        IsPaused = false;
        IsCutFromDisks = false;
        var current = ++generation;
        (lives, var isCareful) = SiloLives.Begin(lives, Clock.GetUtcNow());
        Care = new StartCare(((long)Index << 32) + generation, isCareful, Clock);
        connections = [.. Cluster.Nodes.Select(node => new StoreConnection(this, node.Disk, Cluster.Options.SharedDisks))];
        workers = [.. Enumerable.Range(0, Cluster.Options.Workers).Select(
            _ => new LabWorker(this, connections, () => TurnDelay, Cluster.Report, Cluster.DrawRandomOfWorker()))];
        Liveness = Cluster.Options.Raft.QuiesceTicks > 0 ? new LabLiveness(this) : null;
        Clock.Schedule(Cluster.Options.Raft.TickInterval / 7 * (Index % 7), () => TickForever(current));
        Cluster.StartHomeReplicas(this);
    }

    /// <summary>Kills the process: what was not durable is lost.</summary>
    public void Crash()
    {
        if (!IsUp)
        {
            return;
        }

        IsUp = false;
        IsPaused = false;
        generation++;
        Liveness?.Dispose();
        Liveness = null;
        backlog.Clear();
        reserving.Clear();
        waiting.Clear();
        alone = null;
        Array.ForEach(connections, connection => connection.Crash());
        foreach (var replica in replicas.ToArray())
        {
            replica.Crash();
        }
    }

    /// <summary>Lets the process die in the middle of the next write that one of its replicas begins.</summary>
    public void CrashInNextWrite() => isDoomed = IsUp;

    /// <summary>Ends the process in good order: its replicas stop and give their rights back.</summary>
    public void Stop()
    {
        foreach (var replica in replicas.ToArray())
        {
            replica.Stop();
        }

        lives = lives?.End();
        Crash();
    }

    /// <summary>Freezes the process, as a stopped virtual machine or a long collection of garbage does.</summary>
    public void Pause() => IsPaused = IsUp;

    /// <summary>Lets a frozen process go on, with everything that came meanwhile.</summary>
    public void Resume()
    {
        IsPaused = false;
        while (backlog.TryDequeue(out var action))
        {
            action();
        }
    }

    /// <summary>The replica of a group that runs here, if one does.</summary>
    public LabReplica? Find(string group, ReplicaId replica)
    {
        foreach (var candidate in replicas)
        {
            if (candidate.Key.Replica == replica && candidate.Key.Group == group)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The replica of a group that runs here, if one does.</summary>
    public LabReplica? Find(string group)
    {
        foreach (var candidate in replicas)
        {
            if (candidate.Key.Group == group)
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>Does something as this process: at once, after its pause, or never.</summary>
    internal void Perform(Action action)
    {
        if (IsPaused)
        {
            backlog.Enqueue(action);
        }
        else if (IsUp)
        {
            action();
        }
    }

    bool ILabProcess.CarriesPulses => Cluster.Options.CarriesPulses;

    void ILabProcess.Perform(Action action) => Perform(action);

    void ILabProcess.OnWritesLost(int torn, int lost)
    {
        Cluster.TornWrites += torn;
        Cluster.LostWrites += lost;
    }

    void ILabProcess.OnWriteBegun()
    {
        if (isDoomed)
        {
            isDoomed = false;
            Cluster.Clock.Schedule(TimeSpan.Zero, Crash);
        }
    }

    /// <summary>Lets one replica's machine run while no other of the process does.</summary>
    internal void Reserve(LabReplica replica, Action granted)
    {
        reserving.Enqueue((replica, granted));
        Grant();
    }

    /// <summary>Ends that, or the wait for it.</summary>
    internal void Release(LabReplica replica)
    {
        (LabReplica Replica, Action Granted)[] others = [.. reserving.Where(one => one.Replica != replica)];
        reserving.Clear();
        Array.ForEach(others, reserving.Enqueue);
        if (alone == replica)
        {
            alone = null;
            Action[] passedOver = [.. waiting];
            waiting.Clear();
            Array.ForEach(passedOver, action => Clock.Schedule(TimeSpan.Zero, () => Perform(action)));
        }

        Grant();
    }

    /// <summary>Whether a machine may not run because another one runs alone; then it does so later.</summary>
    internal bool HasToWait(LabReplica replica, Action run)
    {
        if (alone is null || alone == replica)
        {
            return false;
        }

        waiting.Add(run);
        return true;
    }

    private void Grant()
    {
        if (alone is null && reserving.TryDequeue(out var first))
        {
            alone = first.Replica;
            first.Granted();
        }
    }

    /// <summary>The worker that gives a replica of a group its turns.</summary>
    internal LabWorker WorkerOf(int group) => workers[group % workers.Length];

    /// <summary>A replica that has much to do, again and again, must not keep the others of its worker from theirs.</summary>
    internal void CheckTurn(LabReplica next)
    {
        foreach (var other in replicas)
        {
            if (other.TurnAsked < next.TurnAsked && other.Worker == next.Worker)
            {
                Cluster.Report("replicas have their turns in the order in which they asked", $"{next.Key} goes before {other.Key}");
            }
        }
    }

    /// <summary>A number for a turn that is asked for: later ones have higher numbers.</summary>
    internal long AskForTurn() => ++turnsAsked;

    internal StoreConnection ConnectionTo(LabNode home) => connections[home.Index];

    internal void Add(LabReplica replica) => replicas.Add(replica);

    internal void Remove(LabReplica replica) => replicas.Remove(replica);

    /// <summary>
    /// Asks at which feature level the cluster works, and raises it; the answer may come late, and after that to a later question.
    /// </summary>
    private void LookAtLevel()
    {
        if (IsCutFromDisks || Level.InForce >= Level.Newest)
        {
            return;
        }

        if (Cluster.Options.Raft.AutoFinalize && Cluster.Nodes.First(static node => node.IsUp) == this)
        {
            Cluster.AdvanceLevel();
        }

        var (current, told) = (generation, Cluster.Levels.InForce);
        Clock.Schedule(Cluster.Options.Raft.TickInterval * (ticks * 7 % (2 * LevelTicks)), () =>
        {
            if (current == generation)
            {
                Perform(() => LearnLevel(told));
            }
        });
    }

    private void LearnLevel(int told)
    {
        var known = Level.InForce;
        Level.Learn(told);
        if (Level.InForce < known)
        {
            Cluster.Report("a feature level is never lowered", $"node {Index} knew {known} and believes in {Level.InForce}");
        }
    }

    private void TickForever(long current)
    {
        if (current != generation)
        {
            return;
        }

        Perform(TickAll);
        Clock.Schedule(Cluster.Options.Raft.TickInterval, () => TickForever(current));
    }

    private void TickAll()
    {
        if (ticks++ % LevelTicks == Index % LevelTicks)
        {
            LookAtLevel();
        }

        for (var i = 0; i < replicas.Count; i++)
        {
            replicas[i].Tick();
        }
    }
}
