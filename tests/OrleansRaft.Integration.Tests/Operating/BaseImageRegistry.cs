using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRaft.Integration.Tests.Operating;

/// <summary>
/// A registry of images in this process, with one that stands in for that of ASP.NET Core: the SDK takes a base image from a registry only, and that
/// of its maker is not reached from everywhere. Its configuration is like that one's; its files are not there.
/// </summary>
internal sealed class BaseImageRegistry : IAsyncDisposable
{
    /// <summary>The variables of the base image, which every image on it has.</summary>
    public static readonly string[] Environment = ["APP_UID=1654", "ASPNETCORE_HTTP_PORTS=8080", "DOTNET_RUNNING_IN_CONTAINER=true"];

    private const string ManifestType = "application/vnd.docker.distribution.manifest.v2+json";
    private const string ConfigurationType = "application/vnd.docker.container.image.v1+json";
    private const string LayerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";

    private readonly WebApplication app;
    private readonly Dictionary<string, (string Type, byte[] Bytes)> served = [];

    private BaseImageRegistry(WebApplication app) => this.app = app;

    /// <summary>The name of the base image, with that of the registry.</summary>
    public string Image => $"localhost:{new Uri(app.Urls.Single()).Port}/dotnet/aspnet:10.0";

    public static async Task<BaseImageRegistry> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var registry = new BaseImageRegistry(app);
        registry.AddImage();
        app.Run(registry.AnswerAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return registry;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static string DigestOf(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private void AddImage()
    {
        var (layer, files) = MakeLayer();
        var configuration = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64",
            os = "linux",
            config = new { Env = (string[])["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", .. Environment] },
            rootfs = new { type = "layers", diff_ids = (string[])[files] },
            history = (object[])[new { created = "2030-01-01T00:00:00Z", created_by = "a test" }],
        });
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = ManifestType,
            config = new { mediaType = ConfigurationType, size = configuration.Length, digest = DigestOf(configuration) },
            layers = (object[])[new { mediaType = LayerType, size = layer.Length, digest = DigestOf(layer) }],
        });
        const string Prefix = "/v2/dotnet/aspnet";
        served[$"{Prefix}/manifests/10.0"] = served[$"{Prefix}/manifests/{DigestOf(manifest)}"] = (ManifestType, manifest);
        served[$"{Prefix}/blobs/{DigestOf(configuration)}"] = ("application/octet-stream", configuration);
        served[$"{Prefix}/blobs/{DigestOf(layer)}"] = ("application/octet-stream", layer);
    }

    /// <returns>A layer with one file, compressed, and the digest of what it is uncompressed.</returns>
    private static (byte[] Layer, string Files) MakeLayer()
    {
        using var files = new MemoryStream();
        using (var tar = new TarWriter(files, TarEntryFormat.Pax, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "etc/os-release")
            {
                DataStream = new MemoryStream(Encoding.ASCII.GetBytes("ID=stand-in\n")),
            });
        }

        using var layer = new MemoryStream();
        using (var gzip = new GZipStream(layer, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(files.ToArray());
        }

        return (layer.ToArray(), DigestOf(files.ToArray()));
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path == "/v2/")
        {
            return;
        }

        if (!served.TryGetValue(path, out var found))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = found.Type;
        context.Response.ContentLength = found.Bytes.Length;
        context.Response.Headers["Docker-Content-Digest"] = DigestOf(found.Bytes);
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(found.Bytes, context.RequestAborted);
        }
    }
}
