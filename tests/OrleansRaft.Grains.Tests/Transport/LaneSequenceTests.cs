using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Tests.Transport;

/// <summary>One-way batches as they arrive, which Orleans may hand over in another order than they were sent in.</summary>
public sealed class LaneSequenceTests
{
    private readonly LaneSequence sequence = new();

    [Fact]
    public void A_batch_that_comes_too_early_waits_for_the_one_before_it()
    {
        Take(number: 2, first: 1).ShouldBeEmpty();

        Take(number: 1, first: 1).ShouldBe([1, 2]);
        Take(number: 3, first: 3).ShouldBe([3]);
    }

    [Fact]
    public void What_its_sender_has_given_up_is_not_waited_for_and_not_taken_late()
    {
        Take(number: 2, first: 1).ShouldBeEmpty();

        Take(number: 3, first: 3).ShouldBe([2, 3]);
        Take(number: 1, first: 1).ShouldBeEmpty();
    }

    [Fact]
    public void A_sender_that_begins_anew_is_waited_for_from_its_first_number_on()
    {
        Take(number: 1, first: 1).ShouldBe([1]);
        Take(number: 3, first: 2).ShouldBeEmpty();

        Take(number: 1, first: 1, session: 2).ShouldBe([1]);

        Take(number: 2, first: 2).ShouldBeEmpty("that was its former life");
        Take(number: 2, first: 2, session: 2).ShouldBe([2]);
    }

    [Fact]
    public void A_sender_that_leaves_gaps_makes_nobody_keep_its_batches()
    {
        for (var number = 2; number < 10; number++)
        {
            Take(number, first: 1).ShouldBeEmpty();
        }

        Take(number: 10, first: 1).ShouldBe([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }

    private List<long> Take(long number, long first, long session = 1) =>
        [.. sequence.Take(new LaneHead(session, first, number, AsksAtOnce: false), []).Select(static ready => ready.Head.Number)];
}
