using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Grains.Routing;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Tests.Routing;

/// <summary>When requests to a group leave, and with whom.</summary>
public sealed class RequestQueueTests
{
    private readonly FakeTimeProvider time = new();
    private readonly Channel<Batch> batches = Channel.CreateUnbounded<Batch>();
    private readonly RequestQueue<PendingQuery> queue;

    public RequestQueueTests() => queue = new ScriptedQueue<PendingQuery>(
        requests =>
        {
            var batch = new Batch([.. requests.Select(static request => request.Key)]);
            batches.Writer.TryWrite(batch);
            return batch.Ended;
        },
        time);

    [Fact]
    public async Task Whoever_is_alone_leaves_at_once()
    {
        Add("a");
        (await NextAsync("a")).End();

        Add("b");

        await NextAsync("b");
    }

    [Fact]
    public async Task A_further_batch_leaves_when_as_much_waits_as_is_under_way()
    {
        Add("a");
        await NextAsync("a");
        Add("b");
        await NextAsync("b");

        Add("c");
        Add("d");

        await NextAsync("c", "d");
    }

    [Fact]
    public async Task Those_who_waited_together_leave_together_the_next_time()
    {
        await CrowdAsync();

        Add("e");
        (await NextAsync("e")).End();
        foreach (var name in new[] { "f", "g", "h", "i" })
        {
            Add(name);
        }

        await NextAsync("f", "g", "h", "i");
    }

    [Fact]
    public async Task Nobody_waits_longer_than_a_moment_for_those_who_do_not_come()
    {
        await CrowdAsync();
        Add("e");
        (await NextAsync("e")).End();
        Add("f");
        Add("g");

        time.Advance(TimeSpan.FromMilliseconds(1));

        (await NextAsync("f", "g")).End();
        Add("h");
        Add("i");
        await NextAsync("h", "i");
    }

    /// <summary>
    /// An attempt answers for what it expects. What it does not expect changes nothing by a query, and nothing by a command that was not sent yet.
    /// </summary>
    [Theory]
    [InlineData(false, nameof(ReplyKind.Rejected))]
    [InlineData(true, nameof(ReplyKind.Unknown))]
    public async Task What_breaks_unexpectedly_is_unknown_only_for_commands_that_may_have_been_applied(bool isSent, string kind)
    {
        var commands = new ScriptedQueue<PendingCommand>(
            batch =>
            {
                batch.ForEach(command => command.WasSent = isSent);
                throw new InvalidOperationException("broken");
            },
            time);
        var queries = new ScriptedQueue<PendingQuery>(_ => throw new InvalidOperationException("broken"), time);

        var command = await commands.Add(new PendingCommand("a", default, "id", long.MaxValue));
        var query = await queries.Add(new PendingQuery("a", default, long.MaxValue));

        command.Kind.ToString().ShouldBe(kind);
        command.Detail.ShouldContain("broken");
        query.Kind.ShouldBe(ReplyKind.Rejected);
        query.Reason.ShouldNotBe(RejectionReason.NoLeader);
    }

    /// <summary>Four requests are here at once.</summary>
    private async Task CrowdAsync()
    {
        Add("a");
        var first = await NextAsync("a");
        Add("b");
        var second = await NextAsync("b");
        Add("c");
        Add("d");
        var third = await NextAsync("c", "d");
        first.End();
        second.End();
        third.End();
    }

    private void Add(string name) => queue.Add(new PendingQuery(name, default, long.MaxValue));

    private async Task<Batch> NextAsync(params string[] expected)
    {
        var batch = await batches.Reader.ReadAsync(TestContext.Current.CancellationToken);
        batch.Names.ShouldBe(expected);
        return batch;
    }

    private sealed class ScriptedQueue<TRequest>(Func<List<TRequest>, Task<List<TRequest>>> attempt, TimeProvider time)
        : RequestQueue<TRequest>(time)
        where TRequest : PendingRequest
    {
        protected override Task<List<TRequest>> AttemptAsync(List<TRequest> batch) => attempt(batch);
    }

    private sealed record Batch(IReadOnlyList<string> Names)
    {
        // The queue goes on in the continuation, before End returns.
        private readonly TaskCompletionSource<List<PendingQuery>> source = new();

        public Task<List<PendingQuery>> Ended => source.Task;

        public void End() => source.SetResult([]);
    }
}
