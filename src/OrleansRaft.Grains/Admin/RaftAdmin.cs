using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Admin;

/// <inheritdoc cref="IRaftAdmin"/>
internal sealed class RaftAdmin(
    GroupTable groups,
    GroupInspector inspector,
    LeaderRequests leaders,
    MembershipChanger membership,
    EntrySkips skips,
    GroupComparisons comparisons,
    VersionRaises raises,
    RemovedReplicas removed,
    Decommissions decommissions,
    Readiness readiness,
    ClusterAlarms alarms,
    SiloClient<IReplicaService> client,
    TimeProvider time) : IRaftAdmin
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ChangeTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ChangePoll = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public ClusterDefinition Cluster => groups.Cluster;

    /// <inheritdoc/>
    public async Task<GroupPage> ListGroupsAsync(string? after, int limit, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var all = groups.Groups;
        var first = after is null ? 0 : FirstAfter(all, after);
        var page = all.Skip(first).Take(limit).ToList();
        var views = await inspector.DescribeAsync(page, cancellation);
        return new GroupPage(views, first + page.Count < all.Count && page.Count > 0 ? page[^1].Name : null);
    }

    /// <inheritdoc/>
    public async Task<GroupView?> GetGroupAsync(string group, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        return groups.Find(group) is { } entry ? (await inspector.DescribeAsync([entry], cancellation))[0] : null;
    }

    /// <inheritdoc/>
    public async Task<Outcome<GroupComparison>> CompareAsync(string group, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        cancellation.ThrowIfCancellationRequested();
        return groups.Find(group) is { } entry
            ? await comparisons.RunAsync(entry, cancellation)
            : LeaderRequests.NoSuchGroup<GroupComparison>(group);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Entry>?> ReadLogAsync(string group, LogIndex after, int limit, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        if (groups.Find(group) is not { } entry)
        {
            return null;
        }

        var view = (await inspector.DescribeAsync([entry], cancellation))[0];
        var best = view.Replicas
            .Where(static replica => replica.Snapshot is not null)
            .OrderByDescending(replica => replica.Replica == view.Leader)
            .ThenByDescending(static replica => replica.Snapshot!.Status.LastEntry.Index)
            .FirstOrDefault();
        if (best is null || entry.Slot(best.Replica).Silo is not { } silo)
        {
            return [];
        }

        var encoded = await client.Reach(silo)
            .ReadLogAsync(new ReplicaName(group, best.Replica.Value), after.Value, limit)
            .WaitAsync(AnswerTimeout, time, cancellation);
        return encoded is null ? [] : EntryListCodec.Decode(encoded);
    }

    /// <inheritdoc/>
    public async Task<Outcome<ReplicaId>> TransferLeadershipAsync(string group, ReplicaId? target, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        cancellation.ThrowIfCancellationRequested();
        if (groups.Find(group) is not { } entry)
        {
            return LeaderRequests.NoSuchGroup<ReplicaId>(group);
        }

        var view = await leaders.DescribeAsync(entry, cancellation);
        if (target is { } named && !view.Configuration.Voters.Contains(named))
        {
            return new Rejected<ReplicaId>(
                RejectionReason.InvalidRequest, null, TimeSpan.Zero, $"{group} has no voter {named}; its voters are "
                    + $"{string.Join(", ", view.Configuration.Voters)}.");
        }

        if (target is not null && target == view.Leader)
        {
            return new Committed<ReplicaId>(target.Value, default, group);
        }

        return await leaders.AskAsync<ReplicaId>(
            entry,
            view.Leader,
            (leader, service) => service.TransferLeadershipAsync(leader, target?.Value ?? 0),
            _ => WaitForLeaderAsync(entry, target, view.Leader!.Value, cancellation),
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<Outcome<Configuration>> ChangeMembersAsync(
        string group, MembershipGoal goal, LogIndex? expectedVersion = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(goal);
        cancellation.ThrowIfCancellationRequested();
        return groups.Find(group) is { } entry
            ? await membership.RunAsync(entry, goal, expectedVersion, cancellation)
            : LeaderRequests.NoSuchGroup<Configuration>(group);
    }

    /// <inheritdoc/>
    public async Task<Outcome<EntryId>> SkipEntryAsync(string group, LogIndex entry, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        cancellation.ThrowIfCancellationRequested();
        return groups.Find(group) is { } found
            ? await skips.RunAsync(found, entry, cancellation)
            : LeaderRequests.NoSuchGroup<EntryId>(group);
    }

    /// <inheritdoc/>
    public async Task<Outcome<EntryId>> UpgradeMachineAsync(string group, int? version, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        cancellation.ThrowIfCancellationRequested();
        return groups.Find(group) is { } found
            ? await raises.RunAsync(found, version, cancellation)
            : LeaderRequests.NoSuchGroup<EntryId>(group);
    }

    /// <inheritdoc/>
    public async Task<Outcome<IReadOnlyList<ReplicaId>>> DeleteRemovedAsync(string group, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        cancellation.ThrowIfCancellationRequested();
        return groups.Find(group) is { } found
            ? await removed.RunAsync(found, cancellation)
            : LeaderRequests.NoSuchGroup<IReadOnlyList<ReplicaId>>(group);
    }

    /// <inheritdoc/>
    public Task<Outcome<Decommissioning>> DecommissionAsync(string silo, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(silo);
        cancellation.ThrowIfCancellationRequested();
        return decommissions.RunAsync(silo, cancellation);
    }

    /// <inheritdoc/>
    public Task<RaftReadiness> CheckReadinessAsync(CancellationToken cancellation = default) => readiness.CheckAsync(cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Alarm>> ListAlarmsAsync(CancellationToken cancellation = default) => alarms.ListAsync(cancellation);

    private static int FirstAfter(IReadOnlyList<GroupEntry> all, string after)
    {
        for (var index = 0; index < all.Count; index++)
        {
            if (all[index].Name == after)
            {
                return index + 1;
            }
        }

        return all.Count;
    }

    private async Task<Outcome<ReplicaId>> WaitForLeaderAsync(GroupEntry group, ReplicaId? target, ReplicaId before, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < ChangeTimeout)
        {
            var view = (await inspector.DescribeAsync([group], cancellation))[0];
            if (view.Leader is { } leader && (target is null ? leader != before : leader == target))
            {
                return new Committed<ReplicaId>(leader, default, group.Name);
            }

            await Task.Delay(ChangePoll, time, cancellation);
        }

        return new Unknown<ReplicaId>(
            $"Replica {before} of {group.Name} stopped leading, but the wanted one has not been seen to lead; look at the group again.");
    }
}
