using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Runtime;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>What <c>/metrics</c> shows where several silos share a process, as in a demo.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task A_silo_shows_what_it_measured_itself_and_nothing_of_another_in_its_process()
    {
        await using var one = Start();
        await using var other = Start();
        Measure(one, "one");
        Measure(other, "other");

        var shown = Scrape(one);

        shown.ShouldContain("test.one");
        shown.ShouldNotContain("test.other");
        Scrape(other).ShouldContain("test.other");
    }

    /// <summary>
    /// A slow request on a graph leads to its trace. Prometheus takes exemplars where it asks for OpenMetrics; its older format has no place for
    /// them.
    /// </summary>
    [Fact]
    public async Task A_measurement_of_a_request_within_a_trace_names_it_on_metrics()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        await using var app = Start(("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{FreePorts.Next()}"));
        app.Urls.Add("http://127.0.0.1:0");
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapGet("/hello", static () => "hello");
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        await AskAsync(client, "/hello", "traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
        var shown = await AskAsync(client, "/metrics", "Accept", "application/openmetrics-text; version=1.0.0");
        var older = await AskAsync(client, "/metrics", "Accept", "text/plain; version=0.0.4");

        const string Bucket = "http_server_request_duration_seconds_bucket";
        shown.Split('\n').Where(static line => line.Contains($"trace_id=\"{Trace}\"", StringComparison.Ordinal)).ShouldHaveSingleItem()
            .ShouldStartWith(Bucket);
        older.ShouldContain(Bucket);
        older.ShouldNotContain(Trace);
    }

    private static async Task<string> AskAsync(HttpClient client, string path, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static WebApplication Start(params IEnumerable<(string Name, string Value)> settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        builder.Services.AddMetrics();
        builder.Configuration.AddInMemoryCollection(
            settings.Select(static setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        OraftTelemetry.AddTo(builder.Services, builder.Configuration);
        builder.Services.AddOpenTelemetry().WithMetrics(static metrics => metrics.AddReader(static _ => new BaseExportingMetricReader(new Names())));
        var app = builder.Build();
        app.Services.GetRequiredService<MeterProvider>();
        return app;
    }

    private static void Measure(WebApplication app, string name) =>
        app.Services.GetRequiredService<IMeterFactory>().Create(RaftMetrics.Name).CreateCounter<long>($"test.{name}").Add(1);

    private static List<string> Scrape(WebApplication app)
    {
        Names.Found.Value = [];
        app.Services.GetRequiredService<MeterProvider>().ForceFlush();
        return Names.Found.Value;
    }

    private sealed class Names : OpenTelemetry.BaseExporter<Metric>
    {
        public static AsyncLocal<List<string>> Found { get; } = new();

        public override OpenTelemetry.ExportResult Export(in OpenTelemetry.Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                Found.Value?.Add(metric.Name);
            }

            return OpenTelemetry.ExportResult.Success;
        }
    }
}
