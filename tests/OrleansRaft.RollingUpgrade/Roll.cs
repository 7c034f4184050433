using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansRaft.Core;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;
using OrleansRaft.Testbed.Workloads;

namespace OrleansRaft.RollingUpgrade;

/// <summary>What is rolled.</summary>
/// <param name="Former">The assembly of the application's former build.</param>
/// <param name="Newer">That of its newer one.</param>
/// <param name="Rest">For how long the cluster is left alone before each silo is replaced.</param>
/// <param name="Clients">How many clients increment counters.</param>
/// <param name="IsBrief">Whether two silos are newer from the beginning, and only one goes back; with little load.</param>
internal sealed record RollPlan(string Former, string Newer, TimeSpan Rest, int Clients, bool IsBrief);

/// <summary>Three silos go over to a newer program under load, come back, and go over for good.</summary>
internal sealed class Roll : IAsyncDisposable
{
    private const int PromisesAtOnce = 10;
    private const int ClientsOfCounter = 2;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Dictionary<string, long> promises = [];
    private readonly List<string> violations = [];
    private readonly List<double> gaps = [];
    private readonly RollPlan plan;
    private readonly SiloCluster cluster;
    private readonly CounterWorkload workload;

    private Roll(RollPlan plan, SiloCluster cluster)
    {
        (this.plan, this.cluster) = (plan, cluster);
        workload = new CounterWorkload(cluster.Addresses, "load", counters: plan.Clients / ClientsOfCounter, clients: plan.Clients)
        {
            Rest = TimeSpan.FromMilliseconds(plan.IsBrief ? 100 : 5),
        };
    }

    /// <summary>Rolls forth, back and forth again.</summary>
    /// <param name="plan">What is rolled.</param>
    /// <param name="database">An empty database; null for one of a server of its own.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Whether everything was as it should be.</returns>
    public static async Task<bool> RunAsync(RollPlan plan, string? database, CancellationToken cancellation)
    {
        await using var server = database is null ? await PostgresServer.StartNewAsync() : null;
        await using var cluster = new SiloCluster([database ?? await server!.CreateDatabaseAsync("upgrade")]);

        // Snapshots are made and sent often, so that each program reads what the other wrote; an upgrade is finished by hand.
        cluster.Environment["Raft__SnapshotThresholdBytes"] = "20000";
        cluster.Environment["Raft__KeptEntries"] = "10";
        cluster.Environment["Raft__RequestRetention"] = "01:00:00";
        cluster.Environment["Raft__AutoFinalize"] = "false";
        cluster.Environment["Raft__AutoRaise"] = "false";
        await using var roll = new Roll(plan, cluster);
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
        IReadOnlyList<OraftSilo> forth = plan.IsBrief ? [cluster.Silos[0]] : cluster.Silos;
        IReadOnlyList<OraftSilo> back = plan.IsBrief ? [cluster.Silos[1]] : cluster.Silos;
        await StartAsync(forth);
        workload.Start();
        await workload.WaitForProgressAsync();

        await ReplaceAsync("forth", forth, plan.Newer, cancellation);
        await RequireVersionsAsync(FeatureLevels.Newest - 1, machine: 1);
        await ReplaceAsync("back", back, plan.Former, cancellation);
        await ReplaceAsync("forth again", back, plan.Newer, cancellation);
        await FinalizeAsync();
        if (!plan.IsBrief)
        {
            await CannotGoBackAsync();
        }

        await KeepPromisesAsync("the end");
        await ReportAsync();
    }

    /// <summary>A cluster begins at the level of its first silo.</summary>
    private async Task StartAsync(IReadOnlyList<OraftSilo> former)
    {
        foreach (var silo in cluster.Silos)
        {
            silo.Program = former.Contains(silo) ? plan.Former : plan.Newer;
            silo.Start();
            if (silo == cluster.Silos[0])
            {
                await silo.WaitUntilReadyAsync();
            }
        }

        await cluster.WaitUntilReadyAsync();
        await cluster.WaitUntilSpreadAsync();
    }

    private async Task ReplaceAsync(string step, IReadOnlyList<OraftSilo> silos, string program, CancellationToken cancellation)
    {
        foreach (var silo in silos)
        {
            await Task.Delay(plan.Rest, cancellation);
            await PromiseAsync($"{step} {silo.Name}");
            var since = Stopwatch.GetTimestamp();
            await ReplaceAsync(silo, program);
            var gap = Math.Round(workload.LongestGapSince(since).TotalMilliseconds);
            gaps.Add(gap);
            Write(
                new { step, silo = silo.Name, seconds = Math.Round(Stopwatch.GetElapsedTime(since).TotalSeconds, 1), longestGapMilliseconds = gap });
        }

        await KeepPromisesAsync(step);
        if (cluster.Silos.All(silo => silo.Program == program))
        {
            // The states of different programs are not compared.
            violations.AddRange(await cluster.CompareReplicasAsync());
        }
    }

    private async Task ReplaceAsync(OraftSilo silo, string program)
    {
        silo.Process.Terminate();
        Require(await silo.Process.WaitForExitAsync(Deadline) == 0, $"{silo.Name} stops in order");
        silo.Program = program;
        silo.Start();
        await cluster.WaitUntilReadyAsync();
        await workload.WaitForProgressAsync();
        await cluster.WaitUntilSpreadAsync();
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
        silo.Program = plan.Former;
        silo.Start();
        var code = await silo.Process.WaitForExitAsync(Deadline);
        Require(
            code != 0 && silo.Process.Output.Concat(silo.Process.Errors).Any(static line => line.Contains("it is too old", StringComparison.Ordinal)),
            $"the former program is refused in a sentence; it ended with {code}: {silo.Process.Transcript}");
        silo.Program = plan.Newer;
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
            if (response.StatusCode == HttpStatusCode.Conflict)
            {
                throw new InvalidOperationException($"'{id}' is not recognized: {await response.Content.ReadAsStringAsync()}");
            }

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
