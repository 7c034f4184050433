using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Runtime.Backup;

namespace OrleansRaft.Cli.Backup;

/// <summary>Files with backups.</summary>
internal static class BackupFile
{
    /// <summary>How the names of backups end.</summary>
    public const string Ending = ".oraft";

    private const int BufferBytes = 1024 * 1024;
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Opens a backup, to be read forward.</summary>
    /// <exception cref="CliException">It cannot be read.</exception>
    public static FileStream Open(string path) => Explained(path, () => new FileStream(path, new FileStreamOptions
    {
        Access = FileAccess.Read,
        Share = FileShare.Read,
        BufferSize = BufferBytes,
        Options = FileOptions.SequentialScan | FileOptions.Asynchronous,
    }));

    /// <summary>Makes the folder of backups, unless it is there.</summary>
    /// <exception cref="CliException">It cannot be made.</exception>
    public static void CreateFolder(string path) => Explained(path, () => Directory.CreateDirectory(path));

    /// <summary>Makes a file that is not there yet, for its owner alone: a backup holds everything.</summary>
    /// <exception cref="CliException">It is there, or cannot be written.</exception>
    public static FileStream Create(string path) => Explained(path, () =>
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = BufferBytes,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnersOnly;
        }

        return new FileStream(path, options);
    });

    /// <summary>Reads a backup to its end, and checks everything.</summary>
    /// <exception cref="CliException">It is damaged, or cannot be read.</exception>
    public static async Task<BackupContents> VerifyAsync(string path, ProgressLine progress, CancellationToken cancellation)
    {
        await using var input = Open(path);
        using var reader = new BackupReader(input, path);
        try
        {
            var length = input.Length;
            return await reader.ReadToEndAsync(read => progress.Show($"{path}: {ProgressLine.Share(read, length)} read"), cancellation);
        }
        catch (CorruptDataException damaged)
        {
            throw Explain(damaged);
        }
        finally
        {
            progress.Clear();
        }
    }

    /// <summary>Says what is wrong with a backup.</summary>
    public static CliException Explain(CorruptDataException damaged) =>
        new(ExitCode.Refused, damaged.Message.TrimEnd('.') + ".", "");

    private static T Explained<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException(
                ExitCode.Refused, $"'{path}' cannot be opened: {failure.Message.TrimEnd('.')}.", "Name a file that this user can read or write.");
        }
    }
}
