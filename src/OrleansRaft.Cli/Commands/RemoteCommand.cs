using System.CommandLine;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;

namespace OrleansRaft.Cli.Commands;

/// <summary>What all commands that talk to a server share.</summary>
internal static class RemoteCommand
{
    /// <summary>Makes a command that talks to a server.</summary>
    /// <param name="name">The word for it.</param>
    /// <param name="description">What it does; one sentence.</param>
    /// <param name="run">Does it.</param>
    /// <param name="symbols">Its arguments, in order, and its own options.</param>
    public static Command Create(string name, string description, Func<Session, Task<ExitCode>> run, params ReadOnlySpan<Symbol> symbols)
    {
        var command = new Command(name, description) { CommonOptions.Server, CommonOptions.Json, CommonOptions.Timeout };
        foreach (var option in AccessOptions.All)
        {
            command.Add(option);
        }

        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = Session.Begin(parsed, cancellation);
            try
            {
                return (int)await run(session);
            }
            catch (Exception failure) when (session.Client.HasChanged && OutputException.In(failure) is { IsReaderGone: false } lost)
            {
                throw new CliException(
                    ExitCode.OutcomeUnknown,
                    $"the change was made, but its answer could not be written to standard output: {lost.Message}.",
                    "Look at the result with a command that only reads, instead of repeating this one.");
            }
            finally
            {
                if (OraftVersion.Compare(session.Client.Server, session.Client.ServerVersion) is { } other)
                {
                    await parsed.InvocationConfiguration.Error.WriteLineAsync(other);
                }
            }
        });
        return command;
    }
}
