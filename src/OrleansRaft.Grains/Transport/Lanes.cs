using System.Collections.Concurrent;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Transport;

/// <summary>All lanes that leave this silo. Any thread.</summary>
internal sealed class Lanes(
    LaneClient client,
    ILocalSiloDetails silo,
    ClusterMembership silos,
    Locator locator,
    LinkFaults faults,
    EventRecorder events,
    SiloLivenessTable<SiloAddress> liveness,
    LaneMetrics metrics,
    TimeProvider time) : ILaneTransport
{
    private static readonly TimeSpan AcknowledgementTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RestTime = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<SiloAddress, Lane> lanes = new();
    private readonly LaneHealth health = new();

    /// <summary>
    /// Sends a message to a replica that is not on this silo. While its whereabouts are looked for, the message is lost, as on its way.
    /// </summary>
    public void Send(ILaneSender sender, long epoch, ReplicaSlot to, Message message)
    {
        var frame = new MessageFrame(sender, to, epoch, message);
        if (to.Silo is { } target && !target.Equals(silo.SiloAddress))
        {
            Send(target, frame);
        }
        else
        {
            locator.Want(to);
            metrics.Lost(1, FrameLoss.Nowhere);
            frame.OnLost();
        }
    }

    /// <summary>Sends a frame to another silo.</summary>
    public void Send(SiloAddress target, LaneFrame frame)
    {
        var lane = lanes.TryGetValue(target, out var known) ? known : lanes.GetOrAdd(target, static (silo, end) => new Lane(silo, end), this);
        lane.Enqueue(frame);
    }

    /// <summary>Gives up the lane to a silo that is dead.</summary>
    public void Close(SiloAddress target)
    {
        if (lanes.TryRemove(target, out var lane))
        {
            lane.Close();
        }

        health.Forget(target);
        client.Forget(target);
    }

    /// <inheritdoc/>
    public async Task<byte[]> ExchangeAsync(SiloAddress target, byte[] batch, int count)
    {
        try
        {
            if (faults.IsCut(target))
            {
                throw new TimeoutException($"The link to {target} is cut.");
            }

            if (faults.DelayTo(target) is var delay && delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, time);
            }

            metrics.BatchSent(count);
            var answer = await client.Get(target).ExchangeAsync(silo.SiloAddress, batch).WaitAsync(AcknowledgementTimeout, time);
            if (health.NoteAcknowledged(target))
            {
                events.Record(new LaneEvent(silo.Name, silos.NameOf(target), IsBroken: false));
            }

            return answer;
        }
        catch (Exception)
        {
            if (health.NoteMissed(target, faults.IsCut(target)))
            {
                events.Record(new LaneEvent(silo.Name, silos.NameOf(target), IsBroken: true));
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void OnLost(SiloAddress target, int count, FrameLoss why)
    {
        metrics.Lost(count, why);
        if (why is FrameLoss.QueueFull or FrameLoss.Refused)
        {
            // As in BackOffAsync.
            liveness.Invalidate(target);
        }
    }

    /// <inheritdoc/>
    public Task BackOffAsync(SiloAddress target)
    {
        // A replica may have been given up for lost, and its group may fall asleep without it: that must be made good.
        liveness.Invalidate(target);
        return Task.Delay(RestTime, time);
    }
}
