using System.Collections.Concurrent;
using System.Net;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Server.Page;

/// <summary>What the page consists of: its document names the views that the application has mapped, so none is linked that is not there.</summary>
/// <param name="services">The application's: where keys are asked for, the document says so.</param>
internal sealed class PageViews(IServiceProvider services)
{
    private const string Frame = "page/index.html";

    private readonly List<PageView> views = [];
    private readonly List<string> links = [];
    private readonly ConcurrentDictionary<string, PageFile> documents = new(StringComparer.Ordinal);

    /// <summary>Adds a view. While the application is mapped.</summary>
    public void Add(PageView view)
    {
        views.Add(view);
        documents.Clear();
    }

    /// <summary>Adds a page of others that the footer links to. While the application is mapped.</summary>
    public void AddLink(string name)
    {
        links.Add(name);
        documents.Clear();
    }

    /// <summary>Answers with the page's document.</summary>
    /// <param name="context">The request.</param>
    /// <param name="alone">The view that stands alone on it; null for the page of the cluster.</param>
    public Task ServeDocumentAsync(HttpContext context, PageView? alone = null) =>
        documents.GetOrAdd(alone?.Name ?? "", name => new PageFile(Frame, Encoding.UTF8.GetBytes(Write(name)))).ServeAsync(context);

    private string Write(string alone)
    {
        var attributes = $"<html data-view=\"{Escape(alone)}\" data-links=\"{Escape(string.Join(' ', links))}\" {Access()}";
        var styles = views.SelectMany(view => view.Styles.Select(style => $"<link rel=\"stylesheet\" href=\"{AddressOf(view, style)}\">"));
        var scripts = views.Select(view => $"<script type=\"module\" src=\"{AddressOf(view, view.Script)}\"></script>");
        return Encoding.UTF8.GetString(PageFiles.Read(Assembly.GetExecutingAssembly(), Frame))
            .Replace("<html ", attributes, StringComparison.Ordinal)
            .Replace("<!-- styles of views -->", string.Join("\n  ", styles), StringComparison.Ordinal)
            .Replace("<!-- scripts of views -->", string.Join("\n  ", scripts), StringComparison.Ordinal);
    }

    private string Access() => services.GetService<RaftAccess>() is null ? "" : "data-access=\"keys\" ";

    private static string AddressOf(PageView view, string file) => Escape($"/page/{view.Name}/{file}");

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
