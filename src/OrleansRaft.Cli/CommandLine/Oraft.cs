using System.CommandLine;
using OrleansRaft.Cli.Commands;
using OrleansRaft.Cli.Output;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>The command line as a function: arguments in, exit code out.</summary>
internal static class Oraft
{
    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">What follows <c>oraft</c>.</param>
    /// <param name="output">Receives answers: tables, or one JSON object per line.</param>
    /// <param name="error">Receives everything else.</param>
    /// <param name="cancellation">Interrupts the command, as Ctrl+C does.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var root = CommandTree.Root;
        var parsed = root.Parse(EarlyOptions.Move(root, arguments));
        if (parsed.Errors.Count > 0)
        {
            return (int)UsageError.Explain(parsed, error);
        }

        if (UsageError.ExplainEmpty(parsed, error) is { } empty)
        {
            return (int)empty;
        }

        // Signals are the commands' own business: a silo drains on SIGTERM, and the library would cut it short.
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };

        try
        {
            return await parsed.InvokeAsync(invocation, cancellation);
        }
        catch (CliException failure)
        {
            await error.WriteLineAsync($"oraft: {failure.Message} {failure.Next}".TrimEnd());
            return (int)failure.ExitCode;
        }
        catch (Exception failure) when (OutputException.In(failure) is { } lost)
        {
            return (int)await ExplainAsync(lost, error);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("oraft: interrupted. Run the command again when you like.");
            return (int)ExitCode.Interrupted;
        }
        catch (Exception surprise)
        {
            // The border: what nobody foresaw still ends in a sentence, not in a stack trace.
            await error.WriteLineAsync($"oraft: {surprise.GetType().Name}: {surprise.Message} "
                + "This is a defect of oraft; please report the command with this message.");
            return (int)ExitCode.Refused;
        }
    }

    /// <summary>A reader that has seen enough, such as <c>head</c>, is no failure; output that is lost otherwise is one.</summary>
    private static async Task<ExitCode> ExplainAsync(OutputException lost, TextWriter error)
    {
        if (lost.IsReaderGone)
        {
            return ExitCode.Ok;
        }

        await error.WriteLineAsync(
            $"oraft: the answer could not be written to standard output: {lost.Message}. "
                + "Send it to a place that takes it, and run the command again.");
        return ExitCode.Refused;
    }
}
