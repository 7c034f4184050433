using System.Text.Json;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;
using OrleansRaft.Testbed.Workloads;

namespace OrleansRaft.Chaos;

/// <summary>Faults one after the other, each under a load of its own with its own history.</summary>
/// <param name="plan">What to do.</param>
/// <param name="output">Receives one JSON object per line.</param>
/// <param name="error">Receives everything else.</param>
internal sealed class ChaosRun(ChaosPlan plan, TextWriter output, TextWriter error)
{
    private readonly List<(string Fault, double Gap)> gaps = [];
    private bool isClean = true;

    /// <summary>Runs the plan; answers whether nothing was lost and nothing applied twice.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        await using var silos = new SiloCluster([await postgres.CreateDatabaseAsync()], groups: plan.Groups);
        await error.WriteLineAsync($"seed {plan.Seed}: starting three silos on PostgreSQL");
        await silos.StartAsync();
        await StrikeAsync(silos, "none", 0, () => Task.FromResult("nothing"), cancellation);

        var random = new Random(plan.Seed);
        var faults = Fault.All.Where(fault => plan.Only is null || fault.Name == plan.Only).ToList();
        for (var number = 1; number <= plan.Count && !cancellation.IsCancellationRequested; number++)
        {
            var fault = faults[random.Next(faults.Count)];
            await StrikeAsync(silos, fault.Name, number, () => fault.StrikeAsync(silos, postgres, random), cancellation);
        }

        foreach (var kind in gaps.GroupBy(gap => gap.Fault).OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            var sorted = kind.Select(gap => gap.Gap).Order().ToList();
            Write(new { summary = kind.Key, times = sorted.Count, medianGapMilliseconds = sorted[sorted.Count / 2], longestGapMilliseconds = sorted[^1] });
        }

        return isClean;
    }

    private async Task StrikeAsync(SiloCluster silos, string fault, int number, Func<Task<string>> strike, CancellationToken cancellation)
    {
        await silos.WaitUntilSpreadAsync();
        await using var workload = new CounterWorkload(silos.Addresses, $"chaos-{number}", clients: plan.Clients);
        workload.Start();
        await workload.WaitForProgressAsync();
        await Task.Delay(plan.Rest, cancellation);
        var target = await strike();
        await silos.WaitUntilReadyAsync();
        await workload.WaitForProgressAsync();
        await Task.Delay(plan.Rest, cancellation);
        var report = await workload.StopAndCheckAsync();

        IReadOnlyList<string> violations = [.. report.Violations, .. await silos.CompareReplicasAsync()];
        var gap = Math.Round(report.LongestGap.TotalMilliseconds);
        gaps.Add((fault, gap));
        Write(new
        {
            seed = plan.Seed,
            number,
            fault,
            target,
            longestGapMilliseconds = gap,
            acknowledged = report.Acknowledged,
            perSecond = Math.Round(report.PerSecond),
            repeated = report.Repeated,
            open = report.Open,
            violations,
        });
        if (violations.Count > 0)
        {
            isClean = false;
            await error.WriteLineAsync(silos.Transcript);
        }
    }

    private void Write(object line) => output.WriteLine(JsonSerializer.Serialize(line));
}
