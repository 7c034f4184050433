using System.Diagnostics.Metrics;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Transport;

/// <summary>What lanes tell of themselves, on the meter of <see cref="RaftMetrics"/>.</summary>
internal sealed class LaneMetrics
{
    private readonly Counter<long> messages;
    private readonly Counter<long> calls;
    private readonly Counter<long> lost;
    private readonly Counter<long> unreadable;

    public LaneMetrics(RaftMetrics raft)
    {
        messages = raft.Meter.CreateCounter<long>("raft.lane.messages", "{message}", "Messages sent to replicas on other silos.");
        calls = raft.Meter.CreateCounter<long>("raft.lane.calls", "{call}", "Calls to other silos that carried messages, and heartbeats.");
        lost = raft.Meter.CreateCounter<long>(
            "raft.lane.lost", "{message}", "Messages, requests and replies to other silos that were lost, by reason.");
        unreadable = raft.Meter.CreateCounter<long>(
            "raft.lane.unreadable", "{message}", "What other silos sent that this one could not read or hand over.");
    }

    /// <summary>A batch leaves.</summary>
    public void BatchSent(int count)
    {
        messages.Add(count);
        calls.Add(1);
    }

    /// <summary>Frames to another silo are lost, or may be.</summary>
    public void Lost(int count, FrameLoss why) => lost.Add(count, new KeyValuePair<string, object?>("reason", NameOf(why)));

    /// <summary>Something that came from another silo could not be read or handed over.</summary>
    public void Unreadable() => unreadable.Add(1);

    /// <summary>A heartbeat of the silo leaves.</summary>
    public void HeartbeatSent() => calls.Add(1);

    private static string NameOf(FrameLoss why) => why switch
    {
        FrameLoss.Nowhere => "nowhere",
        FrameLoss.QueueFull => "queue-full",
        FrameLoss.SiloGone => "silo-gone",
        FrameLoss.Unacknowledged => "unacknowledged",
        FrameLoss.Absent => "absent",
        FrameLoss.Refused => "refused",
        _ => "unwritable",
    };
}
