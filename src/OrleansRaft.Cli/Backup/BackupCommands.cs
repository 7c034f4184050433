using System.CommandLine;
using System.Globalization;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Commands;
using OrleansRaft.Cli.Offline;
using OrleansRaft.Cli.Output;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Counters;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Runtime.Backup;
using Spectre.Console;

namespace OrleansRaft.Cli.Backup;

/// <summary><c>oraft backup</c>: makes backups of a cluster, checks, lists and restores them.</summary>
internal static class BackupCommands
{
    private static readonly Argument<string> Target = new("path")
    {
        Description = "A folder, which is made if it ends with '/' or --keep is given, and in which the file is named by the cluster and the time; "
            + "or a file that is not there yet.",
    };

    private static readonly Option<int?> Keep = new("--keep")
    {
        Description = "Then delete the oldest backups of this cluster in the folder, so that N are left.",
        HelpName = "N",
        Validators = { RequirePositive },
    };

    private static readonly Option<int> Rate = new("--rate")
    {
        Description = "How many MB of states the silos read a second, at most: they serve others meanwhile. 0 for as many as there can be.",
        HelpName = "MB",
        DefaultValueFactory = static _ => BackupPace.ByDefault,
        Validators = { RequireRate },
    };

    private static readonly Argument<string[]> Files = new("file") { Description = "The backups.", Arity = ArgumentArity.OneOrMore };

    private static readonly Argument<string> Folder = new("folder") { Description = "The folder.", DefaultValueFactory = _ => "." };

    private static readonly Argument<string> Source = new("file") { Description = "The backup." };

    private static readonly Option<string> ClusterId = new("--cluster-id")
    {
        Description = "The name of the cluster that is restored. [default: that of the backup]",
        HelpName = "NAME",
        Validators = { RequireName },
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var verify = new Command("verify", "Reads backups from beginning to end and checks everything. Asks no server.")
        {
            Files, CommonOptions.Json,
        };
        verify.SetAction(async (parsed, cancellation) => (int)await VerifyAsync(parsed, cancellation));
        var list = new Command("list", "Prints the backups in a folder, the latest last, and which are whole. Asks no server.")
        {
            Folder, CommonOptions.Json,
        };
        list.SetAction(async (parsed, cancellation) => (int)await ListAsync(parsed, cancellation));
        var restore = new Command(
            "restore",
            "Restores a backup into an empty store, before its silos start: those of `serve` then take the same --groups and --replicas as before. "
            + "A restore that was interrupted is begun again by the same command.") { Source, ClusterId, CommonOptions.Json };
        foreach (var option in StoreChoice.Options)
        {
            restore.Add(option);
        }

        restore.SetAction(async (parsed, cancellation) => (int)await RestoreAsync(parsed, cancellation));
        return new Command("backup", "Makes backups of a cluster, checks, lists and restores them.")
        {
            RemoteCommand.Create("create", "Makes a backup of the whole cluster while it serves, and checks it.", CreateAsync, Target, Keep, Rate),
            verify,
            list,
            restore,
        };
    }

    private static async Task<ExitCode> CreateAsync(Session session)
    {
        var target = session.Parsed.GetValue(Target)!;
        var isKeeping = session.Parsed.GetValue(Keep) is not null;
        if (isKeeping && File.Exists(target))
        {
            throw new CliException(ExitCode.Usage, $"--keep is given, but '{target}' is not a folder.", "Name a folder, or leave --keep out.");
        }

        var isFolder = isKeeping || Directory.Exists(target) || Path.EndsInDirectorySeparator(target);
        if (isFolder)
        {
            BackupFile.CreateFolder(target);
        }
        else if (File.Exists(target))
        {
            throw new CliException(
                ExitCode.Refused, $"'{target}' exists already. Nothing was written.", "Name a folder, or a file that is not there yet.");
        }

        var part = Path.Combine(isFolder ? target : Path.GetDirectoryName(Path.GetFullPath(target))!, $".{Guid.NewGuid():N}.part");
        try
        {
            var contents = await ReceiveAsync(session, part);
            var file = isFolder ? Path.Combine(target, contents.Head.FileName) : target;
            File.Move(part, file, overwrite: false);
            Tell(session.Answers, file, contents, $"{file} holds a backup of {contents}.");
            if (session.Parsed.GetValue(Keep) is { } kept)
            {
                await DeleteOldestAsync(session, target, contents.Head.Definition().ClusterId, kept);
            }

            return ExitCode.Ok;
        }
        finally
        {
            if (File.Exists(part))
            {
                File.Delete(part);
            }
        }
    }

    /// <summary>Writes the backup as it comes, and checks it on the way.</summary>
    private static async Task<BackupContents> ReceiveAsync(Session session, string part)
    {
        var progress = ProgressLine.For(session.Parsed);
        await using var file = BackupFile.Create(part);
        using var response = await session.Client.BeginBackupAsync(session.Parsed.GetValue(Rate), session.Cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(session.Cancellation);
        await using var copied = new CopyingStream(body, file);
        using var reader = new BackupReader(copied, "the backup");
        try
        {
            var head = await reader.BeginAsync(session.Cancellation);
            var groups = head.GroupNames().Count();
            var contents = await reader.ReadToEndAsync(
                read => progress.Show($"{ProgressLine.Size(read)}, {reader.Groups.Count} of {groups} groups"), session.Cancellation);
            await file.FlushAsync(session.Cancellation);
#pragma warning disable CA1849 // Its asynchronous sister does not reach the disk.
            file.Flush(flushToDisk: true);
#pragma warning restore CA1849
            return contents;
        }
        catch (Exception broken) when (IsOfTheBackup(broken) && !session.Cancellation.IsCancellationRequested)
        {
            throw new CliException(
                ExitCode.Refused,
                $"the backup did not come whole, and was not kept: {broken.Message.TrimEnd('.')}.",
                "`oraft status` tells what is wrong; then take another one.");
        }
        finally
        {
            progress.Clear();
        }
    }

    private static bool IsOfTheBackup(Exception broken) => broken is CorruptDataException or HttpRequestException or IOException;

    private static async Task DeleteOldestAsync(Session session, string folder, string cluster, int kept)
    {
        // Names sort as backups were made. What is of another cluster, or named otherwise, is not ours to delete.
        var old = FilesIn(folder).Where(file => IsOf(Path.GetFileName(file), cluster)).OrderDescending(StringComparer.Ordinal).Skip(kept).ToList();
        foreach (var file in old)
        {
            File.Delete(file);
            if (!session.Answers.Json)
            {
                await session.Parsed.InvocationConfiguration.Error.WriteLineAsync($"{file} was deleted, since --keep is {kept}.");
            }
        }
    }

    private static bool IsOf(string name, string cluster) =>
        name.StartsWith(cluster + "-", StringComparison.Ordinal)
        && name.EndsWith(BackupFile.Ending, StringComparison.Ordinal)
        && DateTime.TryParseExact(
            name[(cluster.Length + 1)..^BackupFile.Ending.Length], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static async Task<ExitCode> VerifyAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (answers, progress) = (AnswerWriter.For(parsed), ProgressLine.For(parsed));
        CliException? first = null;
        foreach (var file in parsed.GetValue(Files)!)
        {
            try
            {
                var contents = await BackupFile.VerifyAsync(file, progress, cancellation);
                Tell(answers, file, contents, $"{file} is whole: {contents}.");
            }
            catch (CliException damaged)
            {
                if (first is not null)
                {
                    await parsed.InvocationConfiguration.Error.WriteLineAsync($"oraft: {first.Message} {first.Next}".TrimEnd());
                }

                first = damaged;
            }
        }

        return first is null ? ExitCode.Ok : throw first;
    }

    private static async Task<ExitCode> ListAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (answers, progress, folder) = (AnswerWriter.For(parsed), ProgressLine.For(parsed), parsed.GetValue(Folder)!);
        if (!Directory.Exists(folder))
        {
            throw new CliException(ExitCode.Refused, $"there is no folder '{folder}'.", "Name the folder that `oraft backup create` wrote to.");
        }

        var table = AnswerWriter.NewTable("FILE", "CLUSTER", "CREATED", "#GROUPS", "#BYTES", "~STATE");
        foreach (var file in FilesIn(folder).Order(StringComparer.Ordinal))
        {
            try
            {
                var contents = await BackupFile.VerifyAsync(file, progress, cancellation);
                if (answers.Json)
                {
                    answers.WriteJson(Describe(file, contents));
                    continue;
                }

                table.AddRow(
                    Markup.Escape(Path.GetFileName(file)),
                    Markup.Escape(contents.Head.Definition().ClusterId),
                    contents.Head.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                    $"{contents.Groups.Length}",
                    $"{contents.FileBytes}",
                    "whole");
            }
            catch (CliException damaged) when (!answers.Json)
            {
                table.AddRow(Markup.Escape(Path.GetFileName(file)), "-", "-", "-", $"{new FileInfo(file).Length}", Markup.Escape(damaged.Message));
            }
            catch (CliException damaged)
            {
                answers.WriteJson(new { file, whole = false, problem = damaged.Message });
            }
        }

        if (!answers.Json)
        {
            answers.WriteTable(table);
        }

        return ExitCode.Ok;
    }

    private static Task<ExitCode> RestoreAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (answers, progress, file) = (AnswerWriter.For(parsed), ProgressLine.For(parsed), parsed.GetValue(Source)!);
        var choice = StoreChoice.Read(parsed);
        return PostgresCommands.ExplainedAsync(async () =>
        {
            using var interruption = new Interruption(cancellation);
            await using var store = choice.Open();
            var restore = new ClusterRestore([store], parsed.GetValue(ClusterId));
            try
            {
                var contents = await restore.RunAsync(
                    () => BackupFile.Open(file),
                    file,
                    choice.Servers,
                    done => progress.Show(done.Group is null
                        ? $"{file}: {ProgressLine.Size(done.FileBytes)} verified"
                        : $"{ProgressLine.Size(done.FileBytes)}, {done.Groups} groups restored"),
                    interruption.Token);
                progress.Clear();
                Tell(answers, file, contents, $"{choice.Holds} {contents}, from {file}. Start the silos{StartWith(contents)}.");
                return ExitCode.Ok;
            }
            catch (CorruptDataException damaged)
            {
                throw BackupFile.Explain(damaged);
            }
            finally
            {
                progress.Clear();
            }
        });
    }

    /// <summary>How silos of <c>oraft serve</c> are started on it, where it is a backup of such.</summary>
    private static string StartWith(BackupContents contents) =>
        contents.Head.Definition().Sets.FirstOrDefault(static set => set.Name == CounterMachine.SetName) is { } counters
            ? $" with --cluster-id {contents.Head.Definition().ClusterId} --groups {counters.Groups} --replicas {counters.Replicas}"
            : "";

    private static IEnumerable<string> FilesIn(string folder) => Directory.EnumerateFiles(folder, "*" + BackupFile.Ending);

    private static void Tell(AnswerWriter answers, string file, BackupContents contents, string sentence)
    {
        if (answers.Json)
        {
            answers.WriteJson(Describe(file, contents));
        }
        else
        {
            answers.WriteLine(sentence);
        }
    }

    private static object Describe(string file, BackupContents contents) => new
    {
        file,
        whole = true,
        backup = contents.Head.Id,
        cluster = contents.Head.Definition().ClusterId,
        createdAt = contents.Head.CreatedAt,
        groups = contents.Groups.Length,
        stateBytes = contents.StateBytes,
        fileBytes = contents.FileBytes,
        sha256 = contents.Sha256,
    };

    private static void RequirePositive(System.CommandLine.Parsing.OptionResult result)
    {
        if (result.GetValueOrDefault<int?>() is < 1)
        {
            result.AddError($"--keep is {result.Tokens[0].Value}, but must be at least 1.");
        }
    }

    private static void RequireRate(System.CommandLine.Parsing.OptionResult result)
    {
        if (result.Tokens.Count == 1 && result.GetValueOrDefault<int>() is < 0 or > BackupPace.Max)
        {
            result.AddError(string.Create(
                CultureInfo.InvariantCulture,
                $"--rate is {result.Tokens[0].Value}, but must be from 1 to {BackupPace.Max} MB a second, or 0 for no limit."));
        }
    }

    private static void RequireName(System.CommandLine.Parsing.OptionResult result)
    {
        if (result.GetValueOrDefault<string>() is { } name && !NameRule.Holds(name))
        {
            result.AddError($"--cluster-id is '{name}', but must be 1 to 128 letters, digits, '.', '_' or '-', and neither '.' nor '..'.");
        }
    }
}
