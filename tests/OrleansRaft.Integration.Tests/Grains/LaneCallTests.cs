using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A request to a replica ends once: with replies, without, or when nobody waits any more.</summary>
public sealed class LaneCallTests
{
    private static readonly ReplyBatch Batch = new([Reply.Unknown("answered")], LogTime.Zero);

    private readonly List<ReplyBatch> taken = [];

    [Fact]
    public async Task Replies_are_taken_at_once_on_the_turn_on_which_they_come()
    {
        var thread = 0;
        var call = new LaneCall(1, batch =>
        {
            taken.Add(batch);
            thread = Environment.CurrentManagedThreadId;
        });

        call.OnReplied(Batch);

        thread.ShouldBe(Environment.CurrentManagedThreadId);
        taken.ShouldBe([Batch]);
        (await EndOf(call)).ShouldBeTrue();
    }

    /// <summary>By then the commands wait to be tried again; two attempts must not settle them at once.</summary>
    [Fact]
    public void Replies_that_come_when_nobody_waits_any_more_are_not_taken()
    {
        var call = new LaneCall(1, taken.Add);

        call.Abandon().ShouldBeTrue();
        call.OnReplied(Batch);

        taken.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_call_whose_replies_are_being_taken_cannot_be_abandoned()
    {
        LaneCall? call = null;
        bool? isAbandoned = null;
        call = new LaneCall(1, _ => isAbandoned = call!.Abandon());

        call.OnReplied(Batch);

        isAbandoned.ShouldBe(false);
        (await EndOf(call)).ShouldBeTrue();
    }

    [Fact]
    public async Task Only_the_first_end_counts()
    {
        var (absent, failed) = (new LaneCall(1, taken.Add), new LaneCall(2, taken.Add));

        absent.NotHere();
        failed.Fail();
        Array.ForEach([absent, failed], static call => call.OnReplied(Batch));

        (await EndOf(absent)).ShouldBeFalse();
        await Should.ThrowAsync<TimeoutException>(EndOf(failed));
        taken.ShouldBeEmpty();
    }

    /// <summary>The turn is a replica's, or a whole lane's: neither must hear of what the requests' own code throws.</summary>
    [Fact]
    public async Task What_takes_the_replies_may_throw()
    {
        var call = new LaneCall(1, static _ => throw new InvalidOperationException("broken"));

        call.OnReplied(Batch);

        (await Should.ThrowAsync<InvalidOperationException>(EndOf(call))).Message.ShouldBe("broken");
    }

    /// <summary>What ends a call ends it at once: one that goes on would be waited for in vain.</summary>
    private static Task<bool> EndOf(LaneCall call)
    {
        call.Replies.IsCompleted.ShouldBeTrue($"call {call.Number} has ended");
        return call.Replies;
    }
}
