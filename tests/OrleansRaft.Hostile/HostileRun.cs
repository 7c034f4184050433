using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansRaft.Counters;
using OrleansRaft.Hostile.Attacks;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Access;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Hostile;

/// <summary>Starts a silo, attacks it for a while, and looks whether it took it as it should.</summary>
public static class HostileRun
{
    private const string Cluster = "hostile";

    // Whatever keeps what it is sent comes to its end here.
    private const long HeapBytesMax = 400L * 1024 * 1024;

    // What a process holds after attacks of one kind it holds after the next of the same kind, give or take: connections, compiled code, pools.
    private const double GrowthMegabytesMax = 100;

    private static readonly TimeSpan RecordingPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromMinutes(2);

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
            var key = ApiKeyText.New();
            var (keyFile, data) = (Path.Combine(folder, "admin-key"), Path.Combine(folder, "data"));
            await SecretText.WriteAsync(keyFile, key + "\n", cancellation);
            await using var silo = new OraftSilo(
                Cluster,
                ["--store", "sqlite", "--data", data, "--cluster-id", Cluster, "--groups", "4", "--auth", "keys", "--admin-key-file", keyFile],
                new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = HeapBytesMax.ToString("X", CultureInfo.InvariantCulture) });
            silo.Start();
            await silo.WaitUntilReadyAsync();
            var target = new Target(silo, key);
            var verdict = await AttackAsync(silo, target, new Random(seed), duration, tell, cancellation);
            await StopAsync(silo, target, data);
            return verdict with { Problems = target.Problems };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Verdict> AttackAsync(
        OraftSilo silo, Target target, Random random, TimeSpan duration, Action<string> tell, CancellationToken cancellation)
    {
        using var client = target.NewClient(target.AdminKey);
        await WaitForKeyAsync(client, cancellation);
        var recordings = await RecordAsync(target, cancellation);
        using var honest = new HonestClient(target);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var counting = honest.RunAsync(stopping.Token);
        await Task.Delay(QuietTime, cancellation);
        var quiet = Waits.Of(honest.TakeWaits());
        var attacked = new List<TimeSpan>();
        var clock = Stopwatch.StartNew();
        var (rounds, before) = (0, 0d);
        do
        {
            await RoundAsync(target, random, recordings, Tell, cancellation);
            if (++rounds == 1 || clock.Elapsed < duration / 2)
            {
                // Pools and heaps take their time until they are as large as they get.
                before = Megabytes(silo);
            }
        }
        while (clock.Elapsed < duration && !silo.Process.HasExited);

        await stopping.CancelAsync();
        await counting;
        var after = Megabytes(silo);
        if (after > before + GrowthMegabytesMax)
        {
            target.Report(string.Create(
                CultureInfo.InvariantCulture, $"memory grew from {before:0} MB at half time to {after:0} MB after {rounds} rounds"));
        }

        if (!silo.Process.HasExited)
        {
            await JudgeAsync(silo, target, client, cancellation);
            await honest.JudgeAsync(cancellation);
        }

        return new Verdict([], rounds, target.Requests, target.Connections, before, after, quiet, Waits.Of(attacked));

        void Tell(string attack)
        {
            var waits = honest.TakeWaits();
            attacked.AddRange(waits);
            tell(string.Create(
                CultureInfo.InvariantCulture,
                $"{clock.Elapsed.TotalSeconds,7:0.0} s  {attack,-12}  {target.Requests} requests, {target.Connections} connections, "
                    + $"{target.Problems.Count} problems; an honest client waited {Waits.Of(waits)}"));
        }
    }

    private static async Task RoundAsync(
        Target target, Random random, IReadOnlyList<byte[]> recordings, Action<string> tell, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var slow = SlowAttack.RunAsync(target, random, stopping.Token);
        await RouteAttack.RunAsync(target, random, cancellation);
        tell("routes");
        await FloodAttack.RunAsync(target, random, cancellation);
        tell("floods");
        await PortAttack.RunAsync(target, random, cancellation);
        tell("ports");
        await ReplayAttack.RunAsync(target, recordings, random, cancellation);
        tell("replays");
        await stopping.CancelAsync();
        await slow;
        tell("slow clients");
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

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }
    }

    /// <summary>What an honest Orleans client says at the gateway.</summary>
    private static async Task<IReadOnlyList<byte[]>> RecordAsync(Target target, CancellationToken cancellation)
    {
        var recorder = new Recorder();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(RecordingPatience);
        using var host = new HostBuilder()
            .UseOrleansClient(orleans => orleans
                .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, target.GatewayPort))
                .Configure<ClientConnectionOptions>(options => options.ConfigureConnection(recorder.Use))
                .Configure<ClusterOptions>(static options => options.ClusterId = options.ServiceId = Cluster))
            .Build();
        await host.StartAsync(limit.Token);
        var counter = host.Services.GetRequiredService<IClusterClient>().GetRaftGroup<CounterCommand, CounterResult>(
            CounterMachine.SetName, "recorded/counter");
        if (await counter.SubmitAsync(new IncrementCounter(1), "once", limit.Token) is not Committed<CounterResult>)
        {
            target.Report("an honest Orleans client was not served");
        }

        await host.StopAsync(limit.Token);
        return recorder.Recordings;
    }

    private static double Megabytes(OraftSilo silo)
    {
        if (silo.Process.HasExited)
        {
            return 0;
        }

        using var process = Process.GetProcessById(silo.Process.Id);
        return process.WorkingSet64 / (1024d * 1024d);
    }

    private static async Task JudgeAsync(OraftSilo silo, Target target, HttpClient client, CancellationToken cancellation)
    {
        using var alarms = JsonDocument.Parse(await client.GetStringAsync(new Uri("/health/alarms", UriKind.Relative), cancellation));
        if (alarms.RootElement.GetProperty("alarms").GetArrayLength() > 0)
        {
            target.Report($"there are alarms: {alarms.RootElement}");
        }

        if (!await silo.IsReadyAsync())
        {
            target.Report("the silo is not ready");
        }
    }

    /// <summary>It stops in order, said nothing of an error of its own, and what it stored is whole.</summary>
    private static async Task StopAsync(OraftSilo silo, Target target, string data)
    {
        if (silo.Process.HasExited)
        {
            target.Report($"the silo has ended: {silo.Process.Transcript}");
            return;
        }

        silo.Process.Terminate();
        if (await silo.Process.WaitForExitAsync(StopPatience) is not 0 and var code)
        {
            target.Report($"the silo ended with {code} when it was asked to stop: {silo.Process.Transcript}");
        }

        foreach (var line in silo.Process.Errors.Concat(silo.Process.Output).Where(IsFailure).Take(5))
        {
            target.Report($"the log has: {line}");
        }

        var (inspected, inspection) = await OraftProcess.RunAsync(["inspect", data]);
        if (inspected != 0)
        {
            target.Report($"what it stored is not whole: {inspection.Transcript}");
        }

        await inspection.DisposeAsync();
    }

    private static bool IsFailure(string line) =>
        line.Contains("internal-error", StringComparison.Ordinal) || line.Contains("Unhandled", StringComparison.OrdinalIgnoreCase)
        || line.Contains("OutOfMemory", StringComparison.Ordinal);
}
