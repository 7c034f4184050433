using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Grains.Routing;

namespace OrleansRaft.Grains.Tests.Routing;

/// <summary>What a silo takes a group's time to be between two answers.</summary>
public sealed class GroupTimeEstimateTests
{
    private readonly FakeTimeProvider time = new();
    private readonly GroupTimeEstimate clock;

    public GroupTimeEstimateTests() => clock = new GroupTimeEstimate(time, driftMax: TimeSpan.FromSeconds(10));

    [Fact]
    public void It_goes_on_from_the_last_answer_but_not_far()
    {
        clock.Observe(new LogTime(1_000));

        time.Advance(TimeSpan.FromSeconds(4));
        clock.Now.ShouldBe(new LogTime(5_000));
        time.Advance(TimeSpan.FromSeconds(40));
        clock.Now.ShouldBe(new LogTime(11_000));
    }

    [Fact]
    public void An_answer_of_a_follower_that_is_behind_does_not_set_it_back()
    {
        clock.Observe(new LogTime(5_000));

        clock.Observe(new LogTime(1_000));

        clock.Now.ShouldBe(new LogTime(5_000));
    }

    [Fact]
    public void A_leader_that_refuses_a_deadline_sets_it_right_in_both_directions()
    {
        clock.Observe(new LogTime(5_000_000));

        clock.Correct(new LogTime(1_000));
        clock.Now.ShouldBe(new LogTime(1_000));
        clock.Correct(new LogTime(9_000));
        clock.Now.ShouldBe(new LogTime(9_000));
    }
}
