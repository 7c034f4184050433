using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Demo;

/// <summary>
/// The demo's one HTTP address, in front of its silos: each request goes to a silo that lives. Requests in a silo that dies or is cut off are
/// broken off, as a load balancer in front of a dead machine would; so the page survives the death of any silo.
/// </summary>
/// <param name="silos">The silos at this moment.</param>
internal sealed class FrontDoor(Func<IReadOnlyList<DemoSilo>> silos) : IHttpApplication<IFeatureCollection>, IAsyncDisposable
{
    private const int UsualPort = 5080;
    private const int FreePort = 0;

    private KestrelServer? server;
    private int next;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Begins to listen.</summary>
    /// <param name="wanted">Where; null: on the usual port, or on a free one when that is taken.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <exception cref="CliException">The wanted address cannot be listened on.</exception>
    public async Task OpenAsync(IPEndPoint? wanted, CancellationToken cancellation)
    {
        try
        {
            await ListenAsync(wanted ?? new IPEndPoint(IPAddress.Loopback, UsualPort), cancellation);
        }
        catch (IOException failure) when (wanted is null && failure.InnerException is AddressInUseException)
        {
            await ListenAsync(new IPEndPoint(IPAddress.Loopback, FreePort), cancellation);
        }
        catch (Exception failure) when (wanted is not null && failure is IOException or SocketException)
        {
            throw new CliException(
                ExitCode.Refused,
                $"--http {wanted} cannot be listened on: {failure.Message.TrimEnd('.')}.",
                "End the program that uses it, or choose another address.");
        }
    }

    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
        // Nothing was made for the request here.
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        if (Choose() is not { } silo)
        {
            await RefuseAsync(context);
            return;
        }

        var unreachable = silo.Unreachable;
        var answer = silo.Http.ProcessAsync(context);
        if (await Task.WhenAny(answer, unreachable) == answer)
        {
            await answer;
        }
        else
        {
            context.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
            await server.StopAsync(atOnce.Token);
            server.Dispose();
        }
    }

    private async Task ListenAsync(IPEndPoint endpoint, CancellationToken cancellation)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(endpoint);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var starting = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        try
        {
            await starting.StartAsync(this, cancellation);
        }
        catch (Exception)
        {
            starting.Dispose();
            throw;
        }

        server = starting;
        var bound = new Uri(starting.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
        Address = endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any)
            ? new UriBuilder(bound) { Host = "127.0.0.1" }.Uri
            : bound;
    }

    private DemoSilo? Choose()
    {
        var usable = silos().Where(silo => silo.State == DemoSiloState.Running && silo.Http.IsListening).ToList();
        return usable.Count == 0 ? null : usable[(int)((uint)Interlocked.Increment(ref next) % (uint)usable.Count)];
    }

    private static async Task RefuseAsync(IFeatureCollection context)
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        response.Headers.ContentType = "application/problem+json";
        response.Headers.RetryAfter = "1";
        var body = """{"type":"no-leader","title":"No silo","status":503,"detail":"No silo of the demo runs at the moment. """u8
            + """Wait while they start, or press h to heal.","definite":true}"""u8;
        await context.GetRequiredFeature<IHttpResponseBodyFeature>().Stream.WriteAsync(body.ToArray());
    }
}
