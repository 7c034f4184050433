using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace OrleansRaft.Testbed.Processes;

/// <summary>
/// A network of its own for silo processes: each in a network namespace, all joined by a bridge whose other end is this machine. Links between two
/// silos are cut by routes into nothing, so that connections stay open and nothing arrives, while everybody still reaches the databases.
/// </summary>
public sealed class SiloNetwork : IDisposable
{
    private static int networks;

    private readonly string name;
    private readonly string prefix;

    private SiloNetwork(int silos)
    {
        var number = (Environment.ProcessId * 7) + Interlocked.Increment(ref networks);
        name = string.Create(CultureInfo.InvariantCulture, $"or{number % 100_000}");
        prefix = string.Create(CultureInfo.InvariantCulture, $"10.{200 + (number / 250 % 50)}.{number % 250}");
        Homes = [.. Enumerable.Range(1, silos).Select(silo => new SiloHome(AddressOf(silo), ["ip", "netns", "exec", NamespaceOf(silo)]))];
    }

    /// <summary>This machine's address in the network: where databases listen.</summary>
    public string HostAddress => $"{prefix}.254";

    /// <summary>Where the silos live.</summary>
    public IReadOnlyList<SiloHome> Homes { get; }

    /// <summary>Makes a network.</summary>
    /// <param name="silos">For how many silos.</param>
    /// <param name="problem">Why there is none: this needs Linux, root and the program <c>ip</c>.</param>
    public static SiloNetwork? TryCreate(int silos, out string problem)
    {
        var network = new SiloNetwork(silos);
        try
        {
            network.Create(silos);
            problem = "";
            return network;
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException)
        {
            network.Dispose();
            problem = failure.Message;
            return null;
        }
    }

    /// <summary>Drops everything that one silo sends to another, from 0 on.</summary>
    public void Cut(int from, int to) =>
        Run("ip", "netns", "exec", NamespaceOf(from + 1), "ip", "route", "add", "blackhole", $"{AddressOf(to + 1)}/32");

    /// <summary>Lets it through again.</summary>
    public void Heal(int from, int to) =>
        Run("ip", "netns", "exec", NamespaceOf(from + 1), "ip", "route", "del", "blackhole", $"{AddressOf(to + 1)}/32");

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var silo = 1; silo <= Homes.Count; silo++)
        {
            TryRun("ip", "netns", "del", NamespaceOf(silo));
        }

        TryRun("ip", "link", "del", name);
    }

    private void Create(int silos)
    {
        Run("ip", "link", "add", name, "type", "bridge");
        Run("ip", "addr", "add", $"{HostAddress}/24", "dev", name);
        Run("ip", "link", "set", name, "up");
        for (var silo = 1; silo <= silos; silo++)
        {
            var inside = NamespaceOf(silo);
            var port = string.Create(CultureInfo.InvariantCulture, $"{name}v{silo}");
            Run("ip", "netns", "add", inside);
            Run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", inside);
            Run("ip", "link", "set", port, "master", name, "up");
            Run("ip", "netns", "exec", inside, "ip", "addr", "add", $"{AddressOf(silo)}/24", "dev", "eth0");
            Run("ip", "netns", "exec", inside, "ip", "link", "set", "eth0", "up");
            Run("ip", "netns", "exec", inside, "ip", "link", "set", "lo", "up");
        }
    }

    private string NamespaceOf(int silo) => string.Create(CultureInfo.InvariantCulture, $"{name}n{silo}");

    private string AddressOf(int silo) => string.Create(CultureInfo.InvariantCulture, $"{prefix}.{silo}");

    private static void TryRun(params string[] command)
    {
        try
        {
            Run(command);
        }
        catch (Exception failure) when (failure is Win32Exception or InvalidOperationException)
        {
            // It was never made, or is gone already.
        }
    }

    private static void Run(params string[] command)
    {
        using var process = Process.Start(
            new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"`{string.Join(' ', command)}` failed: {error.Trim()}{output.Result.Trim()}");
        }
    }
}
