using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.EndToEnd;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>
/// The worst day, as the runbook plays it: a cluster with TLS and keys is backed up under load, two of three silos and two of three database servers
/// are destroyed; its groups go on from what is left and get their members back, and the backup is restored elsewhere.
/// <c>ORAFT_DRILL_COUNTERS</c> and <c>ORAFT_DRILL_SECONDS</c> make it larger.
/// </summary>
[Collection(EndToEndCluster.Name)]
public sealed class DrillTests(EndToEndCluster cluster) : IDisposable
{
    private const string Tenant = "drill";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);
    private static readonly int Counters = Setting("ORAFT_DRILL_COUNTERS", 8);
    private static readonly TimeSpan LoadFor = TimeSpan.FromSeconds(Setting("ORAFT_DRILL_SECONDS", 1));

    private readonly string folder = Directory.CreateTempSubdirectory("oraft-drill-").FullName;
    private readonly long[] acknowledged = new long[Counters];
    private readonly long[] begun = new long[Counters];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(folder, "drill.oraft");

    [LongFact]
    public async Task A_cluster_is_backed_up_under_load_destroyed_recovered_and_restored()
    {
        await using var second = await PostgresFixture.StartOwnServerAsync();
        await using var third = await PostgresFixture.StartOwnServerAsync();
        (PostgresServer Server, string Database)[] lost =
            [(second, await second.CreateDatabaseAsync()), (third, await third.CreateDatabaseAsync())];
        await using var trusted = await TrustedCluster.StartAsync(
            cluster, "drill", [.. lost.SelectMany(static server => new[] { "--postgres", server.Database })]);
        var cut = await BackUpUnderLoadAsync(trusted);

        // Nothing is under way, so every replica hears of everything that was acknowledged.
        await SettleAsync(trusted);
        foreach (var silo in trusted.Silos)
        {
            await silo.Process.KillAsync();
        }

        await second.KillAsync();
        await third.KillAsync();
        await RecoverAsync(trusted);
        await RepairAsync(trusted, lost);
        await RestoreAsync(trusted, cut);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <returns>How often each counter had been raised when the backup began.</returns>
    private async Task<long[]> BackUpUnderLoadAsync(TrustedCluster trusted)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var load = Enumerable.Range(0, Counters).Select(counter => AddUntilAsync(trusted, counter, stopping.Token)).ToList();
        await AwaitLoadAsync(load);
        long[] cut = [.. Enumerable.Range(0, Counters).Select(counter => Interlocked.Read(ref acknowledged[counter]))];
        var backup = await OraftAsync(trusted, "backup", "create", File);
        await AwaitLoadAsync(load);
        await stopping.CancelAsync();
        await Task.WhenAll(load);

        backup.ExitCode.ShouldBe(0, backup.Error + trusted.Transcript);
        backup.Output.ShouldContain("holds a backup of cluster");
        cut.ShouldAllBe(static count => count > 0);
        return cut;
    }

    /// <summary>Lets the load run for its time, and on until every counter has been raised in it.</summary>
    private async Task AwaitLoadAsync(IReadOnlyList<Task> load)
    {
        long[] before = [.. acknowledged];
        await Task.Delay(LoadFor, Token);
        await Until.TrueAsync(
            () => Task.FromResult(
                load.Any(static task => task.IsFaulted)
                || Enumerable.Range(0, Counters).All(counter => Interlocked.Read(ref acknowledged[counter]) > before[counter])),
            Deadline,
            () => $"the load stands still at {string.Join(", ", acknowledged)}");
    }

    private static async Task SettleAsync(TrustedCluster trusted)
    {
        foreach (var group in Groups)
        {
            var compared = await OraftAsync(trusted, "group", "compare", group);
            compared.ExitCode.ShouldBe(0, compared.Error + trusted.Transcript);
        }
    }

    /// <summary>
    /// What is left is one replica of each group, on the first server: the groups go on from those, with all that was acknowledged.
    /// </summary>
    private async Task RecoverAsync(TrustedCluster trusted)
    {
        var servers = ServersOf(trusted);
        var inspected = await CommandLineRun.RunAsync(["inspect", .. servers]);
        inspected.ExitCode.ShouldBe(3, inspected.Error);
        inspected.Error.ShouldContain("2 of 3 servers did not answer");
        foreach (var group in Groups)
        {
            var asked = await CommandLineRun.RunAsync(["group", "recover", group, "--from", "1", .. servers]);
            var recovered = await CommandLineRun.RunAsync(
                ["group", "recover", group, "--from", "1", "--accept-data-loss", "--members-are-stopped", .. servers]);

            asked.ExitCode.ShouldBe(1);
            asked.Output.ShouldContain($"Replica 1 of {group} holds entries through");
            asked.Error.ShouldContain("nothing was changed");
            recovered.ExitCode.ShouldBe(0, recovered.Error);
            recovered.Output.ShouldContain($"{group} goes on from replica 1 alone, as incarnation 1");
        }

        // It is not ready, since most of its servers are away, but serves.
        var silo = trusted.Silos[0];
        silo.Start();
        for (var counter = 0; counter < Counters; counter++)
        {
            (await ReadAsync(silo, trusted, counter)).ShouldBe(acknowledged[counter], $"counter {counter}\n{silo.Process.Transcript}");
        }

        await silo.Process.KillAsync();
    }

    /// <summary>Empty databases come in the place of the lost ones, and new replicas in that of the lost ones.</summary>
    private async Task RepairAsync(TrustedCluster trusted, (PostgresServer Server, string Database)[] lost)
    {
        var silo = trusted.Silos[0];
        for (var number = 0; number < lost.Length; number++)
        {
            var (server, database) = lost[number];
            await server.StartAsync();
            await server.EmptyAsync(database);
            var replaced = await CommandLineRun.RunAsync(["postgres", "replace", "--server", $"{number + 1}", .. ServersOf(trusted)]);
            replaced.ExitCode.ShouldBe(0, replaced.Error);
            replaced.Output.ShouldContain("oraft member repair");
        }

        foreach (var started in trusted.Silos)
        {
            started.Start();
        }

        CommandLineRun? repaired = null;
        await Until.TrueAsync(
            async () => (repaired = await OraftAsync(trusted, "member", "repair")).ExitCode == 0,
            Deadline,
            () => $"the members are not repaired: {repaired?.Error}\n{trusted.Transcript}");
        foreach (var started in trusted.Silos)
        {
            await started.WaitUntilReadyAsync();
        }

        (await OraftAsync(trusted, "member", "repair")).Output.ShouldContain("nothing to repair");
        foreach (var group in Groups)
        {
            (await OraftAsync(trusted, "member", "list", group)).Output.ShouldContain("voters 1, 1001, 1002");
        }

        await SettleAsync(trusted);
        for (var counter = 0; counter < Counters; counter++)
        {
            (await ReadAsync(silo, trusted, counter)).ShouldBe(acknowledged[counter], $"counter {counter}\n{silo.Process.Transcript}");
        }

        foreach (var started in trusted.Silos)
        {
            await started.Process.KillAsync();
        }
    }

    /// <summary>The servers of a cluster, as a command takes them.</summary>
    private static List<string> ServersOf(TrustedCluster trusted)
    {
        var line = trusted.Silos[0].CommandLine;
        return
        [
            .. line.Zip(line.Skip(1))
                .Where(static pair => pair.First == "--postgres")
                .SelectMany(static pair => new[] { pair.First, pair.Second }),
        ];
    }

    /// <summary>Into a store of another kind, where the keys of the backup are in force.</summary>
    private async Task RestoreAsync(TrustedCluster trusted, long[] cut)
    {
        var data = Path.Combine(folder, "data");
        var restored = await CommandLineRun.RunAsync("backup", "restore", File, "--data", data);
        var inspected = await CommandLineRun.RunAsync("inspect", data);
        restored.ExitCode.ShouldBe(0, restored.Error);
        inspected.ExitCode.ShouldBe(0, inspected.Error);

        await using var silo = new OraftSilo(
            "silo-1",
            ["--data", data, "--cluster-id", trusted.ClusterId, "--groups", "2", "--auth", "keys", .. trusted.Files.OptionsOf("silo-1")])
        {
            Tls = trusted.Files.NewClient(),
        };
        silo.Start();
        await silo.WaitUntilReadyAsync();
        for (var counter = 0; counter < Counters; counter++)
        {
            (await ReadAsync(silo, trusted, counter)).ShouldBeInRange(cut[counter], begun[counter], $"counter {counter}");
        }

        silo.Tls.Dispose();
    }

    private static string[] Groups => ["catalogue-0", "counters-0", "counters-1"];

    private async Task AddUntilAsync(TrustedCluster trusted, int counter, CancellationToken stopping)
    {
        using var client = ClientOf(trusted);
        var silo = trusted.Silos[counter % trusted.Silos.Count];
        while (!stopping.IsCancellationRequested)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Post, new Uri(silo.Address, $"/api/v1/tenants/{Tenant}/counters/c{counter}/increment"))
            {
                Content = JsonContent.Create(new { by = 1 }),
            };
            Interlocked.Increment(ref begun[counter]);
            using var answer = await client.SendAsync(request, Token);
            answer.EnsureSuccessStatusCode();
            Interlocked.Increment(ref acknowledged[counter]);
        }
    }

    private static async Task<long?> TryReadAsync(OraftSilo silo, TrustedCluster trusted, int counter)
    {
        try
        {
            using var client = ClientOf(trusted);
            var read = await client.GetFromJsonAsync<JsonElement>(new Uri(silo.Address, $"/api/v1/tenants/{Tenant}/counters/c{counter}"), Token);
            return read.GetProperty("value").GetInt64();
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>A group may still elect.</summary>
    private static async Task<long> ReadAsync(OraftSilo silo, TrustedCluster trusted, int counter)
    {
        long? read = null;
        await Until.TrueAsync(
            async () => (read = await TryReadAsync(silo, trusted, counter)) is not null,
            Deadline,
            () => $"counter {counter} is not served:\n{silo.Process.Transcript}");
        return read!.Value;
    }

    private static HttpClient ClientOf(TrustedCluster trusted)
    {
        var client = trusted.Files.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", trusted.AdminKey);
        return client;
    }

    private static Task<CommandLineRun> OraftAsync(TrustedCluster trusted, params IEnumerable<string> line) =>
        CommandLineRun.AtAsync(trusted.Silos[0].Address, [.. line, "--cacert", trusted.Files["ca.pem"], "--key", trusted.AdminKey]);

    private static int Setting(string name, int byDefault) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : byDefault;
}
