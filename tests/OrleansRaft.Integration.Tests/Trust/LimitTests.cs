using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Counters;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Limits;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>No tenant takes a silo away from the others.</summary>
public sealed class LimitTests(AccessServer server) : IClassFixture<AccessServer>
{
    private const string Counters = "/api/v1/tenants/acme/counters";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider time = new();

    [Fact]
    public void A_bucket_lets_in_what_it_holds_and_says_truly_when_the_next_one_passes()
    {
        var allowed = new TenantAllowance(RequestsPerSecond: 2, Burst: 3, AtOnce: 0);
        var use = new TenantUse(time);
        for (var number = 0; number < 3; number++)
        {
            use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.None);
        }

        use.Enter(allowed, TimeSpan.Zero, out var retryAfter).ShouldBe(LimitReached.Rate);
        retryAfter.ShouldBe(TimeSpan.FromSeconds(0.5));
        time.Advance(retryAfter - TimeSpan.FromMilliseconds(1));
        use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.Rate);
        time.Advance(TimeSpan.FromMilliseconds(1));
        use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.None);
        time.Advance(TimeSpan.FromHours(1));
        for (var number = 0; number < 3; number++)
        {
            use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.None, "a pause fills the bucket, and no more");
        }

        use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.Rate);
    }

    [Fact]
    public void A_tenant_is_served_as_often_at_one_time_as_it_may_be()
    {
        var allowed = new TenantAllowance(0, 0, AtOnce: 2);
        var use = new TenantUse(time);
        use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.None);
        use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.None);

        use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.AtOnce);
        use.TryEnd(allowed).ShouldBeFalse("requests are being served");
        use.Leave();
        use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.None);
    }

    [Fact]
    public void Keys_are_let_in_as_they_are_forgotten_and_requests_without_one_do_not_count()
    {
        var allowed = new TenantAllowance(0, 0, 0, IdempotencyKeys: 3);
        var (use, remembered) = (new TenantUse(time), TimeSpan.FromMinutes(10));
        for (var number = 0; number < 3; number++)
        {
            use.Enter(allowed, remembered, out _).ShouldBe(LimitReached.None);
        }

        use.Enter(allowed, remembered, out var retryAfter).ShouldBe(LimitReached.IdempotencyKeys);
        use.Enter(allowed, TimeSpan.Zero, out _).ShouldBe(LimitReached.None);
        retryAfter.ShouldBe(remembered / 3);
        time.Advance(retryAfter);
        use.Enter(allowed, remembered, out _).ShouldBe(LimitReached.None);
        use.Enter(allowed, remembered, out _).ShouldBe(LimitReached.IdempotencyKeys);
    }

    /// <summary>One that is refused for its rate has taken no key's place.</summary>
    [Fact]
    public void A_request_that_is_refused_takes_nothing()
    {
        var allowed = new TenantAllowance(1, 1, 0, IdempotencyKeys: 2);
        var (use, remembered) = (new TenantUse(time), TimeSpan.FromDays(1));
        use.Enter(allowed, remembered, out _).ShouldBe(LimitReached.None);
        use.Enter(allowed, remembered, out _).ShouldBe(LimitReached.Rate);
        time.Advance(TimeSpan.FromSeconds(1));

        use.Enter(allowed, remembered, out _).ShouldBe(LimitReached.None);
    }

    /// <summary>Whoever makes names up fills no memory, and one who is at his limit is not forgotten and let in again.</summary>
    [Fact]
    public async Task Tenants_that_are_idle_are_forgotten_when_there_are_very_many()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        var limiter = new TenantLimiter(services, Options.Create(new TenantLimitOptions { RequestsPerSecond = 1, Burst = 1 }), time);
        var served = 0;
        var handler = limiter.Around(_ =>
        {
            served++;
            return Task.CompletedTask;
        });
        await handler(Request(services, "busy"));
        (await StatusAsync("busy")).ShouldBe(StatusCodes.Status429TooManyRequests);
        for (var number = 0; number < 30_000; number++)
        {
            await handler(Request(services, $"made-up-{number}"));
        }

        (await StatusAsync("busy")).ShouldBe(StatusCodes.Status429TooManyRequests);
        limiter.Count.ShouldBe(30_001);
        time.Advance(TimeSpan.FromSeconds(2));
        await handler(Request(services, "after-a-pause"));

        served.ShouldBe(30_002);
        limiter.Count.ShouldBeLessThanOrEqualTo(1);

        async Task<int> StatusAsync(string tenant)
        {
            var context = Request(services, tenant);
            await handler(context);
            return context.Response.StatusCode;
        }
    }

    [Fact]
    public async Task An_operator_limits_one_tenant_and_no_other()
    {
        var set = await OraftAsync("tenant", "limits", "acme", "--requests-per-second", "1", "--burst", "2", "--json");
        set.ExitCode.ShouldBe(0, set.Error);
        set.Objects[0].GetProperty("burst").GetInt64().ShouldBe(2);
        using var client = server.NewClient(server["writer"]);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.AskAsync(Counters)));

        var refused = answers.First(answer => answer.Status == HttpStatusCode.TooManyRequests);
        refused.ShouldBeProblem(429, "quota-exceeded");
        refused.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        answers.ShouldContain(answer => answer.Status == HttpStatusCode.OK);
        (await client.AskAsync("/api/v1/tenants/globex/counters")).Status.ShouldBe(HttpStatusCode.OK);
        await ShowsAsync(client, "raft_tenant_refused");

        (await OraftAsync("tenant", "limits", "acme", "--default")).ExitCode.ShouldBe(0);
        (await client.AskAsync(Counters)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_tenant_that_has_its_counters_makes_no_more_and_goes_on_with_those_it_has()
    {
        (await OraftAsync("tenant", "limits", "acme", "--counters", "3")).ExitCode.ShouldBe(0);
        using var client = server.NewClient(server["writer:acme"]);
        var prefix = $"{Counters}/quota";
        for (var number = 0; number < 3; number++)
        {
            (await client.SendAsync(HttpMethod.Put, $"{prefix}-{number}", """{"value":1}""")).Status.ShouldBe(HttpStatusCode.OK);
        }

        var set = await client.SendAsync(HttpMethod.Put, $"{prefix}-3", """{"value":1}""");
        var added = await client.SendAsync(HttpMethod.Post, $"{prefix}-3/increment", """{"by":1}""");
        var changed = await client.SendAsync(HttpMethod.Post, $"{prefix}-1/increment", """{"by":1}""");
        var absent = await client.AskAsync($"{prefix}-3");
        (await client.SendAsync(HttpMethod.Delete, $"{prefix}-0")).Status.ShouldBe(HttpStatusCode.NoContent);
        var afterwards = await client.SendAsync(HttpMethod.Put, $"{prefix}-3", """{"value":1}""");

        set.ShouldBeProblem(429, "quota-exceeded");
        set.Text.ShouldContain("3 counters");
        (set.RetryAfter is null).ShouldBeTrue("time alone does not help");
        added.ShouldBeProblem(429, "quota-exceeded");
        changed.ShouldBeJson().GetProperty("value").GetInt64().ShouldBe(2);
        absent.Status.ShouldBe(HttpStatusCode.NotFound);
        afterwards.Status.ShouldBe(HttpStatusCode.OK, afterwards.Text);
        using var reader = server.NewClient(server["reader"]);
        await ShowsAsync(reader, "limit=\"counters\"");
        (await OraftAsync("tenant", "delete", "acme", "--yes")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_deleted_tenant_has_no_counters_no_note_and_no_limits_of_its_own()
    {
        using var client = server.NewClient(server["writer"]);
        (await OraftAsync("tenant", "limits", "gone", "--at-once", "7")).ExitCode.ShouldBe(0);
        for (var number = 0; number < 20; number++)
        {
            (await client.SendAsync(HttpMethod.Put, $"/api/v1/tenants/gone/counters/c{number}", """{"value":1}""")).Status
                .ShouldBe(HttpStatusCode.OK);
        }

        (await client.SendAsync(HttpMethod.Put, "/api/v1/tenants/gone/note", """{"text":"pays"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await client.SendAsync(HttpMethod.Put, "/api/v1/tenants/gone-too/counters/c", """{"value":1}""")).Status.ShouldBe(HttpStatusCode.OK);

        var unsure = await OraftAsync("tenant", "delete", "gone");
        var deleted = await OraftAsync("tenant", "delete", "gone", "--yes", "--json");

        unsure.ExitCode.ShouldBe(2, "it asks first");
        deleted.Objects.Single().GetProperty("counters").GetInt64().ShouldBe(20, deleted.Error);
        (await client.AskAsync("/api/v1/tenants/gone/counters")).ShouldBeJson().GetProperty("counters").GetArrayLength().ShouldBe(0);
        (await client.AskAsync("/api/v1/tenants/gone/note")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await client.AskAsync("/api/v1/tenants/gone/limits")).ShouldBeJson().GetProperty("atOnce").GetInt64().ShouldBe(1_000);
        (await client.AskAsync("/api/v1/tenants/gone-too/counters/c")).Status.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>More counters than one page of the listing holds; an operator's deletion is audited, and a second one finds nothing.</summary>
    [Fact]
    public async Task A_tenant_with_many_counters_is_deleted_over_http_whole_and_once()
    {
        const int Many = 1_050;
        var cancellation = TestContext.Current.CancellationToken;
        var grains = server.Services.GetRequiredService<IGrainFactory>();
        var made = await Task.WhenAll(Enumerable.Range(0, Many).Select(number => grains
            .GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, $"many/c{number}")
            .SubmitAsync(new SetCounter(1), null, cancellation)));
        using var client = server.NewClient(server["operator"]);

        var deleted = await client.SendAsync(HttpMethod.Delete, "/api/v1/tenants/many");
        var again = await client.SendAsync(HttpMethod.Delete, "/api/v1/tenants/many");

        made.ShouldAllBe(static outcome => outcome is Committed<CounterResult>);
        deleted.ShouldBeJson().GetRawText().ShouldBe($$"""{"tenant":"many","counters":{{Many}},"more":false}""");
        again.ShouldBeJson().GetRawText().ShouldBe("""{"tenant":"many","counters":0,"more":false}""");
        (await client.AskAsync("/api/v1/tenants/many/counters")).ShouldBeJson().GetProperty("counters").GetArrayLength().ShouldBe(0);
        await Eventually.HoldsAsync(
            async () => (await CommandLineRun.AtAsync(server.Address, "audit", "--key", server["admin"])).Output.Contains("/api/v1/tenants/many"),
            "the deletion is in the audit",
            TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("..%2Facme")]
    [InlineData("a%20b")]
    [InlineData("%00")]
    public async Task A_tenant_whose_name_is_none_is_not_deleted(string name)
    {
        using var client = server.NewClient(server["operator"]);

        var refused = await client.SendAsync(HttpMethod.Delete, $"/api/v1/tenants/{name}");

        refused.Status.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.NotFound);
    }

    /// <summary>One key's streams do not take the places of all others.</summary>
    [Fact]
    public async Task A_key_holds_so_many_streams_open_and_no_more()
    {
        var key = await server.AddAsync("reader");
        await server.Services.GetRequiredService<OrleansRaft.Server.Access.AccessDirectory>().LookAsync(TestContext.Current.CancellationToken);
        using var client = server.NewClient(key);
        var path = new Uri("/api/v1/events", UriKind.Relative);
        var streams = new List<HttpResponseMessage>();
        for (var number = 0; number < new TenantLimitOptions().Watchers; number++)
        {
            streams.Add(await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken));
        }

        var refused = await client.AskAsync("/api/v1/events");
        using var other = server.NewClient(server["reader"]);
        using var others = await other.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        streams.ShouldAllBe(stream => stream.StatusCode == HttpStatusCode.OK);
        refused.ShouldBeProblem(429, "quota-exceeded");
        others.StatusCode.ShouldBe(HttpStatusCode.OK);
        streams.ForEach(static stream => stream.Dispose());
        await Eventually.HoldsAsync(
            async () =>
            {
                using var again = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
                return again.StatusCode == HttpStatusCode.OK;
            },
            "a stream that was closed leaves its place",
            TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("""{"requestsPerSecond":-1}""", "requestsPerSecond")]
    [InlineData("""{"burst":2147483648}""", "burst")]
    [InlineData("""{"idempotencyKeys":2147483648}""", "idempotencyKeys")]
    [InlineData("""{"counters":-1}""", "counters")]
    [InlineData("""{"bytes":9223372036854775807}""", "bytes")]
    [InlineData("""{"atOnce":"many"}""", "atOnce")]
    [InlineData("{}", "body")]
    [InlineData("""{"colour":1}""", "colour")]
    public async Task A_limit_that_makes_no_sense_is_refused_by_its_field(string body, string field)
    {
        using var client = server.NewClient(server["operator"]);

        (await client.SendAsync(HttpMethod.Put, "/api/v1/tenants/acme/limits", body)).ShouldBeProblem(400, "invalid-request", field);
    }

    [Theory]
    [InlineData("tenant limits a/b", "tenant's name")]
    [InlineData("tenant limits acme --burst -1", "--burst")]
    [InlineData("tenant limits acme --burst 1 --default", "--default")]
    public async Task A_command_line_that_makes_no_sense_is_a_usage_error(string line, string problem)
    {
        var run = await CommandLineRun.RunAsync(line.Split(' '));

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(problem);
    }

    private static DefaultHttpContext Request(IServiceProvider services, string tenant)
    {
        var context = new DefaultHttpContext { RequestServices = services };
        context.Request.RouteValues["tenant"] = tenant;
        return context;
    }

    /// <summary>What was measured shows a moment later: a scrape may be answered with what the last one found.</summary>
    private static Task ShowsAsync(HttpClient client, string metric) => Eventually.HoldsAsync(
        async () => (await client.AskAsync("/metrics")).Text.Contains(metric, StringComparison.Ordinal), $"/metrics shows {metric}", Patience);

    private Task<CommandLineRun> OraftAsync(params IEnumerable<string> line) =>
        CommandLineRun.AtAsync(server.Address, [.. line, "--key", server["operator"]]);
}
