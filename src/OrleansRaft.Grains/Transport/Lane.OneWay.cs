namespace OrleansRaft.Grains.Transport;

/// <summary>Batches that are one-way calls, and the acknowledgements of both ways.</summary>
internal sealed partial class Lane
{
    /// <summary>For how many ticks a batch may be on its way before it is given up: 200 ms, and at most one tick more.</summary>
    public const int TicksMax = 5;

    // The other end has at most as many to tell of as are on their way to it.
    private const int AcknowledgementsMax = 64;

    private static long lastSession;

    private readonly List<AcknowledgementFrame> acknowledgements = [];
    private readonly long session = Interlocked.Increment(ref lastSession);
    private long lastNumber;
    private bool isTrusted;

    /// <summary>Tells the other end what became of one of its batches.</summary>
    /// <param name="frame">What.</param>
    /// <param name="isUrgent">Whether it waits for that; otherwise the next batch takes it along, or the next tick.</param>
    public void Acknowledge(AcknowledgementFrame frame, bool isUrgent)
    {
        lock (gate)
        {
            if (isClosed || acknowledgements.Count == AcknowledgementsMax)
            {
                return;
            }

            acknowledgements.Add(frame);
            end.TickLater();
            if (!isUrgent || courier.IsRunning)
            {
                return;
            }

            courier.IsRunning = true;
        }

        Start(courier, isFree: false);
    }

    /// <summary>The other end has told what became of a batch.</summary>
    /// <param name="of">The session in which it was sent, see <see cref="LaneHead.Session"/>.</param>
    /// <param name="number">Its number.</param>
    /// <param name="answer">Which frames were not delivered.</param>
    public void OnAcknowledged(long of, long number, ReadOnlyMemory<byte> answer)
    {
        Pump? pump;
        IReadOnlyList<FrameMiss> misses;
        lock (gate)
        {
            pump = of == session ? Sent(main, number) ?? Sent(second, number) : null;
            if (pump is null)
            {
                return;
            }

            misses = LaneBatchCodec.DecodeAnswer(answer, pump.Batch.Count);
            pump.IsOnItsWay = false;
        }

        try
        {
            Take(misses, pump.Batch);
        }
        finally
        {
            GoOn(pump);
        }
    }

    /// <summary>A tick of 50 ms: gives up batches that have been on their way for too long, and tells what nothing took along.</summary>
    /// <returns>Whether another tick is needed.</returns>
    public bool Tick()
    {
        Flush();
        return Pass(ticks: 1);
    }

    /// <summary>Gives up what is on its way: the other silo is gone.</summary>
    public void GiveUp() => Pass(TicksMax);

    private bool Pass(int ticks)
    {
        List<Pump> lost = [];
        bool isWaiting, hasToTell;
        lock (gate)
        {
            isWaiting = GrowsOld(main, ticks, lost) | GrowsOld(second, ticks, lost);
            hasToTell = acknowledgements.Count > 0 && !courier.IsRunning;
            courier.IsRunning |= hasToTell;
        }

        if (hasToTell)
        {
            Start(courier, isFree: true);
        }

        foreach (var pump in lost)
        {
            end.OnUnacknowledged(target);
            GoOnAfterLossAsync(pump).Ignore();
        }

        return isWaiting;
    }

    /// <summary>A connection between silos has ended: the next batch is a call that fails at once if nobody is there any more.</summary>
    public void Doubt()
    {
        lock (gate)
        {
            isTrusted = false;
        }
    }

    private static Pump? Sent(Pump pump, long number) => pump.IsOnItsWay && pump.Head.Number == number ? pump : null;

    /// <summary>The head of a batch that is filled. Under the gate.</summary>
    private LaneHead Head(Pump pump, bool isNumbered)
    {
        if (!isNumbered)
        {
            return new LaneHead(session, 0, 0, AsksAtOnce: false);
        }

        var number = ++lastNumber;
        var other = pump == main ? second : main;
        return new LaneHead(
            session,
            First: other.IsOnItsWay ? Math.Min(other.Head.Number, number) : number,
            number,
            AsksAtOnce: other.IsOnItsWay || pump.CarriesMuch || HasUrgent);
    }

    /// <summary>Begins the next batch of a pump whose last one is acknowledged, on a free thread.</summary>
    private void GoOn(Pump pump)
    {
        lock (gate)
        {
            if (!(HasUrgent || isFlushing))
            {
                Rest(pump);
                return;
            }
        }

        Start(pump, isFree: false);
    }

    /// <returns>Whether it goes on waiting. Under the gate.</returns>
    private bool GrowsOld(Pump pump, int ticks, List<Pump> lost)
    {
        if (!pump.IsOnItsWay || (pump.Ticks += ticks) < TicksMax)
        {
            return pump.IsOnItsWay;
        }

        pump.IsOnItsWay = false;
        isTrusted = false;
        lost.Add(pump);
        return false;
    }

    private async Task GoOnAfterLossAsync(Pump pump)
    {
        await LoseAsync(pump.Batch);
        GoOn(pump);
    }

    /// <returns>Whether the pump may go on; otherwise an acknowledgement makes it do that, perhaps on another thread already.</returns>
    private async ValueTask<bool> SendOneWayAsync(Pump pump)
    {
        var head = pump.Head;
        var encoded = Encode(pump);
        try
        {
            if (pump.Batch.Count > 0)
            {
                end.Send(target, head, encoded, pump.Batch.Count);
                return head.Number == 0;
            }
        }
        catch (Exception)
        {
            // Whatever it was, such as a link that is cut: it did not leave.
            Recall(pump);
            await LoseAsync(pump.Batch);
            return true;
        }

        Recall(pump);
        return true;
    }

    private void Recall(Pump pump)
    {
        lock (gate)
        {
            isTrusted &= pump.Batch.Count == 0;
            pump.IsOnItsWay = false;
        }
    }
}
