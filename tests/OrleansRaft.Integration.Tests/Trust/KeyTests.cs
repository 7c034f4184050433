using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>Keys over their lives: made, used, expired, revoked; in headers, in cookies, on the command line.</summary>
public sealed class KeyTests(AccessServer server) : IClassFixture<AccessServer>
{
    private const string Counter = "/api/v1/tenants/acme/counters/visits";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_made_used_listed_and_revoked_on_the_command_line()
    {
        var made = await OraftAsync(server["admin"], "key", "create", "billing", "--role", "writer", "--tenant", "acme", "--json");
        made.ExitCode.ShouldBe(0, made.Error);
        var (id, secret) = (made.Objects[0].GetProperty("key").GetString()!, made.Objects[0].GetProperty("secret").GetString()!);

        (await OraftAsync(secret, "counter", "add", "acme", "by-key")).ExitCode.ShouldBe(0);
        var forbidden = await OraftAsync(secret, "counter", "add", "globex", "by-key");
        var listed = await OraftAsync(server["admin"], "key", "list", "--json");
        (await OraftAsync(server["admin"], "key", "revoke", id)).ExitCode.ShouldBe(0);
        var revoked = await OraftAsync(secret, "counter", "get", "acme", "by-key");

        forbidden.ExitCode.ShouldBe(1);
        forbidden.Error.ShouldContain("forbidden");
        listed.Output.ShouldNotContain(secret);
        listed.Objects.Single(key => key.GetProperty("key").GetString() == id).GetProperty("tenants")[0].GetString().ShouldBe("acme");
        revoked.ExitCode.ShouldBe(1);
        revoked.Error.ShouldContain("unauthenticated");
        revoked.Error.ShouldContain("ORAFT_KEY");
    }

    [Fact]
    public async Task A_key_is_read_from_a_file()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, server["reader"] + "\n", Cancellation);

        var run = await CommandLineRun.AtAsync(server.Address, "group", "list", "--key-file", file);

        File.Delete(file);
        run.ExitCode.ShouldBe(0, run.Error);
    }

    [Fact]
    public async Task A_key_that_has_expired_is_refused_in_so_many_words()
    {
        var key = await server.AddAsync("reader", TimeProvider.System.GetUtcNow().AddHours(-1));
        await server.Services.GetRequiredService<AccessDirectory>().LookAsync(Cancellation);
        using var client = server.NewClient(key);

        var answer = await client.AskAsync("/api/v1/groups");

        answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Text.ShouldContain("expired");
    }

    [Fact]
    public async Task A_refusal_says_what_is_missing_and_where_to_get_it()
    {
        using var stranger = server.NewClient(null);
        using var reader = server.NewClient(server["reader"]);

        using var unauthenticated = await stranger.GetAsync(new Uri("/api/v1/groups", UriKind.Relative), Cancellation);
        var forbidden = await reader.SendAsync(HttpMethod.Post, "/api/v1/groups/counters-0/leader", """{"replica":1}""");

        unauthenticated.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
        var problem = await unauthenticated.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        problem.GetProperty("type").GetString().ShouldBe("unauthenticated");
        problem.GetProperty("definite").GetBoolean().ShouldBeTrue();
        problem.GetProperty("detail").GetString()!.ShouldContain("oraft key create");
        forbidden.Text.ShouldContain("operator");
        forbidden.Text.ShouldContain("\"forbidden\"");
    }

    [Theory]
    [InlineData("""{"role":"reader"}""", "name")]
    [InlineData("""{"name":"x"}""", "role")]
    [InlineData("""{"name":"x","role":"root"}""", "role")]
    [InlineData("""{"name":"x","role":"admin","tenants":["acme"]}""", "tenants")]
    [InlineData("""{"name":"x","role":"reader","tenants":["a b"]}""", "tenants")]
    [InlineData("""{"name":"x","role":"reader","seconds":0}""", "seconds")]
    [InlineData("""{"name":"x","role":"reader","colour":"red"}""", "colour")]
    public async Task A_wish_that_makes_no_sense_is_refused_by_its_field(string body, string field)
    {
        using var admin = server.NewClient(server["admin"]);

        var answer = await admin.SendAsync(HttpMethod.Post, "/api/v1/keys", body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Text.ShouldContain($"\"field\":\"{field}\"");
    }

    [Theory]
    [InlineData("key create billing --role root", "reader")]
    [InlineData("key create billing --tenant a/b", "--tenant")]
    [InlineData("key create billing --expires 0", "--expires")]
    [InlineData("key revoke", "key")]
    [InlineData("counter add acme visits --key k1", "--idempotency-key")]
    [InlineData("status --key-file /no/such/file", "cannot be read")]
    [InlineData("status --cacert /no/such/file", "cannot be read")]
    [InlineData("status --cert x.pem", "--cert-key")]
    public async Task A_command_line_that_makes_no_sense_is_told_what_to_say_instead(string line, string remedy)
    {
        var run = await CommandLineRun.RunAsync(line.Split(' '));

        run.ExitCode.ShouldBeOneOf(1, 2);
        run.Error.ShouldContain(remedy);
    }

    [Fact]
    public async Task An_unknown_key_cannot_be_revoked()
    {
        var run = await OraftAsync(server["admin"], "key", "revoke", "ffffffffff");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("oraft key list");
    }

    [Fact]
    public async Task A_browser_signs_in_by_a_cookie_that_no_script_reads_and_no_other_page_uses()
    {
        using var handler = new SocketsHttpHandler { UseCookies = false };
        using var browser = new HttpClient(handler) { BaseAddress = server.Address };
        var wrong = await browser.SendAsync(HttpMethod.Post, "/api/v1/session", """{"key":"oraft_no"}""");
        using var signedIn = await browser.PostAsJsonAsync("/api/v1/session", new { key = server["reader"] }, Cancellation);
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single();

        wrong.Status.ShouldBe(HttpStatusCode.Unauthorized);
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=strict", Case.Insensitive);
        (await StatusAsync(browser, cookie, "same-origin")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(browser, cookie, "none")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(browser, cookie, "same-site")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(browser, cookie, "cross-site")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("audience")]
    [InlineData("expired")]
    [InlineData("signature")]
    [InlineData("roleless")]
    public async Task A_token_that_is_not_meant_for_this_is_refused(string what)
    {
        var token = what switch
        {
            "audience" => Tokens.Issue(["admin"], audience: "another"),
            "expired" => Tokens.Issue(["admin"], expires: TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-1)),
            "signature" => Tokens.Issue(["admin"], secret: new byte[32]),
            _ => Tokens.Issue([]),
        };
        using var client = server.NewClient(token);

        (await client.AskAsync("/api/v1/groups")).Status
            .ShouldBe(what == "roleless" ? HttpStatusCode.Forbidden : HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_for_a_tenant_opens_that_tenants_data()
    {
        using var client = server.NewClient(Tokens.Issue(["writer:acme", "reader:globex"]));

        (await client.SendAsync(HttpMethod.Put, Counter, """{"value":1}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await client.AskAsync("/api/v1/tenants/globex/counters")).Status.ShouldBe(HttpStatusCode.OK);
        (await client.SendAsync(HttpMethod.Put, "/api/v1/tenants/globex/counters/visits", """{"value":1}""")).Status
            .ShouldBe(HttpStatusCode.Forbidden);
    }

    /// <summary>A stream has no end of its own; whoever opened it must not go on listening with a key that was revoked.</summary>
    [Fact]
    public async Task A_stream_of_events_ends_when_its_key_is_revoked()
    {
        var key = await server.AddAsync("reader");
        await server.Services.GetRequiredService<AccessDirectory>().LookAsync(Cancellation);
        using var client = server.NewClient(key);
        using var admin = server.NewClient(server["admin"]);
        await using var stream = await client.GetStreamAsync(new Uri("/api/v1/events", UriKind.Relative), Cancellation);
        var buffer = new byte[64 * 1024];
        (await stream.ReadAsync(buffer, Cancellation)).ShouldBeGreaterThan(0);

        (await admin.SendAsync(HttpMethod.Delete, $"/api/v1/keys/{key[6..16]}")).Status.ShouldBe(HttpStatusCode.NoContent);

        await Should.ThrowAsync<IOException>(async () =>
        {
            while (await stream.ReadAsync(buffer, Cancellation) > 0)
            {
                // Events that were on their way.
            }

            throw new IOException("The stream came to its end.");
        });
    }

    [Fact]
    public async Task Every_change_is_in_the_audit_with_who_what_and_what_became_of_it()
    {
        using var operators = server.NewClient(server["operator"]);
        await operators.SendAsync(HttpMethod.Post, "/api/v1/groups/no-such-group/leader", """{"replica":1}""");
        await operators.SendAsync(HttpMethod.Delete, "/api/v1/faults", null);

        JsonElement[] entries = [];
        await Eventually.HoldsAsync(
            async () =>
            {
                entries = [.. (await OraftAsync(server["admin"], "audit", "--json")).Objects];
                return entries.Any(static entry => entry.GetProperty("what").GetString()!.StartsWith("healFaults", StringComparison.Ordinal));
            },
            "the audit has the changes",
            TimeSpan.FromMinutes(1));

        var refused = entries.First(static entry => entry.GetProperty("what").GetString()!.Contains("no-such-group"));
        refused.GetProperty("who").GetString()!.ShouldStartWith("operator (");
        refused.GetProperty("from").GetString().ShouldBe("127.0.0.1");
        refused.GetProperty("what").GetString().ShouldBe("transferLeadership: POST /api/v1/groups/no-such-group/leader {\"replica\":1}");
        refused.GetProperty("result").GetString().ShouldBe("404 unknown-group");
        refused.GetProperty("silo").GetString().ShouldBe("silo-1");
        entries.Select(static entry => entry.GetProperty("number").GetInt64()).ShouldBeInOrder(SortDirection.Descending);
    }

    private Task<CommandLineRun> OraftAsync(string key, params IEnumerable<string> line) =>
        CommandLineRun.AtAsync(server.Address, [.. line, "--key", key]);

    private static async Task<HttpStatusCode> StatusAsync(HttpClient browser, string cookie, string site)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/groups");
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        request.Headers.Add("Sec-Fetch-Site", site);
        using var response = await browser.SendAsync(request, Cancellation);
        return response.StatusCode;
    }
}
