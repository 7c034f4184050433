using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using OrleansRaft.Runtime;

namespace OrleansRaft.Server.Telemetry;

/// <summary>Collects what silos measure, for applications that ask for it.</summary>
public static class RaftTelemetryExtensions
{
    /// <summary>
    /// Collects the measurements of groups, Orleans and Npgsql, and lets <see cref="RaftServerEndpointExtensions.MapOrleansRaft"/> serve all that the
    /// application collects under <c>/metrics</c>, in Prometheus' text format. Resource, views and other exporters stay the application's own.
    /// </summary>
    /// <param name="services">The services of an application that hosts a silo.</param>
    public static IServiceCollection AddOrleansRaftMetrics(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<MetricsEndpoint>();
        services.AddOpenTelemetry().WithMetrics(static metrics => metrics.AddOrleansRaftInstrumentation().AddPrometheusExporter());
        return services;
    }

    /// <summary>Collects the measurements of groups, Orleans and Npgsql.</summary>
    /// <param name="metrics">The application's measurements.</param>
    public static MeterProviderBuilder AddOrleansRaftInstrumentation(this MeterProviderBuilder metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        return metrics.AddMeter(RaftMetrics.Name, "Microsoft.Orleans", "Npgsql");
    }

    /// <summary>Collects the spans of groups, Orleans and Npgsql.</summary>
    /// <param name="traces">The application's traces.</param>
    public static TracerProviderBuilder AddOrleansRaftInstrumentation(this TracerProviderBuilder traces)
    {
        ArgumentNullException.ThrowIfNull(traces);
        return traces.AddSource(RaftMetrics.Name, "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application", "Npgsql");
    }
}
