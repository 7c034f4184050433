using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Orleans.Placement;
using Orleans.Runtime.Placement;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Hosts one replica: opens its log, waits for the right to speak, and gives its driver turns until the grain is deactivated.</summary>
[GrainType("raft-replica")]
[ReplicaPlacement]
[GrainDirectory(ReplicaGrain.Directory)]
[KeepAlive]
[Immovable]
[Reentrant]
internal sealed class ReplicaGrain(ReplicaServices services) : Grain, IReplicaGrain, IDisposable
{
    /// <summary>The name of the grain directory that replicas, and nothing else, are found by.</summary>
    public const string Directory = "raft";

    private readonly CancellationTokenSource stopping = new();
    private HostedReplica? replica;

    /// <inheritdoc/>
    public Task<ReplicaAddress> ActivateAsync() => Task.FromResult(new ReplicaAddress(services.LocalSilo, replica?.Epoch ?? 0));

    /// <inheritdoc/>
    public Task<bool> MoveAsync(SiloAddress target)
    {
        if (target.Equals(services.LocalSilo) || !services.Silos.CanHostGrains(target))
        {
            return Task.FromResult(false);
        }

        RequestContext.Set(IPlacementDirector.PlacementHintKey, target);
        MigrateOnIdle();
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var name = this.GetPrimaryKeyString();
        var key = ReplicaGrainKey.Parse(name) ?? throw new ArgumentException($"'{name}' names no replica; a replica is named 'group/number'.");
        var group = services.Groups.Find(key.Group)
            ?? throw new InvalidOperationException($"There is no group '{key.Group}' in this cluster, or this silo has not started yet.");

        var slot = group.Slot(key.Replica);
        if (services.Faults.FaultsOf(slot) is { IsStoreFailing: true })
        {
            throw FaultInjectingLogEvents.Failure(key);
        }

        var hosted = new HostedReplica(slot, this, services);
        var log = await OpenLogAsync(hosted, cancellationToken);
        hosted.Attach(log);
        replica = hosted;
        services.Groups.Add(hosted);
        hosted.Faults = services.Faults.FaultsOf(slot);
        Log.ReplicaOpened(services.Logger, key, log.Epoch);
        StartWhenItMaySpeakAsync(hosted, log).Ignore();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        if (replica is { OpenLog: { } log } hosted)
        {
            var isClean = hosted.IsRunning;
            hosted.Stop();
            await LetGoAsync(hosted, log, isClean, cancellationToken);
            await services.Machines.EndAsync(hosted.Machine);
            if (reason.ReasonCode is not (DeactivationReasonCode.ShuttingDown or DeactivationReasonCode.Migrating))
            {
                services.Lost(hosted.Slot);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    private async Task<IReplicaLog> OpenLogAsync(HostedReplica hosted, CancellationToken cancellationToken)
    {
        try
        {
            var log = await services.Store.OpenAsync(hosted.Key, hosted.LogEvents, cancellationToken);
            services.Opened(hosted.Key);
            return log;
        }
        catch (Exception exception)
        {
            services.Failed(hosted.Key, exception);

            // It does not come to life, so nothing else ends what was made for it.
            await services.Machines.EndAsync(hosted.Machine);
            throw;
        }
    }

    private async Task StartWhenItMaySpeakAsync(HostedReplica hosted, IReplicaLog log)
    {
        try
        {
            await log.WaitUntilMaySpeakAsync(stopping.Token);
            hosted.Start();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            hosted.OnStopped(exception);
        }
    }

    private async Task LetGoAsync(HostedReplica hosted, IReplicaLog log, bool isClean, CancellationToken cancellationToken)
    {
        try
        {
            if (isClean)
            {
                await log.ReleaseAsync(cancellationToken);
            }

            await log.DisposeAsync();
        }
        catch (Exception exception)
        {
            Log.ReleaseFailed(services.Logger, exception, hosted.Key);
        }
    }
}
