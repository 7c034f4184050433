using OrleansRaft.Runtime.Backup;

namespace OrleansRaft.Grains.Backup;

/// <summary>A backup that can be written; to be disposed.</summary>
internal sealed class PreparedBackup : IDisposable
{
    private readonly Func<Stream, int, CancellationToken, Task<bool>> write;
    private Action? ended;

    internal PreparedBackup(BackupHead head, Func<Stream, int, CancellationToken, Task<bool>> write, Action ended)
    {
        Head = head;
        this.write = write;
        this.ended = ended;
    }

    /// <summary>What the backup says of itself.</summary>
    public BackupHead Head { get; }

    /// <summary>
    /// Writes it: the states of all groups, one after the other, each as it is when its turn comes, behind everything that was acknowledged before.
    /// </summary>
    /// <param name="output">Takes the bytes; not closed.</param>
    /// <param name="megabytesPerSecond">How many millions of bytes of states a second, at most; 0 for as many as there can be.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether it is whole; otherwise what was written says why not, and can be restored by nobody.</returns>
    public Task<bool> WriteAsync(Stream output, int megabytesPerSecond = BackupPace.ByDefault, CancellationToken cancellation = default) =>
        write(output, megabytesPerSecond, cancellation);

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref ended, null)?.Invoke();
}
