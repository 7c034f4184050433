using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Tests.Transport;

/// <summary>One way from a silo to another, with the other end in the test's hands.</summary>
public sealed partial class LaneTests
{
    private static readonly SiloAddress Target = SiloAddress.New(System.Net.IPAddress.Loopback, 1_000, 1);

    private readonly GroupEntry group = new(
        new GroupSet("g", 1, 3), 0, Configuration.OfVoters([.. Enumerable.Range(1, 3).Select(id => new Member(new ReplicaId(id), LogIndex.Zero))]));
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
    public async Task What_nobody_waits_for_goes_with_the_next_frame_and_makes_no_batch_of_its_own()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Notice(1));
        lane.Enqueue(Notice(2));
        end.Sent.ShouldBe(0);
        end.FlushesAsked.ShouldBe(2);

        lane.Enqueue(Vote(3), isFree: true);

        end.Sent.ShouldBe(1);
        (await end.NextAsync()).Terms(group).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task What_nobody_waits_for_goes_alone_when_nothing_follows()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Notice(1));

        lane.Flush();
        lane.Flush();

        var batch = await end.NextAsync();
        batch.Terms(group).ShouldBe([1]);
        batch.Acknowledge();
        end.Sent.ShouldBe(1);
        lane.Flush();
        end.Sent.ShouldBe(1);
    }

    [Fact]
    public async Task What_nobody_waits_for_stays_behind_when_a_batch_comes_back_and_is_flushed_later()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1), isFree: true);
        var first = await end.NextAsync();
        lane.Enqueue(Notice(2));

        first.Acknowledge();

        end.Sent.ShouldBe(1);
        end.FlushesAsked.ShouldBe(1);
        lane.Flush();
        (await end.NextAsync()).Terms(group).ShouldBe([2]);
    }

    [Fact]
    public async Task What_says_nothing_new_waits_for_the_next_tick()
    {
        var lane = new Lane(Target, end);

        lane.Enqueue(Repetition(1));
        (end.Sent, end.FlushesAsked, end.TicksAsked).ShouldBe((0, 0, 1));
        lane.Enqueue(Notice(2));
        (end.Sent, end.FlushesAsked).ShouldBe((0, 1), "of the notice");
        lane.Tick();

        (await end.NextAsync()).Terms(group).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task A_thread_that_holds_lanes_sends_all_that_it_puts_into_one_when_it_lets_go()
    {
        var lane = new Lane(Target, end);
        LaneCork.Hold();
        try
        {
            lane.Enqueue(Vote(1));
            lane.Enqueue(Vote(2));
            var elsewhere = new Thread(() => lane.Enqueue(Vote(3)));
            elsewhere.Start();
            elsewhere.Join();
            end.Sent.ShouldBe(0);
        }
        finally
        {
            LaneCork.Release();
        }

        (await end.NextAsync()).Terms(group).ShouldBe([1, 2, 3]);
        end.Sent.ShouldBe(1);
    }

    [Fact]
    public async Task Heartbeats_of_many_groups_share_a_batch_and_a_batch_has_a_limit()
    {
        var lane = new Lane(
            Target, end, controlLimits: new LaneLimits(BatchMax: 10, BatchBytesMax: 1 << 20, WaitingMax: 100, WaitingBytesMax: 1 << 20));
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
        var batch = Write(
            new RequestFrame(LaneFrameKind.Queries, new LaneCall(7), new byte[] { 1, 2 }),
            Vote(3),
            new ReplyFrame(9, new byte[] { 4 }),
            new ReplyFrame(10, default),
            new LostRepliesFrame(11),
            new AcknowledgementFrame(5, 300, new byte[] { 2 }));

        Read(batch, group).Lines.ShouldBe(
            ["Queries 7: 0102", "message 1 of term 3", "replies 9: 04", "replies 10: ", "lost replies 11", "acknowledgement 300: 02"]);
    }

    /// <summary>Each bad frame stands between two good ones.</summary>
    [Theory]
    [InlineData("unknown kind", "630101", false)]
    [InlineData("kind zero", "0000", false)]
    [InlineData("nothing in it", "0100", false)]
    [InlineData("message of another version", "010A03672D30010201630101", false)]
    [InlineData("message cut off", "010803672D3001020101", false)]
    [InlineData("group name longer than the frame", "0103FF0161", false)]
    [InlineData("call without a number", "0200", false)]
    [InlineData("number without an end", "0202FFFF", false)]
    [InlineData("length beyond the batch", "02FF7F00", true)]
    [InlineData("length without an end", "02FFFFFFFFFFFFFFFFFFFF", true)]
    public void Rule_41_An_unreadable_frame_harms_no_other_frame_of_its_batch(string what, string frame, bool isRestInDoubt)
    {
        byte[] good = Write(Vote(3), Vote(4));
        var length = (good.Length - 2) / 2;
        byte[] batch = [good[0], 3, .. good.AsSpan(2, length), .. Convert.FromHexString(frame), .. good.AsSpan(2 + length)];

        var lines = Read(batch, group).Lines;

        lines[0].ShouldBe("message 0 of term 3");
        lines.ShouldContain(line => line.StartsWith("unreadable 1", StringComparison.Ordinal), what);
        if (isRestInDoubt)
        {
            lines[^1].ShouldBe("unreadable 1 and all behind it");
        }
        else
        {
            lines.ShouldBe(["message 0 of term 3", "unreadable 1", "message 2 of term 4"]);
        }
    }

    /// <summary>Where the next frame begins is not known then, and what is found there may look like one.</summary>
    [Fact]
    public void Rule_41_A_length_that_is_too_short_puts_the_rest_of_the_batch_in_doubt()
    {
        byte[] batch = Write(Vote(3), Vote(4), Vote(5));
        batch[3]--;

        var lines = Read(batch, group).Lines;

        lines[^1].ShouldBe("unreadable 0 and all behind it");
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("0300FF")]
    [InlineData("03FF")]
    public void Rule_41_A_batch_that_cannot_be_read_is_lost_from_its_first_frame_on(string batch)
    {
        Read(Convert.FromHexString(batch), group).Lines[^1].ShouldBe("unreadable 0 and all behind it");
    }

    [Fact]
    public async Task Rule_41_What_the_other_silo_could_not_read_is_told_to_its_senders_and_nothing_else_is()
    {
        var lane = new Lane(Target, end);
        var (good, bad) = (new LaneCall(1), new LaneCall(2));
        lane.Enqueue(Vote(1));
        (await end.NextAsync()).Answer();
        lane.Enqueue(new RequestFrame(LaneFrameKind.Commands, good, new byte[8]));
        var first = await end.NextAsync();
        lane.Enqueue(new RequestFrame(LaneFrameKind.Commands, bad, new byte[8]));
        lane.Enqueue(new ReplyFrame(3, new byte[] { 9 }));
        lane.Enqueue(Entries(5));
        lane.Enqueue(Vote(6));
        first.Answer();

        (await end.NextAsync()).Answer(new(0, FrameFate.Lost), new(1, FrameFate.Lost), new(3, FrameFate.Lost));

        await Should.ThrowAsync<TimeoutException>(bad.Replies);
        good.Replies.IsCompleted.ShouldBeFalse();
        (await end.NextAsync()).Lines(group).ShouldBe(["lost replies 3"]);
        sender.Lost.ShouldBe([new ReplicaId(2)]);
        end.Losses.ShouldBe([(3, FrameLoss.Refused)]);
        end.Rests.ShouldBe(0, "the silo is well");
    }

    [Fact]
    public async Task Rule_41_Where_the_rest_of_a_batch_is_in_doubt_all_of_it_is_lost()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1));
        var first = await end.NextAsync();
        LaneCall[] calls = [new(1), new(2), new(3)];
        Array.ForEach(calls, call => lane.Enqueue(new RequestFrame(LaneFrameKind.Commands, call, new byte[8])));
        first.Answer();

        (await end.NextAsync()).Answer(new FrameMiss(1, FrameFate.LostWithRest));

        await Should.ThrowAsync<TimeoutException>(calls[1].Replies);
        await Should.ThrowAsync<TimeoutException>(calls[2].Replies);
        calls[0].Replies.IsCompleted.ShouldBeFalse();
    }

    /// <summary>A lane that stopped for it would carry nothing to that silo any more.</summary>
    [Fact]
    public async Task Rule_41_A_frame_that_cannot_be_written_is_lost_alone_and_the_lane_goes_on()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1));
        var first = await end.NextAsync();
        lane.Enqueue(Vote(2));
        var impossible = new AppendEntries(new Term(-1), LogIndex.Zero, EntryBlock.Empty(EntryId.Zero), LogIndex.Zero, ReadSequence.Zero);
        lane.Enqueue(new MessageFrame(sender, group.Slot(new ReplicaId(2)), 1, impossible));
        lane.Enqueue(Entries(3));

        first.Answer();

        (await end.NextAsync()).Terms(group).ShouldBe([2, 3]);
        sender.Lost.ShouldBe([new ReplicaId(2)]);
        end.Losses.ShouldBe([(1, FrameLoss.Unwritable)]);
    }

    [Fact]
    public async Task A_lane_goes_on_although_a_sender_cannot_be_told()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(new MessageFrame(new Deaf(), group.Slot(new ReplicaId(2)), 1, Entries(1).Message));
        (await end.NextAsync()).Lose();

        lane.Enqueue(Vote(2));

        (await end.NextAsync()).Terms(group).ShouldBe([2]);
    }

    [Fact]
    public async Task Replies_whose_batch_is_lost_are_sent_once_more_and_not_for_ever()
    {
        var lane = new Lane(Target, end);
        lane.Enqueue(new ReplyFrame(9, new byte[] { 4 }));
        (await end.NextAsync()).Lose();
        var again = await end.NextAsync();
        again.Lines(group).ShouldBe(["replies 9: 04"]);

        again.Lose();
        lane.Enqueue(Vote(2));

        (await end.NextAsync()).Lines(group).ShouldBe(["message 0 of term 2"]);
    }

    /// <summary>A heartbeat that is lost tells as much as entries do; a vote is nobody's to wait for.</summary>
    [Fact]
    public async Task Rule_40_Every_message_of_a_leader_that_is_lost_is_told_to_it()
    {
        var lane = new Lane(Target, end);
        var slot = group.Slot(new ReplicaId(2));
        Message[] messages =
        [
            new AppendEntries(new Term(1), LogIndex.Zero, EntryBlock.Empty(EntryId.Zero), LogIndex.Zero, ReadSequence.Zero),
            new Quiesce(new Term(1), LogIndex.Zero, EntryId.Zero, null),
            new PreVote(new Term(1), EntryId.Zero),
            new AppendEntriesResponse(new Term(1), LogIndex.Zero, true, EntryId.Zero, LogIndex.Zero, ReadSequence.Zero),
        ];
        foreach (var message in messages)
        {
            lane.Enqueue(new MessageFrame(sender, slot, 1, message));
            (await end.NextAsync()).Lose();
        }

        lane.Enqueue(Vote(2));
        await end.NextAsync();

        sender.Lost.Count.ShouldBe(2);
        end.Losses.ShouldBe(Enumerable.Repeat((1, FrameLoss.Unacknowledged), messages.Length));
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
}
