using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Client;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A trace goes from the caller to what every replica did, whichever silos they are on.</summary>
public sealed class CommandTraceTests(ThreeSilos fixture) : IClassFixture<ThreeSilos>
{
    [Fact]
    public async Task A_traced_command_has_a_span_of_each_replica_that_applied_it_and_others_have_none()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var root = new Activity("a caller's").SetIdFormat(ActivityIdFormat.W3C);
        root.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        using var caller = root.Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == RaftMetrics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId == caller.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var grains = fixture.Cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();
        var ledger = grains.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "traced");

        var committed = RaftTestCluster.Committed(await ledger.SubmitAsync(new LedgerCommand(1), cancellation: TestContext.Current.CancellationToken));
        Activity.Current = null;
        await ledger.SubmitAsync(new LedgerCommand(1), cancellation: TestContext.Current.CancellationToken);
        Activity.Current = caller;
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(spans.Count(static span => span.OperationName == "raft.apply") >= 3
            ? null
            : $"there are {string.Join(", ", spans.Select(static span => span.OperationName))}"));

        spans.ShouldAllBe(span => span.TraceId == caller.TraceId);
        var submit = spans.Where(static span => span.OperationName == "raft.submit").ShouldHaveSingleItem();
        submit.ParentSpanId.ShouldBe(caller.SpanId);
        submit.Kind.ShouldBe(ActivityKind.Client);
        submit.GetTagItem("raft.index").ShouldBe(committed.Entry.Index.Value);
        var applied = spans.Where(static span => span.OperationName == "raft.apply").ToList();
        applied.Count.ShouldBe(3);
        applied.ShouldAllBe(span => span.ParentSpanId == submit.SpanId);
        applied.ShouldAllBe(span => Equals(span.GetTagItem("raft.index"), committed.Entry.Index.Value));
        applied.Select(static span => span.GetTagItem("raft.role")).Order().ShouldBe(["follower", "follower", "leader"]);
        applied.Select(static span => span.GetTagItem("raft.replica")).Distinct().Count().ShouldBe(3);
    }
}
