using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Page;

/// <summary>
/// Three silos under as much load as they bear, in turn with and without somebody who looks. Who looks is a program that asks what the page asks, and
/// draws nothing: a browser on the same machine would take processors away, and that is not what the cluster pays.
/// </summary>
internal static class OpenPageCost
{
    private const int Groups = 16;
    private const int WarmUpRuns = 5;
    private const int Connections = 32;
    private const string Focus = "counters-0";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LogPause = TimeSpan.FromMilliseconds(400);

    /// <summary>Measures pairs, the order within them changing.</summary>
    public static async Task<CostFigure> MeasureAsync(TimeSpan duration, int rounds, TextWriter error)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var cluster = new SiloCluster([await postgres.CreateDatabaseAsync()], silos: 3, Groups);
        await error.WriteLineAsync("starting three silos on PostgreSQL");
        await cluster.StartAsync();
        await cluster.WaitUntilSpreadAsync();

        var (without, with) = (new List<double>(), new List<double>());

        // Code is compiled in several steps while it runs: for half a minute rates do nothing but rise.
        for (var run = 0; run < WarmUpRuns; run++)
        {
            await RunAsync(cluster, duration);
        }

        for (var round = 1; round <= rounds; round++)
        {
            if (round % 2 == 1)
            {
                without.Add(await RunAsync(cluster, duration));
            }

            with.Add(await RunWatchedAsync(cluster, duration));
            if (round % 2 == 0)
            {
                without.Add(await RunAsync(cluster, duration));
            }

            await error.WriteLineAsync($"round {round} of {rounds}: {without[^1]:0}/s without a page, {with[^1]:0}/s with one");
        }

        return new CostFigure(
            Spread.Of(without), Spread.Of(with), Spread.Of(without.Zip(with, static (alone, watched) => 1 - (watched / alone))).Median, rounds);
    }

    private static async Task<double> RunWatchedAsync(SiloCluster cluster, TimeSpan duration)
    {
        using var leaving = new CancellationTokenSource();
        var watching = Task.WhenAll(ReadEventsAsync(cluster.Addresses[0], leaving.Token), ReadLogAsync(cluster.Addresses[0], leaving.Token));
        var perSecond = await RunAsync(cluster, duration);
        await leaving.CancelAsync();
        await watching;
        return perSecond;
    }

    private static async Task<double> RunAsync(SiloCluster cluster, TimeSpan duration)
    {
        var load = await HttpLoad.RunAsync(
            cluster.Addresses,
            Connections,
            number => Increments(cluster.Addresses[number % cluster.Addresses.Count], number),
            new LoadTimes(WarmUp, duration));
        return load.Refused + load.Open == 0 ? load.Only.PerSecond : throw new InvalidOperationException($"The load was refused: {load.Complaint}");
    }

    private static DrawnRequest Increments(Uri server, int seed) => new(
        [
            .. Macro.Counters.Names(Macro.Counters.Many).Select(
                counter => HttpRequests.Post(server, $"/api/v1/tenants/bench/counters/{counter}/increment", """{"by":1}""")),
        ],
        seed);

    private static async Task ReadEventsAsync(Uri server, CancellationToken leaving)
    {
        using var http = new HttpClient();
        try
        {
            await using var events = await http.GetStreamAsync(new Uri(server, $"/api/v1/events?group={Focus}"), leaving);
            await events.CopyToAsync(Stream.Null, leaving);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        throw new InvalidOperationException("The stream of events ended by itself.");
    }

    private static async Task ReadLogAsync(Uri server, CancellationToken leaving)
    {
        using var http = new HttpClient();
        try
        {
            while (true)
            {
                await http.GetStringAsync(new Uri(server, $"/api/v1/groups/{Focus}/log?after=1&limit=160"), leaving);
                await Task.Delay(LogPause, leaving);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough was seen.
        }
    }
}
