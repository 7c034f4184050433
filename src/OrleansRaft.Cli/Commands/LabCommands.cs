using System.CommandLine;
using System.Globalization;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using OrleansRaft.Lab.Scenarios;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft lab</c>: plays scenarios on the real algorithm under virtual time. Needs no server.</summary>
internal static class LabCommands
{
    private static readonly Argument<string> Name = new("name")
    {
        Description = "Which scenario: a name of `oraft lab list`, or a file of your own, such as ./mine.json.",
    };

    private static readonly Option<string?> Changes = new("--changes")
    {
        Description = "What to change, as the page does: {\"settings\": {...}, \"interventions\": [{\"at\": 500, \"stop\": [\"A\"]}]}.",
        HelpName = "JSON",
    };

    private static readonly Option<string> Language = new Option<string>("--language")
    {
        Description = "The language of the captions.",
        DefaultValueFactory = _ => "en",
    }.AcceptOnlyFromAmong("en", "zh");

    private static readonly Option<double> Speed = new("--speed")
    {
        Description = "How fast virtual time passes on a terminal, in seconds for a second; elsewhere a play takes no time.",
        HelpName = "FACTOR",
        DefaultValueFactory = _ => 0.5,
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<double>() is not (>= 0.01 and <= 1_000))
                {
                    result.AddError($"--speed is {result.Tokens[0].Value}, but must be a number from 0.01 to 1000.");
                }
            },
        },
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var list = new Command("list", "Prints the scenarios.") { CommonOptions.Json, Language };
        list.SetAction(parsed => (int)List(parsed));
        var run = new Command("run", "Plays a scenario as text; ends with 0 when it went as expected, and with 1 when not.")
        {
            Name,
            Changes,
            CommonOptions.Json,
            Language,
            Speed,
        };
        run.SetAction(async (parsed, cancellation) => (int)await RunAsync(parsed, cancellation));
        return new Command("lab", "Plays scenarios of elections, replication and partitions on the real algorithm; needs no server.") { list, run };
    }

    private static ExitCode List(ParseResult parsed)
    {
        var answers = AnswerWriter.For(parsed);
        var table = AnswerWriter.NewTable("SCENARIO", "#NODES", "~WHAT IT SHOWS");
        foreach (var scenario in ScenarioLibrary.All)
        {
            if (answers.Json)
            {
                answers.WriteJson(new { name = scenario.Name, title = scenario.Title, about = scenario.About, nodes = scenario.Nodes });
            }
            else
            {
                table.AddRow(
                    Markup.Escape(scenario.Name),
                    scenario.Nodes.Count.ToString(CultureInfo.InvariantCulture),
                    Markup.Escape(LabStory.In(parsed.GetValue(Language)!, scenario.Title)));
            }
        }

        if (!answers.Json)
        {
            answers.WriteTable(table);
        }

        return ExitCode.Ok;
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var scenario = LabSource.Find(parsed.GetValue(Name)!, parsed.GetValue(Changes));
        using var interruption = new Interruption(cancellation);
        var output = parsed.InvocationConfiguration.Output;
        var answers = AnswerWriter.For(parsed);
        var story = new LabStory(scenario.Play(), parsed.GetValue(Language)!);
        var isWatched = !answers.Json && AnswerWriter.IsTerminal(output);
        await TellAsync(story, answers, isWatched ? parsed.GetValue(Speed) : null, interruption.Token);
        return story.Recording.IsAsExpected ? ExitCode.Ok : ExitCode.Refused;
    }

    private static async Task TellAsync(LabStory story, AnswerWriter answers, double? speed, CancellationToken cancellation)
    {
        var now = 0.0;
        foreach (var line in story.Lines)
        {
            if (speed is { } factor && line.At > now)
            {
                await Task.Delay(TimeSpan.FromMilliseconds((line.At - now) / factor), cancellation);
            }

            now = line.At;
            if (answers.Json)
            {
                answers.WriteJson(new { at = Math.Round(line.At, 2), kind = line.Kind, node = line.Node, text = line.Text });
            }
            else
            {
                answers.WriteLine(line.ToString());
            }
        }

        if (answers.Json)
        {
            answers.WriteJson(
                new
                {
                    at = Math.Round(story.Recording.Duration, 2),
                    kind = "end",
                    scenario = story.Recording.Scenario.Name,
                    asExpected = story.Recording.IsAsExpected,
                });
        }
        else
        {
            answers.WriteLine(story.Ending);
        }
    }
}
