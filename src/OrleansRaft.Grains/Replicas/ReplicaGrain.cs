using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Orleans.Placement;
using Orleans.Runtime.Placement;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// Hosts one replica: opens its log, waits for the right to speak, and lets a step worker give its driver turns until the grain is deactivated.
/// </summary>
[GrainType("raft-replica")]
[ReplicaPlacement]
[GrainDirectory(ReplicaGrain.Directory)]
[KeepAlive]
[Immovable]
[Reentrant]
internal sealed class ReplicaGrain(
    ReplicaServices services,
    ReplicaLogs logs,
    GroupFences fences,
    StateMachineRegistry machines,
    ClusterMembership silos,
    IFaultSource faults,
    KeeperSignal keeper) : Grain, IReplicaGrain, IDisposable
{
    /// <summary>The name of the grain directory that replicas, and nothing else, are found by.</summary>
    public const string Directory = "raft";

    private readonly CancellationTokenSource stopping = new();
    private HostedReplica? replica;

    /// <inheritdoc/>
    public Task<ReplicaAddress> ActivateAsync() => Task.FromResult(new ReplicaAddress(services.Silo.SiloAddress, replica?.Epoch ?? 0));

    /// <inheritdoc/>
    public Task<bool> MoveAsync(SiloAddress target)
    {
        if (target.Equals(services.Silo.SiloAddress) || !silos.CanHostGrains(target))
        {
            return Task.FromResult(false);
        }

        RequestContext.Set(IPlacementDirector.PlacementHintKey, target);
        MigrateOnIdle();
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Whoever asked for the replica may be another silo, and Orleans carries no exceptions of a store to it: in place of the reason it would tell
    /// that of those there is no codec.
    /// </remarks>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ComeToLifeAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or OrleansException or InvalidOperationException))
        {
            throw new InvalidOperationException(failure.Message);
        }
    }

    private async Task ComeToLifeAsync(CancellationToken cancellationToken)
    {
        var name = this.GetPrimaryKeyString();
        var key = ReplicaGrainKey.Parse(name) ?? throw new ArgumentException($"'{name}' names no replica; a replica is named 'group/number'.");
        var group = services.Groups.Find(key.Group)
            ?? throw new InvalidOperationException($"There is no group '{key.Group}' in this cluster, or this silo has not started yet.");

        var slot = group.Slot(key.Replica);
        logs.RequireStore(slot);
        await fences.RequireMemberAsync(slot, cancellationToken);
        var hosted = await OpenAsync(slot, cancellationToken);
        replica = hosted;
        services.Groups.Add(hosted);
        hosted.Faults = faults.FaultsOf(slot);
        StartWhenItMaySpeakAsync(hosted).Ignore();
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        if (replica is { } hosted)
        {
            var isClean = hosted.IsRunning;
            await hosted.StopAsync();
            await logs.CloseAsync(hosted, isClean, cancellationToken);
            await machines.EndAsync(hosted.Machine);
            if (reason.ReasonCode is not (DeactivationReasonCode.ShuttingDown or DeactivationReasonCode.Migrating))
            {
                keeper.Want(hosted.Slot);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    private async Task<HostedReplica> OpenAsync(ReplicaSlot slot, CancellationToken cancellation)
    {
        var machine = machines.Create(slot.Group.Set.Name);
        try
        {
            var hosted = new HostedReplica(slot, machine, this, services);
            await logs.OpenAsync(hosted, cancellation);
            return hosted;
        }
        catch (Exception)
        {
            // It does not come to life, so nothing else ends what was made for it.
            await machines.EndAsync(machine);
            throw;
        }
    }

    private async Task StartWhenItMaySpeakAsync(HostedReplica hosted)
    {
        try
        {
            await hosted.OpenLog.WaitUntilMaySpeakAsync(stopping.Token);
            hosted.Start();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            hosted.Fail(exception);
        }
    }
}
