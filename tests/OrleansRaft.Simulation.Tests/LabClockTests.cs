using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Tests;

public sealed class LabClockTests
{
    [Fact]
    public void Events_happen_in_the_order_of_their_times_and_then_of_their_making()
    {
        var clock = new LabClock();
        var happened = new List<string>();
        clock.Schedule(TimeSpan.FromSeconds(2), () => happened.Add("late"));
        clock.Schedule(TimeSpan.FromSeconds(1), () => happened.Add("first"));
        clock.Schedule(TimeSpan.FromSeconds(1), () => happened.Add("second"));

        clock.Run(TimeSpan.FromSeconds(3));

        happened.ShouldBe(["first", "second", "late"]);
        clock.Now.ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void Time_stops_when_the_condition_holds()
    {
        var clock = new LabClock();
        var isDone = false;
        clock.Schedule(TimeSpan.FromSeconds(1), () => isDone = true);
        clock.Schedule(TimeSpan.FromSeconds(2), () => isDone = false);

        clock.RunUntil(() => isDone, TimeSpan.FromSeconds(3)).ShouldBeTrue();

        clock.Now.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void A_fast_clock_counts_more_and_a_jump_of_the_wall_clock_moves_only_the_wall_clock()
    {
        var clock = new LabClock();
        var node = new LabNodeClock(clock, TimeSpan.FromHours(1)) { RatePerMillion = 1_050_000 };
        var (start, wall) = (node.Now, node.GetUtcNow());

        clock.Run(TimeSpan.FromSeconds(100));
        node.JumpWallClock(TimeSpan.FromHours(-1));

        (node.Now - start).ShouldBe(TimeSpan.FromSeconds(105));
        (node.GetUtcNow() - wall).ShouldBe(TimeSpan.FromSeconds(105) - TimeSpan.FromHours(1));
    }

    [Fact]
    public void A_timer_of_a_fast_clock_is_due_early_and_repeats_until_it_is_disposed()
    {
        var clock = new LabClock();
        var node = new LabNodeClock(clock, TimeSpan.Zero) { RatePerMillion = 2_000_000 };
        var times = new List<double>();
        var timer = node.CreateTimer(_ => times.Add(Math.Round(clock.Now.TotalSeconds, 3)), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));

        clock.Run(TimeSpan.FromSeconds(2.1));
        timer.Dispose();
        clock.Run(TimeSpan.FromSeconds(2));

        times.ShouldBe([1.0, 1.5, 2.0]);
    }
}
