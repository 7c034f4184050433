using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
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
        var document = endpoints.ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(OperationEndpointExtensions.DescriptionGroup);
        RaftAccess.Open(endpoints.MapGet(Path, (RequestDelegate)(context => WriteAsync(context, document))).ExcludeFromDescription());
        var scalarPage = endpoints.MapScalarApiReference("/scalar", scalar =>
        {
            // Everything the page needs is in the package: it must work where there is no internet, and tell nobody about it.
            scalar.WithTitle("OrleansRaft").AddDocument(ApiDescription.Version).DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp()
                .HideDeveloperTools();
        });
        RaftAccess.Open(scalarPage);
    }

    private static async Task WriteAsync(HttpContext context, IOpenApiDocumentProvider provider)
    {
        var document = await provider.GetOpenApiDocumentAsync(context.RequestAborted);
        document.Servers = [new OpenApiServer { Url = $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}" }];
        context.Response.ContentType = "application/json;charset=utf-8";
        var text = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, context.RequestAborted);
        await context.Response.WriteAsync(text, context.RequestAborted);
    }
}
