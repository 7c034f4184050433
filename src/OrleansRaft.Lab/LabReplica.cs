using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Core;
using OrleansRaft.Lab.Checks;
using OrleansRaft.Lab.Storage;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Liveness;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Pulses;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Lab;

/// <summary>One activation of a replica on a node, with the same driver that silos run.</summary>
internal sealed class LabReplica : IReplicaHost, IReplicaTransport, IMonitoredReplica, IMachineExecutor, ICheckedReplica, IPulseMember
{
    private readonly LabGroup group;
    private readonly LabWorker worker;

    private RoleChanged role = new(RaftRole.Follower, Term.Zero, null, 0);
    private readonly HashSet<LogIndex> halts = [];
    private QuiescenceChanged? quiescence;
    private bool hasJoined;
    private bool hasEnded;

    internal LabReplica(LabNode node, LabGroup group, ReplicaKey key, IStateMachineHost machine, ulong seed)
    {
        Node = node;
        Key = key;
        this.group = group;
        worker = node.WorkerOf(group.Number);
        Machine = machine;
        Driver = new ReplicaDriver(
            key,
            node.Cluster.Options.Raft,
            machine,
            this,
            this,
            node.Clock,
            node.Cluster.Metrics,
            NullLogger.Instance,
            seed,
            node.Cluster.Options.RunsMachinesApart ? this : null)
        {
            Level = node.Level,
        };
    }

    /// <summary>Which replica it is an activation of.</summary>
    public ReplicaKey Key { get; }

    /// <summary>Where it runs.</summary>
    public LabNode Node { get; }

    /// <summary>The driver. What is posted to it is taken when time passes.</summary>
    public ReplicaDriver Driver { get; }

    /// <summary>Whether it has neither stopped nor crashed.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Its role; follower while it does not run.</summary>
    public RaftRole Role => Core?.Role ?? RaftRole.Follower;

    /// <summary>Its term; zero while it does not run.</summary>
    public Term Term => Core?.CurrentTerm ?? Term.Zero;

    /// <summary>The last entry whose effects its state machine holds; zero while it does not run.</summary>
    public LogIndex AppliedIndex => Core?.AppliedIndex ?? LogIndex.Zero;

    /// <summary>The configuration that it knows to be in force; null while it does not run.</summary>
    public Configuration? Configuration => Core?.Configuration;

    /// <summary>Whether it is quiescent because its group has nothing to do.</summary>
    public bool IsQuiescent => Core?.IsQuiescent ?? false;

    /// <summary>Whether its state machine has ever been halted at an entry, in this life.</summary>
    public bool HasHaltedAt(LogIndex entry) => halts.Contains(entry);

    /// <summary>The worker that gives it its turns.</summary>
    internal LabWorker Worker => worker;

    /// <summary>The number of the turn that it waits for; null when it waits for none.</summary>
    internal long? TurnAsked { get; private set; }

    internal RaftCore? Core => IsRunning ? Driver.Raft : null;

    internal IStateMachineHost Machine { get; }

    internal LabReplicaLog? Log { get; private set; }

    internal ObservedReplica View { get; } = new();

    ObservedReplica ICheckedReplica.View => View;

    bool ICheckedReplica.OwnsStore => Log is { } log && log.Stored.Epoch == log.Epoch;

    bool IMonitoredReplica.MaySpeak => Log is { MaySpeak: true };

    RoleChanged IMonitoredReplica.Role => role;

    QuiescenceChanged? IMonitoredReplica.Quiescence => IsRunning ? quiescence : null;

    OrphanTimes IMonitoredReplica.OrphanTimes { get; } = new();

    private LivenessMonitor<LabSilo>? Monitor => Node.Liveness?.Monitor;

    void IMonitoredReplica.Unquiesce(bool isLeaderLost) => Driver.Unquiesce(isLeaderLost);

    void IReplicaHost.Schedule()
    {
        TurnAsked = Node.AskForTurn();
        worker.Post(this);
    }

    void IMachineExecutor.Schedule(MachineQueue queue) => Node.Cluster.Clock.Schedule(Node.MachineDelay, () => Node.Perform(() => RunMachine(queue)));

    void IMachineExecutor.Reserve(MachineQueue queue, Action granted) => Node.Reserve(this, granted);

    void IMachineExecutor.Release(MachineQueue queue) => Node.Release(this);

    void IReplicaHost.OnStopped(Exception cause)
    {
        if (IsRunning)
        {
            // What it did in the turn that ended it may be known to others already.
            AfterTurn();
            End();
            Node.Cluster.OnReplicaStopped(this, cause);
        }
    }

    void IReplicaHost.OnRightToSpeakChanged()
    {
        Monitor?.OnRightToSpeakChanged(this);
        Join();
    }

    void IReplicaHost.OnMachineHalted(EntryId? entry, string cause)
    {
        if (entry is { } at)
        {
            halts.Add(at.Index);
        }

        Tell(() => $"is halted{(entry is { } one ? $" at {one}" : "")}: {cause}");
    }

    void IReplicaHost.OnVersionBehind(EntryId? entry, string cause)
    {
        if (entry is { } at)
        {
            halts.Add(at.Index);
        }

        Tell(() => $"is behind{(entry is { } one ? $" from {one} on" : "")}: {cause}");
    }

    void IReplicaHost.OnVersionRaised(int version, EntryId entry) => Tell(() => $"works at version {version} from {entry} on");

    void IReplicaHost.OnEntrySkipped(LogIndex entry, EntryId decision)
    {
        Tell(() => $"knows that entry {entry} is skipped, by {decision}");
        Node.Cluster.EntrySkipped?.Invoke(this, entry, decision);
    }

    void IReplicaHost.OnDiverged(string detail, string remedy)
    {
        Tell(() => $"learns that states differ: {detail}");
        Node.Cluster.Diverged?.Invoke(this, detail);
    }

    void IReplicaHost.OnRoleChanged(RoleChanged change) => role = change;

    void IReplicaHost.OnQuiescenceChanged(QuiescenceChanged change) => quiescence = change.IsQuiescent ? change : null;

    void IReplicaHost.OnLeaderSought() => Monitor?.Joined(Key);

    void IReplicaTransport.Send(ReplicaId to, Message message)
    {
        if (IsRunning)
        {
            group.Checks.OnSend(this, to, message);
            Node.Cluster.Observe(() => new LabMessageSent(Node.Cluster.Clock.Now, Key.Group, Key.Replica, to, message));
            Node.Cluster.Network.Send(this, to, message);
        }
    }

    internal void Start(StoredReplica stored, StoreConnection connection)
    {
        Log = new LabReplicaLog(Node, connection, stored, Driver.LogEvents, group.Checks);
        IsRunning = true;
        GroupChecks.OnStart(this, Log.Recovered);

        // Quiescent where groups may be, as in a silo: replicas that start together elect a few at a time.
        Driver.Start(Log, isQuiescent: Monitor is not null, Node.Care);
        Monitor?.LookForOrphans();
        Join();
        AfterTurn();
    }

    internal void Tick()
    {
        if (IsRunning)
        {
            Driver.Tick();
        }
    }

    internal void Receive(ReplicaId from, Message message)
    {
        if (IsRunning && !group.IsLost(from))
        {
            Node.Cluster.Mix(Key.Replica.Value, from.Value, message.Term.Value);
            group.Checks.OnReceive(this, message, Node.LevelMax);
            UnquiesceIfOrphaned();
            Driver.Receive(from, message);
        }
    }

    /// <summary>Asks for its leadership to be handed over, as an operator does.</summary>
    /// <param name="target">To whom; null for the best.</param>
    /// <param name="sink">Receives the answer.</param>
    public void TransferLeadership(ReplicaId? target, IReplySink sink)
    {
        group.Checks.OnTransferAsked(Term);
        Driver.TransferLeadership(target, sink);
    }

    /// <summary>Entries or a snapshot for another member were lost.</summary>
    internal void LosesSightOf(ReplicaId member)
    {
        if (IsRunning)
        {
            Driver.Post(new Unreachable(member));
        }
    }

    /// <summary>To be called before it is given a message or a request.</summary>
    internal void UnquiesceIfOrphaned() => Monitor?.UnquiesceIfOrphaned(this);

    /// <summary>Stops in good order, and gives the right to speak back.</summary>
    internal void Stop()
    {
        if (IsRunning)
        {
            Driver.Stop();
            _ = Log!.ReleaseAsync(CancellationToken.None);
            End();
        }
    }

    /// <summary>Dies on the spot.</summary>
    internal void Crash() => End();

    private void End()
    {
        hasEnded = true;
        IsRunning = false;
        Log?.Abandon();
        Node.Release(this);
        Node.Remove(this);
        Monitor?.Stopped(Key);
        group.Locate(Key.Replica);
        Node.Cluster.StartAtHomeSoon(group, Key.Replica);
    }

    /// <summary>A replica without a vote takes part from the moment when it may speak: it cannot ask who leads.</summary>
    private void Join()
    {
        if (!hasJoined && Core is { } core && Log is { MaySpeak: true })
        {
            hasJoined = true;
            if (!core.HasVote)
            {
                Monitor?.Joined(Key);
            }
        }
    }

    void IPulseMember.TakeTurn()
    {
        if (hasEnded)
        {
            return;
        }

        Node.CheckTurn(this);
        TurnAsked = null;
        try
        {
            Node.IsInTurn = true;
            Driver.Run();
        }
        catch (Exception unexpected)
        {
            Node.Cluster.Report("the driver throws nothing at its host", $"{Key} threw {unexpected}");
            End();
            return;
        }
        finally
        {
            Node.IsInTurn = false;
        }

        AfterTurn();
    }

    private void RunMachine(MachineQueue queue)
    {
        if (!hasEnded && !Node.HasToWait(this, () => RunMachine(queue)))
        {
            queue.Run();
        }
    }

    private void Tell(Func<string> what) =>
        Node.Cluster.Observe(() => new LabReplicaEvent(Node.Cluster.Clock.Now, Key.Group, Key.Replica, what()));

    private void AfterTurn()
    {
        if (IsRunning)
        {
            group.Checks.AfterTurn(this);
        }
    }
}
