using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Bench;

/// <summary>A closed loop against a running server: every connection sends its next request when the last one is answered.</summary>
/// <param name="client">For what comes before and after the load.</param>
/// <param name="plan">What to do.</param>
/// <param name="progress">Where people can follow.</param>
internal sealed class BenchRun(OraftClient client, BenchPlan plan, TextWriter progress) : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly BenchMeter meter = new();
    private readonly CounterName[] counters = Names(plan);
    private readonly HttpClient http = client.Access.NewClient(TimeSpan.FromSeconds(30), plan.Connections);

    /// <summary>Runs the load, then checks and removes its counters.</summary>
    /// <exception cref="CliException">The server cannot be reached, or an acknowledged increment is missing.</exception>
    public async Task<BenchResult> RunAsync(CancellationToken cancellation)
    {
        foreach (var counter in counters)
        {
            await client.AddAsync(counter, 0, Guid.NewGuid().ToString("N"), cancellation);
        }

        var clock = Stopwatch.StartNew();
        var load = Task.WhenAll(
            Enumerable.Range(0, plan.Connections).Select(number => Task.Run(() => LoopAsync(number, clock, cancellation), cancellation)));
        await ReportAsync(clock, load, cancellation);
        await load;
        var result = meter.Summarize(clock.Elapsed);
        await CheckAsync(result, cancellation);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static CounterName[] Names(BenchPlan plan)
    {
        var run = RandomNumberGenerator.GetHexString(8, lowercase: true);
        return
        [
            .. Enumerable.Range(0, plan.Counters).Select(
                number => new CounterName(plan.Tenant, string.Create(CultureInfo.InvariantCulture, $"bench-{run}-{number}"))),
        ];
    }

    private async Task LoopAsync(int number, Stopwatch clock, CancellationToken cancellation)
    {
        for (var next = number; clock.Elapsed < plan.Duration && !cancellation.IsCancellationRequested; next += plan.Connections)
        {
            var counter = counters[next % counters.Length];
            var began = Stopwatch.GetTimestamp();
            try
            {
                using var answer = plan.Reads
                    ? await http.GetAsync(new Uri(counter.Path, UriKind.Relative), cancellation)
                    : await IncrementAsync(counter, cancellation);
                Note(answer, Stopwatch.GetElapsedTime(began));
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                meter.Failed(failure.Message);
            }
        }
    }

    private async Task<HttpResponseMessage> IncrementAsync(CounterName counter, CancellationToken cancellation)
    {
        using var body = new ByteArrayContent("{\"by\":1}"u8.ToArray()) { Headers = { ContentType = Json } };
        return await http.PostAsync(new Uri(counter.Path + "/increment", UriKind.Relative), body, cancellation);
    }

    private void Note(HttpResponseMessage answer, TimeSpan latency)
    {
        if (answer.IsSuccessStatusCode)
        {
            meter.Succeeded(latency);
        }
        else
        {
            meter.Failed($"the server answered {(int)answer.StatusCode} {answer.ReasonPhrase}");
        }
    }

    private async Task ReportAsync(Stopwatch clock, Task load, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (clock.Elapsed < plan.Duration && !load.IsCompleted && await timer.WaitForNextTickAsync(cancellation))
        {
            var (count, p50, p99, failed) = meter.TakeRecent();
            await progress.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{clock.Elapsed.TotalSeconds,5:0} s  {count,8}/s  p50 {p50,8:0.00} ms  p99 {p99,8:0.00} "
                    + $"ms{(failed == 0 ? "" : $"  {failed} failed")}"));
        }
    }

    /// <summary>Reads every counter back: together they must be what was acknowledged, or more where an answer was lost.</summary>
    private async Task CheckAsync(BenchResult result, CancellationToken cancellation)
    {
        long sum = 0;
        foreach (var counter in counters)
        {
            sum += (await client.GetCounterAsync(counter, "linearizable", cancellation)).Value.Value;
            await client.DeleteAsync(counter, Guid.NewGuid().ToString("N"), cancellation);
        }

        var acknowledged = plan.Reads ? 0 : result.Operations;
        if (sum < acknowledged || sum > acknowledged + result.Failed)
        {
            throw new CliException(
                ExitCode.Refused,
                $"the counters add up to {sum}, although {acknowledged} increments were acknowledged and {result.Failed} failed.",
                $"Look whether anybody else writes to tenant '{plan.Tenant}'; otherwise please report this as a bug.");
        }
    }
}

/// <summary>What a bench does.</summary>
/// <param name="Connections">How many connections.</param>
/// <param name="Duration">For how long.</param>
/// <param name="Counters">Over how many counters the load is spread; 1 for a hot one.</param>
/// <param name="Reads">Whether it reads instead of incrementing.</param>
/// <param name="Tenant">Whose counters.</param>
internal sealed record BenchPlan(int Connections, TimeSpan Duration, int Counters, bool Reads, string Tenant);
