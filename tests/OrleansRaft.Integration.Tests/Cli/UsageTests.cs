using System.CommandLine;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Commands;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>Command lines that make no sense end with 2, explain themselves on stderr, and do nothing.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("counter")]
    [InlineData("counter get acme")]
    [InlineData("counter get acme visits more")]
    [InlineData("counter get ac/me visits")]
    [InlineData("counter get . visits")]
    [InlineData("counter get acme ..")]
    [InlineData("counter delete .. visits")]
    [InlineData("counter list .")]
    [InlineData("counter add acme visits many")]
    [InlineData("counter add acme visits 9223372036854775808")]
    [InlineData("counter get acme visits --consistency eventual")]
    [InlineData("counter list acme --limit 0")]
    [InlineData("group show")]
    [InlineData("status --server ftp://example")]
    [InlineData("status --timeout 0")]
    [InlineData("demo --seconds 1")]
    [InlineData("demo --rate 0")]
    [InlineData("demo --rate 10001")]
    [InlineData("demo --rate some")]
    [InlineData("serve --store redis")]
    [InlineData("serve --store postgres")]
    [InlineData("serve --clustering gossip")]
    [InlineData("serve --clustering postgres --postgres Host=127.0.0.1")]
    [InlineData("serve --groups 0")]
    [InlineData("serve --groups many")]
    [InlineData("serve --replicas 8")]
    [InlineData("serve --groups 1 --groups 2")]
    [InlineData("serve --silo-port 70000")]
    [InlineData("serve --silo-port 4000 --gateway-port 4000")]
    [InlineData("serve --silo-address 0.0.0.0")]
    [InlineData("serve --http https://127.0.0.1:5081")]
    [InlineData("serve --silo-name two/words")]
    [InlineData("serve --silo-name ..")]
    [InlineData("serve --cluster-id .")]
    [InlineData("serve --set Raft")]
    [InlineData("serve --drain -1")]
    [InlineData("serve --drain NaN")]
    [InlineData("serve --drain 3601")]
    [InlineData("serve --http nonsense")]
    [InlineData("status --timeout 1e-9")]
    [InlineData("status --timeout")]
    [InlineData("status --server host:port")]
    [InlineData("watch --seconds NaN")]
    [InlineData("demo --seconds NaN")]
    [InlineData("--json serve")]
    [InlineData("--json")]
    [InlineData("fault heal --all")]
    [InlineData("fault split silo-1 --goup counters-0")]
    public async Task A_line_that_makes_no_sense_is_a_usage_error(string line)
    {
        var run = await CommandLineRun.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        run.ExitCode.ShouldBe(2, run.Error);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldStartWith("oraft: ");
        run.Error.ShouldContain("--help");
    }

    /// <summary>No server is asked: a client folds such a path before it sends it, and another resource would answer.</summary>
    [Theory]
    [InlineData("group", "show", ".")]
    [InlineData("group", "show", "..")]
    [InlineData("group", "log", "..")]
    [InlineData("group", "transfer", ".", "2")]
    [InlineData("member", "list", "..")]
    [InlineData("member", "remove", "..", "2", "--yes")]
    [InlineData("fault", "heal", ".")]
    [InlineData("fault", "heal", "..")]
    [InlineData("fault", "heal", "")]
    [InlineData("group", "show", "")]
    [InlineData("silo", "decommission", "")]
    [InlineData("key", "revoke", "")]
    public async Task A_name_of_dots_is_sent_to_nobody(params string[] line)
    {
        var run = await CommandLineRun.RunAsync([.. line, "--server", "http://127.0.0.1:1"]);

        run.ExitCode.ShouldBe(2, run.Error);
        run.Error.ShouldContain("names nothing");
    }

    [Theory]
    [InlineData("cuonter get a b", "counter")]
    [InlineData("counter gte a b", "get")]
    [InlineData("group lits", "list")]
    [InlineData("serve --grops 3", "--groups")]
    [InlineData("counter get a b --jsno", "--json")]
    [InlineData("counter get a b --sever x", "--server")]
    public async Task A_mistyped_word_is_answered_with_the_right_one(string line, string meant)
    {
        var run = await CommandLineRun.RunAsync(line.Split(' '));

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain($"Did you mean '{meant}'?");
    }

    [Fact]
    public async Task A_word_is_not_suggested_in_place_of_itself()
    {
        var run = await CommandLineRun.RunAsync("serve", "--json");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldNotContain("Did you mean");
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("serve --help")]
    [InlineData("counter add --help")]
    [InlineData("--version")]
    public async Task Help_and_version_are_answers(string line)
    {
        var run = await CommandLineRun.RunAsync(line.Split(' '));

        run.ExitCode.ShouldBe(0);
        run.Output.ShouldNotBeEmpty();
        run.Error.ShouldBeEmpty();
    }

    public static TheoryData<string> Commands => [.. CommandsBelow(CommandTree.Root, "")];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_ends_with_examples_that_can_be_run(string command)
    {
        var help = (await CommandLineRun.RunAsync($"{command} --help".Split(' ', StringSplitOptions.RemoveEmptyEntries))).Output;

        var examples = help.Split("Examples:\n")[1].ReplaceLineEndings("\n").Replace("\\\n", "", StringComparison.Ordinal).Trim().Split('\n');
        help.Split('\n').SkipWhile(static line => line != "Examples:").ShouldAllBe(static line => line.Length <= 80);
        examples.ShouldNotBeEmpty();
        foreach (var example in examples.Where(static example => !example.Contains("<(", StringComparison.Ordinal)))
        {
            example.Trim().ShouldStartWith($"oraft {command}");
            CommandTree.Root
                .Parse(example.Trim()["oraft ".Length..].Replace('\'', '"')).Errors.Select(static error => error.Message)
                .ShouldBeEmpty(example);
        }
    }

    [Fact]
    public async Task A_server_of_another_version_is_told_of()
    {
        await using var server = CannedServer.Answering(200, "application/json", """{"groups":[],"next":null}""", "Oraft-Version: 99.1.0\r\n");

        var run = await CommandLineRun.AtAsync(server.Address, "group", "list", "--json");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Error.ShouldContain($"runs version 99.1.0, and this is oraft {OraftVersion.Own}");
        run.Output.ShouldBeEmpty();
    }

    private static IEnumerable<string> CommandsBelow(Command command, string path) => command.Subcommands.Count == 0
        ? [path]
        : command.Subcommands.SelectMany(one => CommandsBelow(one, $"{path} {one.Name}".Trim()));

    [Fact]
    public async Task Help_of_serve_names_the_setting_and_the_variable_of_every_option()
    {
        var help = (await CommandLineRun.RunAsync("serve", "--help")).Output;

        foreach (var (option, variable, setting) in new[]
        {
            ("--silo-name", "ORAFT_SILO_NAME", "Oraft:SiloName"),
            ("--http", "ORAFT_HTTP", "Oraft:Http"),
            ("--silo-address", "ORAFT_SILO_ADDRESS", "Oraft:SiloAddress"),
            ("--silo-port", "ORAFT_SILO_PORT", "Oraft:SiloPort"),
            ("--gateway-port", "ORAFT_GATEWAY_PORT", "Oraft:GatewayPort"),
            ("--store", "ORAFT_STORE", "Oraft:Store"),
            ("--data", "ORAFT_DATA", "Oraft:Data"),
            ("--postgres", "ORAFT_POSTGRES", "Oraft:Postgres"),
            ("--postgres-file", "ORAFT_POSTGRES_FILE", "Oraft:PostgresFile"),
            ("--clustering", "ORAFT_CLUSTERING", "Oraft:Clustering"),
            ("--cluster-id", "ORAFT_CLUSTER_ID", "Oraft:ClusterId"),
            ("--groups", "ORAFT_GROUPS", "Oraft:Groups"),
            ("--replicas", "ORAFT_REPLICAS", "Oraft:Replicas"),
            ("--drain", "ORAFT_DRAIN", "Oraft:Drain"),
            ("--tls-cert", "ORAFT_TLS_CERT", "Oraft:TlsCert"),
            ("--tls-key", "ORAFT_TLS_KEY", "Oraft:TlsKey"),
            ("--tls-ca", "ORAFT_TLS_CA", "Oraft:TlsCa"),
            ("--tls-silo-name", "ORAFT_TLS_SILO_NAME", "Oraft:TlsSiloName"),
            ("--http-clients", "ORAFT_HTTP_CLIENTS", "Oraft:HttpClients"),
            ("--auth", "ORAFT_AUTH", "Oraft:Auth"),
            ("--admin-key-file", "ORAFT_ADMIN_KEY_FILE", "Oraft:AdminKeyFile"),
            ("--insecure", "ORAFT_INSECURE", "Oraft:Insecure"),
        })
        {
            help.ShouldContain(option);
            help.ShouldContain(variable);
            help.ShouldContain(setting);
        }
    }
}
