using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Audit;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>Maps operations of the API: those of the server, and those of applications beside them.</summary>
public static class OperationEndpointExtensions
{
    /// <summary>
    /// The group of the API's descriptions. Documents of the application's own do not hold them, nor theirs the application's endpoints.
    /// </summary>
    internal const string DescriptionGroup = "orleansraft";

    /// <summary>
    /// Maps an operation: its errors are problems, whatever happens in its handler, and the API's description tells of it. A path with an empty
    /// segment, or with one of dots that clients and servers fold, is refused.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="method">The method, such as <c>GET</c>.</param>
    /// <param name="pattern">The path; by convention it begins with <c>/api/v1</c>.</param>
    /// <param name="handler">Answers. It is called as it is, without binding by reflection.</param>
    /// <param name="operation">What it takes and answers.</param>
    public static IEndpointConventionBuilder MapRaftOperation(
        this IEndpointRouteBuilder endpoints, string method, string pattern, RequestDelegate handler, ApiOperation operation)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(operation);
        var logger = endpoints.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansRaft.Server");
        var guarded = Guard.Around(handler, logger);
        if (TenantLimiter.Limits(pattern, operation.Access) && endpoints.ServiceProvider.GetService<TenantLimiter>() is { } limiter)
        {
            guarded = limiter.Around(guarded);
        }

        if (operation.Access >= AccessRole.Operator
            && !KnownProblems.IsSafe(method)
            && endpoints.ServiceProvider.GetService<AuditTrail>() is { } audit)
        {
            guarded = audit.Around(guarded, operation.Id);
        }

        var endpoint = endpoints.MapMethods(pattern, [method], guarded).WithDisplayName(operation.Id).Describe(handler, operation);
        return RaftAccess.Require(endpoint, endpoints, operation.Access);
    }

    /// <summary>Describes an endpoint. The method of a handler is what makes an endpoint appear in descriptions at all.</summary>
    internal static IEndpointConventionBuilder Describe(this IEndpointConventionBuilder endpoint, RequestDelegate handler, ApiOperation operation) =>
        endpoint.WithMetadata(handler.Method, operation).WithGroupName(DescriptionGroup);
}
