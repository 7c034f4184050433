using System.Text.RegularExpressions;
using OrleansRaft.Integration.Tests.Architecture;

namespace OrleansRaft.Integration.Tests.Pages;

/// <summary>A page of the repository, as it is written.</summary>
/// <param name="Path">Where it lies, from the top folder.</param>
/// <param name="Text">Its Markdown.</param>
internal sealed partial record Page(string Path, string Text)
{
    private static readonly string[] Foreign = ["bin", "obj", "node_modules", "vendor", "TestResults", ".git"];

    /// <summary>Every page, but for those of others' code.</summary>
    public static IReadOnlyList<Page> All { get; } =
    [
        .. Directory.EnumerateFiles(SourceTree.Root, "*.md", SearchOption.AllDirectories)
            .Select(static file => System.IO.Path.GetRelativePath(SourceTree.Root, file))
            .Where(static path => !path.Split('/').Intersect(Foreign).Any())
            .Order(StringComparer.Ordinal)
            .Select(static path => new Page(path, File.ReadAllText(System.IO.Path.Combine(SourceTree.Root, path)))),
    ];

    /// <summary>The page at a path from the top folder.</summary>
    public static Page At(string path) => All.Single(page => page.Path == path);

    /// <summary>The lines of its blocks of code, with the language that each names: empty for none, which is a terminal.</summary>
    public IEnumerable<(string Language, string[] Lines)> Blocks() =>
        Fence().Matches(Text).Select(static block => (block.Groups["language"].Value, block.Groups["code"].Value.Split('\n')));

    /// <summary>What stands in code marks within its lines.</summary>
    public IEnumerable<string> Spans() => Span().Matches(Prose).Select(static span => span.Groups["code"].Value);

    /// <summary>The targets of its links that lie in the repository.</summary>
    public IEnumerable<string> Links() => Link().Matches(Prose)
        .Select(static link => link.Groups["target"].Value)
        .Where(static target => !target.Contains("://", StringComparison.Ordinal));

    /// <summary>The anchors of its headings, as Git hosts make them.</summary>
    public IEnumerable<string> Anchors() => Heading().Matches(Prose)
        .Select(static heading => NoAnchor().Replace(heading.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>The rows of its tables, each with its cells.</summary>
    public IEnumerable<string[]> Rows() => Text.Split('\n')
        .Where(static line => line.StartsWith('|'))
        .Select(static line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    /// <summary>The path that a link of it leads to, from the top folder; a folder's is its README.md where it has one.</summary>
    public string Resolve(string target)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.Combine(SourceTree.Root, Path))!;
        var full = target.Length == 0
            ? System.IO.Path.Combine(SourceTree.Root, Path)
            : System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, target));
        var readme = System.IO.Path.Combine(full, "README.md");
        return System.IO.Path.GetRelativePath(SourceTree.Root, File.Exists(readme) ? readme : full);
    }

    private string Prose => Fence().Replace(Text, "");

    [GeneratedRegex(@"^ *```(?<language>\w*)\n(?<code>.*?)\n *```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex("(?<!`)`(?<code>[^`]+)`(?!`)")]
    private static partial Regex Span();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();
}
