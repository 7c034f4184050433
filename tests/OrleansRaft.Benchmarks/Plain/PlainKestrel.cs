using System.CommandLine;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

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
        var certificate = new Option<string?>("--tls-cert") { Description = "With --tls-key: it speaks TLS." };
        var key = new Option<string?>("--tls-key");
        var command = new Command(Verb, "Kestrel with an empty handler, for comparison.") { port, certificate, key };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) =>
            RunAsync(parsed.GetRequiredValue(port), parsed.GetValue(certificate), parsed.GetValue(key), cancellation));
        return command;
    }

    private static async Task RunAsync(int port, string? certificate, string? key, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, port, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(X509Certificate2.CreateFromPemFile(certificate, key));
            }
        }));

        // As `oraft serve` has it.
        builder.WebHost.UseSockets(static sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        await using var app = builder.Build();
        await app.Services.GetRequiredService<IServer>().StartAsync(new EmptyApplication(), cancellation);
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
