using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansRaft.Benchmarks.Plain;
using OrleansRaft.Server.Access;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Trust;

/// <summary>
/// <c>trust</c>: what TLS and a key cost of increments over HTTP, each alone and together, and what TLS costs of Kestrel with an empty handler:
/// servers of their own, in turn.
/// </summary>
internal static class TrustBenchmark
{
    private const int Connections = 64;
    private const int Counters = 1_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StartMax = TimeSpan.FromMinutes(1);

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often each is measured, in turn.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "For how long, each time.", DefaultValueFactory = _ => 5 };
        var command = new Command(
            "trust",
            "Measures what TLS and a key cost: silos with them and without, each with 64 connections that increment 1,000 counters, and Kestrel with "
                + "an empty handler. Some minutes.")
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
        var servers = new List<Server>();
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
            servers.Add(NewKestrel("Kestrel, empty handler", folder, isTls: false));
            servers.Add(NewKestrel("Kestrel, empty handler, TLS", folder, isTls: true));
            servers.Add(NewSilo("a silo, plain text, no key", folder, isTls: false, null));
            servers.Add(NewSilo("a silo, plain text, a key", folder, isTls: false, key));
            servers.Add(NewSilo("a silo, TLS, no key", folder, isTls: true, null));
            servers.Add(NewSilo("a silo, TLS and a key", folder, isTls: true, key));
            foreach (var server in servers)
            {
                await AwaitAsync(server, cancellation);
                await MeasureAsync(server, WarmUp, cancellation);
            }

            var figures = servers.ToDictionary(static server => server, static _ => new List<Figure>());
            for (var round = 0; round < rounds; round++)
            {
                foreach (var server in servers)
                {
                    figures[server].Add(await MeasureAsync(server, length, cancellation));
                }
            }

            Print(servers, [.. servers.Select(server => Median(figures[server]))]);
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static Server NewKestrel(string name, string folder, bool isTls)
    {
        var port = FreePorts.Next().ToString(CultureInfo.InvariantCulture);
        string[] tls = isTls ? ["--tls-cert", Path.Combine(folder, "silo-1.pem"), "--tls-key", Path.Combine(folder, "silo-1-key.pem")] : [];
        var process = OraftProcess.StartProgram(typeof(TrustBenchmark).Assembly.Location, [PlainKestrel.Verb, "--port", port, .. tls]);
        return new Server(name, NewClient(isTls ? folder : null, null), new Uri($"http{(isTls ? "s" : "")}://127.0.0.1:{port}"), process.Id, process);
    }

    private static Server NewSilo(string name, string folder, bool isTls, string? key)
    {
        var client = NewClient(isTls ? folder : null, key);
        string[] keys = key is null ? ["--auth", "none"] : ["--auth", "keys", "--admin-key-file", Path.Combine(folder, "admin-key")];
        string[] tls = isTls
            ?
            [
                "--tls-ca", Path.Combine(folder, "ca.pem"),
                "--tls-cert", Path.Combine(folder, "silo-1.pem"),
                "--tls-key", Path.Combine(folder, "silo-1-key.pem"),
            ]
            : [];
        var data = Path.Combine(folder, $"data-{isTls}-{key is not null}");
        var silo = new OraftSilo("silo-1", ["--store", "sqlite", "--data", data, .. keys, .. tls]) { Tls = isTls ? client : null };
        silo.Start();
        return new Server(name, client, silo.Address, silo.Process.Id, silo);
    }

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

    /// <summary>Waits until increments are answered: the first key comes into force after a silo is ready.</summary>
    private static async Task AwaitAsync(Server server, CancellationToken cancellation)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                await IncrementAsync(server, 0, cancellation);
                return;
            }
            catch (Exception failure) when (clock.Elapsed < StartMax && failure is HttpRequestException or InvalidOperationException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
            }
        }
    }

    /// <summary>A closed loop on every connection.</summary>
    private static async Task<Figure> MeasureAsync(Server server, TimeSpan length, CancellationToken cancellation)
    {
        using var process = Process.GetProcessById(server.ProcessId);
        var (before, own, clock, done) = (process.TotalProcessorTime, Environment.CpuUsage.TotalTime, Stopwatch.StartNew(), 0L);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(connection => Task.Run(
            async () =>
            {
                for (var number = connection; clock.Elapsed < length; number += Connections)
                {
                    await IncrementAsync(server, number % Counters, cancellation);
                    Interlocked.Increment(ref done);
                }
            },
            cancellation)));
        process.Refresh();
        return new Figure(
            done / clock.Elapsed.TotalSeconds,
            (process.TotalProcessorTime - before).TotalMicroseconds / done,
            (Environment.CpuUsage.TotalTime - own).TotalMicroseconds / done);
    }

    private static async Task IncrementAsync(Server server, int counter, CancellationToken cancellation)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/api/v1/tenants/bench/counters/c{counter}/increment");
        using var content = new StringContent("{\"by\":1}", Encoding.UTF8, "application/json");
        using var answer = await server.Client.PostAsync(new Uri(server.Address, path), content, cancellation);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            var text = await answer.Content.ReadAsStringAsync(cancellation);
            throw new InvalidOperationException($"An increment was answered {(int)answer.StatusCode}: {text}");
        }
    }

    private static Figure Median(List<Figure> figures) => new(
        MedianOf(figures, static figure => figure.PerSecond),
        MedianOf(figures, static figure => figure.Microseconds),
        MedianOf(figures, static figure => figure.ClientMicroseconds));

    private static double MedianOf(List<Figure> figures, Func<Figure, double> of) => figures.Select(of).Order().ElementAt(figures.Count / 2);

    /// <summary>Each beside the first of its kind, which has neither TLS nor a key.</summary>
    private static void Print(List<Server> servers, List<Figure> figures)
    {
        Console.WriteLine("| 64 connections | requests a second | lost | the server's processor time for each | more | the client's |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|");
        for (var place = 0; place < servers.Count; place++)
        {
            var (figure, bare) = (figures[place], figures[place < 2 ? 0 : 2]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {servers[place].Name} | {figure.PerSecond:N0} | {100 * (1 - (figure.PerSecond / bare.PerSecond)):0.0} % "
                    + $"| {figure.Microseconds:0.0} us | {figure.Microseconds - bare.Microseconds:0.0} us | {figure.ClientMicroseconds:0.0} us |"));
        }
    }

    private sealed record Figure(double PerSecond, double Microseconds, double ClientMicroseconds);

    /// <summary>A server that is measured, with whoever asks it.</summary>
    private sealed record Server(string Name, HttpClient Client, Uri Address, int ProcessId, IAsyncDisposable Process) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Process.DisposeAsync();
        }
    }
}
