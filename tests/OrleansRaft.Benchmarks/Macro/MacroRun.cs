using System.Diagnostics;
using OrleansRaft.Benchmarks.Core;
using OrleansRaft.Benchmarks.Growth;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>Starts all systems, and measures them in turn: ours, theirs, ours, theirs.</summary>
/// <param name="plan">What, and how thoroughly.</param>
/// <param name="progress">Where people can follow.</param>
internal sealed class MacroRun(MacroPlan plan, TextWriter progress) : IAsyncDisposable
{
    // The pools of everybody who uses it, each as large as the greatest number of callers asks for.
    private const int ConnectionsMax = 1_000;

    private readonly List<ISystem> systems = [];
    private readonly List<string> missing = [];
    private readonly Dictionary<int, string> processNames = [];
    private PostgresServer? postgres;
    private OraftSystem? ours;

    public async Task<MacroReport> RunAsync()
    {
        var clock = Stopwatch.StartNew();
        var machine = await Machine.DescribeAsync();
        await progress.WriteLineAsync($"{machine}");
        await StartAsync();
        await WarmUpAsync();
        var figures = await MeasureAsync();
        var hold = plan.HoldMinutes > 0 ? await HoldAsync() : null;
        var violations = new List<string>();
        foreach (var system in systems)
        {
            violations.AddRange(await system.VerifyAsync());
        }

        await StopAsync();
        await progress.WriteLineAsync("Core in one process");
        var core = await CoreBenchmark.RunAsync(plan.Repetitions, plan.Window);
        return new MacroReport(
            machine,
            plan.Groups,
            clock.Elapsed.TotalMinutes,
            [.. Bars.Of(figures), .. CoreBenchmark.Bars(core), .. hold?.Bars() ?? []],
            figures,
            core,
            hold,
            missing,
            violations);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StartAsync()
    {
        await progress.WriteLineAsync("starting PostgreSQL and our silos");
        postgres = await PostgresServer.StartNewAsync(connectionsMax: ConnectionsMax);
        var database = await postgres.CreateDatabaseAsync("oraft");
        ours = await OraftSystem.StartAsync([database], new Shape(plan.Groups), plan.ServerCollector);
        systems.Add(ours);
        var asItComes = await OraftSystem.StartAsync(
            [await postgres.CreateDatabaseAsync("default")],
            new Shape(OraftSystem.DefaultGroups),
            plan.ServerCollector,
            name: OraftSystem.DefaultName);
        systems.Add(asItComes);
        foreach (var silo in ours.Cluster.Silos.Concat(asItComes.Cluster.Silos))
        {
            processNames[silo.Process.Id] = "silos";
        }

        systems.Add(await GrainCalls.StartAsync(database, ours.Cluster.ClusterId));
        var floor = await KestrelFloor.StartAsync();
        systems.Add(floor);
        foreach (var id in floor.ProcessIds)
        {
            processNames[id] = "Kestrel";
        }

        if (plan.Compare)
        {
            await StartOthersAsync(postgres);
        }
    }

    private async Task StartOthersAsync(PostgresServer server)
    {
        await progress.WriteLineAsync("starting what we are compared with");
        var plain = await PlainGrains.StartAsync(await server.CreateDatabaseAsync("plain"));
        systems.Add(plain);
        foreach (var id in plain.ProcessIds)
        {
            processNames[id] = "plain silos";
        }

        systems.Add(await PostgresUpdates.StartAsync(await server.CreateDatabaseAsync("updates")));
        try
        {
            systems.Add(await EtcdSystem.StartAsync());
        }
        catch (InvalidOperationException absent)
        {
            missing.Add(absent.Message);
        }
    }

    private IEnumerable<Scenario> Scenarios() => systems
        .SelectMany(static system => system.Scenarios)
        .Where(scenario => plan.Only is null || scenario.Name.Contains(plan.Only, StringComparison.OrdinalIgnoreCase));

    /// <summary>Code is compiled in several steps while it runs, caches fill: what is measured should be the state that lasts.</summary>
    private async Task WarmUpAsync()
    {
        await progress.WriteLineAsync("warming up");
        foreach (var scenario in Scenarios())
        {
            await scenario.RunAsync(64, new LoadTimes(plan.FirstWarmUp, TimeSpan.FromSeconds(1)));
        }
    }

    private async Task<IReadOnlyList<Figure>> MeasureAsync()
    {
        var table = new FigureTable(plan.Groups);
        var meter = new CpuMeter(processNames);
        var times = new LoadTimes(plan.WarmUp, plan.Window);
        for (var repetition = 1; repetition <= plan.Repetitions; repetition++)
        {
            foreach (var connections in plan.Connections)
            {
                foreach (var scenario in Scenarios())
                {
                    var before = meter.Read();
                    var load = await scenario.RunAsync(connections, times);
                    table.Add(scenario, connections, new Measurement(load, CpuMeter.Between(before, meter.Read())));
                    await progress.WriteLineAsync(
                        $"{repetition}/{plan.Repetitions} {scenario.Name}, {connections} connections: "
                        + $"{load.Only.PerSecond:0}/s, p50 {load.Only.P50:0} us, p99 {load.Only.P99:0} us"
                        + (load.Complaint.Length == 0 ? "" : $"; {load.Refused} refused, {load.Open} open: {load.Complaint}"));
                }
            }
        }

        return table.Figures();
    }

    private async Task<HoldFigures> HoldAsync()
    {
        await progress.WriteLineAsync($"holding the load for {plan.HoldMinutes} minutes");
        var scenario = ours!.Scenarios.First(static scenario => scenario is { Operation: OraftSystem.Increment, Keys: Counters.Many });
        return await Hold.RunAsync(scenario, [.. ours.Cluster.Silos.Select(static silo => silo.Process.Id)], plan.HoldMinutes);
    }

    private async Task StopAsync()
    {
        foreach (var system in systems)
        {
            await system.DisposeAsync();
        }

        systems.Clear();
        if (postgres is not null)
        {
            await postgres.DisposeAsync();
            postgres = null;
        }
    }
}
