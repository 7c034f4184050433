using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Http;
using Scalar.AspNetCore;

namespace OrleansRaft.Server.Description;

/// <summary>Serves the description, and a page to read it and to try the API.</summary>
internal static class DescriptionPages
{
    private const string Path = $"/openapi/{ApiDescription.Version}.json";

    /// <summary>Maps both. Documents of the application's own keep their names and paths, unless it is this path.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var description = new WrittenDescription(
            endpoints.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(OperationEndpointExtensions.DescriptionGroup));
        RaftAccess.Open(endpoints.MapGet(Path, (RequestDelegate)description.WriteAsync).ExcludeFromDescription());
        var scalarPage = endpoints.MapScalarApiReference("/scalar", scalar =>
        {
            // Everything the page needs is in the package: it must work where there is no internet, and tell nobody about it.
            scalar.WithTitle("OrleansRaft").AddDocument(ApiDescription.Version).DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp()
                .HideDeveloperTools();
        });
        RaftAccess.Open(scalarPage);
    }
}
