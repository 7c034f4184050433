using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansRaft.Grains.Hosting;

/// <summary>
/// Checks that a silo's ports are free before it tells the others of itself: they take a silo that announces itself at an address for the next life
/// of the one that is there, and declare that one dead, although it is well and the newcomer will never listen.
/// </summary>
internal static class PortChecks
{
    /// <summary>Whether something can listen there.</summary>
    /// <returns>Why not; null when it can.</returns>
    public static SocketException? Try(IPEndPoint endpoint)
    {
        try
        {
            using var listener = new TcpListener(endpoint);
            listener.Start();
            return null;
        }
        catch (SocketException failure)
        {
            return failure;
        }
    }

    /// <summary>Requires that a silo can listen where it is configured to.</summary>
    /// <exception cref="OrleansConfigurationException">It cannot.</exception>
    public static void Require(IServiceProvider services)
    {
        if (IsInMemory(services))
        {
            return;
        }

        var endpoints = services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        Require(endpoints.SiloListeningEndpoint ?? new IPEndPoint(endpoints.AdvertisedIPAddress, endpoints.SiloPort), nameof(endpoints.SiloPort));
        if (endpoints.GatewayPort != 0)
        {
            Require(
                endpoints.GatewayListeningEndpoint ?? new IPEndPoint(endpoints.AdvertisedIPAddress, endpoints.GatewayPort),
                nameof(endpoints.GatewayPort));
        }
    }

    private static void Require(IPEndPoint endpoint, string option)
    {
        if (Try(endpoint) is { } failure)
        {
            throw new OrleansConfigurationException(failure.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"{endpoint} is in use by another process, such as another silo: end that one, or give this silo another "
                    + $"{nameof(EndpointOptions)}.{option}, such as with silo.ConfigureEndpoints(siloPort, gatewayPort)."
                : $"This silo cannot listen on {endpoint}: {failure.Message}. Choose an address of this machine and a port that this user may listen "
                    + $"on, with {nameof(EndpointOptions)}.{option}, such as with silo.ConfigureEndpoints(address, siloPort, gatewayPort).");
        }
    }

    /// <summary>Silos of one process, in tests, may talk without ports.</summary>
    private static bool IsInMemory(IServiceProvider services) => services.GetKeyedServices<IConnectionListenerFactory>(KeyedService.AnyKey)
        .Any(static factory => factory.GetType().Namespace?.Contains("InMemory", StringComparison.Ordinal) is true);
}
