using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>How people name the server, and what is between it and them.</summary>
public sealed class ServerAddressTests
{
    private const string ProxyOfNobody = "http://127.0.0.1:1";

    [Theory]
    [InlineData("http://127.0.0.1:5081", "http://127.0.0.1:5081/")]
    [InlineData("127.0.0.1:5081", "http://127.0.0.1:5081/")]
    [InlineData("silo-1", "http://silo-1:5080/")]
    [InlineData("silo-1:80", "http://silo-1/")]
    [InlineData("http://silo-1", "http://silo-1/")]
    [InlineData("[::1]", "http://[::1]:5080/")]
    [InlineData("https://raft.example.org/behind", "https://raft.example.org/behind")]
    public void An_address_is_a_URL_or_a_host(string text, string meant) => ServerAddress.TryParse(text)!.AbsoluteUri.ShouldBe(meant);

    [Theory]
    [InlineData("")]
    [InlineData("http://")]
    [InlineData("ftp://example")]
    [InlineData("two words")]
    [InlineData("host:port")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("127.0.0.1:0")]
    [InlineData("http://name:password@host")]
    [InlineData("http://host/?query")]
    public void Anything_else_is_not(string text) => ServerAddress.TryParse(text).ShouldBeNull();

    [Fact]
    public async Task A_name_that_nobody_has_is_said_so()
    {
        var run = await CommandLineRun.RunAsync("status", "--server", "no-machine.invalid");

        run.ExitCode.ShouldBe(3, run.Error);
        run.Error.ShouldContain("no machine of that name");
        run.Error.ShouldContain("--server");
    }

    [Theory]
    [InlineData("--json status")]
    [InlineData("--server 127.0.0.1:1 status")]
    [InlineData("-s 127.0.0.1:1 --timeout 3 counter get acme visits")]
    [InlineData("counter --json --server=127.0.0.1:1 get acme visits")]
    public async Task The_options_of_remote_commands_may_stand_before_them(string line)
    {
        string[] arguments =
        [
            .. line.Split(' '), .. line.Contains("127.0.0.1", StringComparison.Ordinal) ? Array.Empty<string>() : ["--server", "127.0.0.1:1"],
        ];

        var run = await CommandLineRun.RunAsync(arguments);

        run.ExitCode.ShouldBe(3, run.Error);
    }

    [Fact]
    public async Task A_server_on_this_machine_is_asked_past_every_proxy()
    {
        await using var server = CannedServer.Answering(
            200, "application/json", """{"tenant":"acme","counter":"visits","value":7,"group":"g","index":1,"term":1}""");

        var (exitCode, process) = await OraftProcess.RunAsync(
            ["counter", "get", "acme", "visits", "--server", server.Address.AbsoluteUri], Proxies("http_proxy"));

        exitCode.ShouldBe(0, process.Transcript);
    }

    [Theory]
    [InlineData("http_proxy", "http://10.1.2.3:5080")]
    [InlineData("all_proxy", "https://10.1.2.3:5080")]
    public async Task A_proxy_that_cannot_be_reached_is_named_with_its_variable(string variable, string server)
    {
        var (exitCode, process) = await OraftProcess.RunAsync(["status", "--server", server], Proxies(variable));

        exitCode.ShouldBe(3, process.Transcript);
        process.Transcript.ShouldContain(ProxyOfNobody);
        process.Transcript.ShouldContain(variable);
        process.Transcript.ShouldContain("no_proxy=10.1.2.3");
    }

    [Fact]
    public async Task What_a_proxy_answers_itself_is_not_taken_for_the_servers_word()
    {
        await using var proxy = CannedServer.Answering(403, "text/html", "<h1>Forbidden</h1>");

        var (exitCode, process) = await OraftProcess.RunAsync(
            ["group", "list", "--server", "http://10.1.2.3:5080"], Proxies("http_proxy", proxy.Address.AbsoluteUri));

        exitCode.ShouldBe(1, process.Transcript);
        process.Transcript.ShouldContain("http_proxy");
    }

    /// <summary>What this process inherited must not decide.</summary>
    private static Dictionary<string, string> Proxies(string variable, string address = ProxyOfNobody)
    {
        var all = new[]
        {
            "http_proxy",
            "HTTP_PROXY",
            "https_proxy",
            "HTTPS_PROXY",
            "all_proxy",
            "ALL_PROXY",
            "no_proxy",
            "NO_PROXY",
        }.ToDictionary(name => name, _ => "");
        all[variable] = address;
        return all;
    }
}
