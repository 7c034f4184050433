using System.CommandLine;
using System.Text.RegularExpressions;
using OrleansRaft.Cli.Commands;
using OrleansRaft.Integration.Tests.Architecture;

namespace OrleansRaft.Integration.Tests.Pages;

/// <summary>Whoever copies a command from a page has one that its program takes.</summary>
public sealed partial class PageCommandTests
{
    private const string Program = "oraft ";

    private static readonly RootCommand Oraft = CommandTree.Root;

    [Fact]
    public void Every_command_that_a_page_shows_is_parsed()
    {
        var shown = Shown(Program).Select(static line => (line.Page, Command: line.Command[Program.Length..]))
            .Concat(Shown("dotnet run --project src/OrleansRaft.Cli -- ").Select(static line => (line.Page, Command: line.Command.Split(" -- ")[1])))
            .ToList();

        foreach (var (page, command) in shown)
        {
            Oraft.Parse(Words(command)).Errors.Select(static error => error.Message).ShouldBeEmpty($"{page}: {command}");
        }

        shown.Count.ShouldBeGreaterThan(10);
    }

    /// <summary>In a sentence a command may lack what it needs, or stand for several; its words and options are there all the same.</summary>
    [Fact]
    public void Every_command_that_a_page_names_exists()
    {
        var named = (from page in Page.All
                     from span in page.Spans()
                     where span.StartsWith(Program, StringComparison.Ordinal)
                     select (page.Path, Problem: ProblemOf(Words(span[Program.Length..])), Span: span)).ToList();

        named.Where(static one => one.Problem is not null).Select(static one => $"{one.Path}: {one.Span}: {one.Problem}").ShouldBeEmpty();
        named.Count.ShouldBeGreaterThan(50);
    }

    /// <summary>The programs of the tests: the project is there, and its sources name the verb and the options.</summary>
    [Fact]
    public void Every_program_that_a_page_runs_takes_what_it_is_given()
    {
        var runs = Shown("dotnet run ")
            .Where(static line => line.Command.Contains(" -- ", StringComparison.Ordinal))
            .Select(static line => (line.Page, line.Command, Run: Run().Match(line.Command)))
            .ToList();
        foreach (var (page, command, run) in runs)
        {
            run.Success.ShouldBeTrue($"{page}: {command}");
            var folder = Path.Combine(SourceTree.Root, run.Groups["project"].Value);
            Directory.Exists(folder).ShouldBeTrue($"{page}: {command}");
            var sources = string.Concat(Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
            Words(run.Groups["arguments"].Value)
                .Where(static (word, place) => place == 0 || word.StartsWith("--", StringComparison.Ordinal))
                .ShouldAllBe(word => sources.Contains($"\"{word}\"", StringComparison.Ordinal), $"{page}: {command}");
        }

        runs.Count.ShouldBeGreaterThan(5);
    }

    private static IEnumerable<(string Page, string Command)> Shown(string beginning) =>
        from page in Page.All
        from block in page.Blocks()
        where block.Language is "" or "sh"
        from line in block.Lines
        let command = Comment().Replace(line.Trim(), "")
        where command.StartsWith(beginning, StringComparison.Ordinal)
        select (page.Path, command);

    private static string? ProblemOf(string[] words)
    {
        Command command = Oraft;
        var options = new List<Option>(Oraft.Options);
        if (words[0].StartsWith('-'))
        {
            // Those that every command has may stand before it.
            options.AddRange(Oraft.Subcommands.Single(static one => one.Name == "status").Options);
        }

        foreach (var word in words)
        {
            if (word.StartsWith('-'))
            {
                if (!options.Any(option => option.Name == word || option.Aliases.Contains(word)))
                {
                    return $"no option {word}";
                }
            }
            else if (command.Subcommands.Count > 0 && !words.TakeWhile(other => other != word).Any(static other => other.StartsWith('-')))
            {
                var all = word.Split('|').Select(name => command.Subcommands.FirstOrDefault(one => one.Name == name)).ToList();
                if (all.Contains(null))
                {
                    return $"no command {word}";
                }

                command = all[0]!;
                options.AddRange(command.Options);
            }
        }

        return null;
    }

    /// <summary>As a shell would, up to a redirection; a number that the reader chooses is 1, and dots are what stood there before.</summary>
    private static string[] Words(string line) =>
    [
        .. Word().Matches(line)
            .Select(static word => word.Value.Trim('\''))
            .TakeWhile(static word => word is not (">" or "|"))
            .Select(static word => word switch
            {
                "N" => "1",
                "SECONDS" => "5",
                "..." => "Host=127.0.0.1",
                "URL" => "http://127.0.0.1:5080",
                _ => word,
            }),
    ];

    [GeneratedRegex(@"'[^']*'|\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\s+#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^dotnet run (-c Release )?--project (?<project>\S+) -- (?<arguments>.+)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Run();
}
