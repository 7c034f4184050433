using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Liveness;

/// <inheritdoc cref="ILivenessService"/>
[Reentrant]
internal sealed class LivenessService(
    GrainId id, Silo silo, ILoggerFactory loggers, ClusterMembership silos, LivenessMonitor<SiloAddress> liveness)
    : GrainService(id, silo, loggers), ILivenessService
{
    /// <inheritdoc/>
    public Task HeartbeatAsync(SiloAddress from, SiloHeartbeat heartbeat)
    {
        // A silo that was declared dead may still run for a moment.
        if (!silos.IsDead(from))
        {
            liveness.OnHeartbeat(from, heartbeat);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int[]> CompareQuiescenceAsync(QuiescenceClaim[] claims) => Task.FromResult<int[]>([.. liveness.Compare(claims)]);
}
