using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansRaft.Server.Page;

/// <summary>
/// A view that an application adds to the page. Its files are resources of an assembly whose names begin with <c>page/</c>, its name and a slash;
/// they are served under that path.
/// </summary>
/// <param name="Name">Its name, in lower case.</param>
/// <param name="Assembly">Holds its files.</param>
/// <param name="Script">
/// The file of the module that registers it: it calls <c>registerView</c> of <c>/page/lib/views.js</c>, and brings along whatever it imports.
/// </param>
public sealed record PageView(string Name, Assembly Assembly, string Script)
{
    /// <summary>The files of its styles, which come after those of the page.</summary>
    public IReadOnlyList<string> Styles { get; init; } = [];

    /// <summary>
    /// Its own path, such as <c>/lab</c>, where it stands alone and the page asks nothing of the cluster; null for a view of the cluster.
    /// </summary>
    public string? Path { get; init; }
}

/// <summary>Adds views to the page.</summary>
public static class PageViewExtensions
{
    /// <summary>Adds a view to the page, with its link in the navigation; does nothing where the page is turned off.</summary>
    /// <param name="endpoints">The application, after <see cref="RaftServerServiceCollectionExtensions.AddOrleansRaftServer"/>.</param>
    /// <param name="view">The view.</param>
    /// <exception cref="InvalidOperationException">The application has no services of the page.</exception>
    public static IEndpointRouteBuilder MapRaftPageView(this IEndpointRouteBuilder endpoints, PageView view)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(view);
        var services = endpoints.ServiceProvider;
        var views = services.GetService<PageViews>() ?? throw new InvalidOperationException(
            $"The view '{view.Name}' has no page. "
            + "Call builder.Services.AddOrleansRaftServer(builder.Configuration) before the application is built.");
        if (!services.GetRequiredService<IOptions<RaftServerOptions>>().Value.StartPage)
        {
            return endpoints;
        }

        views.Add(view);
        var files = new PageFiles(view.Assembly, $"page/{view.Name}/");
        PageFiles.Map(
            endpoints,
            $"/page/{view.Name}/{{**file}}",
            context => files.ServeAsync(context, context.Request.RouteValues["file"] as string ?? ""));
        if (view.Path is not null)
        {
            PageFiles.Map(endpoints, view.Path, context => views.ServeDocumentAsync(context, view));
        }

        return endpoints;
    }
}
