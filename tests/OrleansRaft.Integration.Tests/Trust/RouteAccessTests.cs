using System.Net;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>Every route of the program, without a key, with a wrong one, and with a key of each kind.</summary>
public sealed class RouteAccessTests(AccessServer server) : IClassFixture<AccessServer>
{
    private const string Open = "everybody";

    private static readonly string[] Ranks = ["reader", "writer", "operator", "admin"];

    // What each route is for, in a table of its own: a route that says something else of itself is found by it, and so is one that is not here.
    private static readonly Dictionary<string, string> Needed = new()
    {
        ["GET /"] = Open,
        ["GET /page/{**file}"] = Open,
        ["GET /page/counters/{**file}"] = Open,
        ["GET /page/lab/{**file}"] = Open,
        ["GET /lab"] = Open,
        ["GET /scalar/{documentName?}"] = Open,
        ["GET /scalar/scalar.js"] = Open,
        ["GET /scalar/scalar.aspnetcore.js"] = Open,
        ["GET /scalar/favicon.svg"] = Open,
        ["GET /openapi/v1.json"] = Open,
        ["GET /health/live"] = Open,
        ["GET /health/ready"] = Open,
        ["GET /health/alarms"] = "reader",
        ["GET /metrics"] = "reader",
        ["* /dashboard/{**path}"] = "operator",
        ["GET /api/v1/session"] = Open,
        ["POST /api/v1/session"] = Open,
        ["DELETE /api/v1/session"] = Open,
        ["GET /api/v1/keys"] = "admin",
        ["POST /api/v1/keys"] = "admin",
        ["DELETE /api/v1/keys/{key}"] = "admin",
        ["GET /api/v1/audit"] = "admin",
        ["GET /api/v1/groups"] = "reader",
        ["GET /api/v1/groups/{group}"] = "reader",
        ["GET /api/v1/groups/{group}/log"] = "reader",
        ["POST /api/v1/groups/{group}/compare"] = "operator",
        ["POST /api/v1/groups/{group}/leader"] = "operator",
        ["POST /api/v1/groups/{group}/skip"] = "operator",
        ["POST /api/v1/groups/{group}/version"] = "operator",
        ["POST /api/v1/groups/{group}/members"] = "operator",
        ["DELETE /api/v1/groups/{group}/members"] = "operator",
        ["DELETE /api/v1/groups/{group}/removed"] = "operator",
        ["POST /api/v1/silos/{silo}/decommission"] = "operator",
        ["DELETE /api/v1/sets/{set}"] = "admin",
        ["POST /api/v1/backup"] = "operator",
        ["GET /api/v1/cluster/versions"] = "reader",
        ["POST /api/v1/cluster/finalize"] = "operator",
        ["GET /api/v1/events"] = "reader",
        ["GET /api/v1/faults"] = "reader",
        ["POST /api/v1/faults"] = "operator",
        ["DELETE /api/v1/faults"] = "operator",
        ["DELETE /api/v1/faults/{fault}"] = "operator",
        ["GET /api/v1/lab"] = "reader",
        ["GET /api/v1/lab/{scenario}"] = "reader",
        ["GET /api/v1/lab/{scenario}/recording"] = "reader",
        ["POST /api/v1/lab/recordings"] = "reader",
        ["POST /api/v1/tenants/{tenant}/counters/{counter}/increment"] = "writer",
        ["GET /api/v1/tenants/{tenant}/counters/{counter}"] = "reader",
        ["PUT /api/v1/tenants/{tenant}/counters/{counter}"] = "writer",
        ["DELETE /api/v1/tenants/{tenant}/counters/{counter}"] = "writer",
        ["GET /api/v1/tenants/{tenant}/counters"] = "reader",
        ["DELETE /api/v1/tenants/{tenant}"] = "operator",
        ["GET /api/v1/tenants/{tenant}/note"] = "reader",
        ["PUT /api/v1/tenants/{tenant}/note"] = "writer",
        ["GET /api/v1/tenants/{tenant}/limits"] = "reader",
        ["PUT /api/v1/tenants/{tenant}/limits"] = "operator",
        ["DELETE /api/v1/tenants/{tenant}/limits"] = "operator",
    };

    [Fact]
    public void Every_route_is_in_the_table_and_no_other()
    {
        var routes = Routes().Select(static route => route.Name).Where(static name => !IsOfDashboard(name)).ToList();

        routes.Except(Needed.Keys).ShouldBeEmpty("a new route gets a row that says which role it needs");
        Needed.Keys.Except(routes).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_route_that_is_not_open_answers_without_a_key() =>
        await EachAsync(null, static needed => needed == Open ? null : HttpStatusCode.Unauthorized);

    [Theory]
    [InlineData("oraft_0123456789_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("nonsense")]
    [InlineData("a.b.c")]
    public async Task No_route_that_is_not_open_answers_to_a_wrong_key(string key) =>
        await EachAsync(key, static needed => needed == Open ? null : HttpStatusCode.Unauthorized);

    /// <summary>The id of a key that is in force, with another secret.</summary>
    [Fact]
    public async Task A_known_id_with_a_wrong_secret_opens_nothing() => await EachAsync(
        server["admin"][..17] + new string('0', 64), static needed => needed == Open ? null : HttpStatusCode.Unauthorized);

    [Theory]
    [InlineData("reader")]
    [InlineData("writer")]
    [InlineData("operator")]
    [InlineData("admin")]
    public async Task A_key_opens_what_its_role_may_and_nothing_more(string role) => await EachAsync(
        server[role], needed => Array.IndexOf(Ranks, role) >= Array.IndexOf(Ranks, needed) ? null : HttpStatusCode.Forbidden);

    [Theory]
    [InlineData("reader:acme", "reader")]
    [InlineData("writer:acme", "writer")]
    public async Task A_tenants_key_opens_that_tenants_data_and_nothing_else(string key, string role) => await EachAsync(
        server[key],
        (name, needed) => needed == Open || (name.Contains("{tenant}") && Array.IndexOf(Ranks, role) >= Array.IndexOf(Ranks, needed))
            ? null
            : HttpStatusCode.Forbidden);

    [Fact]
    public async Task Another_tenants_key_opens_nothing() =>
        await EachAsync(server["writer:other"], static needed => needed == Open ? null : HttpStatusCode.Forbidden);

    /// <summary>A token of an issuer is worth what its claim says.</summary>
    [Theory]
    [InlineData("reader")]
    [InlineData("admin")]
    public async Task A_token_opens_what_its_role_may(string role) => await EachAsync(
        Tokens.Issue([role]), needed => Array.IndexOf(Ranks, role) >= Array.IndexOf(Ranks, needed) ? null : HttpStatusCode.Forbidden);

    [Fact]
    public async Task What_nobody_serves_is_not_told_to_strangers()
    {
        using var stranger = server.NewClient(null);
        using var admin = server.NewClient(server["admin"]);

        (await stranger.GetAsync(new Uri("/nothing", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode
            .ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.GetAsync(new Uri("/nothing", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode
            .ShouldBe(HttpStatusCode.NotFound);
    }

    /// <summary>What is decided here has no services, which everything that ASP.NET would make for a request comes from.</summary>
    [Fact]
    public async Task A_key_that_opens_a_route_is_let_in_without_anything_made_for_the_request()
    {
        var evaluator = server.Services.GetRequiredService<IPolicyEvaluator>();
        var policies = server.Services.GetRequiredService<IAuthorizationPolicyProvider>();
        var endpoints = server.Services.GetServices<EndpointDataSource>().SelectMany(static source => source.Endpoints).ToList();
        var context = new DefaultHttpContext { Request = { Headers = { Authorization = $"Bearer {server["admin"]}" } } };
        var asked = 0;

        foreach (var endpoint in endpoints.Where(static endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null))
        {
            var policy = await AuthorizationPolicy.CombineAsync(
                policies,
                endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(),
                endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>());
            var known = await evaluator.AuthenticateAsync(policy.ShouldNotBeNull(), context);
            (await evaluator.AuthorizeAsync(policy, known, context, context)).Succeeded.ShouldBeTrue(endpoint.DisplayName);
            asked++;
        }

        asked.ShouldBeGreaterThan(30);
    }

    private Task EachAsync(string? key, Func<string, HttpStatusCode?> refusalOf) => EachAsync(key, (_, needed) => refusalOf(needed));

    /// <summary>Asks every route.</summary>
    /// <param name="key">The key; null for none.</param>
    /// <param name="refusalOf">The refusal of a route that needs a role; null where it must not be refused for want of one.</param>
    private async Task EachAsync(string? key, Func<string, string, HttpStatusCode?> refusalOf)
    {
        using var client = server.NewClient(key);
        var wrong = new List<string>();
        foreach (var (name, method, path) in Routes())
        {
            using var request = new HttpRequestMessage(method, path);
            if (method != HttpMethod.Get)
            {
                // A body that no operation takes: what lets it pass refuses it then, and changes nothing.
                request.Content = new StringContent("""{"no such field":0}""", Encoding.UTF8, "application/json");
            }

            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            var refusal = refusalOf(name, IsOfDashboard(name) ? "operator" : Needed.GetValueOrDefault(name, Open));
            var isRefused = response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
            var isSession = name == "GET /api/v1/session";
            if (isSession ? false : refusal is { } expected ? response.StatusCode != expected : isRefused)
            {
                wrong.Add($"{name} answered {(int)response.StatusCode}, not {(refusal is { } should ? (int)should : 200)}");
            }

            if (refusal is not null && !isSession)
            {
                response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", name);
            }
        }

        wrong.ShouldBeEmpty();
    }

    private IEnumerable<(string Name, HttpMethod Method, string Path)> Routes() =>
        from endpoint in server.Services.GetServices<EndpointDataSource>().SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>()
        let pattern = endpoint.RoutePattern.RawText!
        let route = pattern.StartsWith('/') ? pattern : "/" + pattern
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"]
        where method != "HEAD"
        select ($"{method} {route}", new HttpMethod(method == "*" ? "GET" : method), PathOf(route));

    /// <summary>The dashboard's own routes, which exist once somebody has looked, behind the one that all requests to it come by.</summary>
    private static bool IsOfDashboard(string name) => name.StartsWith("GET /dashboard/", StringComparison.Ordinal);

    private static string PathOf(string route) => route
        .Replace("{tenant}", AccessServer.Tenant)
        .Replace("{counter}", "visits")
        .Replace("{group}", "counters-0")
        .Replace("{fault}", "f-000000")
        .Replace("{silo}", "no-such-silo")
        .Replace("{set}", "no-such-set")
        .Replace("{key}", "0000000000")
        .Replace("{scenario}", "replication")
        .Replace("{documentName?}", "")
        .Replace("/page/{**file}", "/page/app.js")
        .Replace("/page/counters/{**file}", "/page/counters/counters.js")
        .Replace("/page/lab/{**file}", "/page/lab/lab.js")
        .Replace("{**path}", "");
}
