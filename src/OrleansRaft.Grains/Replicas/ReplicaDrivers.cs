using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Makes the drivers of this silo's replicas, each behaving as the silo's options say.</summary>
internal sealed class ReplicaDrivers(
    ILocalSiloDetails silo,
    IOptions<RaftOptions> options,
    ClusterLevel level,
    MachinePool machineThreads,
    RaftMetrics metrics,
    TimeProvider time,
    ILogger<ReplicaDriver> logger)
{
    /// <summary>How often an active replica ticks.</summary>
    public TimeSpan TickInterval { get; } = options.Value.TickInterval;

    /// <summary>Whether idle groups quiesce, and replicas begin quiescent.</summary>
    public bool AreQuiescing { get; } = options.Value.QuiesceTicks > 0;

    /// <summary>Makes the driver of one replica; see <see cref="ReplicaDriver"/>.</summary>
    public ReplicaDriver Create(ReplicaKey key, IStateMachineHost machine, IReplicaTransport transport, IReplicaHost host) =>
        new(key, options.Value, machine, transport, host, time, metrics, logger, Seed(key), machineThreads)
        {
            Level = level,
            SnapshotPart = SnapshotPart(key),
        };

    /// <summary>
    /// At which part of its threshold a replica takes snapshots, from three quarters on: by its name, so that neither the groups of a silo nor the
    /// replicas of a group take them together when they grow alike.
    /// </summary>
    internal static double SnapshotPart(ReplicaKey key) => 1 - (KeyHash.Hash($"{key}") % 256 / 1024.0);

    // Different for each activation: two replicas with the same timeouts would stand against each other again and again.
    private ulong Seed(ReplicaKey key) => KeyHash.Hash($"{key}@{silo.SiloAddress}:{time.GetTimestamp()}");
}
