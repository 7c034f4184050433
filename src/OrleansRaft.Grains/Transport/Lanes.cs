using System.Collections.Concurrent;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.Levels;

namespace OrleansRaft.Grains.Transport;

/// <summary>All lanes that leave this silo. Any thread.</summary>
internal sealed class Lanes : ILaneTransport
{
    private static readonly TimeSpan AcknowledgementTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RestTime = TimeSpan.FromMilliseconds(20);

    // A reader of a follower's state that asks for no more may miss what was committed within this time.
    private static readonly TimeSpan NoticeTime = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan TickTime = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<SiloAddress, Lane> lanes = new();
    private readonly LaneHealth health = new();
    private readonly SiloClient<ILaneService> client;
    private readonly ILocalSiloDetails silo;
    private readonly ILinkFaults faults;
    private readonly ILaneObserver observer;
    private readonly LaneMetrics metrics;
    private readonly ClusterLevel level;
    private readonly TimeProvider time;
    private ITimer? flushing;
    private ITimer? ticking;
    private int isFlushDue;
    private int isTickDue;

    public Lanes(
        SiloClient<ILaneService> client,
        ILocalSiloDetails silo,
        ILinkFaults faults,
        ILaneObserver observer,
        LaneMetrics metrics,
        ClusterLevel level,
        EndedConnections connections,
        TimeProvider time)
    {
        this.client = client;
        this.silo = silo;
        this.faults = faults;
        this.observer = observer;
        this.metrics = metrics;
        this.level = level;
        this.time = time;
        connections.Ended += OnConnectionEnded;
    }

    /// <summary>
    /// Sends a message to a replica that is not on this silo. While its whereabouts are looked for, the message is lost, as on its way.
    /// </summary>
    /// <param name="sender">The replica that says it.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="message">What it says.</param>
    /// <param name="isNotice">Whether it can wait, see <see cref="LaneFrame.CanWait"/>.</param>
    public void Send(ILaneSender sender, long epoch, ReplicaSlot to, Message message, bool isNotice = false)
    {
        var frame = new MessageFrame(sender, to, epoch, message, isNotice);
        if (to.Silo is { } target && !target.Equals(silo.SiloAddress))
        {
            Send(target, frame);
        }
        else
        {
            observer.OnUnknownLocation(to);
            metrics.Lost(1, FrameLoss.Nowhere);
            frame.OnLost();
        }
    }

    /// <summary>Sends a frame to another silo.</summary>
    /// <param name="target">The silo.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="isFree">As for <see cref="Lane.Enqueue"/>.</param>
    public void Send(SiloAddress target, LaneFrame frame, bool isFree = false) => LaneTo(target).Enqueue(frame, isFree);

    /// <summary>Nobody listens at a silo's port any more: what is on its way there is lost.</summary>
    public void GiveUp(SiloAddress target)
    {
        if (lanes.TryGetValue(target, out var lane))
        {
            lane.GiveUp();
        }
    }

    /// <summary>Gives up the lane to a silo that is dead.</summary>
    public void Close(SiloAddress target)
    {
        if (lanes.TryRemove(target, out var lane))
        {
            lane.Close();
        }

        health.Forget(target);
    }

    /// <summary>Tells another silo what became of one of its batches.</summary>
    /// <param name="target">The silo.</param>
    /// <param name="head">What went before the batch.</param>
    /// <param name="answer">Which of its frames were not delivered, see <see cref="LaneBatchCodec"/>.</param>
    public void Acknowledge(SiloAddress target, in LaneHead head, byte[] answer) =>
        LaneTo(target).Acknowledge(new AcknowledgementFrame(head.Session, head.Number, answer), head.AsksAtOnce || answer.Length > 0);

    /// <summary>Another silo has told what became of one of this silo's batches.</summary>
    public void OnAcknowledged(SiloAddress from, long session, long number, ReadOnlyMemory<byte> answer)
    {
        if (lanes.TryGetValue(from, out var lane))
        {
            lane.OnAcknowledged(session, number, answer);
        }
    }

    /// <inheritdoc/>
    public bool IsOneWay(SiloAddress target) => level.InForce >= FeatureLevels.OneWayLanes && faults.DelayTo(target) == TimeSpan.Zero;

    /// <inheritdoc/>
    public void Send(SiloAddress target, LaneHead head, byte[] batch, int count)
    {
        var service = client.Reach(target);
        metrics.BatchSent(count);
        service.SendAsync(silo.SiloAddress, head, batch).Ignore();
        if (head.Number > 0)
        {
            TickLater();
        }
    }

    /// <inheritdoc/>
    public void OnUnacknowledged(SiloAddress target)
    {
        if (health.NoteMissed(target, isCut: false))
        {
            observer.OnHealthChanged(target, isBroken: true);
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]> ExchangeAsync(SiloAddress target, byte[] batch, int count)
    {
        try
        {
            var service = client.Reach(target);
            if (faults.DelayTo(target) is var delay && delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, time);
            }

            metrics.BatchSent(count);
            var answer = await service.ExchangeAsync(silo.SiloAddress, batch).WaitAsync(AcknowledgementTimeout, time);
            if (health.NoteAcknowledged(target))
            {
                observer.OnHealthChanged(target, isBroken: false);
            }

            return answer;
        }
        catch (Exception exception)
        {
            if (health.NoteMissed(target, exception is LinkCutException))
            {
                observer.OnHealthChanged(target, isBroken: true);
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
            observer.OnLossPossible(target);
        }
    }

    /// <inheritdoc/>
    public void FlushLater()
    {
        if (Interlocked.Exchange(ref isFlushDue, 1) == 0)
        {
            var timer = LazyInitializer.EnsureInitialized(
                ref flushing,
                () => time.CreateTimer(static lanes => ((Lanes)lanes!).Flush(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
            timer.Change(NoticeTime, Timeout.InfiniteTimeSpan);
        }
    }

    /// <inheritdoc/>
    public void TickLater()
    {
        if (Interlocked.Exchange(ref isTickDue, 1) == 0)
        {
            var timer = LazyInitializer.EnsureInitialized(
                ref ticking,
                () => time.CreateTimer(static lanes => ((Lanes)lanes!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
            timer.Change(TickTime, Timeout.InfiniteTimeSpan);
        }
    }

    private Lane LaneTo(SiloAddress target) =>
        lanes.TryGetValue(target, out var known) ? known : lanes.GetOrAdd(target, static (silo, end) => new Lane(silo, end), this);

    private void OnConnectionEnded()
    {
        // Which silo it led to is not known of one that the other side opened.
        foreach (var (_, lane) in lanes)
        {
            lane.Doubt();
        }
    }

    private void Tick()
    {
        Volatile.Write(ref isTickDue, 0);
        var isWaiting = false;
        foreach (var (_, lane) in lanes)
        {
            isWaiting |= lane.Tick();
        }

        if (isWaiting)
        {
            TickLater();
        }
    }

    private void Flush()
    {
        Volatile.Write(ref isFlushDue, 0);
        foreach (var (_, lane) in lanes)
        {
            lane.Flush();
        }
    }

    /// <inheritdoc/>
    public Task BackOffAsync(SiloAddress target)
    {
        observer.OnLossPossible(target);
        return Task.Delay(RestTime, time);
    }
}
