using OrleansRaft.Grains.Replicas;

namespace OrleansRaft.Grains.Tests.Replicas;

/// <summary>The moments at which the replicas of a silo tick.</summary>
public sealed class TickTimesTests
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    [Theory]
    [InlineData(1_000, 50)]
    [InlineData(1_002, 48)]
    [InlineData(1_010, 40)]
    [InlineData(1_020, 38)]
    [InlineData(1_037, 38)]
    [InlineData(1_045, 55)]
    [InlineData(1_049, 51)]
    public void The_next_tick_is_at_a_multiple_of_the_period_as_far_as_it_does_not_come_too_soon(int now, int wait)
    {
        TickTimes.UntilNext(TimeSpan.FromMilliseconds(now), Period).ShouldBe(TimeSpan.FromMilliseconds(wait));
    }

    /// <summary>Ticks count election timeouts: whatever holds them up, they must come no more often than their period says.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(60)]
    public void Timers_that_begin_at_any_time_and_are_late_fall_into_step_and_keep_the_rate(int lateMax)
    {
        const int Ticks = 1_000;
        var random = new Random(lateMax);
        for (var begun = 0; begun < Period.Milliseconds; begun++)
        {
            var now = TimeSpan.FromMilliseconds(begun);
            for (var tick = 0; tick < Ticks; tick++)
            {
                var wait = TickTimes.UntilNext(now, Period);
                wait.ShouldBeInRange(Period * 0.75, Period * 1.25);
                now += wait + TimeSpan.FromMilliseconds(random.Next(lateMax + 1));
            }

            // What the first ones win, by beginning between two multiples, is all that is ever won.
            now.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(begun) + (Period * (Ticks - 0.75)));
            if (lateMax == 0)
            {
                (now.Ticks % Period.Ticks).ShouldBe(0);
            }
        }
    }
}
