using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace OrleansRaft.Benchmarks.Plain;

/// <summary>
/// A process with Kestrel alone, which reads requests and answers them all alike: what any HTTP API on it costs at the least. A hidden command of
/// this program.
/// </summary>
internal static class PlainKestrel
{
    public const string Verb = "plain-kestrel";

    public static Command Create()
    {
        var port = new Option<int>("--port") { Required = true };
        var command = new Command(Verb, "Kestrel with an empty handler, for comparison.") { port };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(port), cancellation));
        return command;
    }

    private static async Task RunAsync(int port, CancellationToken cancellation)
    {
        var options = new KestrelServerOptions();
        options.Listen(IPAddress.Loopback, port);

        // As `oraft serve` has it.
        var sockets = new SocketTransportOptions { UnsafePreferInlineScheduling = true };
        using var server = new KestrelServer(
            Options.Create(options), new SocketTransportFactory(Options.Create(sockets), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        await server.StartAsync(new EmptyApplication(), cancellation);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
    }

    private sealed class EmptyApplication : IHttpApplication<IFeatureCollection>
    {
        private static readonly byte[] Answer =
            """{"tenant":"bench","counter":"c0000","value":1000,"group":"counters/16/15","index":100000,"term":10}"""u8.ToArray();

        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
            // It holds nothing.
        }

        public async Task ProcessRequestAsync(IFeatureCollection context)
        {
            if (context.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
            {
                var body = context.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
                for (var read = await body.ReadAsync(); ; read = await body.ReadAsync())
                {
                    body.AdvanceTo(read.IsCompleted ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
                    if (read.IsCompleted)
                    {
                        break;
                    }
                }
            }

            var response = context.GetRequiredFeature<IHttpResponseFeature>();
            response.Headers.ContentType = "application/json";
            response.Headers.ContentLength = Answer.Length;
            await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(Answer);
        }
    }
}
