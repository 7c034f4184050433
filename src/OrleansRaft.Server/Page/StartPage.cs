using System.Reflection;
using Microsoft.AspNetCore.Routing;

namespace OrleansRaft.Server.Page;

/// <summary>The page of the running cluster.</summary>
internal static class StartPage
{
    private static readonly PageFiles Files = new(Assembly.GetExecutingAssembly(), "page/");

    /// <summary>Maps <c>/</c> and what it loads.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, PageViews views)
    {
        PageFiles.Map(endpoints, "/", context => views.ServeDocumentAsync(context));
        PageFiles.Map(endpoints, "/page/{**file}", context => Files.ServeAsync(context, context.Request.RouteValues["file"] as string ?? ""));
    }
}
