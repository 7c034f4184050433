using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace OrleansRaft.Server.Page;

/// <summary>A file of the page.</summary>
/// <param name="name">Its name, which tells its content type.</param>
/// <param name="bytes">What is in it.</param>
internal sealed class PageFile(string name, ReadOnlyMemory<byte> bytes)
{
    // Nothing is loaded from elsewhere and nothing is written into the page as markup.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    private readonly string contentType = ContentTypeOf(name);
    private readonly string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes.Span).AsSpan(0, 8))}\"";

    /// <summary>Answers with it, unless the client has it already.</summary>
    public Task ServeAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.ETag = tag;
        response.Headers.CacheControl = "no-cache";
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(bytes).AsTask();
    }

    private static string ContentTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"The page holds {name}, but there is no content type for {other}."),
    };
}
