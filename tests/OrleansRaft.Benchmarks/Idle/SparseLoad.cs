using System.Globalization;
using System.Net.Http.Json;

namespace OrleansRaft.Benchmarks.Idle;

/// <summary>Increments each of some counters once a second, evenly, through all silos in turn.</summary>
internal sealed class SparseLoad(IReadOnlyList<Uri> silos, int counters) : IAsyncDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource stopping = new();
    private Task working = Task.CompletedTask;
    private long written;

    /// <summary>How many increments were acknowledged.</summary>
    public long Written => Interlocked.Read(ref written);

    public void Start() => working = Task.WhenAll(Enumerable.Range(0, counters).Select(RunAsync));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await working;
        stopping.Dispose();
        http.Dispose();
    }

    private async Task RunAsync(int counter)
    {
        try
        {
            await Task.Delay(Round * counter / counters, stopping.Token);
            using var timer = new PeriodicTimer(Round);
            for (var number = counter; await timer.WaitForNextTickAsync(stopping.Token); number++)
            {
                var path = $"/api/v1/tenants/idle/counters/c{counter.ToString(CultureInfo.InvariantCulture)}/increment";
                using var response = await http.PostAsJsonAsync(new Uri(silos[number % silos.Count], path), new { by = 1 }, stopping.Token);
                if (response.IsSuccessStatusCode)
                {
                    Interlocked.Increment(ref written);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }
}
