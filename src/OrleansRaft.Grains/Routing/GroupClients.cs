using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansRaft.Client;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>This silo's requests to all groups: what all routers of a silo share, so that their requests travel together.</summary>
internal sealed class GroupClients(
    GroupTable groups,
    StateMachineRegistry machines,
    ReplicaRequests requests,
    Locator locator,
    ILocalSiloDetails self,
    IOptions<RaftOptions> options,
    TimeProvider time)
{
    private readonly ConcurrentDictionary<GroupEntry, GroupClient> clients = new();

    /// <summary>How many groups a set has; 0 when there is no such set.</summary>
    public int CountGroups(string set) => groups.FindSet(set).Count;

    /// <summary>The group of a key; null when there is no such set.</summary>
    public GroupEntry? Choose(string set, string key) =>
        groups.FindSet(set) is { Count: > 0 } numbered ? numbered[KeyHash.GroupOf(key, numbered.Count)] : null;

    /// <summary>A group by its number; null when there is none.</summary>
    public GroupEntry? Choose(string set, int number) =>
        groups.FindSet(set) is { } numbered && number >= 0 && number < numbered.Count ? numbered[number] : null;

    /// <summary>The requests to a group.</summary>
    public GroupClient Of(GroupEntry group) => clients.TryGetValue(group, out var client)
        ? client
        : clients.GetOrAdd(group, added => new GroupClient(added, requests, locator, self, options.Value, time));

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
}
