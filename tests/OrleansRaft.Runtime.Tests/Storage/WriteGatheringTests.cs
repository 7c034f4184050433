using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests.Storage;

/// <summary>When a store begins its next transaction.</summary>
public sealed class WriteGatheringTests
{
    private readonly WriteGathering gathering = new();

    [Fact]
    public void Whoever_is_alone_never_waits()
    {
        gathering.MustWait(0).ShouldBeFalse("nobody is expected");
        gathering.MustWait(1).ShouldBeFalse("nobody has written yet");
        gathering.Begin(1);
        gathering.End(0);

        gathering.MustWait(0).ShouldBeFalse("one that was alone is not waited for");
        gathering.MustWait(1).ShouldBeFalse();
    }

    [Fact]
    public void A_free_store_waits_until_three_quarters_of_the_last_writers_are_back()
    {
        gathering.Begin(6);
        gathering.End(2);

        gathering.MustWait(0).ShouldBeTrue("the wait begins with the end of the last transaction");
        gathering.MustWait(2).ShouldBeTrue();
        gathering.MustWait(5).ShouldBeTrue();
        gathering.MustWait(6).ShouldBeFalse();
    }

    [Fact]
    public void Whoever_comes_when_the_wait_is_over_does_not_wait_for_those_who_are_gone()
    {
        gathering.Begin(16);
        gathering.End(0);
        gathering.MustWait(1).ShouldBeTrue();

        gathering.EndWait();

        gathering.MustWait(1).ShouldBeFalse();
        WriteGathering.PatienceMax.ShouldBe(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void A_wait_that_was_in_vain_is_not_repeated()
    {
        gathering.Begin(16);
        gathering.End(0);
        gathering.EndWait();

        gathering.Begin(1);
        gathering.MustWait(1).ShouldBeFalse("the transaction that is under way is not known yet");
        gathering.End(0);

        gathering.MustWait(1).ShouldBeFalse();
    }

    [Fact]
    public void What_comes_in_a_pulse_waits_for_the_end_of_all()
    {
        gathering.IsInPulse.ShouldBeFalse();

        gathering.BeginPulse();
        gathering.BeginPulse();
        gathering.EndPulse();
        gathering.IsInPulse.ShouldBeTrue("one of several still runs");

        gathering.EndPulse();
        gathering.IsInPulse.ShouldBeFalse();
    }

    [Fact]
    public void An_end_without_a_beginning_does_not_matter()
    {
        gathering.EndPulse();

        gathering.BeginPulse();

        gathering.IsInPulse.ShouldBeTrue();
    }
}
