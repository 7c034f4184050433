using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Runtime;

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

    private static WebApplication Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddMetrics();
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
