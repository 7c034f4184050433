using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Offline;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft group</c>: shows Raft groups.</summary>
internal static class GroupCommands
{
    private static readonly Argument<string> Group = new("group") { Description = "Which group, such as counters-0." };

    private static readonly Argument<long?> Replica = new("replica")
    {
        Description = "The new leader; by default the follower that holds the most.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<long> After = new("--after")
    {
        Description = "Begin after this index.",
        HelpName = "INDEX",
        Validators = { result => RequireAtLeast(result, 0) },
    };

    private static readonly Option<int> Limit = new("--limit")
    {
        Description = "Print at most so many.",
        HelpName = "N",
        DefaultValueFactory = _ => 100,
        Validators = { result => RequireAtLeast(result, 1) },
    };

    private const string MayHaveAnswered =
        "A caller of it may have been given a result, by a replica that cannot be reached now: what that replica made of it is lost.";

    private static readonly Option<long> Entry = new("--entry")
    {
        Description = "Its index in the log, which `group show` and the alarm tell.",
        HelpName = "INDEX",
        Required = true,
        Validators = { result => RequireAtLeast(result, 1) },
    };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask. Without a terminal, nothing is skipped without it." };

    private static readonly Argument<string> GroupSet = new("set") { Description = "Which set of groups, such as ledgers; or one group of it." };

    private static readonly Option<int?> ToVersion = new("--version")
    {
        Description = "The later version, which all programs must support; by default the newest that any of them does.",
        HelpName = "N",
        Validators = { result => RequireAtLeast(result, 2) },
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var show = RemoteCommand.Create("show", "Prints one group, replica by replica.", ShowAsync);
        show.Add(Group);
        var log = RemoteCommand.Create("log", "Prints entries of a group's log, in words.", LogAsync);
        log.Add(Group);
        log.Add(After);
        log.Add(Limit);
        var compare = RemoteCommand.Create(
            "compare", "Compares the states of a group's replicas, at one entry of its log. Ends with 1 unless all are equal.", CompareAsync);
        compare.Add(Group);
        var transfer = RemoteCommand.Create("transfer", "Hands a group's leadership to another replica.", TransferAsync);
        transfer.Add(Group);
        transfer.Add(Replica);
        var skip = RemoteCommand.Create("skip", "Lets a halted group pass over the entry that halts its state machine. Asks first.", SkipAsync);
        skip.Add(Group);
        skip.Add(Entry);
        skip.Add(Yes);
        var raise = RemoteCommand.Create("raise", "Raises the version at which the state machines of a set of groups work.", RaiseAsync);
        raise.Add(GroupSet);
        raise.Add(ToVersion);
        return new Command("group", "Shows Raft groups.")
        {
            RemoteCommand.Create("list", "Prints every group, those without a leader first.", ListAsync),
            show,
            log,
            compare,
            transfer,
            skip,
            raise,
            RecoverCommand.Create(),
        };
    }

    private static async Task<ExitCode> ListAsync(Session session)
    {
        var groups = new List<Answer<GroupAnswer>>();
        await foreach (var group in session.Client.ListGroupsAsync(session.Cancellation))
        {
            groups.Add(group);
        }

        var sorted = groups.OrderBy(group => group.Value.Leader is not null).ToList();
        if (session.Answers.Json)
        {
            sorted.ForEach(group => session.Answers.WriteJson(group.Raw));
        }
        else
        {
            session.Answers.WriteTable(TableOf(sorted.Select(group => group.Value)));
        }

        return ExitCode.Ok;
    }

    private static async Task<ExitCode> ShowAsync(Session session)
    {
        var group = await session.Client.GetGroupAsync(session.Parsed.GetValue(Group)!, session.Cancellation);
        if (session.Answers.Json)
        {
            session.Answers.WriteJson(group.Raw);
        }
        else
        {
            session.Answers.WriteLine(HeadingOf(group.Value));
            session.Answers.WriteTable(TableOf(group.Value));
        }

        return ExitCode.Ok;
    }

    private static async Task<ExitCode> CompareAsync(Session session)
    {
        var compared = await session.Client.CompareGroupAsync(session.Parsed.GetValue(Group)!, session.Cancellation);
        if (session.Answers.Json)
        {
            session.Answers.WriteJson(compared.Raw);
        }
        else
        {
            session.Answers.WriteLine(compared.Value.Detail);
            session.Answers.WriteTable(TableOf(compared.Value));
        }

        return compared.Value.Verdict == "equal" ? ExitCode.Ok : throw new CliException(
            ExitCode.Refused,
            $"not all replicas of {compared.Value.Group} are known to hold the same.",
            compared.Value.Verdict == "incomplete"
                ? "Start what does not answer, and one program on all silos; then compare again."
                : "`oraft status` lists what is wrong, and what to do.");
    }

    private static async Task<ExitCode> LogAsync(Session session)
    {
        var table = AnswerWriter.NewTable("#INDEX", "#TERM", "KIND", "#BYTES", "~WHAT");
        var entries = session.Client.ReadLogAsync(
            session.Parsed.GetValue(Group)!, session.Parsed.GetValue(After), session.Parsed.GetValue(Limit), session.Cancellation);
        await session.Answers.WriteListAsync(
            table, entries, static entry => [$"{entry.Index}", $"{entry.Term}", entry.Kind, $"{entry.BodyBytes}", Markup.Escape(entry.Text)]);
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> TransferAsync(Session session)
    {
        var name = session.Parsed.GetValue(Group)!;
        var replica = session.Parsed.GetValue(Replica) ?? Successor((await session.Client.GetGroupAsync(name, session.Cancellation)).Value);
        var group = await session.Client.ChangeGroupAsync(HttpMethod.Post, name, "leader", new { replica }, session.Cancellation);
        session.Answers.Write(group, HeadingOf);
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> SkipAsync(Session session)
    {
        var (name, entry) = (session.Parsed.GetValue(Group)!, session.Parsed.GetValue(Entry));
        if (!session.Parsed.GetValue(Yes))
        {
            await Confirmation.AskAsync(
                session,
                $"Entry {entry} of {name} ({await DescribeAsync(session, name, entry)}) is never applied then, on any replica, "
                    + $"and that cannot be taken back. {MayHaveAnswered}");
        }

        var group = await session.Client.ChangeGroupAsync(HttpMethod.Post, name, "skip", new { entry }, session.Cancellation);
        session.Answers.Write(group, shown => $"{shown.Group}: entry {entry} is skipped. {MayHaveAnswered}");
        return ExitCode.Ok;
    }

    /// <summary>Raises a version in all groups of a set, or in none where a member's program is known not to support it.</summary>
    private static async Task<ExitCode> RaiseAsync(Session session)
    {
        var set = session.Parsed.GetValue(GroupSet)!;
        var groups = new List<GroupAnswer>();
        await foreach (var group in session.Client.ListGroupsAsync(session.Cancellation))
        {
            if (IsOf(group.Value.Group, set))
            {
                groups.Add(group.Value);
            }
        }

        var version = session.Parsed.GetValue(ToVersion)
            ?? groups.SelectMany(static group => group.Replicas).Max(static replica => replica.NewestVersion)
            ?? 1;
        RequireSupport(set, groups, version);
        foreach (var group in groups.Where(group => group.MachineVersion < version))
        {
            var raised = await session.Client.ChangeGroupAsync(HttpMethod.Post, group.Group, "version", new { version }, session.Cancellation);
            session.Answers.Write(raised, static shown => $"{shown.Group}: its state machine works at version {shown.MachineVersion}.");
        }

        if (!session.Answers.Json && groups.TrueForAll(group => group.MachineVersion >= version))
        {
            session.Answers.WriteLine($"{set}: all {groups.Count} state machines work at version {version} already.");
        }

        return ExitCode.Ok;
    }

    private static bool IsOf(string group, string set) =>
        group == set || (group.StartsWith($"{set}-", StringComparison.Ordinal) && group.AsSpan(set.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0);

    private static void RequireSupport(string set, List<GroupAnswer> groups, int version)
    {
        if (groups.Count == 0)
        {
            throw new CliException(
                ExitCode.Refused, $"this cluster has no groups of a set '{set}'.", "`oraft group list` names the groups of this cluster.");
        }

        if (groups.Find(group => group.MachineVersion > version) is { } later)
        {
            throw new CliException(
                ExitCode.Refused,
                $"the state machine of {later.Group} works at version {later.MachineVersion} already, and a version is never lowered. "
                    + "Nothing was changed.",
                "Give a later --version, or none for the latest that all programs support.");
        }

        foreach (var group in groups)
        {
            if (group.Replicas.FirstOrDefault(replica => !(replica.NewestVersion >= version && replica.OldestVersion <= version)) is { } without)
            {
                var supports = without.NewestVersion is { } newest
                    ? $"supports {VersionsOf(without.OldestVersion, newest)}, not {version}"
                    : "did not tell what it supports";
                throw new CliException(
                    ExitCode.Refused,
                    $"the program of replica {without.Replica} of {group.Group}{(without.Silo is { } silo ? $" on {silo}" : "")} {supports}. "
                        + "Nothing was changed.",
                    "Start the newer program on all silos of the set first.");
            }
        }
    }

    private static string VersionsOf(int? oldest, int newest) => oldest == newest ? $"version {newest}" : $"the versions {oldest} to {newest}";

    private static async Task<string> DescribeAsync(Session session, string group, long entry)
    {
        await foreach (var found in session.Client.ReadLogAsync(group, entry - 1, 1, session.Cancellation))
        {
            if (found.Value.Index == entry)
            {
                return $"{found.Value.Kind}: {found.Value.Text}";
            }
        }

        return "not in the log";
    }

    private static long Successor(GroupAnswer group) => group.Replicas
        .Where(replica => replica.Role == "follower" && replica.Replica != group.Leader)
        .MaxBy(replica => replica.LastIndex)?.Replica
        ?? throw new CliException(
            ExitCode.Refused, $"no other replica of {group.Group} could lead.", $"`oraft group show {group.Group}` shows its replicas.");

    private static void RequireAtLeast(OptionResult result, long least)
    {
        if (result.Tokens is [var token, ..] && long.TryParse(token.Value, out var number) && number < least)
        {
            result.AddError($"{result.Option.Name} is {number}, but must be at least {least}.");
        }
    }

    private static string HeadingOf(GroupAnswer group) => (group.LeaderReplica is { } leader
        ? $"{group.Group}: replica {leader.Replica} on {leader.Silo ?? "an unknown silo"} leads in term {group.Term}"
        : $"{group.Group}: no leader in term {group.Term}")
        + (group.MachineVersion > 1 ? $"; its state machine works at version {group.MachineVersion}" : "")
        + (group.LeaderReplica is { StateKeys: { } keys, StateBytes: { } bytes }
            ? $"; its state has {keys:N0} {(keys == 1 ? "key" : "keys")} and {bytes:N0} bytes, its snapshot {SnapshotOf(group.LeaderReplica)}"
            : group.LeaderReplica is { SnapshotAgeMilliseconds: not null } told ? $"; its snapshot has {SnapshotOf(told)}" : "")
        + (group.Skipped is { Count: > 0 } skipped
            ? $"; never applied: {(skipped.Count == 1 ? "entry" : "entries")} {string.Join(", ", skipped)}"
            : "");

    private static Table TableOf(IEnumerable<GroupAnswer> groups)
    {
        var table = AnswerWriter.NewTable("GROUP", "LEADER", "SILO", "#TERM", "#COMMIT", "#REPLICAS", "#LAG");
        foreach (var group in groups)
        {
            table.AddRow(
                Markup.Escape(group.Group),
                group.Leader is { } leader ? $"{leader}" : "none",
                Markup.Escape(group.LeaderReplica?.Silo ?? "-"),
                $"{group.Term}",
                $"{group.CommitIndex}",
                $"{group.Replicas.Count(replica => replica.AppliedIndex is not null)} of {group.Replicas.Count}",
                $"{group.CommitIndex - group.Replicas.Min(replica => replica.AppliedIndex ?? group.CommitIndex)}");
        }

        return table;
    }

    private static Table TableOf(GroupAnswer group)
    {
        var table = AnswerWriter.NewTable(
            "REPLICA", "SILO", "IS LEADER", "IS LEARNER", "#TERM", "#INDEX", "#COMMIT", "#APPLIED", "TRAILS LEADER BY", "LAST CONTACT", "DIGEST",
            "#DIGEST AT", "~STATE");
        foreach (var replica in group.Replicas)
        {
            table.AddRow(
                $"{replica.Replica}",
                Markup.Escape(replica.Silo ?? "-"),
                replica.Replica == group.Leader ? "true" : "false",
                replica.Role is "learner" ? "true" : "false",
                NumberOf(replica.Term),
                NumberOf(replica.LastIndex),
                NumberOf(replica.CommitIndex),
                NumberOf(replica.AppliedIndex),
                TrailsBy(group, replica),
                replica.LastContactMilliseconds is { } age ? $"{age} ms ago" : "-",
                Markup.Escape(replica.Digest is { Length: > 12 } digest ? digest[..12] : replica.Digest ?? "-"),
                NumberOf(replica.DigestIndex),
                Markup.Escape(StateOf(replica)));
        }

        return table;
    }

    private static Table TableOf(ComparisonAnswer comparison)
    {
        var table = AnswerWriter.NewTable("REPLICA", "SILO", "#INDEX", "DIGEST", "PROGRAM", "IS EQUAL", "~PROBLEM");
        foreach (var replica in comparison.Replicas)
        {
            table.AddRow(
                $"{replica.Replica}",
                Markup.Escape(replica.Silo ?? "-"),
                NumberOf(replica.DigestIndex),
                Markup.Escape(replica.Digest ?? "-"),
                Markup.Escape(replica.Program ?? "-"),
                replica.Equal switch { true => "true", false => "false", null => "unknown" },
                Markup.Escape(replica.Problem ?? "-"));
        }

        return table;
    }

    private static string StateOf(ReplicaAnswer replica) => replica switch
    {
        { Problem: { Length: > 0 } problem } => $"{replica.Role}: {problem}",
        { VersionBehind: true, HaltCause: { } cause } =>
            $"{replica.Role}, its program is behind{(replica.HaltedAt is { } from ? $" from entry {from} on" : "")}: {cause}",
        { HaltCause: { } cause } => $"{replica.Role}, halted{(replica.HaltedAt is { } entry ? $" at entry {entry}" : "")}: {cause}",
        { TransferBytes: > 0 and var whole, TransferredBytes: var part } =>
            $"{replica.Role}, receives a snapshot: {part ?? 0:N0} of {whole:N0} bytes, {100 * (part ?? 0) / whole} %",
        _ => replica.Role ?? "-",
    };

    /// <summary>Its age is that of its last entry by the group's time, which what a starting replica applies again has taken.</summary>
    private static string SnapshotOf(ReplicaAnswer replica) => $"{replica.SnapshotBytes ?? 0:N0} bytes"
        + (replica.SnapshotAgeMilliseconds is { } age ? $" and an age of {AgeOf(TimeSpan.FromMilliseconds(age))}" : "");

    private static string AgeOf(TimeSpan age) => age switch
    {
        { TotalMinutes: < 2 } => $"{age.TotalSeconds:0.0} s",
        { TotalHours: < 2 } => $"{age.TotalMinutes:0} min",
        _ => $"{age.TotalHours:0} h",
    };

    private static string NumberOf(long? number) => number is { } known ? $"{known}" : "-";

    private static string TrailsBy(GroupAnswer group, ReplicaAnswer replica) => (group.LeaderReplica?.LastIndex - replica.LastIndex) switch
    {
        null => "-",
        _ when replica.Replica == group.Leader => "-",
        <= 0 => "0 entries",
        1 => "1 entry",
        var entries => $"{entries} entries",
    };
}
