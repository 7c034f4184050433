using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Operating;

/// <summary>An image as an archive holds it, unpacked as an engine would: layer upon layer into one folder.</summary>
internal sealed record UnpackedImage
{
    /// <summary>Its name with its tag.</summary>
    public required string Name { get; init; }

    /// <summary>Its files.</summary>
    public required string Files { get; init; }

    /// <summary>How it is started.</summary>
    public required JsonElement Configuration { get; init; }

    /// <summary>What its layers hold, each by a digest, the base image's first.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    /// <summary>Unpacks one, and checks that each layer is what the image says.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">Where its files go.</param>
    public static async Task<UnpackedImage> OfAsync(string archive, string folder)
    {
        var parts = await ReadAsync(archive);
        var manifest = JsonSerializer.Deserialize<JsonElement>(parts["manifest.json"])[0];
        var configuration = JsonSerializer.Deserialize<JsonElement>(parts[manifest.GetProperty("Config").GetString()!]);
        var said = configuration.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(static layer => layer.GetString()).ToList();
        var layers = new List<string>();
        foreach (var name in manifest.GetProperty(nameof(Layers)).EnumerateArray())
        {
            using var files = new MemoryStream();
            await using (var gzip = new GZipStream(new MemoryStream(parts[name.GetString()!]), CompressionMode.Decompress))
            {
                await gzip.CopyToAsync(files);
            }

            layers.Add($"sha256:{Convert.ToHexStringLower(SHA256.HashData(files.ToArray()))}");
            files.Position = 0;
            await TarFile.ExtractToDirectoryAsync(files, folder, overwriteFiles: true);
        }

        layers.ShouldBe(said!);
        return new UnpackedImage
        {
            Name = manifest.GetProperty("RepoTags")[0].GetString()!,
            Files = folder,
            Configuration = configuration.GetProperty("config"),
            Layers = layers,
        };
    }

    /// <summary>A list of words in the configuration; empty when it is not there.</summary>
    public IReadOnlyList<string> ListOf(string name) =>
        Configuration.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(static word => word.GetString()!)]
            : [];

    private static async Task<Dictionary<string, byte[]>> ReadAsync(string archive)
    {
        var parts = new Dictionary<string, byte[]>();
        await using var file = File.OpenRead(archive);
        await using var tar = new TarReader(file);
        while (await tar.GetNextEntryAsync(copyData: true) is { } entry)
        {
            if (entry.DataStream is { } data)
            {
                using var kept = new MemoryStream();
                await data.CopyToAsync(kept);
                parts[entry.Name] = kept.ToArray();
            }
        }

        return parts;
    }
}
