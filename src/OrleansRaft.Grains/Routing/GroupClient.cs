using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>This silo's requests to one group. Any thread.</summary>
internal sealed class GroupClient
{
    private readonly TimeProvider time;
    private readonly TimeSpan timeout;
    private readonly RequestQueue<PendingCommand> commands;
    private readonly RequestQueue<PendingQuery>[] queries;

    public GroupClient(GroupEntry group, ReplicaRequests requests, Locator locator, ILocalSiloDetails self, RaftOptions options, TimeProvider time)
    {
        this.time = time;
        timeout = options.SubmitTimeout;
        var leader = new LeaderFinder(group, locator, self);
        var clock = new GroupClock(time, options.RequestRetention / 4);
        commands = new(new CommandAttempts(requests, leader, clock, timeout).TryAsync, time);
        queries =
        [
            .. new[] { ReadConsistency.Linearizable, ReadConsistency.Lease, ReadConsistency.Stale }
                .Select(consistency => new RequestQueue<PendingQuery>(new QueryAttempts(requests, leader, consistency, time).TryAsync, time)),
        ];
    }

    /// <summary>Submits a command until it has a final answer, or time runs out.</summary>
    public Task<Reply> SubmitAsync(string key, ReadOnlyMemory<byte> body, string requestId) =>
        commands.Add(new PendingCommand(key, body, requestId, ExpiresAt()));

    /// <summary>Asks a query until it is answered, or time runs out.</summary>
    public Task<Reply> QueryAsync(string key, ReadOnlyMemory<byte> query, ReadConsistency consistency) =>
        queries[(int)consistency].Add(new PendingQuery(key, query, ExpiresAt()));

    private long ExpiresAt() => time.GetTimestamp() + (long)(timeout.TotalSeconds * time.TimestampFrequency);
}
