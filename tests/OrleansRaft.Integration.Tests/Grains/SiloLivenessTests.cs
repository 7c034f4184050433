using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Grains.Liveness;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>What two silos promise each other about replicas that sleep, step by step under a clock that stands still.</summary>
public sealed class SiloContractTests
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(400);

    private readonly FakeTimeProvider time = new();
    private readonly SiloLiveness contract;
    private long sequence;

    public SiloContractTests() => contract = new SiloLiveness(Tolerance, time);

    [Fact]
    public void A_silo_that_beats_stays_in_sight_and_needs_one_comparison()
    {
        Hear(session: 1);
        contract.NeedsComparison.ShouldBeTrue();
        contract.Compared(contract.BeginComparison());

        time.Advance(Tolerance);
        Hear(session: 1);

        contract.Review().ShouldBeFalse();
        contract.IsInSight.ShouldBeTrue();
        contract.NeedsComparison.ShouldBeFalse();
    }

    [Fact]
    public void A_silo_that_falls_silent_goes_out_of_sight_once_and_must_be_compared_when_it_returns()
    {
        Agree();
        var session = contract.Session;

        time.Advance(Tolerance * 2);

        contract.IsInSight.ShouldBeFalse();
        contract.Review().ShouldBeTrue();
        contract.Review().ShouldBeFalse();
        contract.Session.ShouldBeGreaterThan(session, "the other side may have heard everything: it must learn that this one has not");
        contract.NeedsComparison.ShouldBeFalse("there is nobody to compare with");
        Hear(session: 1);
        contract.IsInSight.ShouldBeTrue();
        contract.NeedsComparison.ShouldBeTrue();
    }

    [Fact]
    public void A_new_session_of_the_other_side_asks_for_a_comparison_although_no_beat_was_missed()
    {
        Agree();

        Hear(session: 2);

        contract.NeedsComparison.ShouldBeTrue();
    }

    [Fact]
    public void A_beat_that_was_overtaken_says_nothing()
    {
        Agree();
        contract.Hear(new SiloHeartbeat(sequence + 2, 1, [], [])).ShouldBeTrue();

        contract.Hear(new SiloHeartbeat(sequence + 1, 7, [], [])).ShouldBeFalse();

        contract.NeedsComparison.ShouldBeFalse();
    }

    [Fact]
    public void A_loss_during_a_comparison_asks_for_another()
    {
        Agree();
        contract.Doubt();
        var begun = contract.BeginComparison();

        contract.Doubt();
        contract.Compared(begun);

        contract.NeedsComparison.ShouldBeTrue();
    }

    [Fact]
    public void A_silo_that_was_held_up_itself_gives_the_others_time_but_brings_nobody_back()
    {
        Agree();
        time.Advance(Tolerance * 2);

        contract.GiveTime();
        contract.Review().ShouldBeFalse();

        time.Advance(Tolerance * 2);
        contract.Review().ShouldBeTrue();
        contract.GiveTime();
        contract.IsInSight.ShouldBeFalse();
    }

    private void Agree()
    {
        Hear(session: 1);
        contract.Compared(contract.BeginComparison());
    }

    private void Hear(long session) => contract.Hear(new SiloHeartbeat(++sequence, session, [], [])).ShouldBeTrue();
}
