using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansRaft.Cli.Serve;

/// <summary>Divides the connections that a silo may have among its three ports, so that a flood at one of them leaves the others alone.</summary>
internal sealed class ConnectionLimits
{
    // Below this the limit is told at the start: a server is usually allowed more.
    private const int Plenty = 4_000;
    private const int SilosPart = 8;
    private const int GatewayPart = 4;
    private const int LeastMax = 8;

    // A silo or an Orleans client introduces itself at once.
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(10);

    private readonly ServeSettings settings;
    private readonly ILogger logger;

    /// <summary>Divides.</summary>
    /// <param name="settings">How many there may be, and on which ports.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where refusals are told.</param>
    public ConnectionLimits(ServeSettings settings, TimeProvider time, ILogger<ConnectionLimits> logger)
    {
        this.settings = settings;
        this.logger = logger;
        var connections = settings.Connections;
        var silos = Math.Max(connections / SilosPart, LeastMax);
        var gateway = Math.Max(connections / GatewayPart, LeastMax);
        Silos = new ConnectionLimit("silo port", silos, SilenceMax, time, logger);
        Gateway = new ConnectionLimit("gateway port", gateway, SilenceMax, time, logger);
        Http = new ConnectionLimit("HTTP port", connections - silos - gateway, silenceMax: null, time, logger);
    }

    /// <summary>Those of other silos.</summary>
    public ConnectionLimit Silos { get; }

    /// <summary>Those of Orleans clients.</summary>
    public ConnectionLimit Gateway { get; }

    /// <summary>Those of HTTP clients.</summary>
    public ConnectionLimit Http { get; }

    /// <summary>Puts the limits before the servers of an application.</summary>
    /// <param name="services">The application's services; Orleans and the web server have put theirs in.</param>
    /// <param name="settings">How many connections there may be, and on which ports.</param>
    public static void Use(IServiceCollection services, ServeSettings settings)
    {
        services.AddSingleton(provider => new ConnectionLimits(
            settings, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ConnectionLimits>>()));
        for (var place = 0; place < services.Count; place++)
        {
            services[place] = services[place].ServiceType == typeof(IConnectionListenerFactory) ? Limited(services[place]) : services[place];
        }

        services.AddOptions<KestrelServerOptions>().Configure<ConnectionLimits>(
            static (kestrel, limits) => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(limits.Http.Around)));
        services.AddOptions<SiloConnectionOptions>().Configure<ConnectionLimits>(static (silo, limits) =>
        {
            silo.ConfigureSiloInboundConnection(connection => connection.Use(limits.Silos.Around));
            silo.ConfigureGatewayInboundConnection(connection => connection.Use(limits.Gateway.Around));
        });
    }

    /// <summary>The limit of whatever listens on an address.</summary>
    public ConnectionLimit Of(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint ip when ip.Port == settings.SiloPort => Silos,
        IPEndPoint ip when ip.Port == settings.GatewayPort => Gateway,
        _ => Http,
    };

    /// <summary>Tells of a limit that a server of many clients will miss.</summary>
    /// <param name="files">The limit of open files.</param>
    public void TellIfFew(long files)
    {
        if (settings.Connections < Plenty)
        {
            Log.FewFiles(logger, files, Http.Max, Gateway.Max, Silos.Max);
        }
    }

    private static ServiceDescriptor Limited(ServiceDescriptor factory) => factory.IsKeyedService
        ? ServiceDescriptor.KeyedSingleton<IConnectionListenerFactory>(
            factory.ServiceKey, (provider, key) => Limited(provider, factory.KeyedImplementationFactory!(provider, key)))
        : ServiceDescriptor.Singleton<IConnectionListenerFactory>(
            provider => Limited(provider, ActivatorUtilities.CreateInstance(provider, factory.ImplementationType!)));

    private static LimitedListenerFactory Limited(IServiceProvider provider, object factory) =>
        new((IConnectionListenerFactory)factory, provider.GetRequiredService<ConnectionLimits>());
}
