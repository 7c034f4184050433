using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Architecture;

/// <summary>
/// The arrows between the assemblies: none references one that is not listed for it, or reachable through those that are. And those between the
/// folders of an assembly, whose namespaces they are: each names only what lies below it.
/// </summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["OrleansRaft.Core"] = [],
        ["OrleansRaft.Runtime"] = ["OrleansRaft.Core"],
        ["OrleansRaft.PostgreSql"] = ["OrleansRaft.Runtime"],
        ["OrleansRaft.Sqlite"] = ["OrleansRaft.Runtime"],
        ["OrleansRaft.Client"] = ["OrleansRaft.Runtime"],
        ["OrleansRaft.ReplicatedGrains"] = ["OrleansRaft.Client"],
        ["OrleansRaft.Grains"] = ["OrleansRaft.ReplicatedGrains"],
        ["OrleansRaft.Counters"] = ["OrleansRaft.Runtime"],
        ["OrleansRaft.Lab"] = ["OrleansRaft.Runtime"],
        ["OrleansRaft.Server"] = ["OrleansRaft.Grains"],
        ["OrleansRaft.Counters.Web"] = ["OrleansRaft.Counters", "OrleansRaft.Server"],
        ["OrleansRaft.Lab.Web"] = ["OrleansRaft.Lab", "OrleansRaft.Server"],
        ["oraft"] = ["OrleansRaft.Counters.Web", "OrleansRaft.Lab.Web", "OrleansRaft.PostgreSql", "OrleansRaft.Sqlite"],
    };

    // What oraft does not bring, since it is there for tests.
    private static readonly Dictionary<string, string[]> ForTests = new()
    {
        ["OrleansRaft.Testing"] = ["OrleansRaft.Grains"],
        ["OrleansRaft.Storage.TestKit"] = ["OrleansRaft.Runtime"],
    };

    // From the ground up. What lies in no folder, such as the log messages, is the ground on which all stand, and stands on none of them.
    private static readonly Dictionary<string, string[]> Folders = new()
    {
        ["OrleansRaft.Grains"] =
        [
            "Cluster",
            "Transport",
            "SiloService",
            "Liveness",
            "Replicas",
            "Placement",
            "Routing",
            "Admin",
            "Catalogue",
            "Backup",
            "Levels",
            "Events",
            "Faults",
            "Hosting",
        ],
    };

    // The namespaces of what users name, and the folder on whose floor each stands: what registers services knows all folders, the rest knows none.
    private static readonly Dictionary<string, string?> FloorsOfUsers = new() { ["Orleans.Hosting"] = "Hosting", ["OrleansRaft"] = null };

    public static TheoryData<string> AssembliesWithFolders => [.. Folders.Keys];

    public static TheoryData<string> Assemblies => [.. Arrows.Keys, .. ForTests.Keys];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void An_assembly_references_only_what_its_arrows_reach(string assembly)
    {
        var reachable = ReachableFrom(assembly);

        var ours = ReferencesOf(assembly).Where(static reference => Arrows.ContainsKey(reference) || ForTests.ContainsKey(reference)).ToList();

        ours.Where(reference => !reachable.Contains(reference)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(AssembliesWithFolders))]
    public void A_folder_names_only_what_lies_below_it(string assembly)
    {
        using var references = new CompiledReferences(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        var all = references.All().ToList();

        var upward = all
            .Select(pair => (pair.From, pair.To, FromFloor: FloorOf(assembly, pair.From.Namespace), ToFloor: FloorOf(assembly, pair.To.Namespace)))
            .Where(static pair => pair.ToFloor > pair.FromFloor)
            .Select(static pair => $"{pair.From.Namespace}.{pair.From.Name} -> {pair.To.Namespace}.{pair.To.Name}");

        all.ShouldNotBeEmpty();
        upward.ShouldBeEmpty();
    }

    [Fact]
    public void Core_needs_nothing_but_the_platform() =>
        ReferencesOf("OrleansRaft.Core").Where(reference => !reference.StartsWith("System.", StringComparison.Ordinal)).ShouldBeEmpty();

    /// <summary>Neither directly nor through another package: a client would carry a whole silo.</summary>
    [Fact]
    public void A_client_needs_no_package_of_a_silo()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SourceTree.Root, "src", "OrleansRaft.Client", "packages.lock.json")));

        var packages = file.RootElement.GetProperty("dependencies")
            .GetProperty("net10.0")
            .EnumerateObject()
            .Select(static package => package.Name)
            .ToList();

        packages.ShouldContain("Microsoft.Orleans.Client");
        packages.ShouldNotContain("Microsoft.Orleans.Server");
        packages.ShouldNotContain("Microsoft.Orleans.Runtime");
    }

    [Fact]
    public void Every_shipped_assembly_is_listed()
    {
        using var dependencies = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "oraft.deps.json")));

        var shipped = dependencies.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(static library => library.Value.GetProperty("type").GetString() == "project")
            .Select(static library => library.Name.Split('/')[0]);

        shipped.Order(StringComparer.Ordinal).ShouldBe(Arrows.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>0 for what lies in no folder; null for what compilers generate, which stands outside.</summary>
    private static int? FloorOf(string assembly, string space)
    {
        if (space == assembly)
        {
            return 0;
        }

        if (FloorsOfUsers.TryGetValue(space, out var folder))
        {
            return folder is null ? 0 : Array.IndexOf(Folders[assembly], folder) + 1;
        }

        if (!space.StartsWith(assembly + ".", StringComparison.Ordinal))
        {
            return null;
        }

        var floor = Array.IndexOf(Folders[assembly], space[(assembly.Length + 1)..].Split('.')[0]);
        return floor >= 0 ? floor + 1 : throw new InvalidOperationException($"The namespace {space} is no folder of {assembly} that is listed here.");
    }

    private static HashSet<string> ReachableFrom(string assembly)
    {
        var reachable = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<string>(Arrows.GetValueOrDefault(assembly) ?? ForTests[assembly]);
        while (waiting.TryDequeue(out var next))
        {
            if (reachable.Add(next))
            {
                Array.ForEach(Arrows[next], waiting.Enqueue);
            }
        }

        return reachable;
    }

    private static List<string> ReferencesOf(string assembly)
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll"));
        using var image = new PEReader(file);
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
