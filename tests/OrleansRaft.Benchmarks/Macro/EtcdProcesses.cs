using System.Diagnostics;
using System.Globalization;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>Three members of etcd on loopback, with their defaults: fsync on.</summary>
internal sealed class EtcdProcesses : IAsyncDisposable
{
    /// <summary>Keeps etcd as its child until its standard input ends, which it does when this process ends, killed or not.</summary>
    private const string Keeper = """
        "$@" </dev/null >/dev/null 2>&1 &
        member=$!
        cat >/dev/null
        kill -KILL $member 2>/dev/null
        wait $member
        """;

    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(60);

    private readonly string directory = Directory.CreateTempSubdirectory("oraft-etcd-").FullName;
    private readonly List<Process> keepers = [];

    private EtcdProcesses()
    {
    }

    public IReadOnlyList<Uri> Addresses { get; private set; } = [];

    /// <summary>Starts a cluster; installs Debian's package first where that is possible.</summary>
    /// <exception cref="InvalidOperationException">There is no etcd here; the message says what to do.</exception>
    public static async Task<EtcdProcesses> StartAsync()
    {
        RequireInstalled();
        var processes = new EtcdProcesses();
        (int Client, int Peer)[] ports = [.. Enumerable.Range(0, 3).Select(static _ => (FreePorts.Next(), FreePorts.Next()))];
        var members = string.Join(',', ports.Select(static (port, number) => $"m{number}={Url(port.Peer)}"));
        for (var number = 0; number < ports.Length; number++)
        {
            processes.Start(number, ports[number], members);
        }

        processes.Addresses = [.. ports.Select(static port => new Uri(Url(port.Client)))];
        await processes.WaitUntilHealthyAsync();
        return processes;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var keeper in keepers)
        {
            keeper.StandardInput.Close();
            await keeper.WaitForExitAsync();
            keeper.Dispose();
        }

        Directory.Delete(directory, recursive: true);
    }

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    private static void RequireInstalled()
    {
        if (IsInstalled())
        {
            return;
        }

        if (Environment.IsPrivilegedProcess && File.Exists("/usr/bin/apt-get"))
        {
            Console.Error.WriteLine("etcd is missing: installing it with apt-get. This takes a minute.");
            using var install = Process.Start(new ProcessStartInfo(
                "/bin/sh", ["-c", "(apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y etcd-server) >/dev/null 2>&1"]))!;
            install.WaitForExit();
        }

        if (!IsInstalled())
        {
            throw new InvalidOperationException("etcd was not found in the PATH: install Debian's package 'etcd-server'");
        }
    }

    private static bool IsInstalled() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static path => File.Exists(Path.Combine(path, "etcd")));

    private void Start(int number, (int Client, int Peer) port, string members) => keepers.Add(Process.Start(new ProcessStartInfo(
        "/bin/sh",
        [
            "-c", Keeper, "keeper", "etcd",
            "--name", $"m{number}",
            "--data-dir", Path.Combine(directory, $"m{number}"),
            "--listen-client-urls", Url(port.Client),
            "--advertise-client-urls", Url(port.Client),
            "--listen-peer-urls", Url(port.Peer),
            "--initial-advertise-peer-urls", Url(port.Peer),
            "--initial-cluster", members,
        ])
    {
        RedirectStandardInput = true,
    })!);

    private async Task WaitUntilHealthyAsync()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var clock = Stopwatch.StartNew();
        foreach (var address in Addresses)
        {
            while (!await IsHealthyAsync(http, address))
            {
                if (clock.Elapsed > StartDeadline)
                {
                    throw new InvalidOperationException($"etcd at {address} did not become healthy within {StartDeadline.TotalSeconds} s");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private static async Task<bool> IsHealthyAsync(HttpClient http, Uri address)
    {
        try
        {
            return (await http.GetStringAsync(new Uri(address, "/health"))).Contains("true", StringComparison.Ordinal);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
