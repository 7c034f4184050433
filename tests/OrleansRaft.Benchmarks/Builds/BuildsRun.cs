using System.Globalization;
using OrleansRaft.Benchmarks.Growth;
using OrleansRaft.Benchmarks.Idle;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Builds;

/// <summary>Clusters of several builds on one PostgreSQL server, measured in turn.</summary>
/// <param name="builds">The builds; ratios are those of the first to the others.</param>
/// <param name="groups">Over how many groups the counters are spread.</param>
/// <param name="progress">Where people can follow.</param>
internal sealed class BuildsRun(IReadOnlyList<Build> builds, int groups, TextWriter progress) : IAsyncDisposable
{
    private const int ConnectionsMax = 500;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan FirstWarmUp = TimeSpan.FromSeconds(15);

    private readonly List<OraftSystem> systems = [];
    private PostgresServer? postgres;

    /// <summary>Starts a cluster of each build, and measures them in turn.</summary>
    /// <returns>What does not add up, in sentences.</returns>
    public async Task<IReadOnlyList<string>> MeasureAsync(BuildsLoad load, BuildsTable table)
    {
        postgres = await PostgresServer.StartNewAsync(connectionsMax: ConnectionsMax);
        Dictionary<int, string> programs = [];
        foreach (var build in builds)
        {
            await progress.WriteLineAsync($"starting {build.Name}, {groups} groups");
            var system = await OraftSystem.StartAsync(
                [await postgres.CreateDatabaseAsync($"build{systems.Count.ToString(CultureInfo.InvariantCulture)}")],
                new Shape(groups),
                withServerCollector: true,
                build);
            systems.Add(system);
            foreach (var silo in system.Cluster.Silos)
            {
                programs[silo.Process.Id] = build.Name;
            }
        }

        foreach (var system in systems)
        {
            await progress.WriteLineAsync($"{system.Name}: leaders {await system.DescribeLeadersAsync()}");
            await system.IncrementsOfMany.RunAsync(load.Connections, new LoadTimes(FirstWarmUp, TimeSpan.FromSeconds(1)));
        }

        var meter = new CpuMeter(programs);
        for (var round = 0; round < load.Rounds; round++)
        {
            foreach (var at in round % 2 == 0 ? Enumerable.Range(0, systems.Count) : Enumerable.Range(0, systems.Count).Reverse())
            {
                int[] silos = [.. systems[at].Cluster.Silos.Select(static silo => silo.Process.Id)];
                var counted = await CountAsync(systems[at]);
                var (before, switchesBefore) = (meter.Read(), ContextSwitches.ReadByThread(silos));
                var result = await systems[at].IncrementsOfMany.RunAsync(load.Connections, new LoadTimes(WarmUp, load.Window));
                var seconds = CpuMeter.Between(before, meter.Read()).GetValueOrDefault(builds[at].Name);
                var count = (double)Math.Max(1, result.Acknowledged);
                var switches = ContextSwitches.ReadByThread(silos)
                    .ToDictionary(static thread => thread.Key, thread => (thread.Value - switchesBefore.GetValueOrDefault(thread.Key)) / count);
                var sample = new Sample(
                    result.Only.PerSecond,
                    result.Only.P50,
                    result.Only.P99,
                    seconds * 1e6 / count,
                    switches,
                    SiloMetrics.Between(counted, await CountAsync(systems[at])).WorkItems / count);
                table.Add(at, sample);
                await progress.WriteLineAsync($"{round + 1}/{load.Rounds} {builds[at].Name}: {sample}"
                    + (result.Complaint.Length == 0 ? "" : $"; {result.Refused} refused, {result.Open} open: {result.Complaint}"));
            }
        }

        var violations = new List<string>();
        foreach (var system in systems)
        {
            violations.AddRange(await system.VerifyAsync());
        }

        return violations;
    }

    private static async Task<SiloMetrics> CountAsync(OraftSystem system) =>
        SiloMetrics.Sum(await Task.WhenAll(system.Cluster.Addresses.Select(SiloMetrics.ReadAsync)));

    public async ValueTask DisposeAsync()
    {
        foreach (var system in systems)
        {
            await system.DisposeAsync();
        }

        if (postgres is not null)
        {
            await postgres.DisposeAsync();
        }
    }
}
