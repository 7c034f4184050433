using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace OrleansRaft.Server.Description;

/// <summary>
/// The description as it is served. It is made once: that takes tens of milliseconds of a processor, and a client that reaches the port may ask for
/// it without a key, and as often as it likes.
/// </summary>
/// <param name="provider">Makes it.</param>
internal sealed class WrittenDescription(IOpenApiDocumentProvider provider)
{
    // Stands where the address goes under which a request was made.
    private const string Here = "https://here.invalid";

    private readonly Lazy<Task<(byte[] Before, byte[] After)>> parts = new(() => MakeAsync(provider));

    /// <summary>Answers with it.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        var (before, after) = await parts.Value.WaitAsync(context.RequestAborted);
        var here = JsonEncodedText.Encode($"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}");
        context.Response.ContentType = "application/json;charset=utf-8";
        context.Response.ContentLength = before.Length + here.EncodedUtf8Bytes.Length + after.Length;
        await context.Response.Body.WriteAsync(before, context.RequestAborted);
        await context.Response.Body.WriteAsync(here.EncodedUtf8Bytes.ToArray(), context.RequestAborted);
        await context.Response.Body.WriteAsync(after, context.RequestAborted);
    }

    private static async Task<(byte[] Before, byte[] After)> MakeAsync(IOpenApiDocumentProvider provider)
    {
        var document = await provider.GetOpenApiDocumentAsync();
        document.Servers = [new OpenApiServer { Url = Here }];
        var text = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1);
        var place = text.IndexOf(Here, StringComparison.Ordinal);
        return (Encoding.UTF8.GetBytes(text[..place]), Encoding.UTF8.GetBytes(text[(place + Here.Length)..]));
    }
}
