using System.Net;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>What a group takes has limits: one tenant's idempotency keys do not shut the others out, nor do counters take all memory.</summary>
public sealed class TenantShareTests(LimitedServer host) : IClassFixture<LimitedServer>
{
    private const int Places = LimitedServer.Places;

    [Fact]
    public async Task A_tenant_that_uses_its_share_of_keys_is_told_to_wait_and_strangers_go_on()
    {
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

    [Fact]
    public async Task A_group_that_is_full_refuses_new_counters_and_goes_on_with_those_it_has()
    {
        var counters = 0;
        Answer last;
        while ((last = await PutAsync($"c{counters}", 1)).Status != (HttpStatusCode)507)
        {
            last.Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Created);
            (++counters).ShouldBeLessThan(LimitedServer.StateBytes);
        }

        var refused = last.ShouldBeProblem(507, "state-full");
        refused.Text.ShouldContain("Raft:StateBytesMax");
        counters.ShouldBePositive();
        (await PutAsync("c0", long.MaxValue)).Status.ShouldBe(HttpStatusCode.OK, "a counter that is there takes any value");
        (await host.Client.AskAsync($"/api/v1/tenants/full/counters/c{counters}")).Status.ShouldBe(
            HttpStatusCode.NotFound, "nothing was done by halves");
        (await host.Client.AskAsync("/api/v1/tenants/full/counters/c0")).ShouldBeJson().GetProperty("value").GetInt64().ShouldBe(long.MaxValue);
        while (counters-- > 0)
        {
            (await host.Client.SendAsync(HttpMethod.Delete, $"/api/v1/tenants/full/counters/c{counters}")).Status.ShouldBe(HttpStatusCode.NoContent);
        }

        (await PutAsync("again", 1)).Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Created);
        await host.Client.SendAsync(HttpMethod.Delete, "/api/v1/tenants/full/counters/again");

        Task<Answer> PutAsync(string counter, long value) =>
            host.Client.SendAsync(HttpMethod.Put, $"/api/v1/tenants/full/counters/{counter}", $$"""{"value":{{value}}}""");
    }
}

/// <summary>A silo with few places for idempotency keys, and for counters.</summary>
public sealed class LimitedServer : IAsyncLifetime
{
    /// <summary>How many idempotency keys its group remembers.</summary>
    public const int Places = 20;

    /// <summary>How many bytes its group's state may have.</summary>
    public const int StateBytes = 400;

    private ServerHost? host;

    /// <summary>A client of its API.</summary>
    public HttpClient Client => host!.Client;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        host = await ServerHost.StartAsync(
            silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(groups: 1),
            ("Raft:RequestIdsMax", $"{Places}"),
            ("Raft:StateBytesMax", $"{StateBytes}"));
        await Eventually.HoldsAsync(
            async () => (await Client.AskAsync("/health/ready")).Status == HttpStatusCode.OK, "the silo is ready", TimeSpan.FromMinutes(2));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => host?.DisposeAsync() ?? ValueTask.CompletedTask;
}
