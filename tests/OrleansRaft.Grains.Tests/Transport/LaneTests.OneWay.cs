using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Tests.Transport;

/// <summary>Batches that are one-way calls, and their acknowledgements.</summary>
public sealed partial class LaneTests
{
    [Fact]
    public async Task A_silo_gets_one_way_calls_when_it_has_answered_one_that_was_waited_for()
    {
        end.KnowsOneWay = true;
        var lane = new Lane(Target, end);
        lane.Enqueue(Vote(1), isFree: true);
        var first = await end.NextAsync();
        first.Head.ShouldBeNull();

        first.Acknowledge();
        lane.Enqueue(Vote(2), isFree: true);

        var second = await end.NextAsync();
        second.Number.ShouldBe(1);
        second.Terms(group).ShouldBe([2]);
    }

    [Fact]
    public async Task Two_one_way_batches_are_on_their_way_at_most_and_the_second_asks_for_its_acknowledgement_at_once()
    {
        var lane = await TrustedAsync();
        lane.Enqueue(Vote(1), isFree: true);
        lane.Enqueue(Vote(2), isFree: true);
        lane.Enqueue(Vote(3), isFree: true);
        lane.Enqueue(Vote(4), isFree: true);

        var (first, second) = (await end.NextAsync(), await end.NextAsync());

        end.Sent.ShouldBe(3);
        (first.Number, first.Head!.Value.First, first.Head.Value.AsksAtOnce).ShouldBe((1, 1, false));
        (second.Number, second.Head!.Value.First, second.Head.Value.AsksAtOnce).ShouldBe((2, 1, true));
        Acknowledge(lane, second);
        var third = await end.NextAsync();
        third.Terms(group).ShouldBe([3, 4]);
        (third.Number, third.Head!.Value.First).ShouldBe((3, 1), "the first is still waited for");
    }

    [Fact]
    public async Task An_acknowledgement_goes_with_what_is_said_anyway_and_otherwise_with_the_next_tick()
    {
        var lane = await TrustedAsync();
        lane.Acknowledge(new AcknowledgementFrame(7, 1, default), isUrgent: false);
        end.Sent.ShouldBe(1);

        lane.Enqueue(Vote(1), isFree: true);
        (await end.NextAsync()).Lines(group).ShouldBe(["message 0 of term 1", "acknowledgement 1: "]);
        lane.Acknowledge(new AcknowledgementFrame(7, 2, default), isUrgent: false);
        lane.Tick();

        var alone = await end.NextAsync();
        alone.Lines(group).ShouldBe(["acknowledgement 2: "]);
        alone.Number.ShouldBe(0, "it is not acknowledged itself, or two silos would never be silent");
    }

    [Fact]
    public async Task An_acknowledgement_that_is_waited_for_passes_batches_that_wait_for_theirs()
    {
        var lane = await TrustedAsync();
        lane.Enqueue(Vote(1), isFree: true);
        lane.Enqueue(Vote(2), isFree: true);
        lane.Enqueue(Vote(3), isFree: true);
        await end.NextAsync();
        await end.NextAsync();

        lane.Acknowledge(new AcknowledgementFrame(7, 1, new byte[] { 2 }), isUrgent: true);

        (await end.NextAsync()).Lines(group).ShouldBe(["acknowledgement 1: 02"]);
    }

    [Fact]
    public async Task A_one_way_batch_that_is_not_acknowledged_is_lost_and_the_next_is_a_call_that_is_waited_for()
    {
        var lane = await TrustedAsync();
        var call = new LaneCall(1);
        lane.Enqueue(new RequestFrame(LaneFrameKind.Commands, call, new byte[8]), isFree: true);
        var lost = await end.NextAsync();
        for (var tick = 1; tick < Lane.TicksMax; tick++)
        {
            lane.Tick().ShouldBeTrue();
        }

        call.Replies.IsCompleted.ShouldBeFalse();
        lane.Tick().ShouldBeFalse();

        await Should.ThrowAsync<TimeoutException>(call.Replies);
        (end.Rests, end.Unacknowledged).ShouldBe((1, 1));
        end.Losses.ShouldBe([(1, FrameLoss.Unacknowledged)]);
        lane.Enqueue(Entries(2), isFree: true);
        var next = await end.NextAsync();
        next.Head.ShouldBeNull();
        Acknowledge(lane, lost);
        end.Outstanding.ShouldBe(1, "a late acknowledgement is nobody's");
        sender.Lost.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_one_way_batch_that_does_not_leave_is_lost_at_once()
    {
        var lane = await TrustedAsync();
        end.Failure = new LinkCutException("b");
        var call = new LaneCall(1);

        lane.Enqueue(new RequestFrame(LaneFrameKind.Commands, call, new byte[8]), isFree: true);

        await Should.ThrowAsync<TimeoutException>(call.Replies);
        lane.Enqueue(Vote(2), isFree: true);
        (await end.NextAsync()).Head.ShouldBeNull();
    }

    [Fact]
    public async Task A_lane_whose_connection_may_have_ended_waits_for_its_next_call()
    {
        var lane = await TrustedAsync();

        lane.Doubt();
        lane.Enqueue(Vote(1), isFree: true);

        (await end.NextAsync()).Head.ShouldBeNull();
    }

    [Fact]
    public async Task A_request_on_its_way_to_a_silo_that_is_gone_fails_at_once()
    {
        var lane = await TrustedAsync();
        var call = new LaneCall(1);
        lane.Enqueue(new RequestFrame(LaneFrameKind.Queries, call, new byte[8]), isFree: true);

        lane.Close();

        await Should.ThrowAsync<TimeoutException>(call.Replies);
        end.Losses.ShouldBe([(1, FrameLoss.SiloGone)]);
        lane.Tick().ShouldBeFalse();
    }

    [Fact]
    public async Task What_an_acknowledgement_names_is_told_to_its_senders_and_nothing_else_is()
    {
        var lane = await TrustedAsync();
        var slot = group.Slot(new ReplicaId(2));
        slot.Learn(Target, 1);
        LaneCork.Hold();
        lane.Enqueue(new ReplyFrame(3, new byte[] { 9 }));
        lane.Enqueue(Entries(2));
        lane.Enqueue(Vote(1));
        LaneCork.Release();
        var batch = await end.NextAsync();

        Acknowledge(lane, batch, new(0, FrameFate.Lost), new(2, FrameFate.Absent));

        slot.Silo.ShouldBeNull();
        sender.Lost.ShouldBe([new ReplicaId(2)]);
        end.Losses.ShouldBe([(1, FrameLoss.Absent), (1, FrameLoss.Refused)]);
        (await end.NextAsync()).Lines(group).ShouldBe(["lost replies 3"]);
    }

    [Fact]
    public async Task An_acknowledgement_that_cannot_be_read_is_none()
    {
        var lane = await TrustedAsync();
        var call = new LaneCall(1);
        lane.Enqueue(new RequestFrame(LaneFrameKind.Queries, call, new byte[8]), isFree: true);
        var batch = await end.NextAsync();

        Should.Throw<CorruptDataException>(() => lane.OnAcknowledged(batch.Head!.Value.Session, batch.Number, new byte[] { 255 }));

        for (var tick = 0; tick < Lane.TicksMax; tick++)
        {
            lane.Tick();
        }

        await Should.ThrowAsync<TimeoutException>(call.Replies);
    }
}
