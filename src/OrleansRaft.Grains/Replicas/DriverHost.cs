using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Gives a replica's driver the turns of its step worker, keeps what the driver tells for others to read, and passes it on.</summary>
internal sealed class DriverHost(HostedReplica replica, IGrainContext grain, ReplicaTicks ticks, ReplicaServices services)
    : IReplicaHost, IPulseMember
{
    private readonly StepWorker worker = services.Workers.Next();
    private bool isOpen;
    private bool isHalted;
    private RoleChanged role = new(RaftRole.Follower, Term.Zero, null, 0);
    private QuiescenceChanged? quiescence;
    private Configuration? configuration;
    private long leaderlessSince = services.Time.GetTimestamp();

    /// <summary>The replica's role, its term and the leader it knows. Any thread.</summary>
    public RoleChanged Role => Volatile.Read(ref role);

    /// <summary>For how long it has known no leader; 0 while it knows one. Any thread.</summary>
    public long LeaderlessMilliseconds =>
        Role.Leader is null ? Math.Max(1, (long)services.Time.GetElapsedTime(Volatile.Read(ref leaderlessSince)).TotalMilliseconds) : 0;

    /// <summary>The configuration in force; null before the driver has started. Any thread.</summary>
    public Configuration? Configuration => Volatile.Read(ref configuration);

    /// <summary>How it is quiescent; null while it is active. Any thread.</summary>
    public QuiescenceChanged? Quiescence => Volatile.Read(ref quiescence);

    /// <inheritdoc/>
    public void Schedule()
    {
        if (Volatile.Read(ref isOpen) && replica.Faults is not { IsPaused: true })
        {
            worker.Post(this);
        }
    }

    /// <summary>The driver has started, on the grain's turn: its turns are the worker's from now on, also the one that it has asked for.</summary>
    public void Open()
    {
        Volatile.Write(ref isOpen, true);
        Schedule();
    }

    /// <summary>Stops the driver on the worker, where none of its turns runs. Any thread, but not before its start has ended.</summary>
    public Task StopDriverAsync()
    {
        var stop = new StopTurn(replica.Driver);
        worker.Post(stop);
        return stop.Done;
    }

    /// <inheritdoc/>
    void IPulseMember.TakeTurn() => replica.Driver.Run();

    /// <inheritdoc/>
    public void OnStopped(Exception cause)
    {
        replica.Silence();
        services.Notices.Failed(replica, cause);
        grain.Deactivate(new DeactivationReason(
            DeactivationReasonCode.ApplicationRequested, cause, $"replica {replica.Key} stopped: {cause.Message}"));
    }

    /// <inheritdoc/>
    public void OnRightToSpeakChanged() => services.Liveness.OnRightToSpeakChanged(replica);

    /// <inheritdoc/>
    public void OnRoleChanged(RoleChanged change)
    {
        if (Role.Leader is not null)
        {
            Volatile.Write(ref leaderlessSince, services.Time.GetTimestamp());
        }

        Volatile.Write(ref role, change);
        services.Notices.RoleChanged(replica, change);
    }

    /// <inheritdoc/>
    public void OnConfigurationChanged(Configuration configuration)
    {
        var isFirst = Interlocked.Exchange(ref this.configuration, configuration) is null;
        services.Notices.ConfigurationChanged(replica, configuration, isFirst);
    }

    /// <inheritdoc/>
    public void OnSnapshot(EntryId lastIncluded, bool isInstalled) => services.Notices.Snapshot(replica, lastIncluded, isInstalled);

    /// <inheritdoc/>
    public void OnLargeCapture(long? sizeBytes) => services.Notices.LargeCapture(replica, sizeBytes);

    /// <inheritdoc/>
    public void OnQuiescenceChanged(QuiescenceChanged change)
    {
        Volatile.Write(ref quiescence, change.IsQuiescent ? change : null);
        StartTicks();
    }

    /// <inheritdoc/>
    public void OnLeaderSought()
    {
        if (!replica.IsStopped)
        {
            services.Liveness.Joined(replica.Key);
        }
    }

    /// <inheritdoc/>
    public void OnMachineHalted(EntryId? entry, string cause)
    {
        if (!isHalted && Quiescence is not null)
        {
            ticks.StartWhileHalted(replica.Driver);
        }

        isHalted = true;
        if (!replica.IsStopped)
        {
            services.Notices.MachineHalted(replica, entry, cause);
        }
    }

    /// <inheritdoc/>
    public void OnVersionBehind(EntryId? entry, string cause)
    {
        if (!replica.IsStopped)
        {
            services.Notices.VersionBehind(replica, entry, cause);
        }
    }

    /// <inheritdoc/>
    public void OnVersionRaised(int version, EntryId entry) => services.Notices.VersionRaised(replica, version, entry);

    /// <inheritdoc/>
    public void OnEntrySkipped(LogIndex entry, EntryId decision) => services.Notices.EntrySkipped(replica, entry, decision);

    /// <inheritdoc/>
    public void OnDiverged(string detail, string remedy)
    {
        if (!replica.IsStopped)
        {
            services.Notices.Diverged(replica, detail, remedy);
        }
    }

    /// <inheritdoc/>
    public void OnAgreed() => services.Notices.Agreed(replica);

    /// <inheritdoc/>
    public void OnNotCompared(string? detail)
    {
        if (!replica.IsStopped)
        {
            services.Notices.NotCompared(replica, detail);
        }
    }

    /// <inheritdoc/>
    public void OnClocksJudged(IReadOnlyList<ReplicaId> off) => services.Notices.ClocksJudged(replica, replica.IsStopped ? [] : off);

    /// <inheritdoc/>
    public void OnMachineRecovered()
    {
        if (isHalted && Quiescence is not null)
        {
            ticks.Stop();
        }

        isHalted = false;
        services.Notices.MachineRecovered(replica);
    }

    private void StartTicks()
    {
        if (Quiescence is null)
        {
            ticks.Start(replica.Driver);
        }
        else if (isHalted)
        {
            ticks.StartWhileHalted(replica.Driver);
        }
        else
        {
            ticks.Stop();
        }
    }

    private sealed class StopTurn(ReplicaDriver driver) : IPulseMember
    {
        private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => done.Task;

        public void TakeTurn()
        {
            driver.Stop();
            done.SetResult();
        }
    }
}
