using System.Threading.Channels;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Tells what keeps replicas alive on this silo that there is something to do. Any thread.</summary>
internal sealed class KeeperSignal
{
    private readonly Channel<ReplicaSlot?> nudges = Channel.CreateBounded<ReplicaSlot?>(
        new BoundedChannelOptions(65_536) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>What has been asked for; null for another look at everything.</summary>
    public ChannelReader<ReplicaSlot?> Reader => nudges.Reader;

    /// <summary>Everything should be looked at soon.</summary>
    public void Nudge() => nudges.Writer.TryWrite(null);

    /// <summary>A replica that ran on this silo should run again, whichever silo keeps its group.</summary>
    public void Want(ReplicaSlot slot) => nudges.Writer.TryWrite(slot);
}
