using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Liveness;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>One activation of a replica on this silo: joins its driver to the grain's turns, to the lanes and to its log.</summary>
/// <remarks>An activation lives once: Opening, Running, Stopped. Stopped is final, and what is stopped sends nothing.</remarks>
internal sealed class HostedReplica : ILocalReplica, IReplicaHost, IReplicaTransport, ILaneSender
{
    private static readonly Action<object> RunDriver = static state => ((HostedReplica)state).Driver.Run();
    private static readonly Action<object> StopDriver = static state => ((HostedReplica)state).Driver.Stop();

    private readonly IGrainBase grain;
    private readonly ReplicaServices services;
    private IReplicaLog? log;
    private IGrainTimer? timer;
    private QuiescenceChanged? quiescence;
    private RoleChanged role = new(RaftRole.Follower, Term.Zero, null, 0);
    private IReplicaFaults? faults;
    private readonly FaultInjectingLogEvents? faultingEvents;
    private Configuration? told;
    private long leaderlessSince;
    private int phase;

    public HostedReplica(ReplicaSlot slot, IGrainBase grain, ReplicaServices services)
    {
        Slot = slot;
        Key = new ReplicaKey(slot.Group.Name, slot.Replica);
        this.grain = grain;
        this.services = services;
        Machine = services.Machines.Create(slot.Group.Set.Name);
        leaderlessSince = services.Time.GetTimestamp();
        Driver = services.CreateDriver(this);
        if (services.Faults.IsEnabled)
        {
            faultingEvents = new FaultInjectingLogEvents(this, services.Time);
        }
    }

    private enum Phase
    {
        Opening = 0,
        Running = 1,
        Stopped = 2,
    }

    /// <inheritdoc/>
    public ReplicaKey Key { get; }

    /// <inheritdoc/>
    public ReplicaSlot Slot { get; }

    /// <inheritdoc/>
    public ReplicaDriver Driver { get; }

    /// <summary>Its state machine, which lives as long as this activation.</summary>
    public IStateMachineHost Machine { get; }

    /// <inheritdoc/>
    public IReplicaFaults? Faults
    {
        get => Volatile.Read(ref faults);
        set
        {
            Volatile.Write(ref faults, value);
            if (value is { IsStoreFailing: true })
            {
                faultingEvents?.Fail();
            }
            else if (value is not { IsPaused: true } && IsRunning)
            {
                // What came while it was paused asked for a turn in vain.
                Schedule();
            }
        }
    }

    /// <summary>Where its log tells what it has done.</summary>
    public IReplicaLogEvents LogEvents => (IReplicaLogEvents?)faultingEvents ?? Driver.LogEvents;

    /// <summary>Its log; null until it is open.</summary>
    public IReplicaLog? OpenLog => Volatile.Read(ref log);

    /// <inheritdoc/>
    public long Epoch => OpenLog?.Epoch ?? 0;

    /// <inheritdoc/>
    public bool MaySpeak => OpenLog is { MaySpeak: true };

    /// <inheritdoc/>
    public RoleChanged Role => Volatile.Read(ref role);

    /// <inheritdoc/>
    public long LeaderlessMilliseconds =>
        Role.Leader is null ? Math.Max(1, (long)services.Time.GetElapsedTime(Volatile.Read(ref leaderlessSince)).TotalMilliseconds) : 0;

    /// <inheritdoc/>
    public Configuration Configuration => Volatile.Read(ref told) ?? Slot.Group.Initial;

    /// <inheritdoc/>
    public bool IsRunning => Volatile.Read(ref phase) == (int)Phase.Running;

    /// <inheritdoc/>
    public bool IsStopped => Volatile.Read(ref phase) == (int)Phase.Stopped;

    /// <inheritdoc/>
    public bool HasCaughtUp => Driver.HasCaughtUp || (Quiescence is not null && !services.Liveness.IsOrphan(this));

    /// <inheritdoc/>
    public QuiescenceChanged? Quiescence => IsRunning ? Volatile.Read(ref quiescence) : null;

    /// <inheritdoc/>
    public OrphanTimes OrphanTimes { get; } = new();

    // Who watches, watches what applications do.
    private bool IsWatched => services.Events.IsWatched && !Slot.Group.IsCatalogue;

    private IGrainContext Context => grain.GrainContext;

    /// <summary>Takes note of the open log.</summary>
    public void Attach(IReplicaLog opened)
    {
        Volatile.Write(ref log, opened);
        Slot.Learn(services.LocalSilo, opened.Epoch);
    }

    /// <summary>Begins to take part, on the grain's turn; not when it was stopped meanwhile.</summary>
    public void Start()
    {
        Invariant.Holds(OpenLog is not null, "a replica starts from an open log");
        if (!IsStopped)
        {
            // Quiescent, so that replicas that start together elect a few at a time, when their turn comes.
            Driver.Start(OpenLog, services.Quiesces);
            if (Volatile.Read(ref quiescence) is null)
            {
                StartTicking();
            }

            services.Liveness.LookForOrphans();
            if (Interlocked.CompareExchange(ref phase, (int)Phase.Running, (int)Phase.Opening) == (int)Phase.Stopped)
            {
                StopTicking();
            }
            else if (!Driver.HasVote)
            {
                services.Liveness.Joined(Key);
            }
        }
    }

    /// <summary>Stops, on the grain's turn; may be repeated.</summary>
    public void Stop()
    {
        Silence();
        Driver.Stop();
    }

    /// <inheritdoc/>
    public void StopSoon()
    {
        Silence();
        Context.Scheduler.QueueAction(StopDriver, this);
    }

    /// <inheritdoc/>
    public void Retire() => Context.Deactivate(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"replica {Key} was removed from its group"));

    /// <inheritdoc/>
    public bool Deliver(ReplicaId from, Message message)
    {
        if (!IsRunning)
        {
            return false;
        }

        UnquiesceIfOrphaned();
        return Driver.Receive(from, message);
    }

    /// <inheritdoc/>
    public void Unquiesce(bool isLeaderLost) => Driver.Unquiesce(isLeaderLost);

    /// <inheritdoc/>
    public void UnquiesceIfOrphaned() => services.Liveness.UnquiesceIfOrphaned(this);

    /// <inheritdoc/>
    public void OnLost(ReplicaId to)
    {
        if (IsRunning)
        {
            Driver.Post(new Unreachable(to));
        }
    }

    /// <inheritdoc/>
    public void Schedule()
    {
        if (Faults is not { IsPaused: true })
        {
            Context.Scheduler.QueueAction(RunDriver, this);
        }
    }

    /// <inheritdoc/>
    public void OnStopped(Exception cause)
    {
        Silence();
        services.Failed(Key, cause);
        Log.ReplicaStopped(services.Logger, cause, Key, Epoch);
        Context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, cause, $"replica {Key} stopped: {cause.Message}"));
    }

    /// <inheritdoc/>
    public void OnMachineHalted(EntryId? entry, string cause)
    {
        if (!IsStopped)
        {
            services.MachineAlarms.Halted(Key, entry, cause);
        }
    }

    /// <inheritdoc/>
    public void OnMachineRecovered() => services.MachineAlarms.Recovered(Key);

    /// <inheritdoc/>
    public void OnRightToSpeakChanged() => services.Liveness.OnRightToSpeakChanged(this);

    /// <inheritdoc/>
    public void OnRoleChanged(RoleChanged change)
    {
        if (Role.Leader is not null)
        {
            Volatile.Write(ref leaderlessSince, services.Time.GetTimestamp());
        }

        Volatile.Write(ref role, change);
        if (IsWatched)
        {
            services.Events.OnRoleChanged(this, change);
        }

        if (change.Role == RaftRole.Leader)
        {
            TellConfiguration();
        }
    }

    /// <inheritdoc/>
    public void OnConfigurationChanged(Configuration configuration)
    {
        var isFirst = Interlocked.Exchange(ref told, configuration) is null;
        TellConfiguration();
        if (IsWatched && !isFirst)
        {
            services.Events.OnMembersChanged(this, configuration);
        }
    }

    /// <inheritdoc/>
    public void OnSnapshot(EntryId lastIncluded, bool isInstalled)
    {
        if (IsWatched)
        {
            services.Events.OnSnapshot(this, lastIncluded, isInstalled);
        }
    }

    /// <inheritdoc/>
    public void OnQuiescenceChanged(QuiescenceChanged change)
    {
        Volatile.Write(ref quiescence, change.IsQuiescent ? change : null);
        if (change.IsQuiescent)
        {
            StopTicking();
        }
        else
        {
            StartTicking();
        }
    }

    /// <inheritdoc/>
    public void Send(ReplicaId to, Message message)
    {
        if (!IsRunning)
        {
            return;
        }

        var peer = Slot.Group.Slot(to);
        var broken = Faults;
        var isLost = broken is not null && broken.Loses(to);
        if (IsWatched)
        {
            services.Events.OnMessage(this, peer, message, isLost);
        }

        if (broken is null)
        {
            Pass(peer, message);
        }
        else if (!isLost)
        {
            PassLaterAsync(peer, message, broken.DelayTo(to)).Ignore();
        }
        else
        {
            Lose(to, message);
        }
    }

    private void Lose(ReplicaId to, Message message)
    {
        if (MessageFrame.IsMissed(message))
        {
            OnLost(to);
        }
    }

    private void Pass(ReplicaSlot peer, Message message)
    {
        if (peer.Local is { } neighbor)
        {
            if (!neighbor.Deliver(Key.Replica, message))
            {
                Lose(peer.Replica, message);
            }
        }
        else
        {
            services.Lanes.Send(this, Epoch, peer, message);
        }
    }

    private async Task PassLaterAsync(ReplicaSlot peer, Message message, TimeSpan delay)
    {
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, services.Time);
        }

        if (IsRunning)
        {
            Pass(peer, message);
        }
    }

    /// <summary>Elections and heartbeats are counted by a timer of the grain; only while the group is awake. On the grain's turn.</summary>
    private void StartTicking()
    {
        StopTicking();
        var period = services.TickInterval;
        Volatile.Write(ref timer, grain.RegisterGrainTimer(
            Tick,
            this,
            new GrainTimerCreationOptions { DueTime = period, Period = period, Interleave = true, KeepAlive = true }));
    }

    private void StopTicking() => Interlocked.Exchange(ref timer, null)?.Dispose();

    private static Task Tick(HostedReplica replica, CancellationToken cancellation)
    {
        replica.Driver.Tick();
        return Task.CompletedTask;
    }

    /// <summary>A follower's word is its leader's: what it had from another is cut off before it hears more.</summary>
    private void TellConfiguration()
    {
        var known = Role;
        Slot.Group.Learn(Configuration, known.Leader is null ? Term.Zero : known.Term);
        if (known.Role == RaftRole.Leader && Configuration.Version > LogIndex.Zero)
        {
            services.Catalogue.Nudge();
        }
    }

    private void Silence()
    {
        StopTicking();
        if (Interlocked.Exchange(ref phase, (int)Phase.Stopped) != (int)Phase.Stopped)
        {
            services.Groups.Remove(this);
            services.MachineAlarms.Recovered(Key);
            Slot.Forget(services.LocalSilo);
            services.Liveness.Stopped(Key);
        }
    }
}
