#!/usr/bin/env dotnet
#:property PublishAot=false
#:property IsTestCode=true
#:property RestorePackagesWithLockFile=false

// dotnet run --file infra/reproducible.cs -- ARCHIVE SECONDS
//
// Makes the archive of an image the same whenever it is made of the same files. The SDK's own differs each time: it stamps every file with the
// moment at which it is packed, names headers by the number of its process, takes files in the order in which the file system has them, and writes
// the moment into the image's configuration. Here files are in the order of their names, and every date is SECONDS after 1970, as SOURCE_DATE_EPOCH
// has it. Layers of the base image stay as they are.

using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

if (args is not [var archive, var seconds] || !long.TryParse(seconds, CultureInfo.InvariantCulture, out var epoch))
{
    Console.Error.WriteLine("Name the archive of an image, and a date in seconds after 1970: dotnet run --file infra/reproducible.cs -- oraft.tar 0");
    return 2;
}

var date = DateTimeOffset.FromUnixTimeSeconds(epoch);
var parts = Read(File.ReadAllBytes(archive));
if (parts.Find(static part => part.Name == "manifest.json") is not { } description)
{
    Console.Error.WriteLine($"{archive} has no manifest.json, as archives for `docker load` do. Publish with -p:ContainerImageFormat=Docker.");
    return 1;
}

var manifest = JsonNode.Parse(description.Bytes)!;
var image = manifest[0]!;
var layers = image["Layers"]!.AsArray();
var configurationName = (string)image["Config"]!;
var layerName = (string)layers[^1]!;

// The application's layer is the last one.
var files = Packed(Read(Unzipped(Find(layerName).Bytes)).OrderBy(static file => file.Name, StringComparer.Ordinal));
var layer = Zipped(files);
var newLayerName = Renamed(layerName, Find(layerName).Bytes, layer);

var configuration = JsonNode.Parse(Find(configurationName).Bytes)!;
var moment = date.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
configuration["created"] = moment;
configuration["history"]!.AsArray()[^1]!["created"] = moment;
configuration["rootfs"]!["diff_ids"]!.AsArray()[^1] = $"sha256:{DigestOf(files)}";
var newConfiguration = BytesOf(configuration);
var newConfigurationName = Renamed(configurationName, Find(configurationName).Bytes, newConfiguration);

layers[^1] = newLayerName;
image["Config"] = newConfigurationName;
List<Part> others = [.. parts.Where(part => part.Name != layerName && part.Name != configurationName && part.Name != description.Name)];
Part[] made =
[
    .. others,
    Find(layerName) with { Name = newLayerName, Bytes = layer },
    Find(configurationName) with { Name = newConfigurationName, Bytes = newConfiguration },
    description with { Bytes = BytesOf(manifest) },
];
File.WriteAllBytes(archive, Packed(made.OrderBy(static part => part.Name, StringComparer.Ordinal)));
Console.WriteLine($"{archive} holds the image {DigestOf(newConfiguration)}, as of {moment}.");
return 0;

Part Find(string name) => parts.Find(part => part.Name == name)
    ?? throw new InvalidDataException($"{archive} has no {name}, which its manifest names.");

// Parts of an archive are named by their digests.
static string Renamed(string name, byte[] before, byte[] now) => name.Contains(DigestOf(before), StringComparison.Ordinal)
    ? name.Replace(DigestOf(before), DigestOf(now), StringComparison.Ordinal)
    : throw new InvalidDataException($"{name} is not named by the digest of what it holds, {DigestOf(before)}.");

static string DigestOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

static byte[] BytesOf(JsonNode json) => System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());

static List<Part> Read(byte[] archive)
{
    var parts = new List<Part>();
    using var reader = new TarReader(new MemoryStream(archive));
    while (reader.GetNextEntry(copyData: true) is { } entry)
    {
        using var bytes = new MemoryStream();
        entry.DataStream?.CopyTo(bytes);
        parts.Add(new Part(entry.EntryType, entry.Name, entry.Mode, entry.Uid, entry.Gid, bytes.ToArray()));
    }

    return parts;
}

byte[] Packed(IEnumerable<Part> parts)
{
    using var packed = new MemoryStream();
    using (var writer = new TarWriter(packed, TarEntryFormat.Ustar, leaveOpen: true))
    {
        foreach (var part in parts)
        {
            var entry = new UstarTarEntry(part.Type, part.Name) { Mode = part.Mode, Uid = part.Uid, Gid = part.Gid, ModificationTime = date };
            if (part.Type != TarEntryType.Directory)
            {
                entry.DataStream = new MemoryStream(part.Bytes);
            }

            writer.WriteEntry(entry);
        }
    }

    return packed.ToArray();
}

static byte[] Unzipped(byte[] bytes)
{
    using var plain = new MemoryStream();
    using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
    gzip.CopyTo(plain);
    return plain.ToArray();
}

static byte[] Zipped(byte[] bytes)
{
    using var zipped = new MemoryStream();
    using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal, leaveOpen: true))
    {
        gzip.Write(bytes);
    }

    return zipped.ToArray();
}

internal sealed record Part(TarEntryType Type, string Name, UnixFileMode Mode, int Uid, int Gid, byte[] Bytes);
