using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansRaft.Core;
using OrleansRaft.Grains;

namespace OrleansRaft.Integration.Tests.Grains;

public sealed class SleepTests
{
    [Fact]
    public async Task Idle_groups_sleep_and_wake_for_a_request()
    {
        await using var cluster = await StartAsync();
        await WaitUntilAllSleepAsync(cluster, 12);

        (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(1, 1));
    }

    [Fact]
    public async Task Sleeping_followers_of_a_silo_that_falls_silent_wake_and_elect()
    {
        await using var cluster = await StartAsync();
        await WaitUntilAllSleepAsync(cluster, 12);
        var lost = await cluster.FindLeaderSiloAsync("ledgers-0");
        await WaitUntilAllSleepAsync(cluster, 12);
        var others = cluster.Silos.Where(silo => silo != lost).ToList();

        foreach (var other in others)
        {
            lost.ServiceProvider.GetRequiredService<LinkFaults>().Cut(other.SiloAddress);
            other.ServiceProvider.GetRequiredService<LinkFaults>().Cut(lost.SiloAddress);
        }

        // Nobody asks anything of the group: its followers must notice by themselves.
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            Hosted(others).Any(replica => replica is { Key.Group: "ledgers-0", Role.Role: RaftRole.Leader }) ? null : "nobody stood for election"));
    }

    private static async Task<RaftTestCluster> StartAsync()
    {
        var cluster = await RaftTestCluster.StartAsync(options: options => options.QuiesceTicks = 5);
        await cluster.WaitUntilSpreadAsync();
        return cluster;
    }

    private static IEnumerable<HostedReplica> Hosted(IEnumerable<InProcessSiloHandle> silos) =>
        silos.SelectMany(silo => silo.ServiceProvider.GetRequiredService<GroupTable>().Hosted);

    private static Task WaitUntilAllSleepAsync(RaftTestCluster cluster, int replicas) => RaftTestCluster.EventuallyAsync(() => Task.FromResult(
        Hosted(cluster.Silos).Count(replica => replica.IsAsleep) == replicas ? null : "somebody is awake"));
}
