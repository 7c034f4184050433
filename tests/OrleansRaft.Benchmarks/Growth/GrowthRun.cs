using System.Globalization;
using Npgsql;
using OrleansRaft.Benchmarks.Builds;
using OrleansRaft.Benchmarks.Idle;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Growth;

/// <summary>Clusters of several shapes on the same PostgreSQL servers, measured in turn.</summary>
/// <param name="shapes">The shapes.</param>
/// <param name="progress">Where people can follow.</param>
internal sealed class GrowthRun(IReadOnlyList<Shape> shapes, TextWriter progress) : IAsyncDisposable
{
    private const int ConnectionsMax = 1_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan FirstWarmUp = TimeSpan.FromSeconds(10);

    // PostgreSQL's sessions tell of their transactions once a second.
    private static readonly TimeSpan StatisticsDelay = TimeSpan.FromSeconds(1.2);

    private readonly List<PostgresServer> servers = [];
    private readonly List<(OraftSystem System, string[] Databases)> clusters = [];

    /// <summary>Starts a cluster of each shape, and measures them in turn.</summary>
    /// <returns>What does not add up, in sentences.</returns>
    public async Task<IReadOnlyList<string>> MeasureAsync(IReadOnlyList<int> connections, int rounds, TimeSpan window, GrowthTable table)
    {
        Dictionary<int, string> programs = [];
        for (var server = 0; server < shapes.Max(static shape => shape.Servers); server++)
        {
            servers.Add(await PostgresServer.StartNewAsync(connectionsMax: ConnectionsMax));
        }

        foreach (var shape in shapes)
        {
            await progress.WriteLineAsync($"starting {shape}");
            var databases = await Task.WhenAll(servers.Take(shape.Servers).Select(static server => server.CreateDatabaseAsync("growth")));
            var system = await OraftSystem.StartAsync(databases, shape, withServerCollector: true);
            clusters.Add((system, databases));
            foreach (var silo in system.Cluster.Silos)
            {
                programs[silo.Process.Id] = $"silos {clusters.Count.ToString(CultureInfo.InvariantCulture)}";
            }

            await system.IncrementsOfMany.RunAsync(connections.Max(), new LoadTimes(FirstWarmUp, TimeSpan.FromSeconds(1)));
        }

        var meter = new CpuMeter(programs);
        foreach (var count in connections)
        {
            for (var round = 0; round < rounds; round++)
            {
                foreach (var at in round % 2 == 0 ? Enumerable.Range(0, shapes.Count) : Enumerable.Range(0, shapes.Count).Reverse())
                {
                    var sample = await MeasureAsync(at, count, window, meter);
                    table.Add(at, count, sample);
                    await progress.WriteLineAsync(
                        string.Create(CultureInfo.InvariantCulture, $"{count} connections, {round + 1}/{rounds}, {shapes[at]}: {sample}"));
                }
            }
        }

        var violations = new List<string>();
        foreach (var (system, _) in clusters)
        {
            violations.AddRange(await system.VerifyAsync());
        }

        return violations;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (system, _) in clusters)
        {
            await system.DisposeAsync();
        }

        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task<GrowthSample> MeasureAsync(int at, int connections, TimeSpan window, CpuMeter meter)
    {
        var (system, databases) = clusters[at];
        int[] silos = [.. system.Cluster.Silos.Select(static silo => silo.Process.Id)];
        var transactions = await CountTransactionsAsync(databases);
        var (calls, frames) = await CountCallsAsync(system);
        var (cpu, switches) = (meter.Read(), ContextSwitches.Read(silos));
        var result = await system.IncrementsOfMany.RunAsync(connections, new LoadTimes(WarmUp, window));
        var used = CpuMeter.Between(cpu, meter.Read());
        switches = ContextSwitches.Read(silos) - switches;
        var (callsAfter, framesAfter) = await CountCallsAsync(system);
        transactions = await CountTransactionsAsync(databases) - transactions;
        if (result.Complaint.Length > 0)
        {
            await progress.WriteLineAsync($"{result.Refused} refused, {result.Open} open: {result.Complaint}");
        }

        var count = (double)Math.Max(1, result.Acknowledged);
        return new GrowthSample(
            result.Only.PerSecond,
            result.Only.P50,
            result.Only.P99,
            used.GetValueOrDefault($"silos {(at + 1).ToString(CultureInfo.InvariantCulture)}") * 1e6 / count,
            used.GetValueOrDefault("postgres") * 1e6 / count,
            switches / count,
            (callsAfter - calls) / count,
            (framesAfter - frames) / count,
            transactions / count);
    }

    private static async Task<(double Calls, double Frames)> CountCallsAsync(OraftSystem system)
    {
        var metrics = await Task.WhenAll(system.Cluster.Addresses.Select(SiloMetrics.ReadAsync));
        return (metrics.Sum(static silo => silo.Calls), metrics.Sum(static silo => silo.Messages));
    }

    private static async Task<long> CountTransactionsAsync(IReadOnlyList<string> databases)
    {
        await Task.Delay(StatisticsDelay);
        long sum = 0;
        foreach (var database in databases)
        {
            await using var source = NpgsqlDataSource.Create(database);
            await using var command = source.CreateCommand("select xact_commit from pg_stat_database where datname = current_database()");
            sum += (long)(await command.ExecuteScalarAsync())!;
        }

        return sum;
    }
}
