using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Serve.Tls;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Cli.Serve;

/// <summary>Checks what can be checked before anything is written: a start that cannot succeed leaves no trace.</summary>
internal static class Preflight
{
    /// <summary>Checks that certificates and keys can be read, and that the silo's addresses are this machine's and free.</summary>
    /// <exception cref="CliException">One is not.</exception>
    public static void Check(ServeSettings settings)
    {
        if (settings.Tls is { } tls)
        {
            TlsIdentity.Read(tls, TimeProvider.System.GetUtcNow());
        }

        if (settings.AdminKeyFile is { } key)
        {
            FirstKey.ReadKey(key);
        }

        var http = BindingAddress.Parse(settings.Http);
        RequireFree(HostAddress(http.Host), http.Port, "the HTTP address", "--http");
        RequireFree(settings.SiloAddress, settings.SiloPort, "the silo's address", "--silo-port");
        RequireFree(settings.SiloAddress, settings.GatewayPort, "the gateway's address", "--gateway-port");
    }

    private static void RequireFree(IPAddress address, int port, string what, string option)
    {
        switch (PortChecks.Try(new IPEndPoint(address, port)))
        {
            case { SocketErrorCode: SocketError.AddressAlreadyInUse }:
                throw new CliException(
                    ExitCode.Refused,
                    $"{what} {address}:{port} is in use by another process.",
                    $"End that process, or choose another port with {option}.");
            case { } refused:
                throw new CliException(
                    ExitCode.Refused,
                    $"cannot listen on {what} {address}:{port}: {refused.Message}.",
                    $"Choose an address of this machine with {(option == "--http" ? option : "--silo-address")}.");
        }
    }

    /// <summary>What Kestrel will listen on: a name other than localhost means every address.</summary>
    private static IPAddress HostAddress(string host) => host switch
    {
        "localhost" => IPAddress.Loopback,
        _ when IPAddress.TryParse(host.Trim('[', ']'), out var address) => address,
        _ => IPAddress.Any,
    };
}
