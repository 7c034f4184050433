using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Testbed;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>A silo that is going to stop, as its HTTP clients see it.</summary>
public sealed class DrainTests
{
    private const string Counter = "/api/v1/tenants/acme/counters/visits";

    [Fact]
    public async Task A_silo_that_drains_is_not_ready_serves_on_and_asks_for_other_connections_when_its_leaderships_go()
    {
        await using var host = await ServerHost.StartAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(1));
        var drain = host.Services.GetRequiredService<IRaftDrain>();
        await Until.TrueAsync(
            async () => (await host.Client.AskAsync("/health/ready")).Status == System.Net.HttpStatusCode.OK,
            TimeSpan.FromMinutes(1),
            () => "the silo did not become ready");

        drain.Begin();

        (await host.Client.AskAsync("/health/ready")).ShouldBeProblem(503, "not-ready").Text.ShouldContain("about to stop");
        (await IncrementAsync(host)).Headers.ConnectionClose.ShouldBeNull();

        // Nobody else is there to take over: the silo leads to the end.
        (await drain.HandOverAsync()).ShouldBeGreaterThan(0);

        (await IncrementAsync(host)).Headers.ConnectionClose.ShouldBe(true);
        (await drain.HandOverAsync()).ShouldBeGreaterThan(0);
    }

    private static async Task<HttpResponseMessage> IncrementAsync(ServerHost host)
    {
        using var body = new StringContent("""{"by":1}""", mediaType: new("application/json"));
        var answer = await host.Client.PostAsync(new Uri(Counter + "/increment", UriKind.Relative), body, TestContext.Current.CancellationToken);
        return answer.EnsureSuccessStatusCode();
    }
}
