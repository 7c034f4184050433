using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace OrleansRaft.Cli.Demo;

/// <summary>
/// The demo's one HTTP address, in front of its silos: each request goes to a silo that lives. Requests in a silo that dies or is cut off are
/// broken off, as a load balancer in front of a dead machine would; so the page survives the death of any silo.
/// </summary>
/// <param name="silos">The silos at this moment.</param>
internal sealed class FrontDoor(Func<IReadOnlyList<DemoSilo>> silos) : IHttpApplication<IFeatureCollection>, IAsyncDisposable
{
    private const int UsualPort = 5080;

    private KestrelServer? server;
    private int next;

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>Listens on the usual port, or on a free one when that is taken.</summary>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        try
        {
            await ListenAsync(UsualPort, cancellation);
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            await ListenAsync(FreePort.Next(), cancellation);
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

    private async Task ListenAsync(int port, CancellationToken cancellation)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, port);
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
        Address = new Uri($"http://127.0.0.1:{port}");
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
        var body = """{"type":"no-leader","title":"No silo","status":503,"detail":"No silo of the demo runs; press h to heal.","definite":true}"""u8;
        await context.GetRequiredFeature<IHttpResponseBodyFeature>().Stream.WriteAsync(body.ToArray());
    }
}
