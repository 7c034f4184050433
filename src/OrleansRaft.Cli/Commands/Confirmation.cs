using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Commands;

/// <summary>Asks on a terminal before something is done that cannot be taken back; without one, refuses.</summary>
internal static class Confirmation
{
    /// <summary>Asks.</summary>
    /// <param name="session">The command.</param>
    /// <param name="meaning">What it means, in sentences.</param>
    /// <exception cref="CliException">It was not confirmed.</exception>
    public static async Task AskAsync(Session session, string meaning)
    {
        if (!session.IsOnTerminal || Console.IsInputRedirected)
        {
            throw new CliException(ExitCode.Usage, $"{meaning} Nothing was changed.", "Give --yes to do it without a question.");
        }

        await session.Parsed.InvocationConfiguration.Error.WriteAsync($"{meaning} Go on? [y/N] ");
        var answer = await Console.In.ReadLineAsync(session.Cancellation);
        if (answer?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
        {
            throw new CliException(ExitCode.Refused, "Nothing was changed.", "Answer y to go on, or give --yes.");
        }
    }

    /// <summary>Asks for the name of what is to be deleted.</summary>
    /// <param name="session">The command.</param>
    /// <param name="meaning">What it means, in sentences.</param>
    /// <param name="name">The name.</param>
    /// <returns>The name.</returns>
    /// <exception cref="CliException">It was not confirmed.</exception>
    public static async Task<string> AskForNameAsync(Session session, string meaning, string name)
    {
        if (!session.IsOnTerminal || Console.IsInputRedirected)
        {
            throw new CliException(ExitCode.Usage, $"{meaning} Nothing was changed.", $"Give --confirm {name} to do it without a question.");
        }

        await session.Parsed.InvocationConfiguration.Error.WriteAsync($"{meaning} Write its name to go on: ");
        return (await Console.In.ReadLineAsync(session.Cancellation))?.Trim() == name
            ? name
            : throw new CliException(ExitCode.Refused, "Nothing was changed.", $"Write {name} to go on, or give --confirm {name}.");
    }
}
