using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Admin;

/// <summary>Deletes what members of a group that were removed have stored.</summary>
/// <remarks>
/// Who is a member, the leader says; that it is not a former one, which another has succeeded with other members, a majority of its voters confirms:
/// a later change would be in the log of one of them, and in force there from its append on (thesis §4.1).
/// </remarks>
internal sealed class RemovedReplicas(
    GroupTable groups, LeaderRequests leaders, ClusterMembership silos, SiloClient<IReplicaService> client, ILocalSiloDetails self, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Deletes.</summary>
    /// <param name="group">Of which group.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the numbers of the replicas of which there was something; or why nothing was deleted.</returns>
    public async Task<Outcome<IReadOnlyList<ReplicaId>>> RunAsync(GroupEntry group, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var view = await leaders.DescribeAsync(group, cancellation);
            if (FindObstacle(view) is not { } obstacle)
            {
                return await DeleteAsync(group, view, cancellation);
            }

            if (time.GetElapsedTime(since) >= Patience)
            {
                return new Rejected<IReadOnlyList<ReplicaId>>(RejectionReason.NoLeader, null, TimeSpan.FromSeconds(1), obstacle);
            }

            await Task.Delay(Pause, time, cancellation);
        }
    }

    /// <summary>Why it is not known who belongs to a group; null when it is.</summary>
    internal static string? FindObstacle(GroupView view)
    {
        if (view.Leader is not { } leader)
        {
            return $"{view.Group} has no leader that can be reached at the moment, so its members are not known; nothing was deleted.";
        }

        var configuration = view.Configuration;
        var told = view.Replicas.Where(static replica => replica.Snapshot is not null)
            .ToDictionary(static replica => replica.Replica, static replica => replica.Snapshot!.Status.Configuration.Version);
        var committed = view.Replicas.First(replica => replica.Replica == leader).Snapshot!.Status.HardState.CommitIndex;
        var agreeing = configuration.Voters.Count(voter => told.TryGetValue(voter, out var version) && version == configuration.Version);
        return configuration.IsJoint || configuration.Version > committed || told.Values.Any(version => version > configuration.Version)
            ? $"The members of {view.Group} are being changed; nothing was deleted."
            : agreeing * 2 <= configuration.Voters.Length
            ? $"Only {agreeing} of the {configuration.Voters.Length} voters of {view.Group} confirm its members; nothing was deleted."
            : null;
    }

    private async Task<Outcome<IReadOnlyList<ReplicaId>>> DeleteAsync(GroupEntry group, GroupView view, CancellationToken cancellation)
    {
        // Every silo reaches a shared store; a local one is reached by whoever holds it.
        var hosts = groups.Cluster.LocalStores.IsEmpty
            ? [self.SiloAddress]
            : silos.Active.Select(static place => place.Address).ToList();
        var removed = MembershipPlan.NumbersEverUsed(group, view.Configuration).Where(replica => !view.Configuration.Contains(replica)).ToList();
        var deleted = new List<ReplicaId>();
        foreach (var replica in removed)
        {
            foreach (var host in hosts)
            {
                try
                {
                    var name = new ReplicaName(group.Name, replica.Value);
                    if (await client.Reach(host).DeleteReplicaAsync(name).WaitAsync(CallTimeout, time, cancellation))
                    {
                        deleted.Add(replica);
                    }
                }
                catch (Exception failure) when (!cancellation.IsCancellationRequested)
                {
                    var done = deleted.Count == 0 ? "" : $" What {string.Join(", ", deleted)} had stored is deleted.";
                    return new Unknown<IReadOnlyList<ReplicaId>>(
                        $"What replica {replica} of {group.Name} stored was not deleted whole by {silos.NameOf(host)}: {failure.Message}{done} Send "
                            + "the request again.");
                }
            }
        }

        return new Committed<IReadOnlyList<ReplicaId>>([.. deleted.Distinct()], default, group.Name);
    }
}
