using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Liveness;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>One activation of a replica on this silo: its life, and what others ask of it.</summary>
/// <remarks>
/// An activation lives once: Opening, Running, Stopped. Stopped is final, and what is stopped sends nothing. What its driver tells goes to its
/// <see cref="DriverHost"/>, and what the driver sends to its <see cref="ReplicaSender"/>.
/// </remarks>
internal sealed class HostedReplica : ILocalReplica
{
    private static readonly Action<object> StopDriver = static host => ((DriverHost)host).StopDriverAsync().Ignore();

    private readonly IGrainContext grain;
    private readonly ReplicaServices services;
    private readonly DriverHost host;
    private readonly ReplicaTicks ticks;
    private IReplicaLog? log;
    private IReplicaFaults? faults;
    private FaultInjectingLogEvents? faultingEvents;
    private int phase;

    public HostedReplica(ReplicaSlot slot, IStateMachineHost machine, IGrainBase grain, ReplicaServices services)
    {
        Slot = slot;
        Key = new ReplicaKey(slot.Group.Name, slot.Replica);
        Machine = machine;
        this.grain = grain.GrainContext;
        this.services = services;
        ticks = new ReplicaTicks(grain, services.Drivers.TickInterval, services.Time);
        host = new DriverHost(this, grain.GrainContext, ticks, services);
        var sender = new ReplicaSender(this, services.Lanes, services.Notices, services.Time);
        Driver = services.Drivers.Create(Key, machine, sender, host);
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
                host.Schedule();
            }
        }
    }

    /// <summary>Its log.</summary>
    /// <exception cref="InvalidOperationException">It is not open yet.</exception>
    public IReplicaLog OpenLog => Volatile.Read(ref log) ?? throw new InvalidOperationException($"The log of {Key} is not open yet.");

    /// <inheritdoc/>
    public long Epoch => Volatile.Read(ref log)?.Epoch ?? 0;

    /// <inheritdoc/>
    public bool MaySpeak => Volatile.Read(ref log) is { MaySpeak: true };

    /// <inheritdoc/>
    public RoleChanged Role => host.Role;

    /// <inheritdoc/>
    public long LeaderlessMilliseconds => host.LeaderlessMilliseconds;

    /// <inheritdoc/>
    public Configuration Configuration => host.Configuration ?? Slot.Group.Initial;

    /// <inheritdoc/>
    public bool IsRunning => Volatile.Read(ref phase) == (int)Phase.Running;

    /// <inheritdoc/>
    public bool IsStopped => Volatile.Read(ref phase) == (int)Phase.Stopped;

    /// <inheritdoc/>
    public bool HasCaughtUp => !Driver.IsCareful && (Driver.HasCaughtUp || (Quiescence is not null && !services.Liveness.IsOrphan(this)));

    /// <inheritdoc/>
    public QuiescenceChanged? Quiescence => IsRunning ? host.Quiescence : null;

    /// <inheritdoc/>
    public OrphanTimes OrphanTimes { get; } = new();

    /// <summary>Takes note of the open log.</summary>
    /// <param name="opened">The log.</param>
    /// <param name="faulting">What stands between the log and the driver where faults are possible.</param>
    public void Attach(IReplicaLog opened, FaultInjectingLogEvents? faulting)
    {
        faultingEvents = faulting;
        Volatile.Write(ref log, opened);
        Slot.Learn(services.Silo.SiloAddress, opened.Epoch);
    }

    /// <summary>
    /// Begins to take part, on the grain's turn: a state may be restored here, which others must not wait for. Not when it was stopped meanwhile.
    /// </summary>
    public void Start()
    {
        if (!IsStopped)
        {
            // Quiescent, so that replicas that start together elect a few at a time, when their turn comes.
            Driver.Start(OpenLog, services.Drivers.AreQuiescing, services.Life.Care);
            if (host.Quiescence is null)
            {
                ticks.Start(Driver);
            }

            services.Liveness.LookForOrphans();
            if (Interlocked.CompareExchange(ref phase, (int)Phase.Running, (int)Phase.Opening) == (int)Phase.Stopped)
            {
                ticks.Stop();
            }
            else if (!Driver.HasVote)
            {
                services.Liveness.Joined(Key);
            }

            host.Open();
        }
    }

    /// <summary>Stops, on the grain's turn; may be repeated.</summary>
    /// <returns>Ends when the driver does nothing more.</returns>
    public Task StopAsync()
    {
        Silence();
        return host.StopDriverAsync();
    }

    /// <inheritdoc/>
    public void StopSoon()
    {
        Silence();

        // By way of the grain, on whose turn it may be starting.
        grain.Scheduler.QueueAction(StopDriver, host);
    }

    /// <summary>Ends since it could not start.</summary>
    public void Fail(Exception cause) => host.OnStopped(cause);

    /// <inheritdoc/>
    public void Retire() => grain.Deactivate(
        new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"replica {Key} was removed from its group"));

    /// <inheritdoc/>
    public bool Deliver(ReplicaId from, Message message)
    {
        if (!IsRunning || Slot.Group.IsLost(from))
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

    /// <summary>Takes part no more, and sends nothing; may be repeated. Any thread.</summary>
    public void Silence()
    {
        ticks.Stop();
        if (Interlocked.Exchange(ref phase, (int)Phase.Stopped) != (int)Phase.Stopped)
        {
            services.Groups.Remove(this);
            services.Notices.Stopped(this);
            Slot.Forget(services.Silo.SiloAddress);
            services.Liveness.Stopped(Key);
        }
    }
}
