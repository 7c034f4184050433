using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansRaft.Server.Health;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Telemetry;

/// <summary>Present among the services where <c>/metrics</c> is wanted.</summary>
internal sealed class MetricsEndpoint
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapPrometheusScrapingEndpoint("/metrics")
        .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
        .Describe(HealthEndpoints.LiveAsync, HealthOperations.Metrics);
}
