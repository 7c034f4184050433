using System.Net;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Cli.Tls;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.Server;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>A browser that a foreign name led to this machine gets nothing.</summary>
[Collection(OneSilo.Name)]
public sealed class KnownHostsTests(OneSilo silo)
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LocalHost")]
    [InlineData("page.localhost")]
    [InlineData("localhost.")]
    [InlineData("127.0.0.1")]
    [InlineData("192.0.2.7")]
    [InlineData("[::1]")]
    [InlineData("")]
    [InlineData("counters.example.org")]
    [InlineData("a.proxy.example.org")]
    [InlineData("silo-1.internal")]
    public void A_silo_is_asked_by_addresses_and_by_names_that_it_knows(string host) => Hosts().Contains(host).ShouldBeTrue();

    [Theory]
    [InlineData("evil.example.com")]
    [InlineData("counters.example.org.evil.com")]
    [InlineData("evilcounters.example.org")]
    [InlineData("proxy.example.org")]
    [InlineData("evilproxy.example.org")]
    [InlineData("localhost.evil.com")]
    [InlineData("evillocalhost")]
    [InlineData("127.0.0.1.evil.com")]
    public void Other_names_may_be_anybodys(string host) => Hosts().Contains(host).ShouldBeFalse();

    [Fact]
    public void Whoever_wants_any_name_says_so() => new KnownHosts(["*"], null).Contains("whatever.example.com").ShouldBeTrue();

    [Theory]
    [InlineData("/")]
    [InlineData("/api/v1/groups")]
    [InlineData("/metrics")]
    public async Task A_silo_answers_nothing_under_a_name_of_somebody_elses(string path)
    {
        using var client = new HttpClient { BaseAddress = silo.Address };

        (await AskAsync(client, path, "evil.example.com:5080")).ShouldBe(HttpStatusCode.BadRequest);
        (await AskAsync(client, path, $"localhost:{silo.Address.Port}")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("http://counters.example.org")]
    [InlineData("counters.example.org:443")]
    [InlineData("*.")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        var run = await CommandLineRun.RunAsync("serve", "--store", "memory", "--http", "http://127.0.0.1:0", "--hosts", name);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("--hosts");
    }

    private static KnownHosts Hosts()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var authority = CertificateAuthority.Create("ca", now, TimeSpan.FromDays(1));
        var certificate = CertificateAuthority.Issue(authority, "silo-1", ["silo-1.internal"], now, TimeSpan.FromDays(1));
        return new KnownHosts(["counters.example.org", "*.proxy.example.org"], () => certificate);
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient client, string path, string host)
    {
        var answer = await client.AskAsync(path, ("Host", host));
        if (answer.Status == HttpStatusCode.BadRequest)
        {
            answer.ShouldBeProblem(400, "invalid-request", "Host");
        }

        return answer.Status;
    }
}
