using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>For how long a silo that stopped in order is waited for.</summary>
public sealed class DeparturesTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task A_silo_is_waited_for_once_however_often_it_says_that_it_stops()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 1, groups: 1);
        var departures = Create(cluster);
        var stopping = SiloAddress.New(IPAddress.Loopback, 11_111, 1_000);

        var beforeItStops = departures.IsAwaited(stopping);
        departures.Note(stopping);
        var atFirst = departures.IsAwaited(stopping);
        time.Advance(new RaftOptions().ReturnPatience);
        var after = departures.IsAwaited(stopping);
        departures.Note(stopping);

        (beforeItStops, atFirst, after).ShouldBe((false, true, false));
        departures.IsAwaited(stopping).ShouldBeFalse();
    }

    [Fact]
    public async Task A_silo_whose_name_is_there_to_host_replicas_is_not_waited_for()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 1, groups: 1);
        var departures = Create(cluster);

        departures.Note(cluster.Silos[0].SiloAddress);

        departures.IsAwaited(cluster.Silos[0].SiloAddress).ShouldBeFalse();
    }

    private StoppedSilos Create(RaftTestCluster cluster) =>
        new(cluster.Silos[0].ServiceProvider.GetRequiredService<ClusterMembership>(), Options.Create(new RaftOptions()), time);
}
