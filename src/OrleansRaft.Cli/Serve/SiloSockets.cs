using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;

namespace OrleansRaft.Cli.Serve;

/// <summary>The sockets of Orleans' connections, made by the web server's transport instead of Orleans' own.</summary>
/// <remarks>
/// Orleans' own hands what it has received to another thread, which reads the messages, and what is to be sent to another that writes it. What lies
/// behind never blocks: messages are handed over to the pool in any case. So they are read where they arrive, and written where they are encoded, as
/// requests over HTTP are. A change of threads costs as much as a message.
/// </remarks>
internal sealed class SiloSockets : IConnectionFactory, IConnectionListenerFactory, IDisposable
{
    private const int Backlog = 512;

    private readonly SocketConnectionOptions options;
    private readonly SocketConnectionContextFactory outbound;
    private readonly SocketTransportFactory inbound;

    /// <summary>Makes them.</summary>
    /// <param name="options">What Orleans' own sockets would be like.</param>
    /// <param name="loggers">Where connections that break are told.</param>
    public SiloSockets(IOptions<SocketConnectionOptions> options, ILoggerFactory loggers)
    {
        this.options = options.Value;
        outbound = new SocketConnectionContextFactory(
            new SocketConnectionFactoryOptions
            {
                UnsafePreferInlineScheduling = true,
                WaitForDataBeforeAllocatingBuffer = false,
                MaxReadBufferSize = null,
                MaxWriteBufferSize = null,
            },
            loggers.CreateLogger("Orleans.Sockets"));
        inbound = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions
            {
                UnsafePreferInlineScheduling = true,
                WaitForDataBeforeAllocatingBuffer = false,
                MaxReadBufferSize = null,
                MaxWriteBufferSize = null,
                NoDelay = this.options.NoDelay,
                Backlog = Backlog,
                CreateBoundListenSocket = Listen,
            }),
            loggers);
    }

    /// <summary>Puts them in the place of Orleans' own.</summary>
    /// <param name="services">The application's services; Orleans has put its own in.</param>
    public static void Use(IServiceCollection services)
    {
        services.AddSingleton<SiloSockets>();
        for (var place = 0; place < services.Count; place++)
        {
            var service = services[place];
            if (service.IsKeyedService
                && (service.ServiceType == typeof(IConnectionFactory) || service.ServiceType == typeof(IConnectionListenerFactory)))
            {
                services[place] = ServiceDescriptor.DescribeKeyed(
                    service.ServiceType, service.ServiceKey, static (provider, _) => provider.GetRequiredService<SiloSockets>(), service.Lifetime);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = New(endpoint);
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            return outbound.Create(socket);
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        inbound.BindAsync(endpoint, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => outbound.Dispose();

    /// <summary>A socket whose connections are like it.</summary>
    private Socket Listen(EndPoint endpoint)
    {
        var socket = New(endpoint);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (endpoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            return socket;
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    private Socket New(EndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            LingerState = new LingerOption(enable: true, seconds: 0),
            NoDelay = options.NoDelay,
        };
        if (options.KeepAlive)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, options.KeepAliveTimeSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, options.KeepAliveIntervalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, options.KeepAliveRetryCount);
        }

        return socket;
    }
}
