namespace OrleansRaft.Grains;

/// <summary>The way to one silo: two queues, so that bulk cannot delay votes and heartbeats.</summary>
internal sealed class Lane(SiloAddress target, ILaneEnd end)
{
    private readonly LaneQueue control = new(target, end, LaneLimits.Control);
    private readonly LaneQueue bulk = new(target, end, LaneLimits.Bulk);

    /// <summary>Adds a message; never blocks.</summary>
    public void Enqueue(in LaneFrame frame) => (frame.IsBulk ? bulk : control).Enqueue(frame);

    /// <summary>Drops what waits and takes nothing more: the silo is gone.</summary>
    public void Close()
    {
        control.Close();
        bulk.Close();
    }
}
