using System.CommandLine;
using System.Globalization;
using OrleansRaft.Cli.Backup;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using OrleansRaft.Cli.Serve;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;
using Spectre.Console;

namespace OrleansRaft.Cli.Offline;

/// <summary><c>oraft inspect</c>: what a store holds, read from beginning to end and checked, without a silo.</summary>
internal static class InspectCommand
{
    // A state that is larger is checked, and nothing of it is kept to be looked into.
    private const long SummaryBytesMax = 64 * 1024 * 1024;

    private static readonly Option<string?> Group = new("--group")
    {
        Description = "Look at the replicas of this group alone, such as counters-0.",
        HelpName = "GROUP",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "inspect",
            "Prints what a store holds of each replica, and checks every checksum; ends with 1 where something is damaged, and with 3 where a server "
            + "of several did not answer. Needs no silo: a sqlite store must not be in use, PostgreSQL may.")
        {
            StoreChoice.Place, Group, CommonOptions.Json,
        };
        foreach (var option in StoreChoice.Options)
        {
            command.Add(option);
        }

        command.SetAction(async (parsed, cancellation) => (int)await RunAsync(parsed, cancellation));
        return command;
    }

    private static Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var choice = StoreChoice.ReadPlace(parsed);
        return PostgresCommands.ExplainedAsync(async () =>
        {
            using var interruption = new Interruption(cancellation);
            await using var store = choice.OpenExisting();
            var cluster = await store.AttachAsync(interruption.Token);
            var replicas = await FindAsync(store, parsed.GetValue(Group), interruption.Token);
            var (answers, progress) = (AnswerWriter.For(parsed), ProgressLine.For(parsed));
            var examined = new List<(ExaminedReplica Replica, StateSummary? State)>();
            foreach (var key in replicas)
            {
                progress.Show($"{examined.Count} of {replicas.Count} replicas read");
                if (await ExamineAsync(store, key, interruption.Token) is { } found)
                {
                    examined.Add(found);
                }
            }

            progress.Clear();
            Tell(answers, choice, cluster, examined);
            var damaged = examined.Count(static one => !one.Replica.Damage.IsEmpty);
            var away = (store as PostgreSqlLogStore)?.Away ?? [];
            return damaged > 0
                ? throw new CliException(
                    ExitCode.Refused,
                    $"{damaged} of {examined.Count} replicas in {choice.Name} {(damaged == 1 ? "is" : "are")} damaged.",
                    "A damaged replica stays out of its group until it is replaced as a member: `oraft member replace`.")
                : away.Count > 0
                ? throw new CliException(
                    ExitCode.Unreachable,
                    $"{away.Count} of {choice.Servers} servers did not answer, and what they hold is not among this: {string.Join(", ", away)}.",
                    "Start them, or mend the way to them, to see all that is stored.")
                : ExitCode.Ok;
        });
    }

    private static async Task<List<ReplicaKey>> FindAsync(ILogStore store, string? group, CancellationToken cancellation)
    {
        var all = await store.ListReplicasAsync(cancellation);
        var wanted = all.Where(key => group is null || key.Group == group)
            .OrderBy(static key => key.Group, NaturalOrder.Instance)
            .ThenBy(static key => key.Replica)
            .ToList();
        return wanted.Count > 0 || group is null
            ? wanted
            : throw new CliException(
                ExitCode.Refused, $"the store holds no replica of a group '{group}'.", "Leave --group out to see all that it holds.");
    }

    private static async Task<(ExaminedReplica Replica, StateSummary? State)?> ExamineAsync(
        ILogStore store, ReplicaKey key, CancellationToken cancellation)
    {
        using var state = new MemoryStream();
        long length = 0;
        var examined = await Examination.RunAsync(
            store,
            key,
            pace: null,
            bytes =>
            {
                if (bytes.IsEmpty)
                {
                    length = 0;
                    state.SetLength(0);
                }
                else if ((length += bytes.Length) <= SummaryBytesMax)
                {
                    state.Write(bytes.Span);
                }
            },
            cancellation);
        if (examined is null)
        {
            return null;
        }

        try
        {
            return (examined, length is > 0 and <= SummaryBytesMax ? StateSummary.Read(state.ToArray()) : null);
        }
        catch (CorruptDataException exception) when (examined.Damage.IsEmpty)
        {
            var index = examined.Row?.Snapshot?.LastIncluded.Index ?? LogIndex.Zero;
            return (examined with { Damage = [new StoredDamage(StoredPart.Snapshot, index, exception.Message)] }, null);
        }
        catch (CorruptDataException)
        {
            return (examined, null);
        }
    }

    private static void Tell(
        AnswerWriter answers, StoreChoice choice, ClusterDefinition cluster, List<(ExaminedReplica Replica, StateSummary? State)> examined)
    {
        if (answers.Json)
        {
            examined.ForEach(one => answers.WriteJson(Describe(one.Replica, one.State)));
            return;
        }

        answers.WriteLine(
            $"{choice.Holds} cluster {cluster.ClusterId}: "
            + string.Join(", ", cluster.Sets.Select(static set => $"{set.Name} ({set.Groups} of {set.Replicas})"))
            + (cluster.Restoring is { } backup ? $"; the restore of backup {backup} into it was interrupted" : ""));
        var table = AnswerWriter.NewTable(
            "REPLICA", "#EPOCH", "#TERM", "VOTED FOR", "#COMMIT", "#LAST", "#ENTRIES", "#LOG BYTES", "#SNAPSHOT", "#BYTES", "#REQUEST IDS",
            "#SESSIONS", "MEMBERS", "~STATE");
        foreach (var (replica, state) in examined)
        {
            table.AddRow(
                Markup.Escape(replica.Key.ToString()),
                Number(replica.Row?.Epoch),
                Number(replica.Row?.HardState.CurrentTerm.Value),
                replica.Row is { } row ? row.HardState.VotedFor?.ToString() ?? "nobody" : "-",
                Number(replica.Row?.HardState.CommitIndex.Value),
                Number(replica.Row?.LogLast.Index.Value),
                Number(replica.Row is null ? null : replica.Entries),
                Number(replica.Row is null ? null : replica.LogBytes),
                Number(replica.Row?.Snapshot?.LastIncluded.Index.Value),
                Number(replica.Row?.Snapshot?.SizeBytes),
                Number(state?.RequestIds),
                Number(state?.Sessions),
                replica.Configuration is { } members ? Markup.Escape(members.ToString()) : "-",
                replica.Damage.IsEmpty ? "ok" : Markup.Escape(string.Join(" ", replica.Damage.Select(static found => found.Detail + "."))));
        }

        answers.WriteTable(table);
    }

    private static object Describe(ExaminedReplica replica, StateSummary? state) => new
    {
        group = replica.Key.Group,
        replica = replica.Key.Replica.Value,
        epoch = replica.Row?.Epoch,
        term = replica.Row?.HardState.CurrentTerm.Value,
        votedFor = replica.Row?.HardState.VotedFor?.Value,
        commitIndex = replica.Row?.HardState.CommitIndex.Value,
        log = replica.Row is not { } row ? null : new
        {
            after = row.LogStart.Index.Value,
            lastIndex = row.LogLast.Index.Value,
            lastTerm = row.LogLast.Term.Value,
            entries = replica.Entries,
            blocks = replica.Blocks,
            bytes = replica.LogBytes,
        },
        snapshot = replica.Row is not { SnapshotId: not null, Snapshot: { } snapshot } ? null : new
        {
            index = snapshot.LastIncluded.Index.Value,
            term = snapshot.LastIncluded.Term.Value,
            bytes = snapshot.SizeBytes,
            machineVersion = snapshot.MachineVersion,
            requestIds = state?.RequestIds,
            requestBytes = state?.RequestBytes,
            sessions = state?.Sessions,
        },
        members = replica.Configuration is not { } members ? null : new
        {
            version = members.Version.Value,
            voters = members.Voters.Select(static voter => voter.Value),
            learners = members.Learners.Select(static learner => learner.Value),
            outgoing = members.OutgoingVoters.Select(static voter => voter.Value),
        },
        damage = replica.Damage.Select(static found => new
        {
            part = found.Part switch
            {
                StoredPart.Vote => "vote",
                StoredPart.Log => "log",
                _ => "snapshot",
            },
            index = found.Index.Value,
            detail = found.Detail,
        }),
    };

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";

    /// <summary>Group 10 comes behind group 9.</summary>
    private sealed class NaturalOrder : IComparer<string>
    {
        public static NaturalOrder Instance { get; } = new();

        public int Compare(string? x, string? y)
        {
            var (first, second) = (Split(x!), Split(y!));
            var names = string.CompareOrdinal(first.Set, second.Set);
            return names != 0 ? names : first.Number.CompareTo(second.Number);
        }

        private static (string Set, int Number) Split(string group)
        {
            var dash = group.LastIndexOf('-');
            return dash > 0 && int.TryParse(group.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? (group[..dash], number)
                : (group, -1);
        }
    }
}
