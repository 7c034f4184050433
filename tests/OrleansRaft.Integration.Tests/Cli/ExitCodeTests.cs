using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>What scripts rely on when a server fails them: the exit code says whether anything may have changed.</summary>
public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("counter get acme visits")]
    [InlineData("counter add acme visits")]
    [InlineData("status")]
    public async Task Nobody_listening_is_unreachable_and_certainly_changed_nothing(string line)
    {
        var run = await CommandLineRun.RunAsync([.. line.Split(' '), "--server", $"http://127.0.0.1:{FreePorts.Next()}"]);

        run.ExitCode.ShouldBe(3);
        run.Error.ShouldContain("cannot reach");
        run.Error.ShouldContain("--server");
        run.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_to_try_at_a_server_below_a_path_is_below_it()
    {
        var server = $"http://127.0.0.1:{FreePorts.Next()}/below";

        var run = await CommandLineRun.RunAsync("status", "--server", server);

        run.Error.ShouldContain($"`curl {server}/health/live`");
    }

    [Fact]
    public async Task A_connection_that_breaks_after_the_request_leaves_a_write_unknown()
    {
        await using var server = CannedServer.BreakingOff();

        var run = await CommandLineRun.AtAsync(server.Address, "counter", "add", "acme", "visits", "--idempotency-key", "mine");

        run.ExitCode.ShouldBe(6);
        run.Error.ShouldContain("--idempotency-key mine");
    }

    [Fact]
    public async Task A_connection_that_breaks_leaves_a_read_unreachable()
    {
        await using var server = CannedServer.BreakingOff();

        var run = await CommandLineRun.AtAsync(server.Address, "counter", "get", "acme", "visits");

        run.ExitCode.ShouldBe(3);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_leaves_a_write_unknown()
    {
        await using var server = CannedServer.Silent();

        var run = await CommandLineRun.AtAsync(server.Address, "counter", "set", "acme", "visits", "1", "--timeout", "0.2");

        run.ExitCode.ShouldBe(6);
        run.Error.ShouldContain("--idempotency-key ");
    }

    [Theory]
    [InlineData(503, "no-leader", true, 4)]
    [InlineData(504, "outcome-unknown", false, 6)]
    [InlineData(429, "overloaded", true, 1)]
    [InlineData(412, "precondition-failed", true, 5)]
    [InlineData(409, "key-reused", true, 5)]
    [InlineData(422, "overflow", true, 1)]
    [InlineData(507, "state-full", true, 1)]
    [InlineData(400, "invalid-request", true, 1)]
    [InlineData(500, "internal-error", false, 6)]
    [InlineData(500, "internal-error", true, 1)]
    public async Task Each_problem_has_its_exit_code(int status, string type, bool definite, int exitCode)
    {
        await using var server = CannedServer.Problem(status, type, definite);

        var run = await CommandLineRun.AtAsync(server.Address, "counter", "add", "acme", "visits");

        run.ExitCode.ShouldBe(exitCode);
        run.Error.ShouldStartWith("oraft: It is canned");
        run.Error.ShouldContain(type);
        run.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_leader_says_when_to_try_again()
    {
        await using var server = CannedServer.Problem(503, "no-leader", definite: true, "Retry-After: 2\r\n");

        var run = await CommandLineRun.AtAsync(server.Address, "counter", "get", "acme", "visits");

        run.ExitCode.ShouldBe(4);
        run.Error.ShouldContain("2 s");
    }

    [Fact]
    public async Task A_proxy_that_fails_leaves_a_write_unknown()
    {
        await using var server = CannedServer.Answering(502, "text/html", "<h1>Bad Gateway</h1>");

        var run = await CommandLineRun.AtAsync(server.Address, "counter", "add", "acme", "visits");

        run.ExitCode.ShouldBe(6);
    }

    [Theory]
    [InlineData("not json at all")]
    [InlineData("[]")]
    public async Task Another_programs_answer_is_refused_with_a_sentence(string body)
    {
        await using var server = CannedServer.Answering(200, "application/json", body);

        var run = await CommandLineRun.AtAsync(server.Address, "group", "list");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("not in the form of this API");
    }

    [Fact]
    public async Task An_interrupted_command_ends_with_130()
    {
        await using var server = CannedServer.Silent();
        using var interruption = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await OrleansRaft.Cli.CommandLine.Oraft.RunAsync(
            ["counter", "get", "acme", "visits", "--server", server.Address.AbsoluteUri], output, error, interruption.Token);

        exitCode.ShouldBe(130);
        error.ToString().ShouldContain("interrupted");
    }
}
