using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Runtime.Tests.Liveness;

/// <summary>What one silo knows of another, step by step under a clock that stands still.</summary>
public sealed class SiloLivenessTests
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(400);

    private readonly FakeTimeProvider time = new();
    private readonly SiloLiveness liveness;
    private long sequence;

    public SiloLivenessTests() => liveness = new SiloLiveness(Tolerance, time);

    [Fact]
    public void A_silo_that_sends_heartbeats_stays_in_sight_and_needs_one_comparison()
    {
        Hear(session: 1);
        liveness.NeedsComparison.ShouldBeTrue();
        liveness.EndComparison(liveness.BeginComparison());

        time.Advance(Tolerance);
        Hear(session: 1);

        liveness.Review().ShouldBeFalse();
        liveness.IsInSight.ShouldBeTrue();
        liveness.NeedsComparison.ShouldBeFalse();
    }

    [Fact]
    public void A_silo_that_falls_silent_goes_out_of_sight_once_and_must_be_compared_when_it_returns()
    {
        Agree();
        var session = liveness.Session;

        time.Advance(Tolerance * 2);

        liveness.IsInSight.ShouldBeFalse();
        liveness.Review().ShouldBeTrue();
        liveness.Review().ShouldBeFalse();
        liveness.Session.ShouldBeGreaterThan(session, "the other side may have heard everything: it must learn that this one has not");
        liveness.NeedsComparison.ShouldBeFalse("there is nobody to compare with");
        Hear(session: 1);
        liveness.IsInSight.ShouldBeTrue();
        liveness.NeedsComparison.ShouldBeTrue();
    }

    [Fact]
    public void A_new_session_of_the_other_side_asks_for_a_comparison_although_no_heartbeat_was_missed()
    {
        Agree();

        Hear(session: 2);

        liveness.NeedsComparison.ShouldBeTrue();
    }

    [Fact]
    public void A_heartbeat_that_was_overtaken_is_ignored()
    {
        Agree();
        liveness.Hear(new SiloHeartbeat(sequence + 2, 1, [], [])).ShouldBeTrue();

        liveness.Hear(new SiloHeartbeat(sequence + 1, 7, [], [])).ShouldBeFalse();

        liveness.NeedsComparison.ShouldBeFalse();
    }

    [Fact]
    public void A_loss_during_a_comparison_asks_for_another()
    {
        Agree();
        liveness.Invalidate();
        var begun = liveness.BeginComparison();

        liveness.Invalidate();
        liveness.EndComparison(begun);

        liveness.NeedsComparison.ShouldBeTrue();
    }

    [Fact]
    public void A_silo_that_was_held_up_itself_gives_the_others_time_but_brings_nobody_back()
    {
        Agree();
        time.Advance(Tolerance * 2);

        liveness.ExtendDeadline();
        liveness.Review().ShouldBeFalse();

        time.Advance(Tolerance * 2);
        liveness.Review().ShouldBeTrue();
        liveness.ExtendDeadline();
        liveness.IsInSight.ShouldBeFalse();
    }

    private void Agree()
    {
        Hear(session: 1);
        liveness.EndComparison(liveness.BeginComparison());
    }

    private void Hear(long session) => liveness.Hear(new SiloHeartbeat(++sequence, session, [], [])).ShouldBeTrue();
}
