using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Testbed;

/// <summary>
/// The folder of a process's temporary files, and of those of its children: what they leave, killed silos and failed tests too, goes when the process
/// ends. What a killed process left goes when the next one makes its own.
/// </summary>
public sealed class TemporaryRoot : IDisposable
{
    private const string Prefix = "oraft-tests-";
    private const string LockName = "in-use";
    private const string Variable = "TMPDIR";

    private const UnixFileMode OwnerAndPassage =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly FileStream held;

    private TemporaryRoot(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The variable that names the folder of temporary files, as it was before <see cref="Use"/>; null where it was not set.</summary>
    public static string? Before { get; } = Environment.GetEnvironmentVariable(Variable);

    /// <summary>Makes one for this process, which becomes its folder of temporary files until it ends.</summary>
    public static void Use()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var root = Make(System.IO.Path.GetTempPath());
        Environment.SetEnvironmentVariable(Variable, root.Path);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            // Whatever still runs would go on writing.
            OraftProcess.KillAll();
            root.Dispose();
        };
    }

    /// <summary>Makes one, and takes away those whose processes have ended.</summary>
    /// <param name="parent">Where.</param>
    public static TemporaryRoot Make(string parent)
    {
        foreach (var left in Directory.EnumerateDirectories(parent, Prefix + "*"))
        {
            DeleteIfLeft(left);
        }

        // It has its name only once it is held: another process would take it for one that was left.
        var folder = System.IO.Path.Combine(parent, $"oraft-new-{Guid.NewGuid():N}");
        var path = System.IO.Path.Combine(parent, Prefix + Guid.NewGuid().ToString("N")[..12]);
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows())
        {
            // PostgreSQL's files below it belong to a user of their own.
            File.SetUnixFileMode(folder, OwnerAndPassage);
        }

        var held = new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        Directory.Move(folder, path);
        return new TemporaryRoot(path, held);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Delete(Path);
        held.Dispose();
    }

    private static void DeleteIfLeft(string folder)
    {
        try
        {
            using var taken = new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            Delete(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Its process lives, or another user's did; or another process takes it away at this moment.
            return;
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A process that is being killed still writes: the next run takes the rest away.
            return;
        }
    }
}
