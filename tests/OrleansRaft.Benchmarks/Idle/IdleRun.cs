using System.Diagnostics;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Idle;

/// <summary>
/// Three silos with many groups: started, left alone until everything sleeps, measured, then measured again with a few groups active.
/// </summary>
/// <param name="groups">How many groups.</param>
/// <param name="duration">For how long each figure is taken.</param>
/// <param name="hasDashboard">Whether the silos have Orleans' dashboard.</param>
/// <param name="error">Receives progress.</param>
internal sealed class IdleRun(int groups, TimeSpan duration, bool hasDashboard, TextWriter error)
{
    private const int SilosCount = 3;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan SleepPatience = TimeSpan.FromMinutes(3);

    // For minutes after the start the runtime still compiles what the start made hot, and for seconds after a scrape what the scrape did.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AfterScrape = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ActiveSettling = TimeSpan.FromSeconds(15);

    public async Task<IdleFigures> MeasureAsync(CancellationToken cancellation)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var silos = new SiloCluster([await postgres.CreateDatabaseAsync()], SilosCount, groups) { Patience = StartPatience };
        silos.Environment["Raft__Server__Dashboard"] = hasDashboard ? "true" : "false";
        await error.WriteLineAsync($"starting three silos with {groups} groups on PostgreSQL");
        var clock = Stopwatch.StartNew();
        await silos.StartAsync();
        var ready = clock.Elapsed;
        await error.WriteLineAsync($"ready after {ready.TotalSeconds:0.0} s; waiting until all sleep");
        await WaitUntilAsleepAsync(silos);
        var asleep = clock.Elapsed - ready;
        var startCpu = ReadUsage(silos).Sum(silo => silo.CpuSeconds);

        await error.WriteLineAsync(
            $"all asleep {asleep.TotalSeconds:0.0} s later; waiting for {Settling.TotalSeconds:0} s until the runtime has settled");
        await Task.Delay(Settling, cancellation);
        await error.WriteLineAsync($"measuring for {duration.TotalSeconds:0} s");
        var idle = await MeasureCostAsync(silos, cancellation);

        await using var load = new SparseLoad(silos.Addresses, Math.Max(1, groups / 100));
        load.Start();
        await Task.Delay(ActiveSettling, cancellation);
        await error.WriteLineAsync($"measuring for {duration.TotalSeconds:0} s with 1 % of the groups active");
        var before = load.Written;
        clock.Restart();
        var active = await MeasureCostAsync(silos, cancellation);
        return new IdleFigures
        {
            Groups = groups,
            Replicas = groups * SilosCount,
            ReadySeconds = ready.TotalSeconds,
            AsleepSeconds = asleep.TotalSeconds,
            StartCpuSeconds = startCpu,
            Idle = idle,
            Active = active,
            WritesPerSecond = (load.Written - before) / clock.Elapsed.TotalSeconds,
            Load = (await File.ReadAllTextAsync("/proc/loadavg", cancellation)).Split(' ')[0],
        };
    }

    private async Task WaitUntilAsleepAsync(SiloCluster silos)
    {
        // The catalogue is a group too.
        var replicas = (groups + 1) * SilosCount;
        SiloMetrics[] metrics = [];
        await Until.TrueAsync(
            async () =>
            {
                metrics = await ReadMetricsAsync(silos);
                return metrics.Sum(silo => silo.Replicas) >= replicas && metrics.Sum(silo => silo.Asleep) >= replicas;
            },
            SleepPatience,
            () => $"of {replicas} replicas {metrics.Sum(silo => silo.Replicas)} run, of which {metrics.Sum(silo => silo.Asleep)} sleep");
    }

    private async Task<IdleFigures.Cost> MeasureCostAsync(SiloCluster silos, CancellationToken cancellation)
    {
        var sinceMetrics = Stopwatch.StartNew();
        var metricsBefore = await ReadMetricsAsync(silos);
        await Task.Delay(AfterScrape, cancellation);
        var usageBefore = ReadUsage(silos);
        var sinceUsage = Stopwatch.StartNew();
        await Task.Delay(duration, cancellation);
        var usage = ReadUsage(silos);
        var seconds = sinceUsage.Elapsed.TotalSeconds;
        var secondsOfMetrics = sinceMetrics.Elapsed.TotalSeconds;
        var metrics = await ReadMetricsAsync(silos);
        return new IdleFigures.Cost(
            (usage.Sum(silo => silo.CpuSeconds) - usageBefore.Sum(silo => silo.CpuSeconds)) / seconds,
            usage.Sum(silo => silo.ResidentBytes) / 1e6,
            (metrics.Sum(silo => silo.Messages) - metricsBefore.Sum(silo => silo.Messages)) / secondsOfMetrics,
            (metrics.Sum(silo => silo.Calls) - metricsBefore.Sum(silo => silo.Calls)) / secondsOfMetrics);
    }

    private static ProcessUsage[] ReadUsage(SiloCluster silos) => [.. silos.Silos.Select(silo => ProcessUsage.Read(silo.Process.Id))];

    private static Task<SiloMetrics[]> ReadMetricsAsync(SiloCluster silos) => Task.WhenAll(silos.Addresses.Select(SiloMetrics.ReadAsync));
}
