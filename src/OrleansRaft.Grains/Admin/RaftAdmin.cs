using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains;

/// <inheritdoc cref="IRaftAdmin"/>
internal sealed class RaftAdmin(
    GroupTable groups, GroupInspector inspector, Silos silos, Locator locator, LaneClient client, ILocalSiloDetails self, TimeProvider time) : IRaftAdmin
{
    private const int LeaderlessMax = 100;
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

        var encoded = await client.Get(silo)
            .ReadLogAsync(new ReplicaName(group, best.Replica.Value), after.Value, limit)
            .WaitAsync(AnswerTimeout, time, cancellation);
        return encoded is null ? [] : EntryListCodec.Decode(encoded);
    }

    /// <inheritdoc/>
    public async Task<Outcome<ReplicaId>> TransferLeadershipAsync(string group, ReplicaId? target, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        if (groups.Find(group) is not { } entry)
        {
            return NoSuchGroup<ReplicaId>(group);
        }

        if (target is { } named && !entry.Configuration.IsVoter(named))
        {
            return new Rejected<ReplicaId>(
                RefusalReason.InvalidRequest, null, TimeSpan.Zero, $"{group} has no voter {named}; its voters are {string.Join(", ", entry.Configuration.Voters)}.");
        }

        return await WithLeaderAsync<ReplicaId>(
            entry,
            (leader, lane) => target == leader.Replica
                ? Task.FromResult(RequestCodec.EncodeReplies(new ReplyBatch([Reply.Committed(default, default)], LogTime.Zero)))
                : lane.TransferLeadershipAsync(NameOf(leader), target?.Value ?? 0),
            (_, before) => WaitForLeaderAsync(entry, target, before, cancellation),
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<Outcome<Configuration>> ChangeMembersAsync(
        string group, IReadOnlyList<MemberChange> changes, LogIndex? expectedVersion, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(group);
        ArgumentNullException.ThrowIfNull(changes);
        if (groups.Find(group) is not { } entry)
        {
            return NoSuchGroup<Configuration>(group);
        }

        foreach (var change in changes)
        {
            if (await RefuseNewMemberAsync(entry, change, cancellation) is { } refusal)
            {
                return refusal;
            }
        }

        return await WithLeaderAsync<Configuration>(
            entry,
            (leader, lane) => lane.ChangeMembersAsync(NameOf(leader), MemberChangeCodec.Encode(changes, expectedVersion)),
            async (reply, _) =>
            {
                var view = (await inspector.DescribeAsync([entry], cancellation))[0];
                var leader = view.Replicas.FirstOrDefault(replica => replica.Replica == view.Leader);
                return new Committed<Configuration>(leader?.Snapshot?.Status.Configuration ?? entry.Configuration, reply.Entry, group);
            },
            cancellation);
    }

    /// <inheritdoc/>
    public async Task<RaftReadiness> CheckReadinessAsync(CancellationToken cancellation = default)
    {
        if (!groups.IsLoaded || !silos.IsActive(self.SiloAddress))
        {
            return new RaftReadiness(false, [], "This silo has not joined the cluster yet.");
        }

        var stock = new StockTaking(silos.Active, await locator.TakeInventoryAsync().WaitAsync(cancellation));
        var led = stock.LedGroups();
        var leaderless = groups.Groups.Where(group => !led.Contains(group.Name)).Select(static group => group.Name).ToList();
        return new RaftReadiness(
            leaderless.Count == 0,
            [.. leaderless.Take(LeaderlessMax)],
            leaderless.Count == 0
                ? $"All {groups.Groups.Count} groups have a leader that can be reached."
                : $"{leaderless.Count} of {groups.Groups.Count} groups have no leader that can be reached, {leaderless[0]} for one.");
    }

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

    private static ReplicaName NameOf(ReplicaSlot slot) => new(slot.Group.Name, slot.Replica.Value);

    private static Rejected<T> NoSuchGroup<T>(string group) => new(
        RefusalReason.UnknownGroup, null, TimeSpan.Zero, $"This cluster has no group '{group}'; list the groups to see which it has.");

    private static Rejected<T> NoLeader<T>(GroupEntry group) => new(
        RefusalReason.NoLeader, null, TimeSpan.FromSeconds(1), $"{group.Name} has no leader that can be reached at the moment; try again.");

    private async Task<Rejected<Configuration>?> RefuseNewMemberAsync(GroupEntry group, MemberChange change, CancellationToken cancellation)
    {
        if (change.Kind == MemberChangeKind.Remove || group.Configuration.Contains(change.Replica))
        {
            return null;
        }

        var host = silos.Active.Select(static place => place.Address).FirstOrDefault(silo => change.Store.Length == 0 || silos.StoreOf(silo) == change.Store);
        if (host is null)
        {
            return new Rejected<Configuration>(
                RefusalReason.InvalidRequest, null, TimeSpan.Zero, $"No running silo holds the local store '{change.Store}'; start it first.");
        }

        try
        {
            await client.Get(host).CreateReplicaAsync(new ReplicaName(group.Name, change.Replica.Value)).WaitAsync(ChangeTimeout, time, cancellation);
            return null;
        }
        catch (StoreRefusedException exception)
        {
            return new Rejected<Configuration>(RefusalReason.InvalidRequest, null, TimeSpan.Zero, exception.Message);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            return new Rejected<Configuration>(
                RefusalReason.NoLeader, null, TimeSpan.FromSeconds(1), $"The new replica's place in the store could not be made ({exception.Message}); try again.");
        }
    }

    private async Task<Outcome<T>> WithLeaderAsync<T>(
        GroupEntry group,
        Func<ReplicaSlot, IRaftLaneService, Task<byte[]>> ask,
        Func<Reply, ReplicaId, Task<Outcome<T>>> conclude,
        CancellationToken cancellation)
    {
        var view = (await inspector.DescribeAsync([group], cancellation))[0];
        if (view.Leader is not { } leader || group.Slot(leader) is not { Silo: { } silo } slot)
        {
            return NoLeader<T>(group);
        }

        byte[] answer;
        try
        {
            answer = await ask(slot, client.Get(silo)).WaitAsync(ChangeTimeout, time, cancellation);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            return new Unknown<T>($"{silos.NameOf(silo)} did not answer ({exception.Message}); look at the group to see what became of the request.");
        }

        if (answer.Length == 0)
        {
            return NoLeader<T>(group);
        }

        var reply = RequestCodec.DecodeReplies(answer).Replies[0];
        return reply.Kind switch
        {
            ReplyKind.Committed => await conclude(reply, leader),
            ReplyKind.Rejected => new Rejected<T>(reply.Reason, reply.Leader, TimeSpan.FromMilliseconds(reply.RetryAfterMilliseconds), reply.Detail),
            _ => new Unknown<T>(reply.Detail),
        };
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

        return new Unknown<ReplicaId>($"Replica {before} of {group.Name} stopped leading, but the wanted one has not been seen to lead; look at the group again.");
    }
}
