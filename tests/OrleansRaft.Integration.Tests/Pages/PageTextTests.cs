using OrleansRaft.Integration.Tests.Architecture;

namespace OrleansRaft.Integration.Tests.Pages;

/// <summary>The first page is short, every other is near, and the code on them is code that is built.</summary>
public sealed class PageTextTests
{
    private const string First = "README.md";
    private const int WordsMax = 1_500;
    private const int ClicksMax = 2;

    [Fact]
    public void The_first_page_is_read_in_minutes_and_begins_with_the_two_commands()
    {
        var first = Page.At(First);

        first.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length.ShouldBeLessThan(WordsMax);
        first.Blocks().First().Lines.ShouldBe(["dotnet run --project src/OrleansRaft.Cli -- demo", "dotnet test"]);
    }

    [Fact]
    public void Every_link_leads_to_something()
    {
        var anchors = Page.All.ToDictionary(static page => page.Path, static page => page.Anchors().ToHashSet());
        var broken = from page in Page.All
                     from link in page.Links()
                     let parts = link.Split('#')
                     let path = page.Resolve(parts[0])
                     where !Path.Exists(Path.Combine(SourceTree.Root, path))
                         || (parts.Length > 1 && !anchors.GetValueOrDefault(path, []).Contains(parts[1]))
                     select $"{page.Path}: {link}";

        broken.ShouldBeEmpty();
        Page.All.Sum(static page => page.Links().Count()).ShouldBeGreaterThan(100, "links are found");
    }

    [Fact]
    public void Every_page_is_two_clicks_from_the_first()
    {
        var reached = new HashSet<string> { First };
        for (var click = 0; click < ClicksMax; click++)
        {
            reached.UnionWith(
            [
                .. from page in Page.All
                   where reached.Contains(page.Path)
                   from link in page.Links()
                   select page.Resolve(link.Split('#')[0]),
            ]);
        }

        Page.All.Select(static page => page.Path).Where(path => !reached.Contains(path)).ShouldBeEmpty();
    }

    /// <summary>What a page shows between blank lines stands so, line after line, in one file that is compiled.</summary>
    [Fact]
    public void Every_line_of_code_is_quoted_from_what_is_built()
    {
        var files = SourceFiles().Select(static file => $"\n{string.Join('\n', Significant(File.ReadAllLines(file)))}\n").ToList();
        var shown = (from page in Page.All
                     from block in page.Blocks()
                     where block.Language == "csharp"
                     from paragraph in Paragraphs(block.Lines)
                     select (page.Path, Text: $"\n{string.Join('\n', Significant(paragraph))}\n")).ToList();

        shown.Where(part => !files.Exists(file => file.Contains(part.Text, StringComparison.Ordinal)))
            .Select(static part => part.Path + part.Text)
            .ShouldBeEmpty();
        shown.Count.ShouldBeGreaterThan(30);
    }

    [Fact]
    public void The_first_page_shows_the_whole_program_of_the_bank() =>
        Page.At(First).Blocks().Single(static block => block.Language == "csharp").Lines
            .ShouldBe(File.ReadAllText(Path.Combine(SourceTree.Root, "src", "Samples", "Bank", "Program.cs")).TrimEnd().Split('\n'));

    private static IEnumerable<string> SourceFiles() =>
        from folder in new[] { "src", "tests" }
        from file in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, folder), "*.cs", SearchOption.AllDirectories)
        where !Path.GetRelativePath(SourceTree.Root, file).Split('/').Any(static part => part is "obj" or "bin")
        select file;

    private static IEnumerable<string> Significant(IEnumerable<string> lines) =>
        lines.Select(static line => line.Trim()).Where(static line => line.Length > 0);

    private static IEnumerable<string[]> Paragraphs(string[] lines)
    {
        var paragraph = new List<string>();
        foreach (var line in lines.Append(""))
        {
            if (line.Trim().Length > 0)
            {
                paragraph.Add(line);
            }
            else if (paragraph.Count > 0)
            {
                yield return [.. paragraph];
                paragraph.Clear();
            }
        }
    }
}
