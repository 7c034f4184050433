using System.Diagnostics;
using System.Text.Json;
using OrleansRaft.Testbed.Workloads;

namespace OrleansRaft.Chaos;

/// <summary>
/// A cluster of its own for each seed, faults one after the other under one load with one history, and a check of everything at the end.
/// </summary>
/// <param name="plan">What to do.</param>
/// <param name="output">Receives one JSON object per line.</param>
/// <param name="error">Receives everything else.</param>
internal sealed class ChaosRun(ChaosPlan plan, TextWriter output, TextWriter error)
{
    private readonly List<(string Fault, double Gap)> gaps = [];

    /// <summary>Runs one seed; answers whether nothing was lost, nothing applied twice and nothing read out of order.</summary>
    public async Task<bool> RunAsync(int seed, CancellationToken cancellation)
    {
        var random = new Random(seed);
        var servers = random.Next(2) == 0 ? 1 : 3;
        await error.WriteLineAsync($"seed {seed}: starting three silos on {servers} PostgreSQL server(s)");
        await using var cluster = await ChaosCluster.StartAsync(servers, plan.Groups, error);
        List<Fault> faults =
        [
            .. Fault.All.Where(fault => (plan.Only is null || fault.Name == plan.Only)
                && fault.NeedsServers <= servers
                && (cluster.Network is not null || !fault.NeedsNetwork)),
        ];
        await using var workload = new CounterWorkload(cluster.Silos.Addresses, $"chaos-{seed}", clients: plan.Clients);
        await cluster.Silos.WaitUntilSpreadAsync();
        workload.Start();
        await workload.WaitForProgressAsync();
        var began = Stopwatch.GetTimestamp();
        var struck = 0;
        do
        {
            await Task.Delay(plan.Rest, cancellation);
            if (faults.Count > 0)
            {
                await StrikeAsync(cluster, workload, faults[random.Next(faults.Count)], seed, ++struck, random);
            }
        }
        while (Stopwatch.GetElapsedTime(began) < plan.Length);

        await Task.Delay(plan.Rest, cancellation);
        return await CheckAsync(cluster, workload, seed, struck);
    }

    /// <summary>Tells for each kind of fault how long counters went without an acknowledgement.</summary>
    public void Summarise()
    {
        foreach (var kind in gaps.GroupBy(gap => gap.Fault).OrderBy(kind => kind.Key, StringComparer.Ordinal))
        {
            var sorted = kind.Select(gap => gap.Gap).Order().ToList();
            Write(
                new
                {
                    summary = kind.Key,
                    times = sorted.Count,
                    medianGapMilliseconds = sorted[sorted.Count / 2],
                    longestGapMilliseconds = sorted[^1],
                });
        }
    }

    private async Task StrikeAsync(ChaosCluster cluster, CounterWorkload workload, Fault fault, int seed, int number, Random random)
    {
        var since = Stopwatch.GetTimestamp();
        var target = await fault.StrikeAsync(cluster, random);
        await ReviveAsync(cluster);
        await cluster.Silos.WaitUntilReadyAsync();
        await workload.WaitForProgressAsync();
        await cluster.Silos.WaitUntilSpreadAsync();
        var gap = Math.Round(workload.LongestGapSince(since).TotalMilliseconds);
        gaps.Add((fault.Name, gap));
        Write(new { seed, number, fault = fault.Name, target, longestGapMilliseconds = gap });
    }

    /// <summary>A silo that was cut off or paused for too long ends by itself, and its supervisor starts it again.</summary>
    private static async Task ReviveAsync(ChaosCluster cluster)
    {
        foreach (var silo in cluster.Silos.Silos.Where(silo => silo.Process.HasExited))
        {
            await silo.Process.KillAsync();
            silo.Start();
        }
    }

    private async Task<bool> CheckAsync(ChaosCluster cluster, CounterWorkload workload, int seed, int struck)
    {
        var report = await workload.StopAndCheckAsync();
        IReadOnlyList<string> violations = [.. report.Violations, .. await cluster.Silos.CompareReplicasAsync()];
        Write(new
        {
            seed,
            faults = struck,
            servers = cluster.Servers.Count,
            acknowledged = report.Acknowledged,
            perSecond = Math.Round(report.PerSecond),
            repeated = report.Repeated,
            open = report.Open,
            longestGapMilliseconds = Math.Round(report.LongestGap.TotalMilliseconds),
            violations,
        });
        if (violations.Count > 0)
        {
            await error.WriteLineAsync(cluster.Silos.Transcript);
        }

        return violations.Count == 0;
    }

    private void Write(object line) => output.WriteLine(JsonSerializer.Serialize(line));
}
