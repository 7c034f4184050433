using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

public sealed class PlacementTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_of_a_group_live_on_different_silos()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 4, groups: 12);

        await cluster.WaitUntilSpreadAsync();
    }

    [Fact]
    public async Task With_one_silo_all_replicas_share_it_and_serve()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 1, groups: 2);

        (await cluster.AddAsync("alone", 3)).ShouldBe(new LedgerResult(3, 1));
        var groups = (await cluster.Admin.ListGroupsAsync(null, 10, Token)).Groups;
        groups.SelectMany(group => group.Replicas).Select(replica => replica.Silo).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Replicas_that_share_a_silo_separate_when_others_join()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 1, groups: 4);
        await cluster.AddAsync("k", 1, "first");

        await cluster.StartSiloAsync();
        await cluster.StartSiloAsync();

        await cluster.WaitUntilSpreadAsync();
        (await cluster.AddAsync("k", 1, "first")).ShouldBe(new LedgerResult(1, 1));
        (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(2, 2));
    }

    [Fact]
    public async Task Leaders_are_spread_again_after_silos_came_and_went()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 1, groups: 12);
        await cluster.StartSiloAsync();
        var third = await cluster.StartSiloAsync();
        await cluster.WaitUntilLeadersAreSpreadAsync();

        await cluster.StopSiloAsync(third);
        await cluster.WaitUntilLeadersAreSpreadAsync();
        await cluster.StartSiloAsync();

        await cluster.WaitUntilLeadersAreSpreadAsync();
    }

    [Fact]
    public async Task A_silo_that_is_about_to_stop_still_counts_and_is_given_nothing_more()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 2);
        var (stays, leaves) = (cluster.Silos[0].ServiceProvider, cluster.Silos[1]);

        leaves.ServiceProvider.GetRequiredService<ClusterMembership>().Leave();
        var stock = new ClusterInventory(
            stays.GetRequiredService<ClusterMembership>().Active, await stays.GetRequiredService<Locator>().TakeInventoryAsync());

        stock.Answering.ShouldHaveSingleItem().Address.ShouldBe(cluster.Silos[0].SiloAddress);
        stock.IsComplete.ShouldBeFalse("nothing is moved, replica or leader, while a silo leaves");
        stock.Count.ShouldBeGreaterThanOrEqualTo(12);
        stays.GetRequiredService<GroupTable>().Groups.Select(group => group.Name).Except(stock.LedGroups()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Replicas_of_a_silo_that_stopped_in_order_wait_for_it_to_come_back()
    {
        await using var cluster = await RaftTestCluster.StartAsync(options: raft => raft.ReturnPatience = TimeSpan.FromHours(1));
        await cluster.WaitUntilSpreadAsync();
        var leaving = cluster.Silos[^1];
        var before = await EpochsOnAsync(cluster, leaving.Name);

        await cluster.RestartSiloAsync(leaving);

        // Each life of a replica has its epoch, and epochs only grow: there was no life in between.
        var expected = before.Select(replica => $"{replica.Key} in epoch {replica.Value + 1}").Order().ToList();
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            var now = (await EpochsOnAsync(cluster, leaving.Name)).Select(replica => $"{replica.Key} in epoch {replica.Value}").Order().ToList();
            return now.SequenceEqual(expected) ? null : $"{string.Join(", ", now)} instead of {string.Join(", ", expected)}";
        });
    }

    [Fact]
    public async Task Nobody_is_waited_for_where_a_majority_is_missing()
    {
        await using var cluster = await RaftTestCluster.StartAsync(options: raft => raft.ReturnPatience = TimeSpan.FromHours(1));
        await cluster.WaitUntilSpreadAsync();
        await cluster.AddAsync("k", 1);

        await cluster.StopSiloAsync(cluster.Silos[2]);
        await cluster.StopSiloAsync(cluster.Silos[1]);

        await RaftTestCluster.EventuallyAsync(async () =>
            await cluster.Ledger("k").SubmitAsync(new LedgerCommand(1), "again", Token) is Committed<LedgerResult> ? null : "nothing is committed");
    }

    [Fact]
    public async Task A_silo_that_starts_is_not_ready_before_replicas_live_apart()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 1, groups: 8);
        await cluster.StartSiloAsync();
        var third = await cluster.StartSiloAsync();
        var admin = RaftTestCluster.AdminOf(third);

        await RaftTestCluster.EventuallyAsync(
            async () => await admin.CheckReadinessAsync(Token) is { IsReady: false } readiness ? readiness.Detail : null);

        foreach (var group in (await cluster.Admin.ListGroupsAsync(null, 10, Token)).Groups)
        {
            group.Replicas.Select(replica => replica.Silo).Distinct().Count().ShouldBe(3, group.Group);
        }
    }

    [Fact]
    public async Task A_learner_is_added_comes_to_life_and_is_removed_again()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 1);
        await cluster.AddAsync("k", 5);
        var learner = new ReplicaId(4);

        var added = await cluster.Admin.ChangeMembersAsync("ledgers-0", new AddMember { Replica = learner, AsLearner = true }, null, Token);
        added.ShouldBeOfType<Committed<Configuration>>(added.ToString());
        await RaftTestCluster.EventuallyAsync(() => cluster.Admin.FindDifferenceAsync("ledgers-0", replicas: 4, Token));
        var removed = await cluster.Admin.ChangeMembersAsync("ledgers-0", new RemoveMember(learner), null, Token);

        removed.ShouldBeOfType<Committed<Configuration>>(removed.ToString()).Value.Contains(learner).ShouldBeFalse();
        (await cluster.AddAsync("k", 5)).ShouldBe(new LedgerResult(10, 2));
    }

    private static async Task<Dictionary<string, long>> EpochsOnAsync(RaftTestCluster cluster, string silo) =>
        (await cluster.Admin.ListGroupsAsync(null, 100, Token)).Groups
            .SelectMany(
                group =>
                    group.Replicas.Where(replica => replica.Silo == silo).Select(
                        replica => ($"{group.Group}/{replica.Replica}", replica.Snapshot?.Epoch ?? 0)))
            .ToDictionary();
}
