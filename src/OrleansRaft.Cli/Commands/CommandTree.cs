using System.CommandLine;
using OrleansRaft.Cli.Bench;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Demo;
using OrleansRaft.Cli.Maelstrom;
using OrleansRaft.Cli.Output;
using OrleansRaft.Cli.Serve;

namespace OrleansRaft.Cli.Commands;

/// <summary>All commands of <c>oraft</c>.</summary>
internal static class CommandTree
{
    private const string About = """
        oraft runs silos of OrleansRaft and talks to them.

        Exit codes: 0 ok, 1 refused, 2 usage, 3 unreachable, 4 no leader, 5 conflict, 6 outcome unknown,
        7 (serve) evicted from the cluster, 130 interrupted.
        """;

    /// <summary>Makes the tree.</summary>
    public static RootCommand Create() => new(About)
    {
        DemoCommand.Create(),
        ServeCommand.Create(),
        MigrateCommand.Create(),
        PostgresCommands.Create(),
        StatusCommand.Create(),
        GroupCommands.Create(),
        MemberCommands.Create(),
        CounterCommands.Create(),
        BenchCommand.Create(),
        MaelstromCommand.Create(),
        FaultCommands.Create(),
        WatchCommand.Create(),
        LabCommands.Create(),
        CompletionCommand.Create(),
    };

    /// <summary>Makes a command that talks to a server.</summary>
    /// <param name="name">The word for it.</param>
    /// <param name="description">What it does; one sentence.</param>
    /// <param name="run">Does it.</param>
    public static Command Remote(string name, string description, Func<Session, Task<ExitCode>> run)
    {
        var command = new Command(name, description) { CommonOptions.Server, CommonOptions.Json, CommonOptions.Timeout };
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
        });
        return command;
    }
}
