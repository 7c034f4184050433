using System.Globalization;
using System.Net.Http.Json;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Chaos;

/// <summary>Three silos, one PostgreSQL server or three, and a network whose links can be cut where the machine allows.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private const int SilosCount = 3;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(15) };

    private ChaosCluster(SiloNetwork? network, IReadOnlyList<PostgresServer> servers, SiloCluster silos)
    {
        Network = network;
        Servers = servers;
        Silos = silos;
    }

    /// <summary>The network; null where links cannot be cut.</summary>
    public SiloNetwork? Network { get; }

    /// <summary>The PostgreSQL servers.</summary>
    public IReadOnlyList<PostgresServer> Servers { get; }

    /// <summary>The silos.</summary>
    public SiloCluster Silos { get; }

    /// <summary>Starts a cluster.</summary>
    /// <param name="servers">How many PostgreSQL servers.</param>
    /// <param name="groups">How many groups.</param>
    /// <param name="error">Told when links cannot be cut here.</param>
    public static async Task<ChaosCluster> StartAsync(int servers, int groups, TextWriter error)
    {
        var network = SiloNetwork.TryCreate(SilosCount, out var problem);
        if (network is null)
        {
            await error.WriteLineAsync($"WARNING: no links are cut in this run, for lack of a network of its own: {problem}");
        }

        var postgres = new List<PostgresServer>();
        var databases = new List<string>();
        for (var number = 0; number < servers; number++)
        {
            var server = await PostgresServer.StartNewAsync(network?.HostAddress);
            postgres.Add(server);
            var database = await server.CreateDatabaseAsync("chaos");
            databases.Add(network is null ? database : database.Replace("127.0.0.1", network.HostAddress, StringComparison.Ordinal));
        }

        var cluster = new ChaosCluster(network, postgres, new SiloCluster(databases, SilosCount, groups, network));
        try
        {
            await cluster.Silos.StartAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks some silo for a change of a group; one that is refused or not answered is drawn in vain.</summary>
    /// <returns>What was changed, or why not.</returns>
    public async Task<string> ChangeGroupAsync(string group, string part, object change)
    {
        foreach (var silo in Silos.Silos)
        {
            try
            {
                using var response = await http.PostAsJsonAsync(new Uri(silo.Address, $"/api/v1/groups/{group}/{part}"), change);
                return string.Create(CultureInfo.InvariantCulture, $"{group}, answered {(int)response.StatusCode}");
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
            {
                // Another silo may answer.
            }
        }

        return $"{group}, not answered";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Silos.DisposeAsync();
        foreach (var server in Servers)
        {
            await server.DisposeAsync();
        }

        Network?.Dispose();
    }
}
