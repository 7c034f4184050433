using System.Net;
using OrleansRaft.Counters.Web;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>One tenant's idempotency keys do not shut the others out.</summary>
public sealed class TenantShareTests
{
    private const int Places = 20;

    [Fact]
    public async Task A_tenant_that_uses_its_share_of_keys_is_told_to_wait_and_strangers_go_on()
    {
        await using var host = await ServerHost.StartAsync(
            silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(groups: 1), ("Raft:RequestIdsMax", $"{Places}"));
        await Eventually.HoldsAsync(
            async () => (await host.Client.AskAsync("/health/ready")).Status == HttpStatusCode.OK, "the silo is ready", TimeSpan.FromMinutes(2));
        Task<Answer> AddAsync(string tenant, string? key) => host.Client.SendAsync(
            HttpMethod.Post,
            $"/api/v1/tenants/{tenant}/counters/c/increment",
            """{"by":1}""",
            headers: key is null ? [] : [("Idempotency-Key", key)]);

        var greedy = new List<Answer>();
        for (var number = 0; number < 2 * Places; number++)
        {
            greedy.Add(await AddAsync("greedy", $"k{number}"));
        }

        greedy.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(Places / 2);
        var refused = greedy[^1].ShouldBeProblem(429, "overloaded");
        refused.RetryAfter.ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(600));
        (await AddAsync("stranger", "k")).Status.ShouldBe(HttpStatusCode.OK);
        (await AddAsync("greedy", "k0")).ShouldBeJson().GetProperty("value").GetInt64().ShouldBe(1, "a repetition is answered");
        (await AddAsync("greedy", null)).Status.ShouldBe(HttpStatusCode.OK, "without a key no place is taken");
        (await host.Client.AskAsync("/metrics")).Text.ShouldContain("raft_requests_fill");
    }
}
