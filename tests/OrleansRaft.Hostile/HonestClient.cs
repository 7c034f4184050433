using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansRaft.Hostile;

/// <summary>
/// A client that counts, one request after the other, and repeats what was not answered under its idempotency key, as it should: it is served
/// whatever others do, and nothing of what was acknowledged is lost.
/// </summary>
internal sealed class HonestClient(Target target) : IDisposable
{
    private const string Counter = "/api/v1/tenants/kept/counters/kept";
    private const int TriesMax = 5;

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient client = target.NewClient(target.AdminKey);
    private readonly Lock gate = new();
    private List<TimeSpan> waits = [];
    private long acknowledged;
    private long open;

    /// <summary>Counts until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await IncrementAsync();
            try
            {
                await Task.Delay(Rest, stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>How long it waited, each time, since this was last asked.</summary>
    public IReadOnlyList<TimeSpan> TakeWaits()
    {
        lock (gate)
        {
            var taken = waits;
            waits = [];
            return taken;
        }
    }

    /// <summary>Reads what is left of what it counted.</summary>
    public async Task JudgeAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Counter);
        if (await target.AskAsync(client, request, cancellation) is not (200, var text))
        {
            target.Report("the honest client's counter is not served afterwards");
            return;
        }

        using var read = JsonDocument.Parse(text);
        var value = read.RootElement.GetProperty("value").GetInt64();
        if (value < acknowledged || value > acknowledged + open)
        {
            target.Report($"{acknowledged} increments were acknowledged and {open} left open, and the counter is {value}");
        }
    }

    public void Dispose() => client.Dispose();

    private async Task IncrementAsync()
    {
        var (key, began, last) = (Guid.NewGuid().ToString("N"), Stopwatch.GetTimestamp(), "nothing");
        for (var tries = 0; tries < TriesMax; tries++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Counter + "/increment") { Content = JsonContent.Create(new { by = 1 }) };
            request.Headers.Add("Idempotency-Key", key);
            var answer = await target.AskAsync(client, request, CancellationToken.None);
            if (answer?.Status == 200)
            {
                acknowledged++;
                lock (gate)
                {
                    waits.Add(Stopwatch.GetElapsedTime(began));
                }

                return;
            }

            last = answer is { } refused ? $"{refused.Status}: {refused.Text}" : "nothing";
        }

        open++;
        target.Report($"an honest increment was answered with {last}, {TriesMax} times in a row");
    }
}
