using System.Reflection;
using System.Text.RegularExpressions;
using OrleansRaft.Cli.Commands;
using OrleansRaft.Grains.Faults;

namespace OrleansRaft.Integration.Tests.Architecture;

/// <summary>What a page lists is what the code has, so that a newcomer finds the one by the other.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Sources = Path.Combine(SourceTree.Root, "src");

    private static readonly string[] Assemblies =
    [
        "OrleansRaft.Core", "OrleansRaft.Runtime", "OrleansRaft.PostgreSql", "OrleansRaft.Client", "OrleansRaft.Grains", "OrleansRaft.Counters",
        "OrleansRaft.Counters.Web", "OrleansRaft.Server", "oraft",
    ];

    private static readonly string Architecture = ReadPage("README.md");
    private static readonly string Server = ReadPage("OrleansRaft.Server", "README.md");

    [Fact]
    public void The_way_of_an_increment_names_types_that_exist_and_counts_them()
    {
        var section = SectionOf(Architecture, "## The way of one increment");
        var types = Assemblies.SelectMany(static name => Assembly.Load(name).DefinedTypes).Select(static type => type.Name.Split('`')[0]).ToHashSet();

        var named = RowsOf(section).SelectMany(static row => NamesIn(row[1])).Distinct().ToList();

        named.Where(name => !types.Contains(name)).ShouldBeEmpty();
        section.ShouldContain($"That makes {named.Count} types");
        named.Count.ShouldBeLessThanOrEqualTo(30);
        Queue().Count(section).ShouldBe(5);
    }

    [Fact]
    public void A_change_goes_to_files_that_exist()
    {
        var rows = RowsOf(SectionOf(Architecture, "## Where a change goes")).Skip(2).ToList();

        rows.Count.ShouldBeGreaterThanOrEqualTo(10);
        foreach (var row in rows)
        {
            // A file without a folder lies beside the last one that has one.
            var folder = Sources;
            foreach (var path in NamesIn(row[1])
                .Concat(NamesIn(row[2]))
                .Where(static name => name.Contains('/') || name.EndsWith(".cs", StringComparison.Ordinal)))
            {
                var full = path.Split('/')[0] switch
                {
                    _ when !path.Contains('/') => Path.Combine(folder, path),
                    "infra" or "tests" => Path.Combine(Sources, "..", path),
                    _ => Path.Combine(Sources, "OrleansRaft." + path),
                };
                Path.Exists(full).ShouldBeTrue($"{path} of the row '{row[0]}'");
                folder = Path.GetDirectoryName(full)!;
            }
        }
    }

    [Fact]
    public void Every_kind_of_fault_has_a_command_and_is_described()
    {
        var kinds = Enum.GetNames<FaultKind>().Select(static kind => kind.ToLowerInvariant()).ToList();

        kinds.Except(FaultCommands.Create().Subcommands.Select(static command => command.Name)).ShouldBeEmpty();
        kinds.Except(FirstNamesOf(Server, "## Faults")).ShouldBeEmpty();
    }

    [Fact]
    public void Every_alarm_is_described_and_no_other() =>
        FirstNamesOf(Server, "## Alarms").Order().ShouldBe(AlarmNames.All.Order());

    [Fact]
    public void Every_instrument_is_described()
    {
        var pages = Directory.EnumerateDirectories(Sources).Select(static folder => Path.Combine(folder, "README.md")).Where(File.Exists)
            .SelectMany(static page => NamesIn(File.ReadAllText(page))).ToHashSet();

        var instruments = SourceFiles().SelectMany(static file => Instrument().Matches(File.ReadAllText(file)))
            .Select(static match => match.Groups["name"].Value)
            .ToList();

        instruments.Count.ShouldBeGreaterThan(10);
        instruments.Except(pages).ShouldBeEmpty();
    }

    private static string ReadPage(params ReadOnlySpan<string> path) => File.ReadAllText(Path.Combine([Sources, .. path]));

    private static string SectionOf(string page, string heading)
    {
        var section = page[(page.IndexOf(heading + "\n", StringComparison.Ordinal) + heading.Length)..];
        return section.IndexOf("\n## ", StringComparison.Ordinal) is >= 0 and var end ? section[..end] : section;
    }

    private static IEnumerable<string[]> RowsOf(string section) =>
        section.Split('\n').Where(static line => line.StartsWith('|')).Select(static line => line.Trim().Trim('|').Split('|'));

    private static IEnumerable<string> FirstNamesOf(string page, string heading) =>
        RowsOf(SectionOf(page, heading)).Select(static row => NamesIn(row[0]).FirstOrDefault()).OfType<string>();

    private static IEnumerable<string> NamesIn(string text) => Name().Matches(text).Select(static match => match.Groups["name"].Value);

    private static IEnumerable<string> SourceFiles() => Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories)
        .Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    /// <summary>What stands in code marks within a line; fences hold an odd number of them.</summary>
    [GeneratedRegex("(?<!`)`(?<name>[^`\\n]+)`(?!`)")]
    private static partial Regex Name();

    [GeneratedRegex(@"\*\*queue \d")]
    private static partial Regex Queue();

    [GeneratedRegex(@"Create(Counter|Histogram|ObservableGauge|UpDownCounter)(<\w+>)?\(\s*""(?<name>raft\.[a-z.]+)""")]
    private static partial Regex Instrument();
}
