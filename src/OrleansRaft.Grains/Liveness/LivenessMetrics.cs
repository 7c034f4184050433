using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Liveness;

/// <summary>What quiescence and heartbeats tell of themselves, on the meter of <see cref="RaftMetrics"/>.</summary>
internal sealed class LivenessMetrics
{
    private readonly LaneMetrics lanes;

    public LivenessMetrics(RaftMetrics raft, LaneMetrics lanes, GroupTable groups)
    {
        this.lanes = lanes;
        raft.Meter.CreateObservableGauge(
            "raft.replicas.quiescent",
            () => groups.Hosted.Count(static replica => replica.Quiescence is not null),
            "{replica}",
            "Replicas here that are quiescent, because their groups are idle.");
    }

    /// <summary>A heartbeat of the silo leaves: a call to another silo, as the batches of lanes are.</summary>
    public void HeartbeatSent() => lanes.HeartbeatSent();
}
