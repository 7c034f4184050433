using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansRaft.Client;
using OrleansRaft.Counters;
using OrleansRaft.Hostile.Attacks;
using OrleansRaft.Runtime;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Hostile;

/// <summary>Starts a silo, attacks it for a while, and looks whether it took it as it should.</summary>
public static class HostileRun
{
    private const string Clusters = "hostile";
    private const string Kept = "/api/v1/tenants/kept/counters/kept";

    // What a process holds after attacks of one kind it holds after the next of the same kind, give or take: kept connections, compiled code, pools.
    private const double GrowthMaxMegabytes = 150;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RecordingMax = TimeSpan.FromSeconds(30);

    /// <summary>Runs.</summary>
    /// <param name="seed">Decides the bytes that are sent.</param>
    /// <param name="duration">For how long; every attack is made at least once.</param>
    /// <param name="tell">Told what was done.</param>
    /// <param name="cancellation">Stops.</param>
    public static async Task<Verdict> RunAsync(int seed, TimeSpan duration, Action<string> tell, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tell);
        var folder = Directory.CreateTempSubdirectory("oraft-hostile-").FullName;
        try
        {
            var key = $"oraft_{Hex(5)}_{Hex(32)}";
            var keyFile = Path.Combine(folder, "admin-key");
            await File.WriteAllTextAsync(keyFile, key + "\n", cancellation);
            await using var silo = new OraftSilo(
                "hostile",
                [
                    "--store", "sqlite",
                    "--data", Path.Combine(folder, "data"),
                    "--cluster-id", Clusters,
                    "--groups", "4",
                    "--auth", "keys",
                    "--admin-key-file", keyFile,
                ]);
            silo.Start();
            await silo.WaitUntilReadyAsync();
            return await AttackAsync(silo, new Target(silo, key), new Random(seed), duration, tell, cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Verdict> AttackAsync(
        OraftSilo silo, Target target, Random random, TimeSpan duration, Action<string> tell, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = target.Http, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", target.AdminKey);
        await WaitForKeyAsync(client, cancellation);
        var recordings = await RecordAsync(target, cancellation);
        var clock = Stopwatch.StartNew();
        var (rounds, acknowledged, before) = (0, 0L, 0d);
        do
        {
            await RoundAsync(target, random, recordings, clock, tell, cancellation);
            acknowledged = await IncrementAsync(target, client, acknowledged, cancellation);
            rounds++;
            if (rounds == 1)
            {
                before = await SettledMegabytesAsync(silo, cancellation);
            }
        }
        while (clock.Elapsed < duration && !silo.Process.HasExited);

        var after = rounds == 1 ? before : await SettledMegabytesAsync(silo, cancellation);
        await JudgeAsync(silo, target, client, acknowledged, cancellation);
        if (after > before + GrowthMaxMegabytes)
        {
            target.Report(string.Create(CultureInfo.InvariantCulture, $"memory grew from {before:0} MB after the first round to {after:0} MB after {rounds}"));
        }

        return new Verdict(target.Problems, rounds, target.Requests, target.Connections, before, after);
    }

    private static async Task RoundAsync(
        Target target, Random random, IReadOnlyList<byte[]> recordings, Stopwatch clock, Action<string> tell, CancellationToken cancellation)
    {
        var slow = SlowAttack.RunAsync(target, random, TimeSpan.FromSeconds(4), cancellation);
        await RouteAttack.RunAsync(target, random, cancellation);
        tell(Line("routes"));
        await FloodAttack.RunAsync(target, random, size: 200, cancellation);
        tell(Line("floods"));
        await PortAttack.RunAsync(target, random, connections: 90, cancellation);
        tell(Line("ports"));
        await ReplayAttack.RunAsync(target, recordings, random, connections: 12, cancellation);
        tell(Line("replays"));
        await slow;
        tell(Line("slow clients"));

        string Line(string attack) => string.Create(
            CultureInfo.InvariantCulture,
            $"{clock.Elapsed.TotalSeconds,7:0.0} s  {attack,-12}  {target.Requests} requests, {target.Connections} connections, {target.Problems.Count} problems");
    }

    private static async Task WaitForKeyAsync(HttpClient client, CancellationToken cancellation)
    {
        while (true)
        {
            using var answer = await client.GetAsync(new Uri("/api/v1/groups", UriKind.Relative), cancellation);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            await Task.Delay(100, cancellation);
        }
    }

    /// <summary>What an honest Orleans client says at the gateway.</summary>
    private static async Task<IReadOnlyList<byte[]>> RecordAsync(Target target, CancellationToken cancellation)
    {
        using var recorder = new ReplayAttack.Recorder(target.GatewayPort);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(RecordingMax);
        try
        {
            using var host = new HostBuilder()
                .UseOrleansClient(orleans => orleans
                    .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, recorder.Port))
                    .Configure<ClusterOptions>(static options => options.ClusterId = options.ServiceId = Clusters))
                .Build();
            await host.StartAsync(limit.Token).WaitAsync(limit.Token);
            var counter = host.Services.GetRequiredService<IClusterClient>().GetRaftGroup<CounterCommand, CounterResult>(
                CounterMachine.SetName, "recorded/counter");
            if (await counter.SubmitAsync(new IncrementCounter(1), "once", limit.Token).WaitAsync(limit.Token) is not Committed<CounterResult>)
            {
                target.Report("an honest Orleans client was not served");
            }

            await host.StopAsync(limit.Token).WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            target.Report("an honest Orleans client was not served in time");
        }

        return [.. recorder.Recordings];
    }

    /// <summary>An honest client is served in between.</summary>
    private static async Task<long> IncrementAsync(Target target, HttpClient client, long acknowledged, CancellationToken cancellation)
    {
        for (var number = 0; number < 20; number++)
        {
            using var answer = await client.PostAsJsonAsync(Kept + "/increment", new { by = 1 }, cancellation);
            target.Judge((int)answer.StatusCode, "an honest increment", "");
            if (answer.StatusCode != HttpStatusCode.OK)
            {
                target.Report($"an honest increment was answered {(int)answer.StatusCode}");
                continue;
            }

            acknowledged++;
        }

        return acknowledged;
    }

    private static async Task<double> SettledMegabytesAsync(OraftSilo silo, CancellationToken cancellation)
    {
        await Task.Delay(Settling, cancellation);
        if (silo.Process.HasExited)
        {
            return 0;
        }

        using var process = Process.GetProcessById(silo.Process.Id);
        return process.WorkingSet64 / (1024d * 1024d);
    }

    private static async Task JudgeAsync(OraftSilo silo, Target target, HttpClient client, long acknowledged, CancellationToken cancellation)
    {
        if (silo.Process.HasExited)
        {
            target.Report($"the silo has ended: {silo.Process.Transcript}");
            return;
        }

        using var alarms = JsonDocument.Parse(await client.GetStringAsync(new Uri("/health/alarms", UriKind.Relative), cancellation));
        if (alarms.RootElement.GetProperty("alarms").GetArrayLength() > 0)
        {
            target.Report($"there are alarms: {alarms.RootElement}");
        }

        if (!await silo.IsReadyAsync())
        {
            target.Report("the silo is not ready");
        }

        using var kept = JsonDocument.Parse(await client.GetStringAsync(new Uri(Kept, UriKind.Relative), cancellation));
        if (kept.RootElement.GetProperty("value").GetInt64() is var value && value != acknowledged)
        {
            target.Report($"{acknowledged} increments were acknowledged, and the counter is {value}");
        }

        var failures = silo.Process.Errors.Where(static line => line.Contains("internal-error", StringComparison.Ordinal)
            || line.Contains("Unhandled", StringComparison.Ordinal)).Take(3).ToList();
        failures.ForEach(failure => target.Report($"the log has: {failure}"));
    }

    private static string Hex(int bytes) => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(bytes));
}
