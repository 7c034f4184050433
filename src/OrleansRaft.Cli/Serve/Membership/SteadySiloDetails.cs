using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansRaft.Cli.Serve.Membership;

/// <summary>What Orleans says of this silo, with a generation that never falls.</summary>
internal sealed class SteadySiloDetails : ILocalSiloDetails
{
    private readonly Lazy<SiloAddress> address;

    /// <summary>Reads the options.</summary>
    public SteadySiloDetails(
        IOptions<SiloOptions> silo, IOptions<ClusterOptions> cluster, IOptions<EndpointOptions> endpoints, SiloGeneration generation)
    {
        Name = silo.Value.SiloName;
        ClusterId = cluster.Value.ClusterId;
        var (ip, port, gateway) = (endpoints.Value.AdvertisedIPAddress, endpoints.Value.SiloPort, endpoints.Value.GatewayPort);
        address = new Lazy<SiloAddress>(() => SiloAddress.New(ip, port, generation.Next()));
        GatewayAddress = SiloAddress.New(ip, gateway, 0);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string ClusterId { get; }

    /// <inheritdoc/>
    public string DnsHostName { get; } = Dns.GetHostName();

    /// <inheritdoc/>
    public SiloAddress SiloAddress => address.Value;

    /// <inheritdoc/>
    public SiloAddress GatewayAddress { get; }
}
