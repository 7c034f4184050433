using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>What silos that stop together do with the leaderships that they hold.</summary>
public sealed class HandOverTests
{
    private const int Groups = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_that_are_all_told_to_stop_keep_their_leaderships()
    {
        await using var cluster = await StartAsync();
        var drains = cluster.Silos.Select(DrainOf).ToList();
        drains.ForEach(static drain => drain.Begin());
        var before = await ReadTermsAsync(cluster);

        var left = await Task.WhenAll(drains.Select(static drain => drain.HandOverAsync()));

        (await ReadTermsAsync(cluster)).ShouldBe(before);
        left.Sum().ShouldBe(Groups);
    }

    [Fact]
    public async Task A_silo_that_stops_hands_nothing_to_one_that_is_going_to_stop()
    {
        await using var cluster = await StartAsync();
        var oldest = cluster.Silos.MinBy(static silo => silo.SiloAddress.Generation)!;
        var stopping = cluster.Silos.First(silo => silo != oldest);
        var heir = cluster.Silos.Last(silo => silo != oldest);
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            var groups = (await cluster.Admin.ListGroupsAsync(null, 100, Token)).Groups;
            var elsewhere = groups.Where(group => LeaderSiloOf(group) != stopping.Name).ToList();
            await Task.WhenAll(elsewhere.Select(group => cluster.Admin.TransferLeadershipAsync(
                group.Group, group.Replicas.Single(replica => replica.Silo == stopping.Name).Replica, Token)));
            return elsewhere.Count == 0 ? null : $"{elsewhere.Count} groups are led elsewhere";
        });
        DrainOf(oldest).Begin();

        (await DrainOf(stopping).HandOverAsync()).ShouldBe(0);

        await RaftTestCluster.EventuallyAsync(async () =>
            (await cluster.Admin.ListGroupsAsync(null, 100, Token)).Groups.All(static group => group.Leader is not null)
                ? null
                : "a group has no leader");
        (await cluster.Admin.ListGroupsAsync(null, 100, Token)).Groups.ShouldAllBe(group => LeaderSiloOf(group) == heir.Name);
    }

    /// <summary>Starts three silos whose followers do not stand for election because a machine stalls.</summary>
    private static async Task<RaftTestCluster> StartAsync()
    {
        var cluster = await RaftTestCluster.StartAsync(
            groups: Groups, options: static raft => (raft.ElectionTicksMin, raft.ElectionTicksMax) = (100, 150));
        await cluster.WaitUntilSpreadAsync();
        return cluster;
    }

    private static IRaftDrain DrainOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IRaftDrain>();

    private static string? LeaderSiloOf(GroupView group) => group.Replicas.SingleOrDefault(replica => replica.Replica == group.Leader)?.Silo;

    private static async Task<IReadOnlyList<long>> ReadTermsAsync(RaftTestCluster cluster) =>
        [.. (await cluster.Admin.ListGroupsAsync(null, 100, Token)).Groups.Select(static group => group.Term.Value)];
}
