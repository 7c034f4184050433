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

    private readonly ILogger logger;
    private readonly int connections;

    /// <summary>Divides.</summary>
    /// <param name="connections">How many there may be.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where refusals are told.</param>
    public ConnectionLimits(int connections, TimeProvider time, ILogger<ConnectionLimits> logger)
    {
        this.connections = connections;
        this.logger = logger;
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
    /// <param name="services">The application's services.</param>
    /// <param name="connections">How many connections there may be.</param>
    public static void Use(IServiceCollection services, int connections)
    {
        services.AddSingleton(provider => new ConnectionLimits(
            connections, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ConnectionLimits>>()));
        services.AddOptions<KestrelServerOptions>().Configure<ConnectionLimits>(
            static (kestrel, limits) => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(limits.Http.Around)));
        services.AddOptions<SiloConnectionOptions>().Configure<ConnectionLimits>(static (silo, limits) =>
        {
            silo.ConfigureSiloInboundConnection(connection => connection.Use(limits.Silos.Around));
            silo.ConfigureGatewayInboundConnection(connection => connection.Use(limits.Gateway.Around));
        });
    }

    /// <summary>Tells of a limit that a server of many clients will miss.</summary>
    /// <param name="files">The limit of open files.</param>
    public void TellIfFew(long files)
    {
        if (connections < Plenty)
        {
            Log.FewFiles(logger, files, Http.Max, Gateway.Max, Silos.Max);
        }
    }
}
