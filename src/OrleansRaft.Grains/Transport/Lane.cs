using System.Buffers;

namespace OrleansRaft.Grains.Transport;

/// <summary>The way to one silo: gathers frames while a batch is on its way there, one batch at a time.</summary>
/// <remarks>
/// <para>
/// One batch outstanding keeps messages in order and makes batches grow with load. The receiver acknowledges on receipt; when it does not, the lane
/// goes on after a moment: what was lost is Raft's, or the router's, to repeat.
/// </para>
/// <para>
/// Votes, heartbeats, answers and requests go first, entries and snapshots behind them in the same batch. While a batch that carries much of those is
/// on its way, the former pass it in batches of their own, so that bulk cannot delay them.
/// </para>
/// </remarks>
internal sealed class Lane
{
    private readonly SiloAddress target;
    private readonly ILaneTransport end;
    private readonly LaneQueue control;
    private readonly LaneQueue bulk;
    private readonly Pump main;
    private readonly Pump express;
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
        express = new Pump(this);
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

            pump = main is { IsRunning: true, CarriesMuch: true } && !frame.IsBulk ? express : main;
            if (pump.IsRunning)
            {
                return;
            }

            if (!HasUrgent)
            {
                end.FlushLater();
                return;
            }

            pump.IsRunning = true;
        }

        Start(pump, isFree);
    }

    /// <summary>Sends what waits for company, if there is any.</summary>
    public void Flush()
    {
        lock (gate)
        {
            if (main.IsRunning || !(control.HasAny || bulk.HasAny))
            {
                return;
            }

            isFlushing = true;
            main.IsRunning = true;
        }

        Start(main, isFree: true);
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

    /// <summary>Loses what waits and takes nothing more: the silo is gone.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            if (control.Clear() + bulk.Clear() is var lost and > 0)
            {
                end.OnLost(target, lost, FrameLoss.SiloGone);
            }
        }
    }

    private bool HasUrgent => control.HasUrgent || bulk.HasUrgent;

    /// <summary>Fills a pump's next batch; false when it has nothing to do. Whoever has, main runs while anything waits that cannot.</summary>
    private bool Fill(Pump pump)
    {
        pump.Batch.Clear();
        lock (gate)
        {
            if (!(HasUrgent || isFlushing))
            {
                if (pump == main && control.HasAny)
                {
                    end.FlushLater();
                }

                return pump.IsRunning = pump.CarriesMuch = false;
            }

            isFlushing &= pump != main;
            if (pump == main || main is { IsRunning: true, CarriesMuch: true })
            {
                control.MoveTo(pump.Batch);
            }

            pump.CarriesMuch = pump == main && bulk.MoveTo(pump.Batch) > LaneLimits.SmallBytesMax;
            return pump.IsRunning = pump.Batch.Count > 0;
        }
    }

    private async Task SendAsync(Pump pump)
    {
        var batch = pump.Batch;
        try
        {
            var count = batch.Count;
            var encoded = pump.Encode();
            if (batch.Count < count)
            {
                end.OnLost(target, count - batch.Count, FrameLoss.Unwritable);
            }

            if (batch.Count > 0)
            {
                TakeAnswer(batch, await end.ExchangeAsync(target, encoded, batch.Count));
            }
        }
        catch (Exception)
        {
            // Whatever the network threw, it means the same: these frames may be lost.
            foreach (var frame in batch)
            {
                ReportLoss(frame);
                SendInstead(frame.AfterLoss);
            }

            end.OnLost(target, batch.Count, FrameLoss.Unacknowledged);
            await end.BackOffAsync(target);
        }
    }

    private void TakeAnswer(List<LaneFrame> batch, byte[] answer)
    {
        var misses = LaneBatchCodec.DecodeAnswer(answer, batch.Count);
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

    /// <summary>Sends batch after batch, until nothing waits.</summary>
    private sealed class Pump(Lane lane) : IThreadPoolWorkItem
    {
        private readonly ArrayBufferWriter<byte> output = new(1_024);
        private readonly ArrayBufferWriter<byte> scratch = new(256);

        /// <summary>What is on its way.</summary>
        public List<LaneFrame> Batch { get; } = [];

        /// <summary>Whether it runs; under the gate.</summary>
        public bool IsRunning { get; set; }

        /// <summary>Whether its batch is so large that others should not wait behind it; under the gate.</summary>
        public bool CarriesMuch { get; set; }

        /// <summary>The binary form of the batch; what has none is no longer in it.</summary>
        public byte[] Encode() => LaneBatchCodec.Encode(Batch, output, scratch);

        /// <inheritdoc/>
        public void Execute() => RunAsync().Ignore();

        private async Task RunAsync()
        {
            while (lane.Fill(this))
            {
                await lane.SendAsync(this);
            }
        }
    }
}
