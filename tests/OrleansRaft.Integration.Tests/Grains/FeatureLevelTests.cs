using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Grains.Levels;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>At which feature level a cluster works, where silos come and go under other names, and where each has a store of its own.</summary>
public sealed class FeatureLevelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_of_local_stores_without_a_catalogue_stays_at_its_level_and_says_what_it_lacks()
    {
        await using var cluster = await RaftTestCluster.StartAsync(
            silos: 2, groups: 1, replicas: 1, disks: [new MemoryDisk("a"), new MemoryDisk("b")]);
        var levels = LevelsOf(cluster);

        var described = (await levels.DescribeAsync(Token)).ShouldBeOfType<Rejected<LevelsView>>();
        var finalized = (await levels.FinalizeAsync([], Token)).ShouldBeOfType<Rejected<LevelsView>>();

        described.ShouldBe(finalized);
        finalized.Reason.ShouldBe(RejectionReason.VersionNotRaised);
        finalized.Detail.ShouldContain("Call AddRaftCatalogue on every silo");
        cluster.Silos.ShouldAllBe(static silo => silo.ServiceProvider.GetRequiredService<ClusterLevel>().InForce == FeatureLevels.Oldest);
        (await cluster.AddAsync("k", 1)).Sum.ShouldBe(1);
    }

    [Fact]
    public async Task A_silo_with_a_local_store_is_known_by_that_when_it_comes_back_under_another_name()
    {
        var newest = FeatureLevels.Oldest;
        await using var cluster = await RaftTestCluster.StartAsync(
            silos: 2,
            groups: 1,
            replicas: 1,
            options: raft => raft.LevelMax = newest,
            configure: static (_, silo) => silo.AddRaftCatalogue(replicas: 1),
            disks: [new MemoryDisk("a"), new MemoryDisk("b")]);
        await RaftTestCluster.EventuallyAsync(async () => (await DescribeAsync(cluster))?.Silos.Count == 2 ? null : "not every silo has told");
        newest = FeatureLevels.Newest;

        var former = cluster.Silos.Single(static silo => silo.ServiceProvider.GetRequiredService<ILogStore>().LocalId == "a");
        var other = cluster.Silos.Single(silo => silo.Name != former.Name);
        await cluster.StopSiloAsync(former);
        var renamed = await cluster.StartSiloAsync();
        await cluster.RestartSiloAsync(other);

        await RaftTestCluster.EventuallyAsync(
            async () => (await DescribeAsync(cluster))?.InForce == FeatureLevels.Newest ? null : "the level is not raised");
        (await DescribeAsync(cluster))!.Silos.Select(static silo => silo.Name).ShouldBe([other.Name, renamed.Name], ignoreOrder: true);
    }

    /// <summary>Nobody can tell it from one that is absent and comes back with the program that it had.</summary>
    [Fact]
    public async Task A_silo_that_was_renamed_beside_a_shared_store_holds_the_level_under_its_former_name_until_somebody_says_that_it_is_gone()
    {
        var newest = FeatureLevels.Oldest;
        await using var cluster = await RaftTestCluster.StartAsync(silos: 2, groups: 1, replicas: 1, options: raft => raft.LevelMax = newest);
        newest = FeatureLevels.Newest;
        var (former, other) = (cluster.Silos[0].Name, cluster.Silos[1]);
        await cluster.StopSiloAsync(cluster.Silos[0]);
        await cluster.StartSiloAsync();
        await cluster.RestartSiloAsync(other);

        var refused = (await LevelsOf(cluster).FinalizeAsync([], Token)).ShouldBeOfType<Rejected<LevelsView>>();
        var raised = (await LevelsOf(cluster).FinalizeAsync([former], Token)).ShouldBeOfType<Committed<LevelsView>>();

        refused.Detail.ShouldContain($"these silos' programs support no later one: '{former}', which is absent");
        refused.Detail.ShouldContain("also since it has another name now, `oraft cluster finalize --without SILO`");
        raised.Value.InForce.ShouldBe(FeatureLevels.Newest);
        raised.Value.Silos.ShouldAllBe(silo => silo.Name != former);
    }

    private static IRaftLevels LevelsOf(RaftTestCluster cluster) => cluster.Silos[0].ServiceProvider.GetRequiredService<IRaftLevels>();

    private static async Task<LevelsView?> DescribeAsync(RaftTestCluster cluster) =>
        await LevelsOf(cluster).DescribeAsync(Token) is Committed<LevelsView> described ? described.Value : null;
}
