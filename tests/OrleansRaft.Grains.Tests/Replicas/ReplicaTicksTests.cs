using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Grains.Tests.Replicas;

/// <summary>The clock by which the active replicas of a silo count, on a worker whose passes are written down.</summary>
public sealed class ReplicaTicksTests : IDisposable, IPulseHost
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider time = new();
    private readonly List<string> course = [];
    private readonly StepWorker worker;
    private readonly ReplicaTicks ticks;

    public ReplicaTicksTests()
    {
        worker = new StepWorker(this);
        ticks = new ReplicaTicks(Options.Create(new RaftOptions { TickInterval = Period }), time);
    }

    [Fact]
    public void All_active_replicas_of_a_silo_have_their_turns_at_a_tick_in_one_pass()
    {
        ticks.Start(new Replica(this, "a"));
        ticks.Start(new Replica(this, "b"));

        time.Advance(Period);
        course.ShouldBe(["begin", "a", "b", "end"]);

        time.Advance(Period);
        course.ShouldBe(["begin", "a", "b", "end", "begin", "a", "b", "end"]);
    }

    [Fact]
    public void A_replica_that_stops_or_quiesces_ticks_no_more()
    {
        var (staying, leaving) = (new Replica(this, "stays"), new Replica(this, "leaves"));
        ticks.Start(staying);
        ticks.Start(leaving);

        ticks.Stop(leaving);
        ticks.Stop(leaving);
        time.Advance(Period);

        course.ShouldBe(["begin", "stays", "end"]);
    }

    /// <summary>A silo whose groups are all idle must not be woken twenty times a second.</summary>
    [Fact]
    public void Where_no_replica_is_active_no_timer_runs_and_one_that_wakes_counts_whole_ticks()
    {
        var replica = new Replica(this, "a");
        ticks.Start(replica);
        time.Advance(Period / 2);
        ticks.Stop(replica);
        time.Advance(Period / 4);
        course.ShouldBeEmpty();

        ticks.Start(replica);
        time.Advance(Period - TimeSpan.FromMilliseconds(1));
        course.ShouldBeEmpty("the timer begins anew");
        time.Advance(TimeSpan.FromMilliseconds(1));

        course.ShouldBe(["begin", "a", "end"]);
    }

    [Fact]
    public void A_replica_that_begins_twice_ticks_once()
    {
        var replica = new Replica(this, "a");

        ticks.Start(replica);
        ticks.Start(replica);
        time.Advance(Period);

        course.ShouldBe(["begin", "a", "end"]);
    }

    public void Dispose() => ticks.Dispose();

    void IPulseHost.Wake() => course.Add("woken");

    void IPulseHost.OnPassBegun() => course.Add("begin");

    void IPulseHost.OnPassEnded() => course.Add("end");

    void IPulseHost.OnTurnFailed(Exception cause) => course.Add(cause.Message);

    private sealed class Replica(ReplicaTicksTests test, string name) : ITicking, IPulseMember
    {
        public void Tick() => test.worker.Post(this);

        public void TakeTurn() => test.course.Add(name);
    }
}
