using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansRaft.Runtime;

namespace OrleansRaft.Server;

/// <summary>Collects measurements for <c>/metrics</c>, and sends everything by OTLP where that is configured.</summary>
internal static class TelemetryServices
{
    private static readonly string[] OtlpSettings =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    // Counted up and down at every request, to say at a scrape how many are under way at that moment. Kestrel's and routing's own meters are left out for the same reason:
    // together they cost a twentieth of an increment.
    private const string ActiveRequests = "http.server.active_requests";

    // Room for every series of an instrument is taken when it is made; the default, 2,000 for each of a few hundred instruments, takes 40 MB.
    private const int SeriesMax = 200;

    /// <summary>Adds it all. Spans are made only when somebody receives them: they cost more than an increment does.</summary>
    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("orleansraft", autoGenerateServiceInstanceId: false).AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics
                .AddMeter(RaftMetrics.Name, "Microsoft.Orleans", "Npgsql", "Microsoft.AspNetCore.Hosting")
                .AddRuntimeInstrumentation()
                .AddView(static instrument => instrument.Name == ActiveRequests
                    ? MetricStreamConfiguration.Drop
                    : new MetricStreamConfiguration { CardinalityLimit = SeriesMax })
                .AddPrometheusExporter());
        if (!OtlpSettings.Any(setting => !string.IsNullOrEmpty(configuration[setting])))
        {
            return;
        }

        telemetry
            .WithTracing(traces => traces
                .AddSource(RaftMetrics.Name, "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application", "Npgsql")
                .AddAspNetCoreInstrumentation())
            .UseOtlpExporter();
    }
}
