using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansRaft.Server.Telemetry;

namespace OrleansRaft.Cli.Serve;

/// <summary>Collects measurements for <c>/metrics</c>, and sends everything by OTLP where that is configured.</summary>
internal static class OraftTelemetry
{
    private static readonly string[] OtlpSettings =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    // Counted up and down at every request, to say at a scrape how many are under way at that moment. Kestrel's and routing's own meters are left out
    // for the same reason: together they cost a twentieth of an increment.
    private const string ActiveRequests = "http.server.active_requests";

    // Room for every series of an instrument is taken when it is made; the default, 2,000 for each of a few hundred instruments, takes 40 MB.
    private const int SeriesMax = 200;

    /// <summary>Adds it all. Spans are made only when somebody receives them: they cost more than an increment does.</summary>
    public static void AddTo(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOrleansRaftMetrics();
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("orleansraft", autoGenerateServiceInstanceId: false).AddEnvironmentVariableDetector())
            .WithMetrics(metrics => ((IDeferredMeterProviderBuilder)metrics
                .AddMeter("Microsoft.AspNetCore.Hosting")
                .AddRuntimeInstrumentation())
                .Configure(static (provider, builder) => builder.AddView(
                    ViewOf(provider.GetRequiredService<IMeterFactory>()))));
        if (OtlpSettings.Any(setting => !string.IsNullOrEmpty(configuration[setting])))
        {
            // Measurements that were taken within a trace name it, so that a slow one leads to what made it slow; under /metrics to whoever asks for
            // OpenMetrics, since Prometheus' older text format has no place for it.
            telemetry.WithMetrics(static metrics => metrics.SetExemplarFilter(ExemplarFilterType.TraceBased));
            telemetry.WithTracing(static traces => traces.AddOrleansRaftInstrumentation().AddAspNetCoreInstrumentation()).UseOtlpExporter();
        }
    }

    /// <summary>
    /// Meters are found by name in the whole process: what another silo of it measures, as in a demo, is left to that one. All of them together would
    /// also be more than a provider takes, and it drops what comes last.
    /// </summary>
    private static Func<Instrument, MetricStreamConfiguration?> ViewOf(IMeterFactory own) => instrument =>
        instrument.Name == ActiveRequests || (instrument.Meter.Scope is IMeterFactory factory && factory != own)
            ? MetricStreamConfiguration.Drop
            : new MetricStreamConfiguration { CardinalityLimit = SeriesMax };
}
