using System.Diagnostics.Metrics;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>What lanes tell of themselves, on the meter of <see cref="RaftMetrics"/>.</summary>
internal sealed class LaneMetrics
{
    private readonly Counter<long> messages;
    private readonly Counter<long> calls;

    public LaneMetrics(RaftMetrics raft, GroupTable groups)
    {
        messages = raft.Meter.CreateCounter<long>("raft.lane.messages", "{message}", "Messages sent to replicas on other silos.");
        calls = raft.Meter.CreateCounter<long>("raft.lane.calls", "{call}", "Calls to other silos that carried messages, and beats.");
        raft.Meter.CreateObservableGauge(
            "raft.replicas.asleep", () => groups.Hosted.Count(static replica => replica.Sleep is not null), "{replica}", "Replicas here that sleep, because their groups are idle.");
    }

    /// <summary>A batch leaves.</summary>
    public void BatchSent(int count)
    {
        messages.Add(count);
        calls.Add(1);
    }

    /// <summary>A beat leaves.</summary>
    public void BeatSent() => calls.Add(1);
}
