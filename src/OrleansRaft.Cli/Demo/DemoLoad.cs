using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansRaft.Cli.Client;

namespace OrleansRaft.Cli.Demo;

/// <summary>
/// The demo's own users: each adds one to its counter, waits for the answer, rests a little and goes on. An increment whose outcome is unknown is
/// repeated under its key until it is known.
/// </summary>
internal sealed class DemoLoad : IAsyncDisposable
{
    /// <summary>The tenant whose counters the load writes.</summary>
    public const string Tenant = "demo";

    /// <summary>How many users there are; each has a counter of its own.</summary>
    public const int Writers = 12;

    /// <summary>How many increments a second they make together, at most, unless somebody asks for fewer or more.</summary>
    public const int RateByDefault = 300;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SettleTimeMax = TimeSpan.FromSeconds(20);

    private readonly HttpClient http;
    private readonly TimeProvider time;
    private readonly TimeSpan rest;
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource givingUp = new();
    private readonly CounterLedger[] ledgers = [.. Enumerable.Range(0, Writers).Select(_ => new CounterLedger())];
    private readonly string run = Guid.NewGuid().ToString("N");
    private Task working = Task.CompletedTask;

    /// <summary>Makes the load; it begins with <see cref="Start"/>.</summary>
    /// <param name="server">Where it goes.</param>
    /// <param name="rate">How many increments a second the users make together, at most.</param>
    /// <param name="time">Tells when they have rested.</param>
    public DemoLoad(Uri server, int rate, TimeProvider time)
    {
        this.time = time;
        rest = TimeSpan.FromSeconds((double)Writers / rate);
        http = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromSeconds(7) };
        Meter = new LoadMeter(Writers, time);
    }

    /// <summary>How it fares.</summary>
    public LoadMeter Meter { get; }

    /// <summary>What the ledgers have found so far.</summary>
    public LedgerVerdict Verdict => ledgers.Select(ledger => ledger.Verdict).Aggregate((left, right) => left + right);

    /// <summary>Begins to write.</summary>
    public void Start() => working = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer))));

    /// <summary>Lets every writer learn the outcome of its last increment, then compares all counters with what was acknowledged.</summary>
    public async Task<LedgerVerdict> SettleAsync()
    {
        await stopping.CancelAsync();
        givingUp.CancelAfter(SettleTimeMax);
        await working;
        for (var writer = 0; writer < Writers; writer++)
        {
            ledgers[writer].Close(await ReadAsync(writer));
        }

        return Verdict;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await givingUp.CancelAsync();
        await working;
        http.Dispose();
        stopping.Dispose();
        givingUp.Dispose();
    }

    private async Task WriteAsync(int writer)
    {
        for (long number = 1; !stopping.IsCancellationRequested; number++)
        {
            var began = time.GetTimestamp();
            if (await IncrementUntilKnownAsync(writer, $"{run}-{number.ToString(CultureInfo.InvariantCulture)}") is { } answer)
            {
                ledgers[writer].Acknowledge(answer.Value);
                Meter.Record(writer, answer.Group, time.GetElapsedTime(began));
            }
            else
            {
                ledgers[writer].LeaveOpen();
            }

            await DelayAsync(rest, stopping.Token);
        }
    }

    private async Task<CounterAnswer?> IncrementUntilKnownAsync(int writer, string key)
    {
        while (!givingUp.IsCancellationRequested)
        {
            if (await TryIncrementAsync(writer, key) is { } answer)
            {
                return answer;
            }

            await DelayAsync(Pause, givingUp.Token);
        }

        return null;
    }

    /// <summary>One attempt. Null means that it has to be repeated under its key, whatever the reason: that is safe.</summary>
    private async Task<CounterAnswer?> TryIncrementAsync(int writer, string key)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, PathOf(writer) + "/increment")
            {
                Content = JsonContent.Create(new { by = 1 }),
            };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await http.SendAsync(request, givingUp.Token);
            return response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<CounterAnswer>(givingUp.Token) : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            return null;
        }
    }

    private async Task<long> ReadAsync(int writer)
    {
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(PathOf(writer), UriKind.Relative));
                if (response.StatusCode == System.Net.HttpStatusCode.NotFound)
                {
                    return 0;
                }

                if (response.IsSuccessStatusCode)
                {
                    return (await response.Content.ReadFromJsonAsync<CounterAnswer>())!.Value;
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
            {
                // Tried again below.
            }

            if (time.GetElapsedTime(began) > SettleTimeMax)
            {
                throw new CommandLine.CliException(
                    CommandLine.ExitCode.NoLeader, $"{PathOf(writer)} could not be read at the end of the demo.", "Run the demo again.");
            }

            await Task.Delay(Pause, time);
        }
    }

    private static string PathOf(int writer) =>
        $"api/v1/tenants/{Tenant}/counters/load-{(writer + 1).ToString("00", CultureInfo.InvariantCulture)}";

    private async Task DelayAsync(TimeSpan delay, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(delay, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Asked to hurry.
        }
    }
}
