using Orleans.Concurrency;
using OrleansRaft.Grains.Admin;

namespace OrleansRaft.Benchmarks.Silos;

/// <summary>Tells from inside a silo how the cluster stands.</summary>
[Alias("benchmark-cluster-view")]
public interface IClusterView : IGrainWithIntegerKey
{
    /// <summary>
    /// The silo that leads a group; null unless every group has a leader, and all its replicas on as many silos and as far as that leader.
    /// </summary>
    [Alias("leader")]
    Task<LeaderPlace?> FindLeaderAsync(string group);

    /// <summary>The terms of all groups, added up: more by one for each election that was begun.</summary>
    [Alias("terms")]
    Task<long> SumTermsAsync();
}

/// <summary>Where a group is led from.</summary>
/// <param name="Silo">The silo's name.</param>
/// <param name="Address">Its address.</param>
[GenerateSerializer, Immutable, Alias("benchmark-leader-place")]
public sealed record LeaderPlace([property: Id(0)] string Silo, [property: Id(1)] SiloAddress Address);

/// <inheritdoc cref="IClusterView"/>
[StatelessWorker]
public sealed class ClusterView(IRaftAdmin admin, IClusterMembershipService membership) : Grain, IClusterView
{
    private const int Silos = 3;

    /// <inheritdoc/>
    public async Task<LeaderPlace?> FindLeaderAsync(string group)
    {
        var groups = (await admin.ListGroupsAsync(null, 1_000)).Groups;
        if (!groups.All(IsWhole))
        {
            return null;
        }

        var wanted = groups.Single(view => view.Group == group);
        var silo = wanted.Replicas.Single(replica => replica.Replica == wanted.Leader).Silo;
        var active = membership.CurrentSnapshot.Members.Values.Where(
            static member => member.Status == SiloStatus.Active).ToDictionary(static member => member.Name);
        return active.Count == Silos && silo is not null && active.TryGetValue(silo, out var member)
            ? new LeaderPlace(silo, member.SiloAddress)
            : null;
    }

    /// <inheritdoc/>
    public async Task<long> SumTermsAsync() => (await admin.ListGroupsAsync(null, 1_000)).Groups.Sum(static group => group.Term.Value);

    private static bool IsWhole(GroupView group) =>
        group.Leader is not null
        && group.Replicas.All(
            replica =>
                replica.Snapshot?.Status is { } status
                    && status.AppliedIndex + 50 >= group.Replicas.Max(other => other.Snapshot?.Status.AppliedIndex ?? LogIndex.Zero))
        && group.Replicas.Select(replica => replica.Silo).Distinct().Count() == group.Replicas.Count;
}
