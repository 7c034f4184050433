using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using OrleansRaft.Core;
using OrleansRaft.Grains;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>One way from a silo to another, with the other end in the test's hands.</summary>
public sealed class LaneTests
{
    private static readonly SiloAddress Target = SiloAddress.New(System.Net.IPAddress.Loopback, 1_000, 1);

    private readonly GroupEntry group = new(new GroupSet("g", 1, 3), 0, Configuration.OfVoters([.. Enumerable.Range(1, 3).Select(id => new Member(new ReplicaId(id), LogIndex.Zero))]));
    private readonly OtherEnd end = new();
    private readonly Sender sender = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_comes_while_a_batch_is_on_its_way_waits_and_travels_together_in_order()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1));
        var first = await end.NextAsync();

        lane.Enqueue(Vote(2));
        lane.Enqueue(Vote(3));
        lane.Enqueue(Vote(4));

        end.Outstanding.ShouldBe(1);
        first.Count.ShouldBe(1);
        first.Acknowledge();
        var second = await end.NextAsync();
        second.Count.ShouldBe(3);
        second.Terms(group).ShouldBe([2, 3, 4]);
    }

    [Fact]
    public async Task Heartbeats_of_many_groups_share_a_batch_and_a_batch_has_a_limit()
    {
        var lane = new Lane(Target, end, controlLimits: new LaneLimits(BatchMax: 10, BatchBytesMax: 1 << 20, WaitingMax: 100, WaitingBytesMax: 1 << 20));
        lane.Enqueue(Vote(1));
        var first = await end.NextAsync();
        for (var term = 2; term <= 26; term++)
        {
            lane.Enqueue(Vote(term));
        }

        first.Acknowledge();
        var counts = new List<int>();
        for (var left = 25; left > 0; left -= counts[^1])
        {
            var batch = await end.NextAsync();
            counts.Add(batch.Count);
            batch.Acknowledge();
        }

        counts.ShouldBe([10, 10, 5]);
    }

    [Fact]
    public async Task When_too_many_wait_the_oldest_go_and_their_senders_are_told_of_lost_entries()
    {
        var lane = new Lane(Target, end, bulkLimits: new LaneLimits(BatchMax: 10, BatchBytesMax: 1 << 20, WaitingMax: 2, WaitingBytesMax: 1 << 20));
        lane.Enqueue(Vote(1));
        var first = await end.NextAsync();

        lane.Enqueue(Entries(2));
        lane.Enqueue(Entries(3));
        lane.Enqueue(Entries(4));

        sender.Lost.ShouldBe([new ReplicaId(2)]);
        first.Acknowledge();
        (await end.NextAsync()).Terms(group).ShouldBe([3, 4]);
    }

    [Fact]
    public async Task When_too_many_bytes_wait_the_oldest_go()
    {
        var lane = new Lane(Target, end, bulkLimits: new LaneLimits(BatchMax: 10, BatchBytesMax: 1 << 20, WaitingMax: 100, WaitingBytesMax: 2_500));
        lane.Enqueue(Vote(1));
        var first = await end.NextAsync();

        lane.Enqueue(Entries(2, bytes: 1_000));
        lane.Enqueue(Entries(3, bytes: 1_000));
        lane.Enqueue(Entries(4, bytes: 1_000));

        sender.Lost.ShouldNotBeEmpty();
        first.Acknowledge();
        (await end.NextAsync()).Terms(group)[^1].ShouldBe(4);
    }

    [Fact]
    public async Task A_batch_that_is_lost_is_told_to_senders_of_entries_and_the_lane_goes_on()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Entries(1));
        var first = await end.NextAsync();
        lane.Enqueue(Entries(2));

        first.Lose();

        (await end.NextAsync()).Terms(group).ShouldBe([2]);
        sender.Lost.ShouldBe([new ReplicaId(2)]);
        end.Rests.ShouldBe(1);
    }

    [Fact]
    public async Task A_replica_that_is_not_there_is_looked_for_elsewhere()
    {
        var lane = new Lane(Target, end);
        var slot = group.Slot(new ReplicaId(2));
        slot.Learn(Target, 1);
        lane.Enqueue(Entries(1));
        var batch = await end.NextAsync();

        batch.Acknowledge(absent: 0);
        lane.Enqueue(Entries(2));
        await end.NextAsync();

        slot.Silo.ShouldBeNull();
        sender.Lost.ShouldBe([new ReplicaId(2)]);
    }

    [Fact]
    public async Task Much_on_its_way_does_not_delay_votes()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Entries(1, LaneLimits.SmallBytesMax));
        (await end.NextAsync()).Terms(group).ShouldBe([1]);

        lane.Enqueue(Entries(2));
        lane.Enqueue(Vote(3));

        (await end.NextAsync()).Terms(group).ShouldBe([3]);
        end.Outstanding.ShouldBe(2);
    }

    [Fact]
    public async Task Few_entries_travel_behind_votes_in_the_same_batch()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1));
        var first = await end.NextAsync();

        lane.Enqueue(Entries(2));
        lane.Enqueue(Vote(3));
        lane.Enqueue(Entries(4));

        end.Outstanding.ShouldBe(1);
        first.Acknowledge();
        (await end.NextAsync()).Terms(group).ShouldBe([3, 2, 4]);
    }

    [Fact]
    public async Task What_passed_much_is_not_sent_again_and_the_rest_follows()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Entries(1, LaneLimits.SmallBytesMax));
        var much = await end.NextAsync();
        lane.Enqueue(Vote(2));
        var passed = await end.NextAsync();
        lane.Enqueue(Vote(3));
        lane.Enqueue(Entries(4));

        much.Acknowledge();

        (await end.NextAsync()).Terms(group).ShouldBe([3, 4]);
        passed.Acknowledge();
        lane.Enqueue(Vote(5));
        end.Sent.ShouldBe(3);
    }

    [Fact]
    public async Task A_request_whose_batch_is_lost_fails_without_waiting_for_its_time_to_run_out()
    {
        var lane = new Lane(Target, end);
        var call = new LaneCall(1);
        lane.Enqueue(new RequestFrame(LaneFrameKind.Commands, call, new byte[8]));

        (await end.NextAsync()).Lose();

        await Should.ThrowAsync<TimeoutException>(call.Replies);
    }

    [Fact]
    public async Task A_request_to_a_silo_that_is_gone_fails_at_once()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1));
        await end.NextAsync();
        var (waiting, late) = (new LaneCall(1), new LaneCall(2));
        lane.Enqueue(new RequestFrame(LaneFrameKind.Queries, waiting, new byte[8]));

        lane.Close();
        lane.Enqueue(new RequestFrame(LaneFrameKind.Queries, late, new byte[8]));

        await Should.ThrowAsync<TimeoutException>(waiting.Replies);
        await Should.ThrowAsync<TimeoutException>(late.Replies);
    }

    [Fact]
    public void Requests_and_replies_come_out_of_a_batch_as_they_went_in()
    {
        var heard = new Heard();

        var batch = LaneBatchCodec.Encode(
            [new RequestFrame(LaneFrameKind.Queries, new LaneCall(7), new byte[] { 1, 2 }), Vote(3), new ReplyFrame(9, new byte[] { 4 }), new ReplyFrame(10, default)],
            new ArrayBufferWriter<byte>(),
            new ArrayBufferWriter<byte>());
        LaneBatchCodec.Decode(batch, Table(group), heard);

        heard.Lines.ShouldBe(["Queries 7: 0102", "message 1 of term 3", "replies 9: 04", "replies 10: "]);
    }

    [Fact]
    public async Task A_closed_lane_takes_nothing_more()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1));
        var first = await end.NextAsync();
        lane.Enqueue(Vote(2));

        lane.Close();
        lane.Enqueue(Vote(3));
        // The lane goes on in the continuation, before this returns.
        first.Acknowledge();

        end.Sent.ShouldBe(1);
    }

    [Fact]
    public void A_sender_with_an_older_epoch_is_a_predecessor_and_is_not_listened_to()
    {
        var slot = group.Slot(new ReplicaId(2));
        var newer = SiloAddress.New(System.Net.IPAddress.Loopback, 1_000, 2);

        slot.Learn(newer, 5).ShouldBeTrue();

        slot.Learn(Target, 4).ShouldBeFalse();
        slot.Silo.ShouldBe(newer);
        slot.Forget(newer);
        slot.Learn(Target, 4).ShouldBeFalse("its epoch stays known although its whereabouts are not");
    }

    private MessageFrame Vote(int term) => new(sender, group.Slot(new ReplicaId(2)), 1, new PreVote(new Term(term), EntryId.Zero));

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

    private sealed class Heard : ILaneReceiver
    {
        public List<long> Terms { get; } = [];

        public List<string> Lines { get; } = [];

        public void OnMessage(int number, in ReceivedMessage message)
        {
            Terms.Add(OrleansRaft.Core.Codec.MessageCodec.Decode(message.Message).Term.Value);
            Lines.Add($"message {number} of term {Terms[^1]}");
        }

        public void OnRequest(LaneFrameKind kind, long number, ReadOnlyMemory<byte> request) => Lines.Add($"{kind} {number}: {Convert.ToHexString(request.Span)}");

        public void OnReplies(long number, ReadOnlyMemory<byte> replies) => Lines.Add($"replies {number}: {Convert.ToHexString(replies.Span)}");
    }

    private sealed class Sender : ILaneSender
    {
        private readonly ConcurrentQueue<ReplicaId> lost = new();

        public ReplicaKey Key { get; } = new("g-0", new ReplicaId(1));

        public IReadOnlyList<ReplicaId> Lost => [.. lost];

        public void OnLost(ReplicaId to) => lost.Enqueue(to);
    }

    private sealed class Batch(byte[] bytes, int count)
    {
        private readonly TaskCompletionSource<byte[]> answer = new();

        public int Count { get; } = count;

        public Task<byte[]> Answer => answer.Task;

        public void Acknowledge(params int[] absent) => answer.SetResult(LaneBatchCodec.EncodeAbsent(absent));

        public void Lose() => answer.SetException(new TimeoutException());

        public List<long> Terms(GroupEntry group)
        {
            var heard = new Heard();
            LaneBatchCodec.Decode(bytes, Table(group), heard);
            return heard.Terms;
        }
    }

    private sealed class OtherEnd : ILaneEnd
    {
        private readonly Channel<Batch> batches = Channel.CreateUnbounded<Batch>();
        private int outstanding;
        private int sent;
        private int rests;

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
                return await exchanged.Answer;
            }
            finally
            {
                Interlocked.Decrement(ref outstanding);
            }
        }

        public Task RestAsync(SiloAddress target)
        {
            Interlocked.Increment(ref rests);
            return Task.CompletedTask;
        }
    }
}
