using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Silos;

/// <summary>Silo processes, and a client of each: one that reaches a silo through that silo alone.</summary>
/// <param name="postgres">The database.</param>
/// <param name="settings">Of the silos' configuration, as KEY=VALUE.</param>
/// <param name="silos">How many silos.</param>
internal sealed class LibraryCluster(string postgres, IReadOnlyList<string> settings, int silos = 3) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string cluster = $"bench-{Guid.NewGuid():N}"[..16];
    private readonly List<Member> members =
    [
        .. Enumerable.Range(1, silos).Select(number => new Member($"silo-{number}", FreePorts.Next(), FreePorts.Next())),
    ];

    /// <summary>Starts all silos.</summary>
    public void Start() => members.ForEach(Start);

    /// <summary>Waits until every group is whole, and answers where one of them is led from.</summary>
    public async Task<LeaderPlace> WaitUntilWholeAsync(string group)
    {
        LeaderPlace? place = null;
        await Until.TrueAsync(
            async () => (place = await TryFindLeaderAsync(group)) is not null,
            Patience,
            () => $"the cluster did not become whole:\n{Describe()}");
        return place!;
    }

    /// <summary>What the silos wrote, for the message of a failure.</summary>
    public string Describe() => string.Join('\n', members.Select(member => member.Process?.Transcript));

    /// <summary>The names of the silos.</summary>
    public IReadOnlyList<string> Names => members.ConvertAll(static member => member.Name);

    /// <summary>The silo of that name as a process.</summary>
    public OraftProcess ProcessOf(string silo) => members.Single(member => member.Name == silo).Process!;

    /// <summary>Clients of all silos.</summary>
    public Task<IReadOnlyList<IHost>> ConnectToAllAsync() => ConnectAsync(members);

    /// <summary>Clients of all silos but one.</summary>
    public Task<IReadOnlyList<IHost>> ConnectToOthersAsync(string silo) => ConnectAsync(members.Where(member => member.Name != silo));

    /// <summary>Starts a silo again that has ended.</summary>
    public async Task RestartAsync(string silo)
    {
        var member = members.Single(other => other.Name == silo);
        await member.Process!.KillAsync();
        Start(member);
    }

    /// <summary>Asks a silo to stop, and waits until it has.</summary>
    public async Task StopAsync(string silo)
    {
        var process = ProcessOf(silo);
        process.Terminate();
        await process.WaitForExitAsync(Patience);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var member in members)
        {
            await (member.Process?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    private void Start(Member member) => member.Process = OraftProcess.StartProgram(
        typeof(LibraryCluster).Assembly.Location,
        [
            LibrarySilo.Verb,
            $"name={member.Name}",
            $"postgres={postgres}",
            $"cluster={cluster}",
            $"silo-port={member.SiloPort.ToString(CultureInfo.InvariantCulture)}",
            $"gateway-port={member.GatewayPort.ToString(CultureInfo.InvariantCulture)}",
            .. settings,
        ]);

    private async Task<LeaderPlace?> TryFindLeaderAsync(string group)
    {
        IReadOnlyList<IHost> clients = [];
        try
        {
            // Every silo must see the whole cluster, or a client of it would measure how a silo joins.
            clients = await ConnectAsync(members);
            var places = await Task.WhenAll(
                clients.Select(client => client.Services.GetRequiredService<IClusterClient>().GetGrain<IClusterView>(0).FindLeaderAsync(group)));
            return places.All(place => place is not null && place == places[0]) ? places[0] : null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return null;
        }
        finally
        {
            await Task.WhenAll(clients.Select(DisconnectAsync));
        }
    }

    private async Task<IReadOnlyList<IHost>> ConnectAsync(IEnumerable<Member> silos) => await Task.WhenAll(silos.Select(async member =>
    {
        var client = new HostBuilder()
            .UseOrleansClient(orleans => orleans
                .UseStaticClustering(new IPEndPoint(IPAddress.Loopback, member.GatewayPort))
                .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = cluster))
            .ConfigureLogging(logging => logging.ClearProviders())
            .Build();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await client.StartAsync(patience.Token);
        return client;
    }));

    /// <summary>Lets a client go, without waiting for calls that hang.</summary>
    public static async Task DisconnectAsync(IHost client)
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await client.StopAsync(atOnce.Token);
        }
        catch (OperationCanceledException)
        {
            // Some call hangs; the client goes all the same.
        }

        client.Dispose();
    }

    private sealed record Member(string Name, int SiloPort, int GatewayPort)
    {
        public OraftProcess? Process { get; set; }
    }
}
