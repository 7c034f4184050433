using System.CommandLine;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Commands;

/// <summary>Asks before a group loses votes, and says what it survives afterwards.</summary>
internal static class VoteLoss
{
    /// <summary>Asks on a terminal; without one, and without <c>--yes</c>, refuses.</summary>
    /// <param name="session">The command.</param>
    /// <param name="group">Which group it changes.</param>
    /// <param name="yes">The option by which nobody is asked.</param>
    /// <param name="describe">What the change means for the group as it is; null when it takes no vote away.</param>
    /// <exception cref="CliException">It was not confirmed.</exception>
    public static async Task ConfirmAsync(Session session, Argument<string> group, Option<bool> yes, Func<GroupAnswer, string?> describe)
    {
        if (session.Parsed.GetValue(yes))
        {
            return;
        }

        var view = (await session.Client.GetGroupAsync(session.Parsed.GetValue(group)!, session.Cancellation)).Value;
        if (describe(view) is not { } meaning)
        {
            return;
        }

        await Confirmation.AskAsync(session, meaning);
    }

    /// <summary>What the removal of a replica means; null when it has no vote, or is none: the server says so.</summary>
    public static string? OfRemoval(GroupAnswer group, long replica) => group.Configuration is { } members && members.Voters.Contains(replica)
        ? (group.Leader == replica ? $"Replica {replica} leads {group.Group}, and hands over first. " : $"Replica {replica} of {group.Group} votes. ")
            + Survival(members.Voters.Count, members.Voters.Count - 1)
        : null;

    /// <summary>What another number of voters means; null when none is lost.</summary>
    public static string? OfResize(GroupAnswer group, int voters) =>
        group.Configuration is { } members && voters >= 1 && voters < members.Voters.Count
        ? $"{group.Group} loses {members.Voters.Count - voters} of its {members.Voters.Count} voters. " + Survival(members.Voters.Count, voters)
        : null;

    private static string Survival(int before, int after) => after < 1
        ? "No voter would be left."
        : $"With {after} voter{(after == 1 ? "" : "s")} the group survives the loss of {Lost(after)}, and now of {Lost(before)}.";

    private static string Lost(int voters) => (voters - 1) / 2 is var lost and > 0 ? $"{lost}" : "none";
}
