using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansRaft.Core;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;
using OrleansRaft.Testbed.Workloads;

namespace OrleansRaft.RollingUpgrade;

/// <summary>The assemblies of the application's two builds.</summary>
internal sealed record Builds(string Former, string Newer);

/// <summary>Three silos go over to a newer program under load, come back, and go over for good.</summary>
internal sealed class Roll : IAsyncDisposable
{
    private const int PromisesAtOnce = 10;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Dictionary<string, long> promises = [];
    private readonly List<string> violations = [];
    private readonly List<double> gaps = [];
    private readonly Builds builds;
    private readonly TimeSpan rest;
    private readonly SiloCluster cluster;
    private readonly CounterWorkload workload;

    private Roll(Builds builds, TimeSpan rest, SiloCluster cluster, int clients)
    {
        (this.builds, this.rest, this.cluster) = (builds, rest, cluster);
        workload = new CounterWorkload(cluster.Addresses, "load", clients: clients) { Rest = TimeSpan.FromMilliseconds(5) };
    }

    /// <summary>Rolls forth, back and forth again.</summary>
    /// <returns>Whether everything was as it should be.</returns>
    public static async Task<bool> RunAsync(Builds builds, TimeSpan rest, int clients, CancellationToken cancellation)
    {
        await using var server = await PostgresServer.StartNewAsync();
        await using var cluster = new SiloCluster([await server.CreateDatabaseAsync("upgrade")]);

        // Snapshots are made and sent often, so that each program reads what the other wrote; an upgrade is finished by hand.
        cluster.Environment["Raft__SnapshotThresholdBytes"] = "20000";
        cluster.Environment["Raft__KeptEntries"] = "10";
        cluster.Environment["Raft__RequestRetention"] = "01:00:00";
        cluster.Environment["Raft__AutoFinalize"] = "false";
        cluster.Environment["Raft__AutoRaise"] = "false";
        await using var roll = new Roll(builds, rest, cluster, clients);
        try
        {
            await roll.RunAsync(cancellation);
        }
        catch
        {
            await Console.Error.WriteLineAsync(cluster.Transcript);
            throw;
        }

        return roll.violations.Count == 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await workload.DisposeAsync();
        http.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var silo in cluster.Silos)
        {
            Install(silo, builds.Former, FeatureLevels.Oldest);
        }

        await cluster.StartAsync();
        await cluster.WaitUntilSpreadAsync();
        workload.Start();
        await workload.WaitForProgressAsync();

        await ReplaceAllAsync("forth", builds.Newer, FeatureLevels.Newest, cancellation);
        await RequireVersionsAsync(FeatureLevels.Oldest, machine: 1);
        await ReplaceAllAsync("back", builds.Former, FeatureLevels.Oldest, cancellation);
        await ReplaceAllAsync("forth again", builds.Newer, FeatureLevels.Newest, cancellation);
        await FinalizeAsync();
        await CannotGoBackAsync();
        await KeepPromisesAsync("the end");
        await ReportAsync();
    }

    private async Task ReplaceAllAsync(string step, string program, int level, CancellationToken cancellation)
    {
        foreach (var silo in cluster.Silos)
        {
            await Task.Delay(rest, cancellation);
            await PromiseAsync($"{step} {silo.Name}");
            var since = Stopwatch.GetTimestamp();
            await ReplaceAsync(silo, program, level);
            var gap = Math.Round(workload.LongestGapSince(since).TotalMilliseconds);
            gaps.Add(gap);
            Write(new { step, silo = silo.Name, seconds = Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 1), longestGapMilliseconds = gap });
        }

        await KeepPromisesAsync(step);
        violations.AddRange(await cluster.CompareReplicasAsync());
    }

    private async Task ReplaceAsync(OraftSilo silo, string program, int level)
    {
        silo.Process.Terminate();
        Require(await silo.Process.WaitForExitAsync(Deadline) == 0, $"{silo.Name} stops in order");
        Install(silo, program, level);
        silo.Start();
        await cluster.WaitUntilReadyAsync();
        await workload.WaitForProgressAsync();
        await cluster.WaitUntilSpreadAsync();
    }

    private void Install(OraftSilo silo, string program, int level)
    {
        silo.Program = program;
        cluster.Environment["Raft__LevelMax"] = level.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Both are raised by hand, and the newer build's command is known from then on.</summary>
    private async Task FinalizeAsync()
    {
        await OraftAsync("cluster", "finalize");
        await OraftAsync("group", "raise", CounterSilo.Set);
        await RequireVersionsAsync(FeatureLevels.Newest, machine: 2);
        var before = await AskAsync("frozen", "increment", "before");
        await AskAsync("frozen", "freeze", "freeze");
        Require(before == 1 && await AskAsync("frozen", "increment", "after") == CounterMachine.Refused, "a frozen counter stays as it is");
    }

    /// <summary>A former program does not start any more, and says why.</summary>
    private async Task CannotGoBackAsync()
    {
        var silo = cluster.Silos[^1];
        silo.Process.Terminate();
        await silo.Process.WaitForExitAsync(Deadline);
        Install(silo, builds.Former, FeatureLevels.Oldest);
        silo.Start();
        var code = await silo.Process.WaitForExitAsync(Deadline);
        Require(
            code != 0 && silo.Process.Output.Concat(silo.Process.Errors).Any(static line => line.Contains("it is too old", StringComparison.Ordinal)),
            $"the former program is refused in a sentence; it ended with {code}: {silo.Process.Transcript}");
        Install(silo, builds.Newer, FeatureLevels.Newest);
        silo.Start();
        await cluster.WaitUntilReadyAsync();
        await cluster.WaitUntilSpreadAsync();
    }

    private async Task PromiseAsync(string step)
    {
        for (var number = 0; number < PromisesAtOnce; number++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{step} {number}");
            promises[id] = await AskAsync("promises", "increment", id);
        }
    }

    /// <summary>Whoever asks again is answered as before, whichever program answers.</summary>
    private async Task KeepPromisesAsync(string step)
    {
        foreach (var (id, promised) in promises)
        {
            var answer = await AskAsync("promises", "increment", id);
            Require(answer == promised, $"'{id}' is answered with {promised} for ever, and after {step} with {answer}");
        }
    }

    private async Task RequireVersionsAsync(int level, int machine)
    {
        await Until.TrueAsync(
            async () =>
            {
                var levels = await http.GetFromJsonAsync<JsonElement>(new Uri(cluster.Addresses[0], "/api/v1/cluster/versions"));
                var groups = await http.GetFromJsonAsync<JsonElement>(new Uri(cluster.Addresses[0], "/api/v1/groups"));
                return levels.GetProperty("level").GetInt32() == level
                    && groups.GetProperty("groups").EnumerateArray().All(group => group.GetProperty("machineVersion").GetInt32() == machine);
            },
            Deadline,
            () => $"the cluster does not work at level {level} and version {machine}");
    }

    private async Task OraftAsync(params string[] command)
    {
        string[] line = [.. command, "--server", cluster.Addresses[0].AbsoluteUri];
        var (code, process) = await OraftProcess.RunAsync(line);
        await using (process)
        {
            Require(code == 0, $"oraft {string.Join(' ', command)} ended with {code}: {process.Transcript}");
            Write(new { command = string.Join(' ', command), output = process.Output });
        }
    }

    private async Task<long> AskAsync(string counter, string what, string id)
    {
        long? value = null;
        var attempt = 0;
        await Until.TrueAsync(
            async () => (value = await TryAskAsync(cluster.Addresses[attempt++ % cluster.Addresses.Count], counter, what, id)) is not null,
            Deadline,
            () => $"{what} of {counter} is not answered");
        return value!.Value;
    }

    private async Task<long?> TryAskAsync(Uri server, string counter, string what, string id)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"/api/v1/tenants/roll/counters/{counter}/{what}"));
            request.Headers.Add("Idempotency-Key", id);
            using var response = await http.SendAsync(request);
            return response.IsSuccessStatusCode ? (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("value").GetInt64() : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException or JsonException)
        {
            return null;
        }
    }

    private async Task ReportAsync()
    {
        var report = await workload.StopAndCheckAsync();
        violations.AddRange(report.Violations);
        violations.AddRange(await cluster.CompareReplicasAsync());
        Write(new
        {
            acknowledged = report.Acknowledged,
            perSecond = Math.Round(report.PerSecond),
            repeated = report.Repeated,
            open = report.Open,
            promises = promises.Count,
            medianGapMilliseconds = gaps.Order().ElementAt(gaps.Count / 2),
            longestGapMilliseconds = gaps.Max(),
            violations,
        });
    }

    private void Require(bool holds, string rule)
    {
        if (!holds)
        {
            violations.Add(rule);
        }
    }

    private static void Write(object line) => Console.WriteLine(JsonSerializer.Serialize(line));
}
