using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansRaft.Cli.Serve;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>A real silo with all that <c>oraft</c> serves, on a free port of this machine.</summary>
internal sealed class ServerHost : IAsyncDisposable
{
    private static readonly TestClusterPortAllocator Ports = new();

    private readonly WebApplication app;

    private ServerHost(WebApplication app)
    {
        this.app = app;
        var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 };
        Client = new HttpClient(handler) { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    public IServiceProvider Services => app.Services;

    /// <summary>Starts one.</summary>
    /// <param name="configure">Adds what makes it a silo of OrleansRaft.</param>
    /// <param name="settings">Settings of its configuration.</param>
    public static Task<ServerHost> StartAsync(Action<ISiloBuilder> configure, params (string Name, string Value)[] settings) =>
        StartAsync(configure, asksForKeys: false, settings);

    /// <summary>Starts one.</summary>
    /// <param name="configure">Adds what makes it a silo of OrleansRaft.</param>
    /// <param name="asksForKeys">Whether requests need an API key.</param>
    /// <param name="settings">Settings of its configuration.</param>
    public static async Task<ServerHost> StartAsync(
        Action<ISiloBuilder> configure, bool asksForKeys, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.AddConsole().SetMinimumLevel(LogLevel.Warning);
        var (siloPort, gatewayPort) = Ports.AllocateConsecutivePortPairs(1);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, primarySiloEndpoint: null, serviceId: "tests", clusterId: $"server-{siloPort}");
            silo.Configure<SiloOptions>(options => options.SiloName = "silo-1");
            silo.Configure<GrainDirectoryOptions>(static options => options.CacheSize = 1_000);
            configure(silo);
        });
        builder.Services.AddRouting();
        OraftApplication.AddTo(builder.Services, builder.Configuration, asksForKeys);
        var app = builder.Build();
        app.UseRouting();
        if (asksForKeys)
        {
            app.UseAuthentication().UseAuthorization();
        }

        OraftApplication.MapTo(app);
        await app.StartAsync();
        return new ServerHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
