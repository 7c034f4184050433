using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRaft.Image;

/// <summary>A registry of this process that has one image, <c>base:1</c>, without anything in it: no other registry has to be reached.</summary>
internal sealed class BaseImages : IDisposable
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";

    private readonly HttpListener listener = new();
    private readonly byte[] config;
    private readonly byte[] manifest;

    public BaseImages(int port)
    {
        Name = $"localhost:{port}/base:1";
        config = Encoding.UTF8.GetBytes(
            """{"architecture":"amd64","os":"linux","config":{"User":"1654","Env":["PATH=/usr/local/bin:/usr/bin:/bin"]},"rootfs":{"type":"layers","diff_ids":[]},"history":[]}""");
        manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"{{ManifestType}}","config":{"mediaType":"{{ConfigType}}","digest":"{{DigestOf(config)}}","size":{{config.Length}}},"layers":[]}""");
        listener.Prefixes.Add($"http://localhost:{port}/");
        listener.Start();
        _ = Task.Run(ServeAsync);
    }

    /// <summary>The image's name.</summary>
    public string Name { get; }

    public void Dispose() => listener.Close();

    private static string DigestOf(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception end) when (end is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var path = context.Request.Url!.AbsolutePath;
            var (type, body) = path == "/v2/" ? ("application/json", "{}"u8.ToArray())
                : path.Contains("/manifests/", StringComparison.Ordinal) ? (ManifestType, manifest)
                : path.EndsWith(DigestOf(config), StringComparison.Ordinal) ? (ConfigType, config)
                : ("text/plain", null);
            context.Response.StatusCode = body is null ? 404 : 200;
            context.Response.ContentType = type;
            if (body is not null)
            {
                context.Response.Headers["Docker-Content-Digest"] = DigestOf(body);
                context.Response.ContentLength64 = body.Length;
                if (context.Request.HttpMethod != "HEAD")
                {
                    await context.Response.OutputStream.WriteAsync(body);
                }
            }

            context.Response.Close();
        }
    }
}
