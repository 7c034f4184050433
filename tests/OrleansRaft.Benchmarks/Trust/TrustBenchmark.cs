using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansRaft.Server.Access;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Trust;

/// <summary><c>trust</c>: what TLS and a key cost of increments over HTTP: two silos of their own, in turn.</summary>
internal static class TrustBenchmark
{
    private const int Connections = 64;
    private const int Counters = 1_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often each is measured, in turn.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "For how long, each time.", DefaultValueFactory = _ => 5 };
        var command = new Command(
            "trust",
            "Measures what TLS and a key cost: one silo with them and one without, each with 64 connections that increment 1,000 counters. A minute "
                + "or two.")
        {
            rounds, seconds,
        };
        command.SetAction((parsed, cancellation) =>
            RunAsync(parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellation));
        return command;
    }

    private static async Task RunAsync(int rounds, TimeSpan length, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("oraft-trust-").FullName;
        try
        {
            var (made, init) = await OraftProcess.RunAsync(["tls", "init", folder]);
            await using var ended = init;
            if (made != 0)
            {
                throw new InvalidOperationException($"No certificates were made: {init.Transcript}");
            }

            var key = ApiKeyText.New();
            await SecretText.WriteAsync(Path.Combine(folder, "admin-key"), key + "\n", cancellation);
            using var plainClient = NewClient(null, null);
            using var trustedClient = NewClient(folder, key);
            await using var plain = NewSilo("plain", folder, []);
            await using var trusted = NewSilo("silo-1", folder, TrustOf(folder), trustedClient);
            await StartAsync(plain, plainClient, cancellation);
            await StartAsync(trusted, trustedClient, cancellation);
            var (without, with) = (new List<Figure>(), new List<Figure>());
            for (var round = 0; round < rounds; round++)
            {
                without.Add(await MeasureAsync(plain, plainClient, length, cancellation));
                with.Add(await MeasureAsync(trusted, trustedClient, length, cancellation));
            }

            Print(Median(without), Median(with));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string[] TrustOf(string folder) =>
    [
        "--auth", "keys",
        "--admin-key-file", Path.Combine(folder, "admin-key"),
        "--tls-ca", Path.Combine(folder, "ca.pem"),
        "--tls-cert", Path.Combine(folder, "silo-1.pem"),
        "--tls-key", Path.Combine(folder, "silo-1-key.pem"),
    ];

    private static OraftSilo NewSilo(string name, string folder, string[] more, HttpClient? tls = null) =>
        new(name, ["--store", "sqlite", "--data", Path.Combine(folder, "data-" + name), .. more]) { Tls = tls };

    private static HttpClient NewClient(string? folder, string? key)
    {
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = Connections };
        if (folder is not null)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(Path.Combine(folder, "ca.pem"));
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static async Task StartAsync(OraftSilo silo, HttpClient client, CancellationToken cancellation)
    {
        silo.Start();
        await silo.WaitUntilReadyAsync();

        // The first key comes into force after the silo is ready.
        while (true)
        {
            using var asked = await client.GetAsync(new Uri(silo.Address, "/api/v1/groups"), cancellation);
            if (asked.IsSuccessStatusCode)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }

        await MeasureAsync(silo, client, WarmUp, cancellation);
    }

    /// <summary>A closed loop on every connection.</summary>
    private static async Task<Figure> MeasureAsync(OraftSilo silo, HttpClient client, TimeSpan length, CancellationToken cancellation)
    {
        using var process = Process.GetProcessById(silo.Process.Id);
        var (before, clock, done) = (process.TotalProcessorTime, Stopwatch.StartNew(), 0L);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(connection => Task.Run(
            async () =>
            {
                for (var number = connection; clock.Elapsed < length; number += Connections)
                {
                    await IncrementAsync(silo, client, number % Counters, cancellation);
                    Interlocked.Increment(ref done);
                }
            },
            cancellation)));
        process.Refresh();
        return new Figure(done / clock.Elapsed.TotalSeconds, (process.TotalProcessorTime - before).TotalMicroseconds / done);
    }

    private static async Task IncrementAsync(OraftSilo silo, HttpClient client, int counter, CancellationToken cancellation)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/api/v1/tenants/bench/counters/c{counter}/increment");
        using var content = new StringContent("{\"by\":1}", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri(silo.Address, path), content, cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            var text = await answer.Content.ReadAsStringAsync(cancellation);
            throw new InvalidOperationException($"An increment was answered {(int)answer.StatusCode}: {text}");
        }
    }

    private static Figure Median(List<Figure> figures) => new(
        figures.Select(static figure => figure.PerSecond).Order().ElementAt(figures.Count / 2),
        figures.Select(static figure => figure.Microseconds).Order().ElementAt(figures.Count / 2));

    private static void Print(Figure without, Figure with)
    {
        Console.WriteLine("| 64 connections | increments a second | the silo's processor time for each |");
        Console.WriteLine("|---|--:|--:|");
        Row("plain text, no key", without);
        Row("TLS and a key", with);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| cost | {100 * (1 - (with.PerSecond / without.PerSecond)):0.0} % | {100 * ((with.Microseconds / without.Microseconds) - 1):0.0} % |"));
    }

    private static void Row(string name, Figure figure) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"| {name} | {figure.PerSecond:N0} | {figure.Microseconds:0.0} us |"));

    private sealed record Figure(double PerSecond, double Microseconds);
}
