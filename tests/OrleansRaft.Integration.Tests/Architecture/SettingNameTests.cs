using System.Text.RegularExpressions;
using Orleans.Configuration;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Lab.Web;
using OrleansRaft.Server;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Limits;

namespace OrleansRaft.Integration.Tests.Architecture;

/// <summary>Every setting that a page, a help text or a message names is one that something reads.</summary>
public sealed partial class SettingNameTests
{
    private static readonly string[] Kinds = ["*.md", "*.cs", "*.yml", "*.yaml", "*.json", "*.service", "*.env", "*.sh", "Dockerfile"];

    private static readonly Dictionary<string, Type[]> Sections = new()
    {
        ["Raft"] = [typeof(RaftOptions)],
        ["Raft:Server"] = [typeof(RaftServerOptions), typeof(LabServerOptions)],
        ["Raft:Server:Access"] = [typeof(RaftAccessOptions)],
        ["Raft:Server:Limits"] = [typeof(TenantLimitOptions)],
        ["Faults"] = [typeof(FaultOptions)],
        ["Orleans:Membership"] = [typeof(ClusterMembershipOptions)],
    };

    [Fact]
    public void Every_setting_that_is_named_is_a_property_of_its_options()
    {
        var named = Files().SelectMany(SettingsIn).ToList();

        named.Where(setting => !Exists(setting.Name)).Select(setting => $"{setting.Name} in {setting.File}").Distinct().ShouldBeEmpty();
        named.Select(setting => setting.Name).Distinct().Count().ShouldBeGreaterThan(10, "the pages and texts are found");
    }

    private static IEnumerable<string> Files() =>
        new[] { "src", "infra", "tests" }
            .SelectMany(
                folder =>
                    Kinds.SelectMany(kind => Directory.EnumerateFiles(Path.Combine(SourceTree.Root, folder), kind, SearchOption.AllDirectories)))
            .Concat(Directory.EnumerateFiles(SourceTree.Root, "*.md"))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin" or "node_modules"));

    private static IEnumerable<(string Name, string File)> SettingsIn(string file) =>
        from Match match in Setting().Matches(File.ReadAllText(file).Replace("__", ":", StringComparison.Ordinal))
        select (match.Value, Path.GetRelativePath(SourceTree.Root, file));

    private static bool Exists(string setting) =>
        Sections.ContainsKey(setting)
        || (setting.LastIndexOf(':') is var colon
            && Sections.TryGetValue(setting[..colon], out var options)
            && options.Any(type => type.GetProperty(setting[(colon + 1)..]) is not null));

    [GeneratedRegex(@"(?<![\w:.])(Raft|Faults|Orleans:Membership)(:[A-Z][A-Za-z0-9]+)+\b")]
    private static partial Regex Setting();
}
