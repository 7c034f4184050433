using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Orleans.TestingHost;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Server;
using OrleansRaft.Server.Groups;
using OrleansRaft.Server.Telemetry;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>
/// The server alone, in somebody's application that has endpoints, logs, measurements, a description and a set of groups of its own: the API and the
/// page work, and nothing else changes.
/// </summary>
public sealed class MountedBesideOthersTests(Shop shop) : IClassFixture<Shop>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Groups_and_their_logs_are_shown_in_the_words_of_the_application()
    {
        await shop.Services.GetRequiredService<IGrainFactory>().GetRaftGroup<LedgerCommand, LedgerResult>("ledgers", "alice")
            .SubmitAsync(new LedgerCommand(5), cancellation: Token);

        var groups = (await shop.Client.AskAsync("/api/v1/groups")).ShouldBeJson();
        var log = (await shop.Client.AskAsync("/api/v1/groups/ledgers-0/log")).ShouldBeJson();

        groups.GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("group").GetString()).ShouldBe(["ledgers-0"]);
        log.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("text").GetString()).ShouldContain("alice gets some");
    }

    [Fact]
    public async Task Events_and_alarms_are_served()
    {
        using var stream = new StreamReader(await shop.Client.GetStreamAsync(new Uri("/api/v1/events", UriKind.Relative), Token));
        var lines = new List<string?>();
        while (lines.LastOrDefault() != "event: snapshot")
        {
            lines.Add(await stream.ReadLineAsync(Token));
        }

        (await shop.Client.AskAsync("/health/live")).Status.ShouldBe(HttpStatusCode.OK);
        (await shop.Client.AskAsync("/health/alarms")).ShouldBeJson().GetProperty("alarms").GetArrayLength().ShouldBe(0);
        (await shop.Client.AskAsync("/api/v1/groups/nothing")).ShouldBeProblem(404, "unknown-group");
    }

    [Fact]
    public async Task The_page_has_no_view_and_no_link_that_is_not_there()
    {
        var page = await shop.Client.AskAsync("/");

        page.MediaType.ShouldBe("text/html");
        page.Text.ShouldContain("data-links=\"scalar\"");
        page.Text.ShouldNotContain("counters");
        page.Text.ShouldNotContain("lab");
        foreach (Match loaded in Regex.Matches(page.Text, "(?:src|href)=\"(/[^\"]+)\""))
        {
            (await shop.Client.AskAsync(loaded.Groups[1].Value)).Status.ShouldBe(HttpStatusCode.OK, loaded.Value);
        }
    }

    [Theory]
    [InlineData("/api/v1/tenants/acme/counters/visits")]
    [InlineData("/api/v1/lab")]
    [InlineData("/lab")]
    [InlineData("/page/counters/counters.js")]
    [InlineData("/metrics")]
    [InlineData("/dashboard")]
    public async Task What_was_not_asked_for_is_not_there(string path) =>
        (await shop.Client.AskAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task The_description_tells_of_what_is_mounted_and_the_applications_own_of_the_rest()
    {
        var ours = (await shop.Client.AskAsync("/openapi/v1.json")).ShouldBeJson();
        var theirs = (await shop.Client.AskAsync("/docs/v1.json")).ShouldBeJson();

        ours.GetProperty("tags")
            .EnumerateArray()
            .Select(tag => tag.GetProperty("name").GetString())
            .ShouldBe(["Groups", "Events", "Faults", "Operations"]);
        ours.GetProperty("components").GetProperty("schemas").EnumerateObject().Select(schema => schema.Name).ShouldNotContain("Counter");
        ours.GetProperty("paths").EnumerateObject().Select(path => path.Name).ShouldNotContain("/orders/{id}");
        theirs.GetProperty("paths").EnumerateObject().Select(path => path.Name).ShouldBe(["/orders/{id}", "/orders", "/fails"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("GET", "/orders/7", 404, "")]
    [InlineData("POST", "/orders", 400, "no such dish")]
    [InlineData("GET", "/fails", 500, "")]
    [InlineData("GET", "/nowhere", 404, "")]
    [InlineData("DELETE", "/orders", 405, "")]
    public async Task Other_endpoints_answer_as_they_did(string method, string path, int status, string body)
    {
        var answer = await shop.Client.SendAsync(new HttpMethod(method), path);

        ((int)answer.Status).ShouldBe(status);
        answer.Text.ShouldBe(body);
        answer.MediaType.ShouldBe(body.Length == 0 ? null : "text/plain");
    }

    [Fact]
    public async Task The_application_logs_what_it_logged()
    {
        await shop.Client.AskAsync("/orders/7");

        shop.Logs.Categories.ShouldContain("Microsoft.AspNetCore.Hosting.Diagnostics", "requests are logged, as the application wants it");
    }

    [Fact]
    public async Task The_application_measures_what_it_measured_under_its_own_name()
    {
        await shop.Client.AskAsync("/orders/7");

        shop.Services.GetRequiredService<MeterProvider>().ForceFlush();

        shop.Measured.Instruments.ShouldContain("http.server.active_requests");
        shop.Measured.Instruments.ShouldNotContain(name => name.StartsWith("raft.", StringComparison.Ordinal));
        shop.Measured.Service.ShouldBe("shop");
    }

    [Fact]
    public async Task Measurements_are_served_where_they_are_asked_for()
    {
        await using var other = new Shop { HasMetrics = true };
        await other.InitializeAsync();

        var answer = await other.Client.AskAsync("/metrics");

        answer.Text.ShouldContain("service_name=\"shop\"");
        answer.Text.ShouldContain("raft_");
        (await other.Client.AskAsync("/")).Text.ShouldContain("data-links=\"scalar metrics\"");
    }
}

/// <summary>Somebody's application.</summary>
public sealed class Shop : IAsyncLifetime
{
    private static readonly TestClusterPortAllocator Ports = new();

    private WebApplication app = null!;

    public HttpClient Client { get; private set; } = null!;

    public IServiceProvider Services => app.Services;

    internal bool HasMetrics { get; init; }

    internal SeenLogs Logs { get; } = new();

    internal SeenMeasurements Measured { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.AddProvider(Logs);
        builder.Services.AddRouting();
        builder.Services.AddOpenApi();
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("shop"))
            .WithMetrics(metrics => metrics.AddMeter("Microsoft.AspNetCore.Hosting").AddReader(new BaseExportingMetricReader(Measured)));
        var (siloPort, gatewayPort) = Ports.AllocateConsecutivePortPairs(1);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(siloPort, gatewayPort, primarySiloEndpoint: null, serviceId: "shop", clusterId: $"shop-{siloPort}")
            .AddRaft(raft => raft.UseMemory())
            .AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>("ledgers", 1, 1));
        builder.Services.AddKeyedSingleton<IEntryDescriber, LedgerDescriber>("ledgers");
        builder.Services.AddOrleansRaftServer(builder.Configuration);
        if (HasMetrics)
        {
            builder.Services.AddOrleansRaftMetrics();
        }

        app = builder.Build();
        app.UseRouting();
        app.MapGet("/orders/{id}", static () => Results.NotFound());
        app.MapPost("/orders", static () => Results.Text("no such dish", statusCode: StatusCodes.Status400BadRequest));
        app.MapGet("/fails", static string () => throw new InvalidOperationException("the oven is cold"));
        app.MapOpenApi("/docs/{documentName}.json");
        app.MapOrleansRaft();
        await app.StartAsync(TestContext.Current.CancellationToken);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(60) };
        await Eventually.HoldsAsync(
            async () => (await Client.AskAsync("/health/ready")).Status == HttpStatusCode.OK, "the silo is ready", TimeSpan.FromMinutes(2));
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }
}

internal sealed class LedgerDescriber : IEntryDescriber
{
    public string Describe(string key, ReadOnlyMemory<byte> command) => $"{key} gets some";
}

/// <summary>Sees from where something is logged at all.</summary>
internal sealed class SeenLogs : ILoggerProvider
{
    private readonly ConcurrentDictionary<string, bool> categories = new(StringComparer.Ordinal);

    public ICollection<string> Categories => categories.Keys;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(SeenLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs.categories.TryAdd(category, true);
    }
}

/// <summary>Sees what is measured, and in whose name.</summary>
internal sealed class SeenMeasurements : BaseExporter<Metric>
{
    private readonly ConcurrentDictionary<string, bool> instruments = new(StringComparer.Ordinal);

    public ICollection<string> Instruments => instruments.Keys;

    public string? Service { get; private set; }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (var metric in batch)
        {
            instruments.TryAdd(metric.Name, true);
        }

        Service = ParentProvider.GetResource().Attributes.Single(attribute => attribute.Key == "service.name").Value as string;
        return ExportResult.Success;
    }
}
