using OrleansRaft;
using OrleansRaft.Testing;
using RaftApp_1.Grains;
using Xunit;

namespace RaftApp_1.Tests;

public sealed class TallyTests
{
    [Fact]
    public async Task A_tally_survives_the_silo_that_leads_it_and_adds_once_for_each_request()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var cluster = await RaftTestCluster.StartAsync(
            static silo => silo.AddReplicatedGrains("tallies", groups: 1, static grains => grains.Add<Tally>().VerifyCalls()),
            cancellation: cancellation);
        var visits = cluster.Client.GetReplicatedGrain<ITally>("visits").With(TimeSpan.FromMinutes(1));
        Assert.Equal(5, await visits.With("first").Add(5));

        await cluster.KillSiloAsync(await cluster.FindLeaderAsync("tallies-0", cancellation));

        Assert.Equal(5, await visits.With("first").Add(5));
        Assert.Equal(7, await visits.With("second").Add(2));
        Assert.Equal(7, await visits.Count());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => visits.Add(-1));
    }
}
