using System.Text.Json;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Lab.Scenarios;

namespace OrleansRaft.Cli.Commands;

/// <summary>
/// Finds the scenario that a command line means: one of the lab's own by its name, or one of the user's in a file, with what the user changed.
/// </summary>
internal static class LabSource
{
    private const int FileBytesMax = 1024 * 1024;
    private const string Format = "The lab's README (Scenarios) tells the format.";

    /// <summary>The scenario.</summary>
    /// <exception cref="CliException">There is none, or it makes no sense.</exception>
    public static Scenario Find(string name, string? changes)
    {
        var scenario = ScenarioLibrary.Find(name) ?? (IsFile(name) ? Read(name) : throw Unknown(name));
        return changes is null ? scenario : Parse(changes, "--changes", "The page's line shows what to give.", scenario.With);
    }

    private static bool IsFile(string name) => name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || name.AsSpan().ContainsAny('/', '\\');

    private static Scenario Read(string path)
    {
        string text;
        try
        {
            var file = new FileInfo(path);
            text = file.Exists && file.Length > FileBytesMax
                ? throw new CliException(ExitCode.Usage, $"{path} is larger than 1 MiB, too large for a scenario.", Format)
                : File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(
                ExitCode.Usage,
                $"{path} cannot be read: {exception.Message}",
                "Name a file that exists, or one of the scenarios of `oraft lab list`.");
        }

        return Parse(text, path, Format, ScenarioParser.Parse);
    }

    private static Scenario Parse(string text, string what, string next, Func<JsonElement, Scenario> parse)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return parse(document.RootElement);
        }
        catch (JsonException exception)
        {
            throw new CliException(
                ExitCode.Usage, $"{what} is not JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.", next);
        }
        catch (ScenarioException mistake)
        {
            throw new CliException(ExitCode.Usage, $"{what}: {mistake.Place} {mistake.Problem}", next);
        }
    }

    private static CliException Unknown(string name)
    {
        var nearest = Suggestion.Nearest(name, ScenarioLibrary.All.Select(scenario => scenario.Name));
        return new CliException(
            ExitCode.Usage,
            $"the lab has no scenario '{name}'.",
            (nearest is null ? "" : $"Did you mean '{nearest}'? ") + "`oraft lab list` names those there are.");
    }
}
