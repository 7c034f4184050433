using System.CommandLine;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft set</c>: works on whole sets of groups.</summary>
internal static class SetCommands
{
    private static readonly Argument<string> Set = new("set")
    {
        Description = "Which set, by its name: the groups orders-0, orders-1 ... are of orders.",
    };

    private static readonly Option<string?> Confirm = new("--confirm")
    {
        Description = "The set's name once more; without it, and without a terminal to ask on, nothing is deleted.",
        HelpName = "NAME",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("set", "Works on whole sets of groups.")
    {
        RemoteCommand.Create(
            "delete",
            "Deletes a set of groups that was added after the cluster first started, with all that it holds, once no silo is configured with it. Its "
                + "name is never used again.",
            DeleteAsync,
            Set,
            Confirm),
    };

    private static async Task<ExitCode> DeleteAsync(Session session)
    {
        var set = session.Parsed.GetValue(Set)!;
        var confirmed = session.Parsed.GetValue(Confirm)
            ?? await Confirmation.AskForNameAsync(session, $"The groups of {set} and all that they hold are deleted for ever.", set);
        if (confirmed != set)
        {
            throw new CliException(ExitCode.Usage, $"--confirm names '{confirmed}', not '{set}'. Nothing was deleted.", "Give the set's name twice.");
        }

        session.Answers.Write(
            await session.Client.DeleteSetAsync(set, confirmed, session.Cancellation),
            static deleted => $"{deleted.Set} is deleted, with what {deleted.Replicas} replicas had stored");
        return ExitCode.Ok;
    }
}
