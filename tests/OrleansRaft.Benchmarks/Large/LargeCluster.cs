using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Benchmarks.Silos;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>Silos for a large state on one PostgreSQL server, with a client of each.</summary>
internal sealed class LargeCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly PostgresServer postgres;
    private Exception? trouble;

    private readonly ServerWaits waits;

    private LargeCluster(PostgresServer postgres, string database)
    {
        this.postgres = postgres;
        waits = new ServerWaits(database);
    }

    /// <summary>The silos.</summary>
    public required LibraryCluster Silos { get; init; }

    /// <summary>One client for each silo, in their order.</summary>
    public IReadOnlyList<IHost> Clients { get; private set; } = [];

    /// <summary>Starts silos.</summary>
    /// <param name="silos">How many.</param>
    /// <param name="settings">Of their configuration, as KEY=VALUE.</param>
    /// <param name="group">The group that must have a leader.</param>
    public static async Task<LargeCluster> StartAsync(int silos, IEnumerable<string> settings, string group)
    {
        var postgres = await PostgresServer.StartNewAsync();
        var database = await postgres.CreateDatabaseAsync();
        var cluster = new LargeCluster(postgres, database)
        {
            Silos = new LibraryCluster(database, [LibrarySilo.OnlyLarge, .. settings], silos),
        };
        cluster.Silos.Start();
        await Until.TrueAsync(async () => await cluster.TryConnectAsync(group), Patience, () => $"{cluster.trouble}\n{cluster.Silos.Describe()}");
        return cluster;
    }

    /// <summary>The grains of a silo's client.</summary>
    public IGrainFactory Grains(int silo) => Clients[silo].Services.GetRequiredService<IGrainFactory>();

    /// <summary>How a group stands.</summary>
    public Task<LargeStatus> LookAsync(string group, int silo = 0) => Grains(silo).GetGrain<ILargeView>(0).LookAsync(group);

    /// <summary>Waits until a group stands in some way.</summary>
    public async Task<LargeStatus> WaitAsync(string group, Func<LargeStatus, bool> condition, string what, int silo = 0)
    {
        LargeStatus? status = null;
        await Until.TrueAsync(
            async () =>
            {
                try
                {
                    return condition(status = await LookAsync(group, silo));
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    return false;
                }
            },
            TimeSpan.FromMinutes(20),
            () => $"{what}: {status}\n{Silos.Describe()}");
        return status!;
    }

    /// <summary>Tells what the silos and the server were held up by while nothing was answered.</summary>
    public async Task TellGapsAsync(GapResult load)
    {
        var silos = new List<(string Silo, Stall[] Stalls)>();
        for (var silo = 0; silo < Silos.Names.Count; silo++)
        {
            try
            {
                silos.Add((Silos.Names[silo], await Grains(silo).GetGrain<ILargeView>(0).LookAtStallsAsync()));
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                await Console.Error.WriteLineAsync($"{Silos.Names[silo]}: {exception.Message}");
            }
        }

        foreach (var gap in load.Gaps)
        {
            await Console.Error.WriteLineAsync($"{gap}");
            foreach (var (silo, stalls) in silos)
            {
                await WriteAsync(silo, gap, stalls);
            }

            await WriteAsync("PostgreSQL", gap, waits.All());
        }

        foreach (var (silo, stalls) in silos)
        {
            var pauses = stalls.Where(static stall => stall.What.Contains("collector", StringComparison.Ordinal)).ToList();
            await Console.Error.WriteLineAsync(
                $"{silo}: {pauses.Count} long pauses of the collector, the longest {pauses.MaxBy(static pause => pause.Length)}");
        }

        await Console.Error.WriteLineAsync(await waits.TellAsync());
    }

    private static async Task WriteAsync(string who, Stall gap, IEnumerable<Stall> stalls)
    {
        foreach (var stall in stalls.Where(gap.Meets).GroupBy(static stall => stall.What))
        {
            await Console.Error.WriteLineAsync(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"    {who}: {stall.Count()} x {stall.MaxBy(static one => one.Length)}, from {Offset(gap, stall.Min(static one => one.Began)):0} "
                    + $"to {Offset(gap, stall.Max(static one => one.Ended)):0}"));
        }
    }

    private static double Offset(Stall gap, long at) => (at - gap.Began) * 1_000.0 / System.Diagnostics.Stopwatch.Frequency;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Clients.Select(LibraryCluster.DisconnectAsync));
        await Silos.DisposeAsync();
        await waits.DisposeAsync();
        await postgres.DisposeAsync();
    }

    private async Task<bool> TryConnectAsync(string group)
    {
        try
        {
            Clients = Clients.Count > 0 ? Clients : await Silos.ConnectToAllAsync();
            var status = await LookAsync(group);
            return status.Leader != 0 && status.Replicas.All(static replica => replica.Applied >= 0);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            trouble = exception;
            return false;
        }
    }
}
