using System.IO.Compression;
using System.Xml.Linq;
using OrleansRaft.Integration.Tests.Architecture;

namespace OrleansRaft.Integration.Tests.Packages;

/// <summary>What <c>dotnet pack</c> makes of the solution as it is built, once for all tests.</summary>
public sealed class PackedPackages : IDisposable
{
    private readonly Lazy<Task<Package[]>> packages;

    public PackedPackages() => packages = new Lazy<Task<Package[]>>(PackAsync);

    /// <summary>A folder of the tests' own.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("oraft-packages-").FullName;

    /// <summary>Where the packages are.</summary>
    public string Feed => Path.Combine(Folder, "feed");

    public Task<Package[]> GetAsync() => packages.Value;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private async Task<Package[]> PackAsync()
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        await DotNet.RunAsync(
            SourceTree.Root, "pack", "OrleansRaft.sln", "--no-build", "--configuration", configuration, "--output", Feed, "--nologo", "-v", "quiet");
        return [.. Directory.GetFiles(Feed, "*.nupkg").Select(Package.Open)];
    }
}

/// <summary>A package.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="Metadata">Texts of its description, by name.</param>
/// <param name="Dependencies">The packages that come with it, each with what it brings: empty for everything.</param>
/// <param name="Ranges">Their versions.</param>
/// <param name="Files">What is in it.</param>
/// <param name="Path">Where it is.</param>
public sealed record Package(
    string Id,
    string Version,
    ILookup<string, string> Metadata,
    IReadOnlyDictionary<string, string> Dependencies,
    IReadOnlyDictionary<string, string> Ranges,
    string[] Files,
    string Path)
{
    /// <summary>The text of a file in it.</summary>
    public string Read(string file)
    {
        using var archive = ZipFile.OpenRead(Path);
        using var reader = new StreamReader(archive.GetEntry(file).ShouldNotBeNull(file).Open());
        return reader.ReadToEnd();
    }

    public static Package Open(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        using var description = archive.Entries.Single(static entry => entry.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        var elements = XDocument.Load(description).Descendants().ToList();
        var texts = elements.Where(static element => !element.HasElements).ToLookup(
            static element => element.Name.LocalName, static element => element.Value);
        return new Package(
            texts["id"].Single(),
            texts["version"].Single(),
            texts,
            AttributesOf(elements, "exclude"),
            AttributesOf(elements, "version"),
            [.. archive.Entries.Select(static entry => Uri.UnescapeDataString(entry.FullName))],
            path);
    }

    private static Dictionary<string, string> AttributesOf(List<XElement> elements, string name) =>
        elements.Where(static element => element.Name.LocalName == "dependency").ToDictionary(
            static element => element.Attribute("id")!.Value,
            element => element.Attribute(name)?.Value ?? "");
}
