using Orleans.Concurrency;
using Orleans.Services;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Liveness;

/// <summary>By which two silos know of each other that they live, and that their quiescent replicas agree.</summary>
[Alias("raft-liveness-service")]
internal interface ILivenessService : IGrainService
{
    /// <summary>The other silo lives. Nobody waits for an answer: the next heartbeat says the same.</summary>
    [OneWay]
    [Alias("beat")]
    Task HeartbeatAsync(SiloAddress from, [Immutable] SiloHeartbeat heartbeat);

    /// <summary>Compares how replicas of the same groups are quiescent here and there, and unquiesces those here that differ.</summary>
    /// <returns>Which claims do not hold here, by their places.</returns>
    [Alias("compare-sleep")]
    Task<int[]> CompareQuiescenceAsync([Immutable] QuiescenceClaim[] claims);
}
