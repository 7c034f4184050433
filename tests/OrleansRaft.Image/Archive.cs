using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace OrleansRaft.Image;

/// <summary>An image in an archive, as <c>docker load</c> takes it.</summary>
/// <param name="Layers">The digests of its layers.</param>
/// <param name="Entrypoint">What a container starts.</param>
/// <param name="User">As whom.</param>
internal sealed record Archive(IReadOnlyList<string> Layers, IReadOnlyList<string> Entrypoint, string User)
{
    /// <summary>Unpacks an archive, and its layers over each other.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="root">The folder that becomes the container's root.</param>
    public static async Task<Archive> UnpackAsync(string file, string root)
    {
        var parts = Directory.CreateTempSubdirectory("oraft-image-").FullName;
        try
        {
            await ExtractAsync(file, parts);
            using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(parts, "manifest.json")));
            var image = manifest.RootElement[0];
            using var configuration = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(parts, image.GetProperty("Config").GetString()!)));
            foreach (var layer in image.GetProperty(nameof(Layers)).EnumerateArray())
            {
                await ExtractAsync(Path.Combine(parts, layer.GetString()!), root);
            }

            var started = configuration.RootElement.GetProperty("config");
            return new Archive(
                [.. configuration.RootElement.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(static digest => digest.GetString()!)],
                [.. Words(started, "Entrypoint"), .. Words(started, "Cmd")],
                started.TryGetProperty(nameof(User), out var user) ? user.GetString()! : "root");
        }
        finally
        {
            Directory.Delete(parts, recursive: true);
        }
    }

    private static IEnumerable<string> Words(JsonElement config, string name) =>
        config.TryGetProperty(name, out var words) && words.ValueKind == JsonValueKind.Array
            ? words.EnumerateArray().Select(static word => word.GetString()!)
            : [];

    private static async Task ExtractAsync(string file, string folder)
    {
        await using var raw = File.OpenRead(file);
        var isPacked = raw.ReadByte() == 0x1F && raw.ReadByte() == 0x8B;
        raw.Position = 0;
        await using var plain = isPacked ? new GZipStream(raw, CompressionMode.Decompress) : (Stream)raw;
        Directory.CreateDirectory(folder);
        await TarFile.ExtractToDirectoryAsync(plain, folder, overwriteFiles: true);
    }
}
