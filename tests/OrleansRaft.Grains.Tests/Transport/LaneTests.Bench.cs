using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Tests.Transport;

/// <summary>The other end of a lane, and what its tests send.</summary>
public sealed partial class LaneTests
{
    /// <summary>A lane whose other end has answered a call.</summary>
    private async Task<Lane> TrustedAsync()
    {
        end.KnowsOneWay = true;
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1), isFree: true);
        (await end.NextAsync()).Acknowledge();
        return lane;
    }

    private static void Acknowledge(Lane lane, Batch batch, params FrameMiss[] misses) =>
        lane.OnAcknowledged(batch.Head!.Value.Session, batch.Number, LaneBatchCodec.EncodeAnswer(misses));

    private MessageFrame Vote(int term) => new(sender, group.Slot(new ReplicaId(2)), 1, new PreVote(new Term(term), EntryId.Zero));

    private MessageFrame Notice(int term) => Vote(term) with { IsNotice = true };

    private MessageFrame Repetition(int match) => Notice(1) with
    {
        Message = new AppendEntriesResponse(
            new Term(match), LogIndex.Zero, true, new EntryId(new Term(1), new LogIndex(match)), LogIndex.Zero, ReadSequence.Zero),
    };

    private MessageFrame Entries(int term, int bytes = 1)
    {
        var entry = new Entry(new EntryId(new Term(term), new LogIndex(1)), EntryKind.Command, LogTime.Zero, new byte[bytes]);
        return new MessageFrame(
            sender,
            group.Slot(new ReplicaId(2)),
            1,
            new AppendEntries(new Term(term), LogIndex.Zero, new EntryBlock(EntryId.Zero, [entry]), LogIndex.Zero, ReadSequence.Zero));
    }

    private static GroupTable Table(GroupEntry group)
    {
        var groups = new GroupTable();
        groups.Load(new ClusterDefinition("c", [group.Set], 1, []));
        return groups;
    }

    private static Heard Read(ReadOnlyMemory<byte> batch, GroupEntry group)
    {
        var heard = new Heard();
        LaneBatchCodec.Decode(batch, Table(group), heard);
        return heard;
    }

    private static byte[] Write(params LaneFrame[] frames) =>
        LaneBatchCodec.Encode([.. frames], new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());

    private sealed class Heard : ILaneReceiver
    {
        public List<long> Terms { get; } = [];

        public List<string> Lines { get; } = [];

        public void OnMessage(int number, in ReceivedMessage message)
        {
            Terms.Add(MessageCodec.Decode(message.Message).Term.Value);
            Lines.Add($"message {number} of term {Terms[^1]}");
        }

        public void OnRequest(LaneFrameKind kind, long number, ReadOnlyMemory<byte> request) =>
            Lines.Add($"{kind} {number}: {Convert.ToHexString(request.Span)}");

        public void OnReplies(long number, ReadOnlyMemory<byte> replies) => Lines.Add($"replies {number}: {Convert.ToHexString(replies.Span)}");

        public void OnAcknowledged(long session, long number, ReadOnlyMemory<byte> answer) =>
            Lines.Add($"acknowledgement {number}: {Convert.ToHexString(answer.Span)}");

        public void OnLostReplies(long number) => Lines.Add($"lost replies {number}");

        public void OnUnknownGroup(int number) => Lines.Add($"unknown group {number}");

        public void OnUnreadable(int number, bool isRest, Exception cause) => Lines.Add($"unreadable {number}{(isRest ? " and all behind it" : "")}");
    }

    private sealed class Sender : ILaneSender
    {
        private readonly ConcurrentQueue<ReplicaId> lost = new();

        public ReplicaKey Key { get; } = new("g-0", new ReplicaId(1));

        public IReadOnlyList<ReplicaId> Lost => [.. lost];

        public void OnLost(ReplicaId to) => lost.Enqueue(to);
    }

    private sealed class Deaf : ILaneSender
    {
        public ReplicaKey Key { get; } = new("g-0", new ReplicaId(1));

        public void OnLost(ReplicaId to) => throw new ObjectDisposedException(nameof(Deaf));
    }

    private sealed class Batch(byte[] bytes, int count, LaneHead? head = null)
    {
        private readonly TaskCompletionSource<byte[]> answer = new();

        public int Count { get; } = count;

        /// <summary>What goes before it, if it is a one-way call.</summary>
        public LaneHead? Head { get; } = head;

        public long Number => Head.ShouldNotBeNull("it is a one-way call").Number;

        public Task<byte[]> Answered => answer.Task;

        public List<string> Lines(GroupEntry group) => Read(bytes, group).Lines;

        public void Acknowledge(params int[] absent) => Answer([.. absent.Select(number => new FrameMiss(number, FrameFate.Absent))]);

        public void Answer(params FrameMiss[] misses) => answer.SetResult(LaneBatchCodec.EncodeAnswer(misses));

        public void Lose() => answer.SetException(new TimeoutException());

        public List<long> Terms(GroupEntry group) => Read(bytes, group).Terms;
    }

    private sealed class OtherEnd : ILaneTransport
    {
        private readonly Channel<Batch> batches = Channel.CreateUnbounded<Batch>();
        private readonly ConcurrentQueue<(int Count, FrameLoss Why)> losses = new();
        private int outstanding;
        private int sent;
        private int rests;
        private int flushes;

        public int FlushesAsked => Volatile.Read(ref flushes);

        public int TicksAsked { get; private set; }

        /// <summary>Whether batches may be one-way calls.</summary>
        public bool KnowsOneWay { get; set; }

        /// <summary>What sending a one-way call throws.</summary>
        public Exception? Failure { get; set; }

        public int Unacknowledged { get; private set; }

        public IReadOnlyList<(int Count, FrameLoss Why)> Losses => [.. losses];

        public int Outstanding => Volatile.Read(ref outstanding);

        public int Sent => Volatile.Read(ref sent);

        public int Rests => Volatile.Read(ref rests);

        public async Task<Batch> NextAsync() => await batches.Reader.ReadAsync(Token);

        public async Task<byte[]> ExchangeAsync(SiloAddress target, byte[] batch, int count)
        {
            Interlocked.Increment(ref outstanding);
            Interlocked.Increment(ref sent);
            var exchanged = new Batch(batch, count);
            batches.Writer.TryWrite(exchanged);
            try
            {
                return await exchanged.Answered;
            }
            finally
            {
                Interlocked.Decrement(ref outstanding);
            }
        }

        public bool IsOneWay(SiloAddress target) => KnowsOneWay;

        public void Send(SiloAddress target, LaneHead head, byte[] batch, int count)
        {
            if (Failure is { } failure)
            {
                throw failure;
            }

            Interlocked.Increment(ref sent);
            batches.Writer.TryWrite(new Batch(batch, count, head));
        }

        public void OnUnacknowledged(SiloAddress target) => Unacknowledged++;

        public void TickLater() => TicksAsked++;

        public void OnLost(SiloAddress target, int count, FrameLoss why) => losses.Enqueue((count, why));

        public void FlushLater() => Interlocked.Increment(ref flushes);

        public Task BackOffAsync(SiloAddress target)
        {
            Interlocked.Increment(ref rests);
            return Task.CompletedTask;
        }
    }
}
