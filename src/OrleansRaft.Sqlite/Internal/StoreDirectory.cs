using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The directory of a store, held by one process until it ends: the operating system gives the lock back even after a crash.</summary>
internal sealed class StoreDirectory : IDisposable
{
    private const int ProbeBytes = 1 << 20;

    private readonly FileStream lockFile;
    private readonly Lock gate = new();
    private readonly Dictionary<string, FileIdentity> known = [];

    private StoreDirectory(string path, FileStream lockFile)
    {
        Path = path;
        this.lockFile = lockFile;
    }

    public string Path { get; }

    public string DatabaseFile => In(Path, "raft.db");

    public string WalFile => In(Path, "raft.db-wal");

    public string MarkFile => In(Path, "raft.mark");

    /// <summary>Takes hold of a directory; makes it when it is missing.</summary>
    /// <exception cref="StoreRefusedException">Another process holds it, or it cannot be used.</exception>
    public static StoreDirectory Acquire(string directory, ILogger logger)
    {
        var path = System.IO.Path.GetFullPath(directory);
        try
        {
            var isNew = !Directory.Exists(path);
            Make(path);
            var held = new StoreDirectory(path, Lock(path));
            held.Restrict(isNew, logger);
            held.Know(In(path, "raft.lock"));
            return held;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused(path, exception);
        }
    }

    /// <summary>Notes which file a path names, for <see cref="RequireUnchanged"/>.</summary>
    public void Know(string file)
    {
        if (FileIdentity.Of(file) is { } identity)
        {
            lock (gate)
            {
                known[file] = identity;
            }
        }
    }

    /// <summary>Any thread.</summary>
    /// <exception cref="StoreTroubleException">A file is gone, or another one has its name: what is written goes where nobody will find
    /// it.</exception>
    public void RequireUnchanged()
    {
        lock (gate)
        {
            foreach (var (file, identity) in known)
            {
                var found = FileIdentity.Of(file);
                if (found != identity)
                {
                    throw StoreTroubles.Replaced(
                        Directory.Exists(Path) ? file : Path,
                        found is null ? "was removed, moved, or hidden by another file system" : "was replaced by another file");
                }
            }
        }
    }

    /// <summary>Writes a megabyte, and takes it back.</summary>
    public void Probe()
    {
        var file = In(Path, "raft.probe");
        try
        {
            using var handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write, FileShare.None);
            RandomAccess.Write(handle, new byte[ProbeBytes], 0);
            RandomAccess.FlushToDisk(handle);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose() => lockFile.Dispose();

    private static string In(string directory, string name) => System.IO.Path.Combine(directory, name);

    private static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, FilePermissions.OwnDirectory);
            Posix.SyncDirectory(System.IO.Path.GetDirectoryName(path) ?? path);
        }
    }

    private static bool IsOwn(string name) => name.StartsWith("raft.", StringComparison.Ordinal) || name == "lost+found";

    private static FileStream Lock(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = FilePermissions.OwnFile;
        }

        return new FileStream(In(path, "raft.lock"), options);
    }

    private static StoreRefusedException Refused(string path, Exception exception)
    {
        var trouble = StoreTroubles.Describe(exception, path);
        var holder = Internal.MarkFile.HolderOf(In(path, "raft.mark")) is { } id ? $" (process {id})" : "";
        return trouble.Kind == StoreTroubleKind.InUse
            ? new StoreRefusedException(
                $"the data directory {path} is in use by another process{holder}: stop that one, or give this silo a directory of its own", exception)
            : new StoreRefusedException($"the data directory {path} cannot be used. {trouble.Message}", exception);
    }

    /// <summary>
    /// The files are the store's own and are restricted; so is the directory when nothing else is in it. Who may enter a directory that holds other
    /// things is not for a store to decide.
    /// </summary>
    private void Restrict(bool isNew, ILogger logger)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(Path, "raft.*"))
        {
            FilePermissions.Restrict(file);
        }

        if (isNew || !FilePermissions.IsOpen(Path))
        {
            return;
        }

        if (Directory.EnumerateFileSystemEntries(Path).All(static entry => IsOwn(System.IO.Path.GetFileName(entry))))
        {
            FilePermissions.Restrict(Path);
        }

        if (FilePermissions.IsOpen(Path))
        {
            Log.DirectoryIsOpen(logger, Path);
        }
    }
}
