using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>Explains a command line that makes no sense. The library's own action exits with 1 and writes its suggestions to stdout.</summary>
internal static class UsageError
{
    /// <summary>Writes what is wrong, what may have been meant, and where to read on.</summary>
    public static ExitCode Explain(ParseResult parsed, TextWriter error)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.Count > 0)
        {
            ExplainUnmatched(parsed.UnmatchedTokens[0], parsed.CommandResult, error);
        }
        else if (command.Subcommands.Count > 0 && command.Action is null)
        {
            error.WriteLine($"oraft: `{PathOf(parsed)}` needs one of: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}.");
        }
        else
        {
            foreach (var message in parsed.Errors.Select(problem => problem.Message).Distinct())
            {
                error.WriteLine($"oraft: {message}");
            }
        }

        error.WriteLine($"See `{PathOf(parsed)} --help`.");
        return ExitCode.Usage;
    }

    /// <summary>Says which argument is empty, as one is that a script made of a variable without a value. Nothing has such a name.</summary>
    /// <returns>The exit code; null when no argument is empty.</returns>
    public static ExitCode? ExplainEmpty(ParseResult parsed, TextWriter error)
    {
        var empty = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .FirstOrDefault(static argument => argument.Tokens.Any(static token => token.Value.Length == 0));
        if (empty is null)
        {
            return null;
        }

        error.WriteLine($"oraft: the argument <{empty.Argument.Name}> is empty, which names nothing.");
        error.WriteLine($"See `{PathOf(parsed)} --help`.");
        return ExitCode.Usage;
    }

    private static void ExplainUnmatched(string word, CommandResult command, TextWriter error)
    {
        error.WriteLine($"oraft: '{word}' is not something that `{PathOf(command)}` knows.");
        if (Suggestion.Nearest(word, WordsOf(command).Where(known => known != word)) is { } nearest)
        {
            error.WriteLine($"Did you mean '{nearest}'?");
        }
    }

    private static IEnumerable<string> WordsOf(CommandResult command)
    {
        var words = command.Command.Subcommands.Select(sub => sub.Name).Concat(command.Command.Options.Select(option => option.Name));
        for (var outer = command.Parent as CommandResult; outer is not null; outer = outer.Parent as CommandResult)
        {
            words = words.Concat(outer.Command.Options.Where(option => option.Recursive).Select(option => option.Name));
        }

        return words;
    }

    private static string PathOf(ParseResult parsed) => PathOf(parsed.CommandResult);

    private static string PathOf(CommandResult command) =>
        command.Parent is CommandResult outer ? $"{PathOf(outer)} {command.Command.Name}" : "oraft";
}
