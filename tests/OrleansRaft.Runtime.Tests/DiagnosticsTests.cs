using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansRaft.Runtime.Diagnostics;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

public sealed class DiagnosticsTests
{
    [Fact]
    public async Task A_silo_with_a_leaderless_group_is_unhealthy()
    {
        using var bench = new DriverBench().Start().Turn();
        var check = new LeaderlessGroupsHealthCheck(bench.Metrics);

        var leaderless = await check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero));
        var led = await check.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken);

        leaderless.Status.ShouldBe(HealthStatus.Unhealthy);
        leaderless.Description!.ShouldContain("group");
        led.Status.ShouldBe(HealthStatus.Healthy);
    }

    [Fact]
    public void Instruments_measure_what_replicas_do()
    {
        using var bench = new DriverBench();
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        using var listener = Listen(bench.Metrics, measured);

        bench.Lead();
        bench.Submit(Request("a", "x", 1_000), Request("b", "y", 1_000));
        bench.Turn();
        listener.RecordObservableInstruments();
        measured["raft.commit.lag"].ShouldBe(2);
        measured["raft.groups.leaderless"].ShouldBe(0);
        bench.Time.Advance(TimeSpan.FromSeconds(2));
        bench.Settle().Acknowledge(Two);

        measured["raft.elections"].ShouldBe(1);
        measured["raft.proposals"].ShouldBe(2);
        measured["raft.proposal.duration"].ShouldBe(2);
        measured["raft.storage.append.duration"].ShouldBe(2);
    }

    [Fact]
    public void A_span_carries_the_group_and_ends_with_the_answer()
    {
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RaftMetrics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var bench = new DriverBench().Lead();
        using var caller = new Activity("caller").Start();

        bench.Submit(Request("a", "x", 1_000));
        Activity.Current.ShouldBe(caller);
        bench.Settle().Acknowledge(Two);

        Activity.Current.ShouldBe(caller);
        var span = ended.Single(activity => activity.ParentSpanId == caller.SpanId);
        span.GetTagItem("raft.group").ShouldBe("group");
        span.GetTagItem("raft.commands").ShouldBe(1);
    }

    private static MeterListener Listen(RaftMetrics metrics, Dictionary<string, double> measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter, metrics.Meter))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => measured[instrument.Name] = value);
        listener.Start();
        return listener;
    }
}
