using System.CommandLine;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>
/// Lets the options of every remote command stand before it, as in <c>oraft --json status</c>: they belong to the commands, since some, such as
/// <c>serve</c>, take none of them.
/// </summary>
internal static class EarlyOptions
{
    private static readonly IReadOnlyList<Option> Common = [CommonOptions.Server, CommonOptions.Json, CommonOptions.Timeout, .. AccessOptions.All];

    /// <summary>The same command line, with these options behind the words that name the command.</summary>
    public static IReadOnlyList<string> Move(Command root, IReadOnlyList<string> arguments)
    {
        var command = root;
        var words = new List<string>();
        var options = new List<string>();
        var at = 0;
        while (at < arguments.Count && command.Subcommands.Count > 0)
        {
            var word = arguments[at];
            if (command.Subcommands.FirstOrDefault(sub => sub.Name == word || sub.Aliases.Contains(word)) is { } next)
            {
                command = next;
                words.Add(word);
                at++;
            }
            else if (Find(word) is { } option)
            {
                var length = option == CommonOptions.Json || word.Contains('=', StringComparison.Ordinal) || at + 1 == arguments.Count ? 1 : 2;
                options.AddRange(arguments.Skip(at).Take(length));
                at += length;
            }
            else
            {
                break;
            }
        }

        return [.. words, .. options, .. arguments.Skip(at)];
    }

    private static Option? Find(string word)
    {
        var name = word.Split('=', 2)[0];
        return Common.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));
    }
}
