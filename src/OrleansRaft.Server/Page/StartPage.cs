using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansRaft.Server;

/// <summary>Serves the page out of the assembly: no files beside it, no other server, any working directory.</summary>
internal static class StartPage
{
    private const string ResourcePrefix = "page/";
    private const string Document = "index.html";
    private const string DocumentWithoutLab = "index.html without the lab";
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    // Nothing is loaded from elsewhere and nothing is written into the page as markup.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, Asset> Assets = Load().ToFrozenDictionary(asset => asset.Name, StringComparer.Ordinal);

    /// <summary>Maps <c>/</c>, <c>/lab</c> and what they load.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="hasLab">Whether the lab is on; the document says so to the script.</param>
    public static void Map(IEndpointRouteBuilder endpoints, bool hasLab)
    {
        var document = hasLab ? Document : DocumentWithoutLab;
        endpoints.MapMethods("/", Methods, (RequestDelegate)(context => ServeAsync(context, document))).ExcludeFromDescription();
        endpoints.MapMethods("/lab", Methods, LabEndpoints.Where(hasLab, context => ServeAsync(context, document))).ExcludeFromDescription();
        endpoints.MapMethods("/page/{**file}", Methods, (RequestDelegate)(context => ServeAsync(context, context.Request.RouteValues["file"] as string ?? ""))).ExcludeFromDescription();
    }

    private static Task ServeAsync(HttpContext context, string name)
    {
        var response = context.Response;
        if (!Assets.TryGetValue(name, out var asset))
        {
            KnownProblems.OfStatus(StatusCodes.Status404NotFound, context.Request).Write(response);
            return Task.CompletedTask;
        }

        response.Headers.ETag = asset.Tag;
        response.Headers.CacheControl = "no-cache";
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        if (context.Request.Headers.IfNoneMatch == asset.Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = asset.ContentType;
        response.ContentLength = asset.Bytes.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(asset.Bytes).AsTask();
    }

    private static IEnumerable<Asset> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"";

            // Where the assembly was built on Windows, folders are told apart by its separator.
            var name = resource[ResourcePrefix.Length..].Replace('\\', '/');
            yield return new Asset(name, ContentTypeOf(resource), tag, bytes);
            if (name == Document)
            {
                var without = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("<html ", "<html data-lab=\"off\" ", StringComparison.Ordinal));
                yield return new Asset(DocumentWithoutLab, ContentTypeOf(resource), $"{tag[..^1]}-\"", without);
            }
        }
    }

    private static string ContentTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"The page holds {name}, but there is no content type for {other}."),
    };

    private sealed record Asset(string Name, string ContentType, string Tag, ReadOnlyMemory<byte> Bytes);
}
