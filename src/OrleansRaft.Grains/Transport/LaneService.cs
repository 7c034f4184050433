using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Grains.Transport;

/// <summary>This silo's end of all lanes. Its methods never await.</summary>
[Reentrant]
internal sealed class LaneService(
    GrainId id,
    Silo silo,
    ILoggerFactory loggers,
    GroupTable groups,
    ClusterMembership silos,
    Lanes lanes,
    ILaneRequests requests,
    LaneMetrics metrics,
    TimeProvider time)
    : GrainService(id, silo, loggers), ILaneService
{
    // What cannot be read is seldom alone.
    private static readonly TimeSpan PauseBetweenWarnings = TimeSpan.FromSeconds(10);

    private readonly ILogger logger = loggers.CreateLogger<LaneService>();
    private readonly Dictionary<SiloAddress, LaneSequence> sequences = [];
    private long warnedAt;

    /// <inheritdoc/>
    public Task<byte[]> ExchangeAsync(SiloAddress from, byte[] batch)
    {
        // A silo that was declared dead may still run for a moment: its replicas have successors.
        return Task.FromResult(silos.IsDead(from)
            ? LaneBatchCodec.EncodeAnswer([new FrameMiss(0, FrameFate.LostWithRest)])
            : Deliver(from, batch));
    }

    /// <inheritdoc/>
    public Task SendAsync(SiloAddress from, LaneHead head, byte[] batch)
    {
        if (silos.IsDead(from))
        {
            ForgetTheDead();
        }
        else if (head.Number == 0)
        {
            Deliver(from, batch);
        }
        else
        {
            foreach (var (number, ready) in SequenceOf(from).Take(head, batch))
            {
                lanes.Acknowledge(from, number, Deliver(from, ready));
            }
        }

        return Task.CompletedTask;
    }

    /// <returns>Which frames were not delivered.</returns>
    private byte[] Deliver(SiloAddress from, byte[] batch)
    {
        var delivery = new Delivery(requests, lanes, metrics, from, batch.Length);

        // Whoever is spoken to has its turn in one pass, behind the last frame; not on this thread, which is Orleans'.
        PulseCarrier.Begin();
        try
        {
            LaneBatchCodec.Decode(batch, groups, delivery);
        }
        finally
        {
            PulseCarrier.End(isFree: false);
        }

        if (delivery.FirstUnreadable is { } exception && IsTimeToTell())
        {
            Log.FramesUnreadable(logger, exception, delivery.Unreadable, batch.Length, from);
        }

        return LaneBatchCodec.EncodeAnswer(delivery.Misses);
    }

    private LaneSequence SequenceOf(SiloAddress from)
    {
        if (!sequences.TryGetValue(from, out var known))
        {
            ForgetTheDead();
            sequences[from] = known = new LaneSequence();
        }

        return known;
    }

    private void ForgetTheDead()
    {
        foreach (var other in sequences.Keys.Where(silos.IsDead).ToList())
        {
            sequences.Remove(other);
        }
    }

    private bool IsTimeToTell()
    {
        var last = Interlocked.Read(ref warnedAt);
        return (last == 0 || time.GetElapsedTime(last) > PauseBetweenWarnings)
            && Interlocked.CompareExchange(ref warnedAt, time.GetTimestamp(), last) == last;
    }

    /// <summary>Hands the frames of one batch over.</summary>
    private sealed class Delivery(ILaneRequests requests, Lanes lanes, LaneMetrics metrics, SiloAddress from, int batchBytes) : ILaneReceiver
    {
        private List<FrameMiss>? misses;

        /// <summary>Which frames were not delivered.</summary>
        public IReadOnlyList<FrameMiss> Misses => misses ?? [];

        /// <summary>How often something could not be read or handed over.</summary>
        public int Unreadable { get; private set; }

        /// <summary>Why the first of them could not.</summary>
        public Exception? FirstUnreadable { get; private set; }

        public void OnMessage(int number, in ReceivedMessage message)
        {
            if (!message.Group.Slot(message.From).Learn(from, message.Epoch))
            {
                // A predecessor that still runs may know that nobody listens to it.
                Miss(number, FrameFate.Lost);
            }
            else if (message.Group.Slot(message.To).Local is not { } replica)
            {
                Miss(number, FrameFate.Absent);
            }
            else if (!replica.Deliver(message.From, MessageCodec.Decode(Own(message.Message))))
            {
                Miss(number, FrameFate.Lost);
            }
        }

        public void OnUnknownGroup(int number) => Miss(number, FrameFate.Lost);

        public void OnRequest(LaneFrameKind kind, long number, ReadOnlyMemory<byte> request) => requests.Serve(from, kind, number, Own(request));

        public void OnReplies(long number, ReadOnlyMemory<byte> replies) => requests.Complete(number, replies);

        public void OnLostReplies(long number) => requests.FailReplies(number);

        public void OnAcknowledged(long session, long number, ReadOnlyMemory<byte> answer) => lanes.OnAcknowledged(from, session, number, answer);

        public void OnUnreadable(int number, bool isRest, Exception cause)
        {
            metrics.Unreadable();
            Unreadable++;
            FirstUnreadable ??= cause;
            Miss(number, isRest ? FrameFate.LostWithRest : FrameFate.Lost);
        }

        private void Miss(int number, FrameFate fate) => (misses ??= []).Add(new FrameMiss(number, fate));

        /// <summary>Entries stay in memory as slices of what they came in: they must not keep a batch that is much larger.</summary>
        private ReadOnlyMemory<byte> Own(ReadOnlyMemory<byte> slice) => slice.Length > batchBytes / 2 ? slice : slice.ToArray();
    }
}
