using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;

namespace OrleansRaft.Grains.Routing;

/// <summary>This silo's requests to all groups: what all routers of a silo share, so that their requests travel together.</summary>
internal sealed class GroupClients(
    GroupTable groups,
    StateMachineRegistry machines,
    ReplicaRequests requests,
    Locator locator,
    TracedCommands traces,
    ILocalSiloDetails self,
    ClusterLevel level,
    IOptions<RaftOptions> options,
    TimeProvider time)
{
    private readonly ConcurrentDictionary<GroupEntry, Queues> byGroup = new();
    private readonly TimeSpan timeout = options.Value.SubmitTimeout;
    private readonly SilentSilos silent = new(time);

    /// <summary>The feature level at which the cluster works.</summary>
    public ClusterLevel Level => level;

    /// <summary>How many groups a set has; 0 when there is no such set.</summary>
    public int CountGroups(string set) => groups.FindSet(set).Count;

    /// <summary>The group of a key; null when there is no such set.</summary>
    public GroupEntry? Choose(string set, string key) =>
        groups.FindSet(set) is { Count: > 0 } numbered ? numbered[KeyHash.GroupOf(key, numbered.Count)] : null;

    /// <summary>A group by its number; null when there is none.</summary>
    public GroupEntry? Choose(string set, int number) =>
        groups.FindSet(set) is { } numbered && number >= 0 && number < numbered.Count ? numbered[number] : null;

    /// <summary>Submits a command to a group until it has a final answer, or time runs out.</summary>
    public Task<Reply> SubmitAsync(GroupEntry group, string key, EncodedRequest command, string requestId) =>
        QueuesOf(group).Commands.Add(new PendingCommand(key, command, requestId, ExpiresAt()) { Span = TracedCommands.Begin(group) });

    /// <summary>Asks a group a query until it is answered, or time runs out.</summary>
    public Task<Reply> QueryAsync(GroupEntry group, string key, EncodedRequest query, ReadConsistency consistency) =>
        QueuesOf(group).Queries[(int)consistency].Add(new PendingQuery(key, query, ExpiresAt()));

    /// <summary>The answer to a request for a set that is not there.</summary>
    public Rejected<TResult> RejectSet<TResult>(string set) => machines.DescribeWaiting(set) is { } waiting
        ? new(RejectionReason.UnknownGroup, null, TimeSpan.FromSeconds(1), waiting)
        : new(
            RejectionReason.UnknownGroup,
            null,
            TimeSpan.Zero,
            $"This cluster has no set of groups named '{set}'; it has {DescribeSets()}. "
            + "Correct the name, or add the set with AddRaftStateMachine on every silo.");

    /// <summary>The answer to a request for a group by a number that its set does not have.</summary>
    public Rejected<TResult> RejectNumber<TResult>(string set, int number) => CountGroups(set) is > 0 and var count
        ? new(
            RejectionReason.UnknownGroup,
            null,
            TimeSpan.Zero,
            $"The set '{set}' has {count} groups, numbered from 0, and none with the number {number}.")
        : RejectSet<TResult>(set);

    private string DescribeSets() =>
        groups.Groups.Select(static group => $"'{group.Set.Name}'").Distinct().ToList() is { Count: > 0 } sets ? string.Join(", ", sets) : "none yet";

    private long ExpiresAt() => time.GetTimestamp() + (long)(timeout.TotalSeconds * time.TimestampFrequency);

    private Queues QueuesOf(GroupEntry group) => byGroup.TryGetValue(group, out var queues) ? queues : byGroup.GetOrAdd(group, MakeQueues);

    private Queues MakeQueues(GroupEntry group)
    {
        var leader = new LeaderFinder(group, locator, silent, self);
        var clock = new GroupTimeEstimate(time, options.Value.RequestRetention / 4);
        return new Queues(
            new CommandQueue(requests, leader, clock, group, traces, timeout, time),
            [
                new QueryQueue(requests, leader, ReadConsistency.Linearizable, time),
                new QueryQueue(requests, leader, ReadConsistency.Lease, time),
                new QueryQueue(requests, leader, ReadConsistency.Stale, time),
            ]);
    }

    /// <summary>The requests to one group that wait or are under way.</summary>
    /// <param name="Commands">Its commands.</param>
    /// <param name="Queries">Its queries, by their consistency.</param>
    private sealed record Queues(CommandQueue Commands, QueryQueue[] Queries);
}
