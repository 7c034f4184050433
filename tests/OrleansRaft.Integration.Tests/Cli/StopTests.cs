using System.Net;
using System.Net.Http.Json;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>How a silo ends: first not ready, then without leaderships, then without a port.</summary>
public sealed class StopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task SIGTERM_makes_it_unready_at_once_while_it_serves_for_the_drain_time()
    {
        await using var silo = await StartAsync(drain: 3_600);
        using var http = new HttpClient();

        silo.Process.Terminate();
        await Until.TrueAsync(async () => !await silo.IsReadyAsync(), Patience, () => silo.Process.Transcript);
        using (var ready = await http.GetAsync(new Uri(silo.Address, "/health/ready"), TestContext.Current.CancellationToken))
        {
            ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("about to stop");
        }

        // A silo that closes its port at once answers a few at most.
        for (var served = 0; served < 50; served++)
        {
            (await IncrementAsync(http, silo.Address)).ShouldBe(HttpStatusCode.OK, silo.Process.Transcript);
        }

        silo.Process.Errors.ShouldNotContain(line => line.Contains("handing leaderships over", StringComparison.Ordinal));
        silo.Process.Terminate();
        (await silo.Process.WaitForExitAsync(Patience)).ShouldBe(0, silo.Process.Transcript);
        silo.Process.Errors[^1].ShouldBe("stopped");
    }

    /// <summary>The keyboard and the terminal interrupt; SIGTERM comes from a supervisor.</summary>
    [Theory]
    [InlineData("QUIT", 130)]
    [InlineData("HUP", 130)]
    public async Task Other_signals_stop_it_in_order_too(string signal, int exitCode)
    {
        await using var silo = await StartAsync(drain: 0);

        if (signal == "QUIT")
        {
            silo.Process.Quit();
        }
        else
        {
            silo.Process.HangUp();
        }

        (await silo.Process.WaitForExitAsync(Patience)).ShouldBe(exitCode, silo.Process.Transcript);
        silo.Process.Errors[^1].ShouldBe("stopped");
    }

    [Fact]
    public async Task Under_nohup_it_outlives_its_terminal_and_a_second_signal_ends_the_drain()
    {
        await using var silo = await StartAsync(drain: 3_600, "nohup");

        silo.Process.HangUp();
        silo.Process.Terminate();
        await Until.TrueAsync(
            () => Task.FromResult(silo.Process.Errors.Any(line => line.Contains("still serving for 3600 s", StringComparison.Ordinal))),
            Patience,
            () => silo.Process.Transcript);

        // Had SIGHUP not been ignored, SIGTERM would have been the second signal.
        silo.Process.Errors.ShouldNotContain(line => line.Contains("handing leaderships over", StringComparison.Ordinal));
        (await CommandLineRun.AtAsync(silo.Address, "counter", "add", "acme", "visits")).ExitCode.ShouldBe(0);

        silo.Process.Terminate();

        (await silo.Process.WaitForExitAsync(Patience)).ShouldBe(0, silo.Process.Transcript);
        silo.Process.Errors[^1].ShouldBe("stopped");
    }

    private static async Task<OraftSilo> StartAsync(double drain, params IReadOnlyList<string> launcher)
    {
        var silo = new OraftSilo("stopper", ["--groups", "1", "--store", "memory"]) { DrainSeconds = drain, Launcher = launcher };
        silo.Start();
        await silo.WaitUntilReadyAsync();
        return silo;
    }

    private static async Task<HttpStatusCode> IncrementAsync(HttpClient http, Uri address)
    {
        using var answer = await http.PostAsJsonAsync(
            new Uri(address, "/api/v1/tenants/acme/counters/visits/increment"), new { by = 1 }, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
