using System.Net;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Names that clients and servers take for steps in a path: no resource answers for another.</summary>
public sealed class FoldedPathTests(CounterServer server) : IClassFixture<CounterServer>
{
    private static readonly string[] Dots = [".", "..", "%2e", "%2E", "%2e%2e", "%2E%2E", ".%2e", "%2e."];

    /// <summary>Every request that names something in its path.</summary>
    private static readonly (string Method, string Path)[] Named =
    [
        ("GET", "/api/v1/tenants/#/counters"),
        ("GET", "/api/v1/tenants/#/counters/counters"),
        ("GET", "/api/v1/tenants/#/counters/note"),
        ("GET", "/api/v1/tenants/a/counters/#"),
        ("PUT", "/api/v1/tenants/a/counters/#"),
        ("DELETE", "/api/v1/tenants/a/counters/#"),
        ("POST", "/api/v1/tenants/a/counters/#/increment"),
        ("GET", "/api/v1/tenants/#/note"),
        ("PUT", "/api/v1/tenants/#/note"),
        ("GET", "/api/v1/groups/#"),
        ("GET", "/api/v1/groups/#/groups"),
        ("GET", "/api/v1/groups/#/log"),
        ("POST", "/api/v1/groups/#/leader"),
        ("POST", "/api/v1/groups/#/members"),
        ("DELETE", "/api/v1/groups/#/members"),
        ("DELETE", "/api/v1/faults/#"),
        ("GET", "/api/v1/lab/#"),
        ("GET", "/api/v1/lab/#/recording"),
        ("GET", "/api/v1/groups/../../../#/"),
        ("GET", "/health/#/health/live"),
    ];

    public static TheoryData<string, string> Requests => [.. Named.Select(static named => (named.Method, named.Path))];

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_name_of_dots_is_refused_in_a_path_however_it_is_written(string method, string path)
    {
        foreach (var dots in Dots)
        {
            var target = path.Replace("#", dots, StringComparison.Ordinal);

            (await AskAsync(method, target)).ShouldBeClientsError($"{method} {target}");
            (await AskAsync(method, $"http://x{target}?limit=1")).ShouldBeClientsError($"{method} http://x{target}");
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_path_without_the_name_is_no_other_resource(string method, string path)
    {
        foreach (var target in new[] { path.Replace("#", "", StringComparison.Ordinal), path.Replace("#", "", StringComparison.Ordinal) + "/" })
        {
            var answer = await AskAsync(method, target);

            ((int)answer.Status).ShouldBeOneOf([400, 404, 405], $"{method} {target}: {answer.Text}");
            answer.MediaType.ShouldBe("application/problem+json", $"{method} {target}");
        }
    }

    [Theory]
    [InlineData("a%2Fb")]
    [InlineData("a%2f..")]
    [InlineData("..%2f")]
    [InlineData("%2e%2e%2fa")]
    [InlineData("%5c")]
    [InlineData("..%5ca")]
    [InlineData("%252e%252e")]
    [InlineData("%252e")]
    [InlineData("a%00")]
    [InlineData("a%20")]
    [InlineData(".;a")]
    [InlineData("..;")]
    [InlineData("a%")]
    [InlineData("%zz")]
    public async Task Any_other_text_that_is_no_name_is_refused(string name)
    {
        foreach (
            var path in new[]
            {
                $"/api/v1/tenants/{name}/counters",
                $"/api/v1/tenants/a/counters/{name}",
                $"/api/v1/tenants/{name}/note",
                $"/api/v1/groups/{name}",
            })
        {
            ((int)(await AskAsync("GET", path)).Status).ShouldBeOneOf([400, 404], path);
        }
    }

    /// <summary>Dots among other characters mean nothing to anybody.</summary>
    [Theory]
    [InlineData("...")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("..a")]
    [InlineData("-")]
    public async Task Other_names_with_dots_are_names(string name)
    {
        var path = $"/api/v1/tenants/dots/counters/{name}";

        (await server.Client.SendAsync(HttpMethod.Put, path, """{"value":7}""")).Status.ShouldBe(HttpStatusCode.OK);
        var read = await AskAsync("GET", path);

        read.Status.ShouldBe(HttpStatusCode.OK, read.Text);
        read.Json.GetProperty("counter").GetString().ShouldBe(name);
    }

    [Fact]
    public async Task A_list_does_not_begin_after_a_name_of_dots() =>
        (await server.Client.AskAsync("/api/v1/tenants/a/counters?after=..")).ShouldBeProblem(400, "invalid-request", "after");

    private Task<Answer> AskAsync(string method, string target) =>
        Wire.AskAsync(
            server.Client.BaseAddress!, $"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}");
}
