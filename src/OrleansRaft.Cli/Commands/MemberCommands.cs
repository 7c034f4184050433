using System.CommandLine;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft member</c>: changes who belongs to a Raft group.</summary>
internal static class MemberCommands
{
    private const string Catalogue = "catalogue-0";

    private static readonly Argument<string> Group = new("group") { Description = "Which group, such as counters-0." };

    private static readonly Argument<long> Replica = new("replica") { Description = "Which replica, by its number in the group." };

    private static readonly Argument<int> Voters = new("voters") { Description = "How many; 3 or 5 is usual." };

    private static readonly Option<long?> Number = new("--replica")
    {
        Description = "The new replica's number; by default the next that was never used.",
        HelpName = "NUMBER",
    };

    private static readonly Option<bool> Learner = new("--learner") { Description = "Let it receive the log without a vote." };

    private static readonly Option<string?> Silo = new("--silo")
    {
        Description = "The silo whose local store is to hold it; only where silos have stores of their own.",
        HelpName = "NAME",
    };

    private static readonly Option<long?> Version = new("--if-version")
    {
        Description = "Change nothing unless the members are still at this version, which `member list` prints.",
        HelpName = "VERSION",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Leave the group catalogue-0 with fewer voters than it should have.",
    };

    private static readonly Option<bool> Yes = new("--yes")
    {
        Description = "Do not ask. Without a terminal, nothing that takes votes away is done without it.",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("member", "Shows and changes the members of a Raft group.")
    {
        Sub("list", "Prints the members of a group, and their version.", ListAsync),
        Sub("add", "Adds a replica, which votes when it has caught up.", AddAsync, Number, Learner, Silo, Version),
        Sub("remove", "Removes a replica; a leader hands over first. Asks before it takes a vote away.", RemoveAsync, Replica, Version, Force, Yes),
        Sub(
            "replace",
            "Puts a new replica in the place of another, in one step once it has caught up.",
            ReplaceAsync,
            Replica,
            Number,
            Silo,
            Version),
        Sub(
            "purge",
            "Deletes what removed members of a group have stored; refused while its members are not certain. Asks first.",
            PurgeAsync,
            Yes),
        RemoteCommand.Create(
            "repair",
            "Puts a new replica in the place of every voter that does not run, group after group, and gives groups that went on from one replica "
                + "their voters again: after the loss of database servers or local stores. Asks before it gives up a voter.",
            RepairAsync,
            Silo,
            Yes),
        Sub("resize", "Gives a group so many voters, from 1 to 7. Asks before it takes votes away.", ResizeAsync, Voters, Version, Force, Yes),
    };

    private static Command Sub(string name, string description, Func<Session, Task<ExitCode>> run, params ReadOnlySpan<Symbol> symbols) =>
        RemoteCommand.Create(name, description, run, [Group, .. symbols]);

    private static async Task<ExitCode> ListAsync(Session session) =>
        Show(session, await session.Client.GetGroupAsync(session.Parsed.GetValue(Group)!, session.Cancellation));

    private static Task<ExitCode> AddAsync(Session session) => PostAsync(session, new
    {
        replica = session.Parsed.GetValue(Number),
        learner = FlagOf(session, Learner),
        silo = session.Parsed.GetValue(Silo),
        version = session.Parsed.GetValue(Version),
    });

    private static Task<ExitCode> ReplaceAsync(Session session) => PostAsync(session, new
    {
        replaces = session.Parsed.GetValue(Replica),
        replica = session.Parsed.GetValue(Number),
        silo = session.Parsed.GetValue(Silo),
        version = session.Parsed.GetValue(Version),
    });

    private static async Task<ExitCode> ResizeAsync(Session session)
    {
        var voters = session.Parsed.GetValue(Voters);
        await VoteLoss.ConfirmAsync(session, Group, Yes, group => VoteLoss.OfResize(group, voters));
        return await PostAsync(session, new { voters, force = FlagOf(session, Force), version = session.Parsed.GetValue(Version) });
    }

    private static async Task<ExitCode> PurgeAsync(Session session)
    {
        var group = session.Parsed.GetValue(Group)!;
        if (!session.Parsed.GetValue(Yes))
        {
            await Confirmation.AskAsync(session, $"What members of {group} that were removed have stored is deleted for ever.");
        }

        session.Answers.Write(await session.Client.DeleteRemovedAsync(group, session.Cancellation), static deleted => deleted.Deleted.Count == 0
            ? $"{deleted.Group}: nothing was left of removed members"
            : $"{deleted.Group}: what {string.Join(", ", deleted.Deleted)} had stored is deleted");
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> RepairAsync(Session session)
    {
        // The catalogue does not show among the groups.
        List<GroupAnswer> groups = [(await session.Client.GetGroupAsync(Catalogue, session.Cancellation)).Value];
        await foreach (var group in session.Client.ListGroupsAsync(session.Cancellation))
        {
            groups.Add(group.Value);
        }

        var broken = groups.SelectMany(VotersThatDoNotRun).ToList();
        if (broken.Count > 0 && !session.Parsed.GetValue(Yes))
        {
            await Confirmation.AskAsync(
                session,
                $"{broken.Count} voters do not run, the first of them {broken[0].Replica} of {broken[0].Group}. Each is replaced by a new one, and "
                    + "never comes back: if their silos or servers are only away, start those instead.");
        }

        foreach (var (group, replica) in broken)
        {
            await ChangeMembersAsync(group, new { replaces = replica, silo = session.Parsed.GetValue(Silo) });
        }

        var small = groups.Where(HasFewerVotersSinceRecovery).ToList();
        foreach (var group in small)
        {
            await ChangeMembersAsync(group.Group, new { voters = group.InitialVoters });
        }

        if (broken.Count == 0 && small.Count == 0 && !session.Answers.Json)
        {
            session.Answers.WriteLine("every voter runs; nothing to repair");
        }

        return ExitCode.Ok;

        async Task ChangeMembersAsync(string group, object change) =>
            Show(session, await session.Client.ChangeGroupAsync(HttpMethod.Post, group, "members", change, session.Cancellation));
    }

    /// <summary>A group that lost its majority went on from one replica, whoever belonged to it.</summary>
    private static bool HasFewerVotersSinceRecovery(GroupAnswer group) =>
        group is { Recovery: not null, Configuration: { } members } && members.Voters.Count < group.InitialVoters;

    /// <summary>One that is on a silo, and only slow to answer, runs.</summary>
    private static IEnumerable<(string Group, long Replica)> VotersThatDoNotRun(GroupAnswer group) => group.Replicas
        .Where(replica => replica is { Role: null or "unreachable", Silo: null } && group.Configuration?.Voters.Contains(replica.Replica) == true)
        .Select(replica => (group.Group, replica.Replica));

    private static async Task<ExitCode> RemoveAsync(Session session)
    {
        var replica = session.Parsed.GetValue(Replica);
        await VoteLoss.ConfirmAsync(session, Group, Yes, group => VoteLoss.OfRemoval(group, replica));
        return await ChangeAsync(
            session, HttpMethod.Delete, new { replica, force = FlagOf(session, Force), version = session.Parsed.GetValue(Version) });
    }

    private static bool? FlagOf(Session session, Option<bool> option) => session.Parsed.GetValue(option) ? true : null;

    private static Task<ExitCode> PostAsync(Session session, object change) => ChangeAsync(session, HttpMethod.Post, change);

    private static async Task<ExitCode> ChangeAsync(Session session, HttpMethod method, object change) =>
        Show(session, await session.Client.ChangeGroupAsync(method, session.Parsed.GetValue(Group)!, "members", change, session.Cancellation));

    private static ExitCode Show(Session session, Answer<GroupAnswer> group)
    {
        session.Answers.Write(group, Describe);
        return ExitCode.Ok;
    }

    private static string Describe(GroupAnswer group) => group.Configuration is { } members
        ? $"{group.Group}: voters {string.Join(", ", members.Voters)}"
            + (members.OutgoingVoters.Count == 0 ? "" : $" (on the way from {string.Join(", ", members.OutgoingVoters)})")
            + (members.Learners.Count == 0 ? "" : $", learners {string.Join(", ", members.Learners)}")
            + $", version {members.Version}"
        : $"{group.Group}: the server does not tell its members";
}
