using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft;
using OrleansRaft.Testing;
using Xunit;

namespace RateLimiter.Tests;

public sealed class LimitTests(Cluster cluster) : IClassFixture<Cluster>
{
    [Fact]
    public async Task So_many_are_granted_at_once_and_one_more_when_it_is_earned()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => LimitOf("alice").Take(3)));
        Assert.All(taken, static wait => Assert.Equal(TimeSpan.Zero, wait));
        Assert.InRange(await LimitOf("alice").Take(3), TimeSpan.FromTicks(1), TimeSpan.FromMinutes(20));

        await cluster.Silos.AdvanceAsync(TimeSpan.FromMinutes(20));

        Assert.Equal(TimeSpan.Zero, await LimitOf("alice").Take(3));
    }

    [Fact]
    public async Task Whoever_has_had_all_is_told_to_wait_also_by_the_next_leader()
    {
        var statuses = await Task.WhenAll(
            Enumerable.Range(0, 80).Select(async _ => (await cluster.Web.PostAsync("/limits/bob/take", null)).StatusCode));
        Assert.InRange(statuses.Count(static status => status == HttpStatusCode.OK), LimitEndpoints.PerHour, 79);

        await cluster.Silos.KillSiloAsync(await cluster.Silos.FindLeaderAsync("limits-0"));
        Assert.InRange(await LimitOf("bob").Granted(), LimitEndpoints.PerHour, 79);
    }

    private ILimit LimitOf(string client) => cluster.Silos.Client.GetReplicatedGrain<ILimit>(client).With(TimeSpan.FromMinutes(1));
}

public sealed class Cluster : IAsyncLifetime
{
    private readonly WebApplicationBuilder builder = WebApplication.CreateBuilder();

    public RaftTestCluster Silos { get; private set; } = null!;

    public HttpClient Web { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Silos = await RaftTestCluster.StartAsync(
            static silo => silo.AddReplicatedGrains("limits", groups: 1, static grains => grains.Add<Limit>().VerifyCalls()));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(Silos.Client);
        var app = builder.Build();
        app.MapLimits();
        await app.StartAsync();
        Web.BaseAddress = new Uri(app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        Web.Dispose();
        await Silos.DisposeAsync();
    }
}
