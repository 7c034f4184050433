using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A trace goes from the caller to what every replica did, whichever silos they are on.</summary>
public sealed class CommandTraceTests(ThreeSilos fixture) : IClassFixture<ThreeSilos>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_traced_command_has_a_span_of_each_replica_that_applied_it_and_others_have_none()
    {
        var spans = new ConcurrentQueue<Activity>();
        var traces = new ConcurrentDictionary<ActivityTraceId, Traced>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == RaftMetrics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                traces.ContainsKey(options.Parent.TraceId) ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var grains = fixture.Cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();
        var ledger = grains.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "traced");

        ActivityTraceId? whole = null;
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            // The word that a command is traced goes beside it: a replica that applies it before it hears of that has no span of it.
            await SubmitTracedAsync(ledger, traces);
            var seen = traces.Keys.Where(trace => ApplySpans(trace).Count == 3).ToList();
            var after = RaftTestCluster.Committed(await ledger.SubmitAsync(new LedgerCommand(1), cancellation: Token));
            // A later entry of the same term: no replica can have followed one leader and led itself while it applied the traced one.
            whole = seen.Cast<ActivityTraceId?>().FirstOrDefault(trace => traces[trace!.Value].Entry.Term == after.Entry.Term);
            return whole is null ? $"there are {string.Join(", ", spans.Select(static span => span.OperationName))}" : null;
        });

        spans.ShouldAllBe(span => traces.ContainsKey(span.TraceId));
        var (caller, entry) = traces[whole!.Value];
        var submit = spans.Where(span => span.TraceId == whole && span.OperationName == "raft.submit").ShouldHaveSingleItem();
        submit.ParentSpanId.ShouldBe(caller);
        submit.Kind.ShouldBe(ActivityKind.Client);
        submit.GetTagItem("raft.index").ShouldBe(entry.Index.Value);
        var applied = ApplySpans(whole.Value);
        applied.ShouldAllBe(span => span.ParentSpanId == submit.SpanId);
        applied.ShouldAllBe(span => Equals(span.GetTagItem("raft.index"), entry.Index.Value));
        applied.Select(static span => span.GetTagItem("raft.role")).Order().ShouldBe(["follower", "follower", "leader"]);
        applied.Select(static span => span.GetTagItem("raft.replica")).Distinct().Count().ShouldBe(3);

        List<Activity> ApplySpans(ActivityTraceId trace) =>
            [.. spans.Where(span => span.TraceId == trace && span.OperationName == "raft.apply")];
    }

    /// <summary>Submits a command inside a span of its caller.</summary>
    private static async Task SubmitTracedAsync(RaftGroup<LedgerCommand, LedgerResult> ledger, ConcurrentDictionary<ActivityTraceId, Traced> traces)
    {
        using var caller = new Activity("a caller's").SetIdFormat(ActivityIdFormat.W3C);
        caller.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        caller.Start();
        traces[caller.TraceId] = new Traced(caller.SpanId, EntryId.Zero);
        var committed = RaftTestCluster.Committed(await ledger.SubmitAsync(new LedgerCommand(1), cancellation: Token));
        traces[caller.TraceId] = new Traced(caller.SpanId, committed.Entry);
    }

    /// <summary>A traced command.</summary>
    /// <param name="Caller">The span of its caller.</param>
    /// <param name="Entry">Its entry.</param>
    private sealed record Traced(ActivitySpanId Caller, EntryId Entry);
}
