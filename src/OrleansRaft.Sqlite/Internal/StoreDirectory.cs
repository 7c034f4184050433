using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The directory of a store, held by one process until it ends: the operating system gives the lock back even after a crash.</summary>
internal sealed class StoreDirectory : IDisposable
{
    private readonly FileStream lockFile;

    private StoreDirectory(string path, FileStream lockFile)
    {
        Path = path;
        this.lockFile = lockFile;
    }

    public string Path { get; }

    public string DatabaseFile => System.IO.Path.Combine(Path, "raft.db");

    public static StoreDirectory Hold(string directory)
    {
        var path = System.IO.Path.GetFullPath(directory);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StoreRefusedException($"the data directory {path} cannot be made: {exception.Message}. Name another one, or change its permissions", exception);
        }

        try
        {
            return new StoreDirectory(path, new FileStream(System.IO.Path.Combine(path, "raft.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception)
        {
            throw new StoreRefusedException(
                $"the data directory {path} is in use by another process: stop that one, or give this silo a directory of its own", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StoreRefusedException($"the data directory {path} cannot be written to: {exception.Message}. Change its permissions", exception);
        }
    }

    public void Dispose() => lockFile.Dispose();
}
