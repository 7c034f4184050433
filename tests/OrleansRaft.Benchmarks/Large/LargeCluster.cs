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

    private LargeCluster(PostgresServer postgres) => this.postgres = postgres;

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
        var cluster = new LargeCluster(postgres)
        {
            Silos = new LibraryCluster(await postgres.CreateDatabaseAsync(), [LibrarySilo.OnlyLarge, .. settings], silos),
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

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Clients.Select(LibraryCluster.DisconnectAsync));
        await Silos.DisposeAsync();
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
