using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests.Storage;

/// <summary>When a store begins its next transaction.</summary>
public sealed class WriteGatheringTests
{
    private readonly FakeTimeProvider time = new();
    private readonly WriteGathering gathering;

    public WriteGatheringTests() => gathering = new WriteGathering(time);

    [Fact]
    public void Whoever_is_alone_never_waits()
    {
        gathering.MustWait(1).ShouldBeFalse("nobody has written yet");
        gathering.Begin(1);
        gathering.End(0);

        gathering.MustWait(1).ShouldBeFalse();
    }

    [Fact]
    public void A_free_store_waits_until_three_quarters_of_the_last_writers_are_back()
    {
        gathering.Begin(6);
        gathering.End(2);

        gathering.MustWait(2).ShouldBeTrue();
        gathering.MustWait(5).ShouldBeTrue();
        gathering.MustWait(6).ShouldBeFalse();
    }

    [Fact]
    public void It_waits_for_a_millisecond_at_most_for_writers_that_are_gone()
    {
        gathering.Begin(16);
        gathering.End(0);
        time.Advance(TimeSpan.FromSeconds(1));
        gathering.MustWait(1).ShouldBeTrue("the wait begins with the first that is there");

        time.Advance(WriteGathering.PatienceMax);

        gathering.MustWait(1).ShouldBeFalse();
        WriteGathering.PatienceMax.ShouldBe(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void A_wait_that_was_in_vain_is_not_repeated()
    {
        gathering.Begin(16);
        gathering.End(0);
        gathering.MustWait(1).ShouldBeTrue();
        time.Advance(WriteGathering.PatienceMax);

        gathering.Begin(1);
        gathering.End(0);

        gathering.MustWait(1).ShouldBeFalse();
    }

    [Fact]
    public void What_comes_in_a_pulse_waits_for_its_end_and_no_longer_than_anything_else()
    {
        gathering.BeginPulse();
        gathering.MustWait(1).ShouldBeTrue();
        gathering.EndPulse();
        gathering.MustWait(1).ShouldBeFalse();

        gathering.BeginPulse();
        gathering.MustWait(1).ShouldBeTrue();
        time.Advance(WriteGathering.PatienceMax);

        gathering.MustWait(1).ShouldBeFalse("a pulse that takes long holds nobody up");
    }

    [Fact]
    public void One_pulse_of_several_may_still_run()
    {
        gathering.BeginPulse();
        gathering.BeginPulse();
        gathering.EndPulse();
        gathering.MustWait(1).ShouldBeTrue();

        gathering.EndPulse();

        gathering.MustWait(1).ShouldBeFalse();
    }

    [Fact]
    public void An_end_without_a_beginning_does_not_matter()
    {
        gathering.EndPulse();

        gathering.BeginPulse();

        gathering.MustWait(1).ShouldBeTrue();
    }
}
