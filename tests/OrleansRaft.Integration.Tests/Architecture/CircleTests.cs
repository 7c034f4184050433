using System.Text.RegularExpressions;

namespace OrleansRaft.Integration.Tests.Architecture;

/// <summary>Files that reach each other are one thing in parts, and few: a reader must hold all of them in mind at once.</summary>
public sealed partial class CircleTests
{
    private const int FilesMax = 6;

    private static readonly string Sources = Path.Combine(SourceTree.Root, "src");

    public static TheoryData<string> Projects =>
        [.. Directory.EnumerateDirectories(Sources, "OrleansRaft.*").Select(Path.GetFileName).OfType<string>()];

    /// <summary>A file uses another when it names a type that only that one declares; a nested type counts like any other.</summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void No_circle_of_files_is_large(string project)
    {
        var files = ReadCode(Path.Combine(Sources, project));
        var homes = files.SelectMany(
            static file => Declaration().Matches(file.Value).Select(match => (Type: match.Groups["name"].Value, Home: file.Key)).Distinct())
            .ToLookup(static declared => declared.Type, static declared => declared.Home)
            .Where(static homes => homes.Count() == 1)
            .ToDictionary(static homes => homes.Key, static homes => homes.Single());
        var uses = files.ToDictionary(
            static file => file.Key,
            file => TypeName().Matches(file.Value).Select(match => homes.GetValueOrDefault(match.Value)).OfType<string>().ToHashSet());

        var reachable = files.Keys.ToDictionary(static file => file, file => ReachableFrom(file, uses));
        var largest = files.Keys.Select(
            file => reachable[file].Where(other => reachable[other].Contains(file)).Order().ToList()).MaxBy(static circle => circle.Count);

        files.ShouldNotBeEmpty();
        largest!.Count.ShouldBeLessThanOrEqualTo(FilesMax, string.Join(", ", largest));
    }

    private static Dictionary<string, string> ReadCode(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder, file))
        .Where(static file => file.Split(Path.DirectorySeparatorChar)[0] is not ("obj" or "bin"))
        .ToDictionary(static file => file, file => Words().Replace(File.ReadAllText(Path.Combine(folder, file)), " "));

    private static HashSet<string> ReachableFrom(string file, Dictionary<string, HashSet<string>> uses)
    {
        var reachable = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<string>(uses[file]);
        while (waiting.TryDequeue(out var next))
        {
            if (reachable.Add(next))
            {
                Array.ForEach([.. uses[next]], waiting.Enqueue);
            }
        }

        return reachable;
    }

    [GeneratedRegex(
        @"\b(class|struct|interface|enum|record(\s+struct|\s+class)?|delegate\s+[\w<>\[\],?. ]+)\s+(?<name>[A-Z]\w*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[A-Z]\w*")]
    private static partial Regex TypeName();

    /// <summary>Comments and strings.</summary>
    [GeneratedRegex(@"//.*|""(\\.|[^""\\])*""")]
    private static partial Regex Words();
}
