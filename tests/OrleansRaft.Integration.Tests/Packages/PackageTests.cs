using System.Globalization;
using System.Xml.Linq;
using OrleansRaft.Integration.Tests.Architecture;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Packages;

/// <summary>What others get from us: packages that describe themselves, bring what they need and nothing of our tests, and a tool.</summary>
public sealed class PackageTests(PackedPackages packed, PostgresFixture postgres) : IClassFixture<PackedPackages>
{
    private const string Templates = "OrleansRaft.Templates";

    [Fact]
    public async Task Every_project_of_src_is_a_package()
    {
        var projects = Directory.GetFiles(Path.Combine(SourceTree.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/Samples/", StringComparison.Ordinal) && !path.Contains("/content/", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension)
            .Where(static project => project != "OrleansRaft.Analyzers");

        (await packed.GetAsync()).Select(static package => package.Id).ShouldBe(projects, ignoreOrder: true);
    }

    [Fact]
    public async Task The_analyzers_come_with_replicated_grains() => (await packed.GetAsync())
        .Single(static package => package.Id == "OrleansRaft.ReplicatedGrains").Files
        .ShouldContain("analyzers/dotnet/cs/OrleansRaft.Analyzers.dll");

    /// <summary>A report of them leads to a package that there is.</summary>
    [Fact]
    public async Task The_analyzers_link_to_the_package_that_brings_them()
    {
        var bringing = (await packed.GetAsync()).Single(static package => package.Files.Contains("analyzers/dotnet/cs/OrleansRaft.Analyzers.dll"));

        var rules = Path.Combine(SourceTree.Root, "src", "OrleansRaft.Analyzers", "Rules.cs");
        (await File.ReadAllTextAsync(rules, TestContext.Current.CancellationToken)).ShouldContain(
            $"helpLinkUri: \"https://www.nuget.org/packages/{bringing.Id}#");
    }

    [Fact]
    public async Task Every_package_says_what_it_is()
    {
        foreach (var package in await packed.GetAsync())
        {
            foreach (var name in (string[])["description", "authors", "license", "readme", "icon", "tags"])
            {
                package.Metadata[name].ShouldHaveSingleItem($"{package.Id} has one {name}").ShouldNotBeEmpty();
            }

            package.Metadata["description"].Single().ShouldNotBe("Package Description", package.Id);
            package.Files.ShouldContain("README.md", package.Id);
            package.Files.ShouldContain("icon.png", package.Id);
            File.Exists(Path.Combine(packed.Feed, $"{package.Id}.{package.Version}.snupkg"))
                .ShouldBe(package.Id != Templates, $"{package.Id} has symbols, if it has code");
        }
    }

    /// <summary>But for the two that are there for tests.</summary>
    [Fact]
    public async Task No_package_brings_anything_of_our_tests_or_tools()
    {
        string[] ours = ["xunit", "Shouldly", "CsCheck", "BenchmarkDotNet", "Microsoft.CodeAnalysis", "Microsoft.Playwright", "MinVer", ".Testing"];
        string[] forTests = ["OrleansRaft.Testing", "OrleansRaft.Storage.TestKit"];
        foreach (var package in (await packed.GetAsync()).Where(package => !forTests.Contains(package.Id)))
        {
            package.Dependencies.Keys.ShouldAllBe(
                dependency => !ours.Any(part => dependency.Contains(part, StringComparison.OrdinalIgnoreCase)), package.Id);
        }
    }

    /// <summary>They use what is internal to each other, so that two of different versions would compile, and fail when they run.</summary>
    [Fact]
    public async Task Packages_go_together_in_one_version_only()
    {
        var packages = await packed.GetAsync();
        var ours = packages.ToDictionary(static package => package.Id, static package => $"[{package.Version}]");

        var between = packages.SelectMany(static package => package.Ranges).Where(range => ours.ContainsKey(range.Key)).ToList();

        between.Count.ShouldBeGreaterThan(10);
        between.ShouldAllBe(range => range.Value == ours[range.Key]);
    }

    /// <summary>
    /// Messages of whoever refers to us need serializers, too: a package that keeps the generator to itself compiles, and fails when it runs.
    /// </summary>
    [Fact]
    public async Task Orleans_generator_comes_along()
    {
        var packages = (await packed.GetAsync()).ToDictionary(static package => package.Id);
        foreach (var (package, dependency) in new[]
        {
            ("OrleansRaft.Client", "Microsoft.Orleans.Sdk"),
            ("OrleansRaft.ReplicatedGrains", "OrleansRaft.Client"),
            ("OrleansRaft.Grains", "OrleansRaft.ReplicatedGrains"),
            ("OrleansRaft.Server", "OrleansRaft.Grains"),
            ("OrleansRaft.Testing", "OrleansRaft.Grains"),
        })
        {
            packages[package].Dependencies[dependency].ShouldBeEmpty($"{package} keeps nothing of {dependency} to itself");
        }
    }

    /// <summary>What <c>dotnet new oraft</c> makes is built and tested by <c>.ci/full packages</c>.</summary>
    [Fact]
    public async Task The_templates_refer_to_the_packages_that_they_were_packed_with()
    {
        var templates = (await packed.GetAsync()).Single(static package => package.Id == Templates);

        templates.Read("content/oraft/.template.config/template.json").ShouldContain($"\"defaultValue\": \"{templates.Version}\"");
        foreach (var file in templates.Files.Where(static file => file.EndsWith(".csproj", StringComparison.Ordinal)))
        {
            foreach (var reference in XDocument.Parse(templates.Read(file)).Descendants("PackageReference"))
            {
                var (package, version) = (reference.Attribute("Include")!.Value, reference.Attribute("Version")!.Value);
                version.ShouldBe(package.StartsWith("OrleansRaft.", StringComparison.Ordinal) ? "ORLEANSRAFT_VERSION" : VersionOf(package), file);
            }
        }

        templates.Files.Count(static file => file.EndsWith(".csproj", StringComparison.Ordinal)).ShouldBe(3);
    }

    [LongFact]
    public async Task The_program_in_the_README_runs_with_the_packages_alone()
    {
        var version = (await packed.GetAsync())[0].Version;
        var folder = Directory.CreateDirectory(Path.Combine(packed.Folder, "user")).FullName;
        File.Copy(Path.Combine(SourceTree.Root, "src", "Samples", "Bank", "Program.cs"), Path.Combine(folder, "Program.cs"));
        Project(version).Save(Path.Combine(folder, "bank.csproj"));
        Feeds().Save(Path.Combine(folder, "nuget.config"));
        await DotNet.RunProgramAsync(
            DotNet.Host,
            folder,
            new Dictionary<string, string> { ["NUGET_PACKAGES"] = Path.Combine(packed.Folder, "cache") },
            "build",
            "--output",
            "out",
            "--nologo");

        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("packages");
        await using var program = OraftProcess.StartProgram(
            Path.Combine(folder, "out", "bank.dll"),
            [
                $"--Database={database}",
                "--Logging:LogLevel:Default=Warning",
                "--Orleans:Endpoints:AdvertisedIPAddress=127.0.0.1",
                $"--Orleans:Endpoints:SiloPort={FreePorts.Next().ToString(CultureInfo.InvariantCulture)}",
                $"--Orleans:Endpoints:GatewayPort={FreePorts.Next().ToString(CultureInfo.InvariantCulture)}",
            ]);
        await program.WaitForExitAsync(TimeSpan.FromMinutes(3));

        program.Output.ShouldContain("alice has 6", program.Transcript);
    }

    [LongFact]
    public async Task The_tool_installs_and_says_its_version()
    {
        var version = (await packed.GetAsync()).Single(static package => package.Id == "OrleansRaft.Cli").Version;
        var folder = Directory.CreateDirectory(Path.Combine(packed.Folder, "tool")).FullName;
        Feeds().Save(Path.Combine(folder, "nuget.config"));

        await DotNet.RunAsync(folder, "tool", "install", "OrleansRaft.Cli", "--version", version, "--tool-path", folder);

        var told = await DotNet.RunProgramAsync(Path.Combine(folder, "oraft"), folder, new Dictionary<string, string>(), "--version");
        told.Trim().ShouldStartWith(version);
    }

    private static XElement Project(string version) => new(
        "Project",
        new XAttribute("Sdk", "Microsoft.NET.Sdk"),
        new XElement(
            "PropertyGroup",
            new XElement("OutputType", "Exe"),
            new XElement("TargetFramework", "net10.0"),
            new XElement("ImplicitUsings", "enable"),
            new XElement("Nullable", "enable")),
        new XElement(
            "ItemGroup",
            Reference("OrleansRaft.Grains", version),
            Reference("OrleansRaft.PostgreSql", version),
            Reference("OrleansRaft.Sqlite", version),
            Reference("Microsoft.Orleans.Clustering.AdoNet", VersionOf("Microsoft.Orleans.Clustering.AdoNet"))));

    private static XElement Reference(string package, string version) =>
        new("PackageReference", new XAttribute("Include", package), new XAttribute("Version", version));

    private static string VersionOf(string package) => XDocument.Load(Path.Combine(SourceTree.Root, "Directory.Packages.props"))
        .Descendants("PackageVersion")
        .Single(element => element.Attribute("Include")!.Value == package)
        .Attribute("Version")!.Value;

    /// <summary>Our packages in addition to what the machine knows, and what the build of the tests has fetched already.</summary>
    private XElement Feeds() => new(
        "configuration",
        new XElement("packageSources", new XElement("add", new XAttribute("key", "packed"), new XAttribute("value", packed.Feed))),
        new XElement("fallbackPackageFolders", new XElement("add", new XAttribute("key", "fetched"), new XAttribute("value", Fetched()))));

    private static string Fetched() => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
        ? set
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
