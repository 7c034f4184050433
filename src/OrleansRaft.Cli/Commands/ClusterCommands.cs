using System.CommandLine;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft cluster</c>: at which feature level the cluster works, and how it goes over to a later one.</summary>
internal static class ClusterCommands
{
    private static readonly Option<string[]> Without = new("--without")
    {
        Description = "An absent silo that will not come back with its program; may be given several times.",
        HelpName = "SILO",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("cluster", "Shows and raises the feature level at which the cluster works.")
    {
        RemoteCommand.Create("versions", "Prints at which feature level the cluster works, and what each silo's program supports.", VersionsAsync),
        RemoteCommand.Create(
            "finalize",
            "Lets the cluster go over to the feature level that all its silos support. There is no way back to an earlier program then.",
            FinalizeAsync,
            Without),
    };

    private static async Task<ExitCode> VersionsAsync(Session session)
    {
        var levels = await session.Client.GetLevelsAsync(session.Cancellation);
        session.Answers.Write(levels, HeadingOf);
        if (session.Answers.Json)
        {
            return ExitCode.Ok;
        }

        var table = AnswerWriter.NewTable("SILO", "IS ACTIVE", "#SUPPORTS UP TO", "PROGRAM");
        foreach (var silo in levels.Value.Silos)
        {
            table.AddRow(
                Markup.Escape(silo.Silo),
                silo.Active ? "true" : "false",
                $"{silo.Newest}",
                Markup.Escape(silo.Program is { Length: > 0 } program ? program : "-"));
        }

        session.Answers.WriteTable(table);
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> FinalizeAsync(Session session)
    {
        var without = session.Parsed.GetValue(Without) ?? [];
        var before = await session.Client.GetLevelsAsync(session.Cancellation);
        var after = await session.Client.FinalizeAsync(without, session.Cancellation);
        session.Answers.Write(after, shown => shown.Level > before.Value.Level
            ? $"The cluster works at feature level {shown.Level} from now on; it worked at {before.Value.Level}."
            : $"The cluster works at feature level {shown.Level} already, and all its programs support no later one.");
        return ExitCode.Ok;
    }

    private static string HeadingOf(LevelsAnswer levels) =>
        $"The cluster works at feature level {levels.Level}."
        + (levels.Reachable <= levels.Level ? ""
            : $" All its silos support {levels.Reachable}: "
                + (levels.Automatic ? "it goes over to that by itself." : "`oraft cluster finalize` lets it go over to that."));
}
