using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Health;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Telemetry;

/// <summary>Present among the services where <c>/metrics</c> is wanted.</summary>
internal sealed class MetricsEndpoint
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var isOpen = endpoints.ServiceProvider.GetRequiredService<IOptions<RaftAccessOptions>>().Value.OpenMetrics;
        var operation = HealthOperations.Metrics with { Access = isOpen ? AccessRole.None : AccessRole.Reader };
        var endpoint = endpoints.MapPrometheusScrapingEndpoint("/metrics")
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
            .Describe(HealthEndpoints.LiveAsync, operation);
        RaftAccess.Require(endpoint, endpoints, operation.Access);
    }
}
