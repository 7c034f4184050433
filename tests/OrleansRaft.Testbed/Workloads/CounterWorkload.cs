using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrleansRaft.Testbed.Workloads;

/// <summary>
/// Many clients that increment a few counters through every silo, others that read them, and a history of it all. An increment that fails is repeated
/// under its key, through another silo, until the outcome is known; faults happen underneath.
/// </summary>
/// <remarks>Who reads does not write: a writer that waited for a read would say nothing of whether its counter can be written.</remarks>
public sealed class CounterWorkload : IAsyncDisposable
{
    private static readonly TimeSpan SettleDeadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PauseBetweenReads = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1) })
    {
        Timeout = TimeSpan.FromSeconds(6),
    };

    private readonly IReadOnlyList<Uri> servers;
    private readonly string tenant;
    private readonly int counters;
    private readonly int clients;
    private readonly ConcurrentBag<Operation> history = [];
    private readonly long[] newestAcknowledged;
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource givingUp = new();
    private Task working = Task.CompletedTask;
    private long repeated;
    private long acknowledged;

    /// <summary>Makes a workload; it begins with <see cref="Start"/>.</summary>
    /// <param name="servers">Every silo's address.</param>
    /// <param name="tenant">A tenant that nobody else writes to.</param>
    /// <param name="counters">How many counters.</param>
    /// <param name="clients">How many clients; each stays with one counter.</param>
    public CounterWorkload(IReadOnlyList<Uri> servers, string tenant, int counters = 8, int clients = 16)
    {
        this.servers = servers;
        this.tenant = tenant;
        this.counters = counters;
        this.clients = clients;
        newestAcknowledged = new long[counters];
    }

    /// <summary>
    /// For how long a client rests between two increments; not at all by default. Clients that rest leave the silos, which share the processors with
    /// them, the time to come back, and are as many when something breaks.
    /// </summary>
    public TimeSpan Rest { get; init; }

    /// <summary>How many increments were acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref acknowledged);

    /// <summary>Begins to write and to read.</summary>
    public void Start() => working = Task.WhenAll(
    [
        .. Enumerable.Range(0, clients).Select(client => Task.Run(() => RunWriterAsync(client))),
        .. Enumerable.Range(0, counters).Select(counter => Task.Run(() => RunReaderAsync(counter))),
    ]);

    /// <summary>Waits until every counter got an acknowledgement for an increment that began after this call.</summary>
    public async Task WaitForProgressAsync()
    {
        var began = Stopwatch.GetTimestamp();
        await Until.TrueAsync(
            () => Task.FromResult(Enumerable.Range(0, counters).All(counter => Volatile.Read(ref newestAcknowledged[counter]) > began)),
            SettleDeadline,
            () => $"not every counter of {tenant} is being acknowledged ({Acknowledged} in all)");
    }

    /// <summary>Stops the clients when each knows the outcome of its last increment, reads every counter, and checks the history.</summary>
    public async Task<WorkloadReport> StopAndCheckAsync()
    {
        await stopping.CancelAsync();
        givingUp.CancelAfter(SettleDeadline);
        await working;

        var violations = new List<string>();
        foreach (var counter in Enumerable.Range(0, counters))
        {
            var operations = history.Where(operation => operation.Counter == counter).ToList();
            violations.AddRange(HistoryChecker.Check($"{tenant}/{NameOf(counter)}", operations, await ReadAsync(counter)));
        }

        return Report(violations);
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

    /// <summary>The longest time that any counter went without an acknowledgement, of what ended after a moment.</summary>
    /// <param name="since">The moment, on the monotonic clock.</param>
    public TimeSpan LongestGapSince(long since)
    {
        var gaps = from counter in Acknowledgements()
                   let sorted = counter.Order().ToList()
                   from pair in sorted.Zip(sorted.Skip(1))
                   where pair.Second >= since
                   select Stopwatch.GetElapsedTime(pair.First, pair.Second);
        return gaps.DefaultIfEmpty(TimeSpan.Zero).Max();
    }

    private ILookup<int, long> Acknowledgements() =>
        history.Where(operation => operation is { Value: not null, IsRead: false }).ToLookup(
            operation => operation.Counter, operation => operation.Ended);

    private WorkloadReport Report(List<string> violations)
    {
        var ends = Acknowledgements();
        var all = ends.SelectMany(counter => counter).ToList();
        var seconds = all.Count == 0 ? 0 : Stopwatch.GetElapsedTime(all.Min(), all.Max()).TotalSeconds;
        return new WorkloadReport(
            all.Count,
            history.Count(operation => operation.Value is null),
            Interlocked.Read(ref repeated),
            seconds == 0 ? 0 : all.Count / seconds,
            LongestGapSince(0),
            violations);
    }

    private async Task RunWriterAsync(int client)
    {
        var counter = client % counters;
        for (long number = 1; !stopping.IsCancellationRequested; number++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{tenant}-{client}-{number}");
            var began = Stopwatch.GetTimestamp();
            var value = await IncrementUntilKnownAsync(client, counter, key);
            history.Add(new Operation(counter, began, Stopwatch.GetTimestamp(), value));
            if (value is not null)
            {
                Interlocked.Increment(ref acknowledged);
                Raise(ref newestAcknowledged[counter], began);
            }

            if (Rest > TimeSpan.Zero)
            {
                await Task.Delay(Rest);
            }
        }
    }

    private static void Raise(ref long newest, long began)
    {
        long known;
        while ((known = Volatile.Read(ref newest)) < began && Interlocked.CompareExchange(ref newest, began, known) != known)
        {
        }
    }

    /// <summary>A read that is not answered is nothing; one that is must fit between the increments.</summary>
    private async Task RunReaderAsync(int counter)
    {
        for (var number = counter; !stopping.IsCancellationRequested; number++)
        {
            var began = Stopwatch.GetTimestamp();
            if (await TryReadAsync(servers[number % servers.Count], counter) is { } value)
            {
                history.Add(new Operation(counter, began, Stopwatch.GetTimestamp(), value, IsRead: true));
            }

            await Task.Delay(PauseBetweenReads + Rest);
        }
    }

    private async Task<long?> IncrementUntilKnownAsync(int client, int counter, string key)
    {
        for (var attempt = 0; !givingUp.IsCancellationRequested; attempt++)
        {
            if (attempt > 0)
            {
                Interlocked.Increment(ref repeated);
                await Task.Delay(Pause);
            }

            if (await TryIncrementAsync(servers[(client + attempt) % servers.Count], counter, key) is { } value)
            {
                return value;
            }
        }

        return null;
    }

    private async Task<long?> TryIncrementAsync(Uri server, int counter, string key)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, PathOf(counter) + "/increment"))
            {
                Content = JsonContent.Create(new { by = 1 }),
            };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await http.SendAsync(request, givingUp.Token);
            if (!response.IsSuccessStatusCode)
            {
                return null;
            }

            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(givingUp.Token);
            return answer.GetProperty("value").GetInt64();
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            return null;
        }
    }

    private async Task<long> ReadAsync(int counter)
    {
        long? value = null;
        var attempt = 0;
        await Until.TrueAsync(
            async () => (value = await TryReadAsync(servers[attempt++ % servers.Count], counter)) is not null,
            SettleDeadline,
            () => $"{PathOf(counter)} could not be read");
        return value!.Value;
    }

    private async Task<long?> TryReadAsync(Uri server, int counter)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(server, PathOf(counter)));
            return response.StatusCode switch
            {
                HttpStatusCode.OK => (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("value").GetInt64(),
                HttpStatusCode.NotFound => 0,
                _ => null,
            };
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
        {
            return null;
        }
    }

    private string PathOf(int counter) => $"/api/v1/tenants/{tenant}/counters/{NameOf(counter)}";

    private static string NameOf(int counter) => $"c{counter.ToString(CultureInfo.InvariantCulture)}";
}
