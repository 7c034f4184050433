using System.Buffers;

namespace OrleansRaft.Grains.Transport;

/// <summary>The way to one silo: gathers frames while batches are on their way there.</summary>
/// <remarks>
/// <para>
/// Few batches on their way keep messages in order and make batches grow with load. The receiver acknowledges them; when it does not, the lane
/// goes on after a moment: what was lost is Raft's, or the router's, to repeat.
/// </para>
/// <para>
/// A batch is a call that the lane waits for, one at a time; or, where the other silo has answered such a call and its program knows how, a one-way
/// call. Its acknowledgement is then a frame that goes with what the other silo has to say anyway, which halves the calls. Two may be on their way:
/// the second asks for its acknowledgement at once. They have numbers, by which the other end puts them in order (<see cref="LaneSequence"/>).
/// </para>
/// <para>
/// Votes, heartbeats, answers and requests go first, entries and snapshots behind them in the same batch. While a batch that carries much of those is
/// on its way, the former pass it in batches of their own, so that bulk cannot delay them.
/// </para>
/// </remarks>
internal sealed partial class Lane
{
    private readonly SiloAddress target;
    private readonly ILaneTransport end;
    private readonly LaneQueue control;
    private readonly LaneQueue bulk;
    private readonly Pump main;
    private readonly Pump second;
    private readonly Pump express;
    private readonly Pump courier;
    private readonly Lock gate = new();
    private bool isClosed;
    private bool isFlushing;

    /// <summary>Makes a lane.</summary>
    /// <param name="target">Where it leads.</param>
    /// <param name="end">The network.</param>
    /// <param name="controlLimits">The limits of what goes first; the usual ones unless given.</param>
    /// <param name="bulkLimits">The limits of entries and snapshots, likewise.</param>
    public Lane(SiloAddress target, ILaneTransport end, LaneLimits? controlLimits = null, LaneLimits? bulkLimits = null)
    {
        this.target = target;
        this.end = end;
        control = new LaneQueue(controlLimits ?? LaneLimits.Control);
        bulk = new LaneQueue(bulkLimits ?? LaneLimits.Bulk);
        main = new Pump(this);
        second = new Pump(this);
        express = new Pump(this);
        courier = new Pump(this);
    }

    /// <summary>Adds a frame; never blocks.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="isFree">
    /// Whether this thread may carry the batch of an idle lane itself: it is nobody's turn and has nobody's context. Otherwise the pool does; or
    /// this thread, when it lets go of the lanes that it holds (<see cref="LaneCork"/>).
    /// </param>
    public void Enqueue(LaneFrame frame, bool isFree = false)
    {
        Pump pump;
        lock (gate)
        {
            if (isClosed)
            {
                frame.OnLost();
                end.OnLost(target, 1, FrameLoss.SiloGone);
                return;
            }

            if ((frame.IsBulk ? bulk : control).Enqueue(frame) is var lost and > 0)
            {
                end.OnLost(target, lost, FrameLoss.QueueFull);
            }

            pump = Choose(frame.IsBulk);
            if (pump.IsRunning)
            {
                return;
            }

            if (!HasUrgent)
            {
                WaitForCompany();
                return;
            }

            pump.IsRunning = true;
        }

        Start(pump, isFree);
    }

    /// <summary>Sends what waits for company, if there is any.</summary>
    public void Flush()
    {
        Pump pump;
        lock (gate)
        {
            pump = Choose(isBulk: false);
            if (pump.IsRunning || !(control.HasAny || bulk.HasAny))
            {
                return;
            }

            isFlushing = true;
            pump.IsRunning = true;
        }

        Start(pump, isFree: true);
    }

    private static void Start(Pump pump, bool isFree)
    {
        if (LaneCork.Keep(pump))
        {
            return;
        }

        if (isFree)
        {
            pump.Execute();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(pump, preferLocal: false);
        }
    }

    /// <summary>Loses what waits or is on its way, and takes nothing more: the silo is gone.</summary>
    public void Close()
    {
        List<LaneFrame> sent = [];
        lock (gate)
        {
            isClosed = true;
            acknowledgements.Clear();
            foreach (var pump in (ReadOnlySpan<Pump>)[main, second])
            {
                if (pump.IsOnItsWay)
                {
                    sent.AddRange(pump.Batch);
                    pump.IsOnItsWay = pump.IsRunning = false;
                }
            }

            if (control.Clear() + bulk.Clear() + sent.Count is var lost and > 0)
            {
                end.OnLost(target, lost, FrameLoss.SiloGone);
            }
        }

        sent.ForEach(ReportLoss);
    }

    private bool HasUrgent => control.HasUrgent || bulk.HasUrgent;

    /// <summary>By which pump a frame leaves next. Under the gate.</summary>
    private Pump Choose(bool isBulk) => main switch
    {
        { IsRunning: true, CarriesMuch: true } when !isBulk => express,
        { IsRunning: true, IsOnItsWay: true } => second,
        _ => main,
    };

    /// <summary>Fills a pump's next batch; false when it has nothing to do. Whoever has, main runs while anything waits that cannot.</summary>
    private bool Fill(Pump pump)
    {
        pump.Batch.Clear();
        lock (gate)
        {
            if (pump != courier)
            {
                if (!(HasUrgent || isFlushing))
                {
                    return Rest(pump);
                }

                isFlushing &= pump == express;
                if (pump != express || main is { IsRunning: true, CarriesMuch: true })
                {
                    control.MoveTo(pump.Batch);
                }

                pump.CarriesMuch = pump != express && bulk.MoveTo(pump.Batch) > LaneLimits.SmallBytesMax;
            }

            var isNumbered = pump.Batch.Count > 0;
            pump.Batch.AddRange(acknowledgements);
            acknowledgements.Clear();
            pump.IsOneWay = pump != express && isTrusted && end.IsOneWay(target);
            if (pump.IsOneWay)
            {
                pump.Head = Head(pump, isNumbered);
                pump.IsOnItsWay = isNumbered;
                pump.Ticks = 0;
            }

            return pump.IsRunning = pump.Batch.Count > 0;
        }
    }

    /// <summary>A pump has nothing to do. Under the gate.</summary>
    private bool Rest(Pump pump)
    {
        if (pump != express && control.HasAny)
        {
            WaitForCompany();
        }

        return pump.IsRunning = pump.CarriesMuch = false;
    }

    /// <summary>What waits goes with the next batch, or else a little later. Under the gate.</summary>
    private void WaitForCompany()
    {
        if (control.HasUnsent || bulk.HasUnsent)
        {
            end.FlushLater();
        }
        else
        {
            end.TickLater();
        }
    }

    private async Task LoseAsync(List<LaneFrame> batch)
    {
        foreach (var frame in batch)
        {
            ReportLoss(frame);
            SendInstead(frame.AfterLoss);
        }

        end.OnLost(target, batch.Count, FrameLoss.Unacknowledged);
        await end.BackOffAsync(target);
    }

    /// <summary>Sends batch after batch, until nothing waits, or until one is on its way whose acknowledgement begins the next.</summary>
    private async Task RunAsync(Pump pump)
    {
        while (Fill(pump))
        {
            if (!pump.IsOneWay)
            {
                await SendAsync(pump);
            }
            else if (!await SendOneWayAsync(pump))
            {
                return;
            }
        }
    }

    private byte[] Encode(Pump pump)
    {
        var count = pump.Batch.Count;
        var encoded = pump.Encode();
        if (pump.Batch.Count < count)
        {
            end.OnLost(target, count - pump.Batch.Count, FrameLoss.Unwritable);
        }

        return encoded;
    }

    private async Task SendAsync(Pump pump)
    {
        var batch = pump.Batch;
        try
        {
            var encoded = Encode(pump);
            if (batch.Count > 0)
            {
                Take(LaneBatchCodec.DecodeAnswer(await end.ExchangeAsync(target, encoded, batch.Count), batch.Count), batch);
                lock (gate)
                {
                    isTrusted = true;
                }
            }
        }
        catch (Exception)
        {
            // Whatever the network threw, it means the same: these frames may be lost.
            await LoseAsync(batch);
        }
    }

    private void Take(IReadOnlyList<FrameMiss> misses, List<LaneFrame> batch)
    {
        foreach (var (number, fate) in misses)
        {
            if (fate == FrameFate.Absent)
            {
                batch[number].OnTargetMissing(target);
            }
            else
            {
                ReportLoss(batch[number]);
                SendInstead(batch[number].AfterRejection);
            }
        }

        var absent = misses.Count(static miss => miss.Fate == FrameFate.Absent);
        if (absent > 0)
        {
            end.OnLost(target, absent, FrameLoss.Absent);
        }

        if (misses.Count > absent)
        {
            end.OnLost(target, misses.Count - absent, FrameLoss.Refused);
        }
    }

    private void SendInstead(LaneFrame? other)
    {
        if (other is not null)
        {
            Enqueue(other);
        }
    }

    private static void ReportLoss(LaneFrame frame)
    {
        try
        {
            frame.OnLost();
        }
        catch (Exception)
        {
            // A sender that cannot be told, since it is just ending, must not stop the lane for all others.
            return;
        }
    }

    /// <summary>Carries one batch at a time.</summary>
    private sealed class Pump(Lane lane) : IThreadPoolWorkItem
    {
        private readonly ArrayBufferWriter<byte> output = new(1_024);
        private readonly ArrayBufferWriter<byte> scratch = new(256);

        /// <summary>What is on its way.</summary>
        public List<LaneFrame> Batch { get; } = [];

        /// <summary>Whether it runs, or waits for an acknowledgement; under the gate.</summary>
        public bool IsRunning { get; set; }

        /// <summary>Whether its batch is so large that others should not wait behind it; under the gate.</summary>
        public bool CarriesMuch { get; set; }

        /// <summary>Whether its batch is a one-way call.</summary>
        public bool IsOneWay { get; set; }

        /// <summary>What goes before its batch, if that is a one-way call.</summary>
        public LaneHead Head { get; set; }

        /// <summary>Whether it waits for an acknowledgement that begins the next batch; under the gate.</summary>
        public bool IsOnItsWay { get; set; }

        /// <summary>For how many ticks it has; under the gate.</summary>
        public int Ticks { get; set; }

        /// <summary>The binary form of the batch; what has none is no longer in it.</summary>
        public byte[] Encode() => LaneBatchCodec.Encode(Batch, output, scratch);

        /// <inheritdoc/>
        public void Execute() => lane.RunAsync(this).Ignore();
    }
}
