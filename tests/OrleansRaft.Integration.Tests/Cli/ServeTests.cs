using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>The life of a single silo with its logs in a local file.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("oraft-serve-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Counters_survive_kill_9_and_a_restart_under_the_same_name()
    {
        await using var silo = new OraftSilo("phoenix", ["--groups", "2", "--data", folder]);
        silo.Start();
        await silo.WaitUntilReadyAsync();
        await CommandLineRun.AtAsync(silo.Address, "counter", "add", "acme", "visits", "41");

        await silo.Process.KillAsync();
        silo.Start();
        await silo.WaitUntilReadyAsync();
        var after = await CommandLineRun.AtAsync(silo.Address, "counter", "add", "acme", "visits");

        after.Output.ShouldStartWith("acme/visits = 42 ");
    }

    [Fact]
    public async Task SIGTERM_ends_it_with_0_within_10_seconds()
    {
        await using var silo = new OraftSilo("term", ["--groups", "2", "--store", "memory"]);
        silo.Start();
        await silo.WaitUntilReadyAsync();

        silo.Process.Terminate();
        var exitCode = await silo.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));

        exitCode.ShouldBe(0, silo.Process.Transcript);
        silo.Process.Errors[^1].ShouldBe("stopped");
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_130()
    {
        await using var silo = new OraftSilo("ctrl", ["--groups", "2", "--store", "memory"]);
        silo.Start();
        await silo.WaitUntilReadyAsync();

        silo.Process.Interrupt();

        (await silo.Process.WaitForExitAsync(TimeSpan.FromSeconds(10))).ShouldBe(130, silo.Process.Transcript);
    }

    [Fact]
    public async Task Options_come_from_variables_and_the_settings_file_too_and_the_command_line_wins()
    {
        var settings = """{ "Oraft": { "Groups": 7, "Store": "memory", "ClusterId": "from-file" } }""";
        await File.WriteAllTextAsync(Path.Combine(folder, "appsettings.json"), settings, TestContext.Current.CancellationToken);
        var ports = Enumerable.Range(0, 3).Select(_ => FreePorts.Next()).ToList();
        var environment = new Dictionary<string, string>
        {
            ["ORAFT_HTTP"] = $"http://127.0.0.1:{ports[0]}",
            ["ORAFT_SILO_PORT"] = $"{ports[1]}",
            ["ORAFT_GATEWAY_PORT"] = $"{ports[2]}",
            ["ORAFT_CLUSTER_ID"] = "from-variable",
            ["ORAFT_GROUPS"] = "5",
        };

        await using var process = OraftProcess.Start(["serve", "--groups", "3"], environment, folder);
        await Until.TrueAsync(
            () => Task.FromResult(process.HasExited || process.Errors.Any(line => line.Contains("serves", StringComparison.Ordinal))),
            TimeSpan.FromSeconds(60),
            () => process.Transcript);

        process.HasExited.ShouldBeFalse(process.Transcript);
        process.Transcript.ShouldContain($"silo-{ports[1]} of cluster from-variable serves http://127.0.0.1:{ports[0]}");
        process.Transcript.ShouldContain("3 groups of 3, logs in memory");
    }

    [Fact]
    public async Task Any_command_finds_its_server_in_the_environment()
    {
        await using var silo = new OraftSilo("env", ["--groups", "1", "--store", "memory"]);
        silo.Start();
        await silo.WaitUntilReadyAsync();
        var environment = new Dictionary<string, string> { ["ORAFT_SERVER"] = silo.Address.AbsoluteUri };

        var (exitCode, process) = await OraftProcess.RunAsync(["counter", "add", "acme", "visits", "--json"], environment);

        exitCode.ShouldBe(0, process.Transcript);
        process.Output.ShouldHaveSingleItem().ShouldContain("\"value\":1");
        process.Errors.ShouldBeEmpty();
    }
}
