using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansRaft.Server;

namespace OrleansRaft.Benchmarks.Page;

/// <summary>
/// Serves the real page, and scripted events of a cluster of any size: what the browser makes of them must not depend on how fast silos happen to be,
/// nor may silos take processors from the browser.
/// </summary>
internal sealed class ScriptedCluster : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(25);

    private readonly WebApplication app;
    private readonly int groups;
    private readonly int messagesPerSecond;

    private ScriptedCluster(WebApplication app, int groups, int messagesPerSecond)
    {
        this.app = app;
        this.groups = groups;
        this.messagesPerSecond = messagesPerSecond;
    }

    /// <summary>Its address.</summary>
    public Uri Address => new(app.Urls.First());

    /// <summary>Starts to serve.</summary>
    /// <param name="groups">How many groups of five replicas.</param>
    /// <param name="messagesPerSecond">Of the group in focus.</param>
    public static async Task<ScriptedCluster> StartAsync(int groups, int messagesPerSecond)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var cluster = new ScriptedCluster(builder.Build(), groups, messagesPerSecond);
        cluster.Map();
        await cluster.app.StartAsync();
        return cluster;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(atOnce.Token);
        await app.DisposeAsync();
    }

    private void Map()
    {
        app.MapGet("/", context => SendAssetAsync(context, "index.html"));
        app.MapGet("/page/{**file}", context => SendAssetAsync(context, (string)context.Request.RouteValues["file"]!));
        app.MapGet("/api/v1/events", StreamAsync);
        app.MapGet("/api/v1/faults", context => SendJsonAsync(context, """{"enabled":true,"canKill":false,"silos":[],"faults":[]}"""));
        app.MapGet("/api/v1/groups/{group}", context => SendJsonAsync(context, "{}"));
        app.MapGet("/api/v1/groups/{group}/log", context => SendJsonAsync(
            context, ScriptedEvents.Log(long.Parse(context.Request.Query["after"]!, CultureInfo.InvariantCulture))));
    }

    private async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        var events = new ScriptedEvents(groups, messagesPerSecond, context.Request.Query["group"]);
        using var timer = new PeriodicTimer(Beat);
        var text = new StringBuilder();
        events.WriteSnapshot(text);
        try
        {
            do
            {
                await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                text.Clear();
                events.WriteBeat(text, Beat);
            }
            while (await timer.WaitForNextTickAsync(context.RequestAborted));
        }
        catch (OperationCanceledException)
        {
            // The browser went away.
        }
    }

    private static async Task SendAssetAsync(HttpContext context, string name)
    {
        await using var asset = typeof(RaftServerOptions).Assembly.GetManifestResourceStream($"page/{name}")
            ?? throw new FileNotFoundException($"The page has no {name}.");
        context.Response.ContentType = Path.GetExtension(name) switch
        {
            ".js" => "text/javascript",
            ".css" => "text/css",
            ".svg" => "image/svg+xml",
            _ => "text/html",
        };
        await asset.CopyToAsync(context.Response.Body);
    }

    private static Task SendJsonAsync(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    }
}
