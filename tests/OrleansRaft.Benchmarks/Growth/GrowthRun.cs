using System.Globalization;
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
        var stored = await CountStoredAsync(databases);
        var counted = await CountAsync(system);
        var (cpu, switches) = (meter.Read(), ContextSwitches.Read(silos));
        var result = await system.IncrementsOfMany.RunAsync(connections, new LoadTimes(WarmUp, window));
        var used = CpuMeter.Between(cpu, meter.Read());
        switches = ContextSwitches.Read(silos) - switches;
        var silo = SiloMetrics.Between(counted, await CountAsync(system));
        stored = await CountStoredAsync(databases) - stored;
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
            silo.Calls / count,
            silo.Messages / count,
            silo.Turns / count,
            silo.WorkItems / count,
            silo.AllocatedBytes / 1_024 / count,
            silo.Writes / count,
            stored.Transactions / count,
            stored.Rows / count,
            stored.HotUpdates / (double)Math.Max(1, stored.Updates));
    }

    private static async Task<SiloMetrics> CountAsync(OraftSystem system) =>
        SiloMetrics.Sum(await Task.WhenAll(system.Cluster.Addresses.Select(SiloMetrics.ReadAsync)));

    private static async Task<StoreCounts> CountStoredAsync(IReadOnlyList<string> databases)
    {
        await Task.Delay(StatisticsDelay);
        var sum = default(StoreCounts);
        foreach (var database in databases)
        {
            sum += await StoreCounts.ReadAsync(database);
        }

        return sum;
    }
}
