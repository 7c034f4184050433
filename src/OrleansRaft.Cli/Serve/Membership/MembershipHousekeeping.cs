using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OrleansRaft.PostgreSql;

namespace OrleansRaft.Cli.Serve.Membership;

/// <summary>
/// Brings Orleans' membership table in order for a silo that starts. Before it joins, a silo must reach every silo that the table calls active; after
/// all silos of a cluster were killed those are dead, and nobody is left to say so: Orleans alone takes minutes when the addresses have changed.
/// Whether a silo runs is seen by its lease on the logs' first server.
/// </summary>
internal sealed class MembershipHousekeeping(
    IMembershipTable table,
    PostgreSqlLogStore store,
    SiloGeneration generation,
    ServeSettings settings,
    TimeProvider time,
    ILogger<MembershipHousekeeping> logger)
{
    private const int WritesMax = 50;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Before Orleans starts: declares dead whoever ran under this silo's name before. The store has already refused a second one that runs.
    /// </summary>
    public async Task PrepareAsync(CancellationToken cancellation)
    {
        await table.InitializeMembershipTableAsync(true, cancellation);
        if (generation.IsAhead)
        {
            Log.ClockIsBehind(logger, settings.SiloName);
        }

        var members = (await table.ReadAllAsync(cancellation)).Members;

        foreach (var (entry, _) in members.Where(member => member.Item1.SiloName == settings.SiloName && member.Item1.Status != SiloStatus.Dead))
        {
            await DeclareDeadAsync(entry.SiloAddress, entry.SiloName, cancellation);
        }
    }

    /// <summary>
    /// While Orleans starts: declares dead whoever neither extends its lease nor can be connected to, of whatever name. Never fails.
    /// </summary>
    public async Task WatchAsync(CancellationToken started)
    {
        var since = time.GetTimestamp();
        var leases = new Dictionary<string, (string Extensions, long At)>(StringComparer.Ordinal);
        while (!started.IsCancellationRequested && time.GetElapsedTime(since) < Patience)
        {
            try
            {
                await LookAsync(leases, started);
                await Task.Delay(Interval, time, started);
            }
            catch (Exception failure) when (!started.IsCancellationRequested)
            {
                Log.LookFailed(logger, failure);
                await Task.WhenAny(Task.Delay(Interval, time, started));
            }
            catch (Exception)
            {
                return;
            }
        }
    }

    private async Task LookAsync(Dictionary<string, (string Extensions, long At)> leases, CancellationToken cancellation)
    {
        var others = (await table.ReadAllAsync(cancellation)).Members.Select(static member => member.Item1)
            .Where(
                entry => entry.Status is SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping && entry.SiloName != settings.SiloName)
            .ToList();
        var runs = (await store.ListSilosAsync(cancellation)).ToLookup(static run => run.Silo, StringComparer.Ordinal);
        foreach (var entry in others)
        {
            var extensions = string.Join(
                ' ', runs[entry.SiloName].OrderBy(static run => run.Lease).Select(static run => $"{run.Lease}:{run.Extensions}"));
            if (!leases.TryGetValue(entry.SiloName, out var known) || known.Extensions != extensions)
            {
                leases[entry.SiloName] = (extensions, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(known.At) > Silence && !await CanConnectAsync(entry.SiloAddress.Endpoint, cancellation))
            {
                await DeclareDeadAsync(entry.SiloAddress, entry.SiloName, cancellation);
            }
        }
    }

    private static async Task<bool> CanConnectAsync(IPEndPoint endpoint, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(ConnectTimeout);
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, patience.Token);
            return true;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Every write to the table is conditional on its version, and other silos write at the same time.</summary>
    private async Task DeclareDeadAsync(SiloAddress silo, string name, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < WritesMax; attempt++)
        {
            var now = await table.ReadAllAsync(cancellation);
            if (
                now.Members.FirstOrDefault(member => member.Item1.SiloAddress.Equals(silo)) is not
                {
                    Item1: { Status: not SiloStatus.Dead } entry,
                    Item2: var etag,
                })
            {
                return;
            }

            entry.Status = SiloStatus.Dead;
            if (await table.UpdateRowAsync(entry, etag, now.Version.Next(), cancellation))
            {
                Log.DeclaredDead(logger, name, silo);
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(20, 100)), time, cancellation);
        }
    }
}
