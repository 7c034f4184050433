using OrleansRaft.Runtime.Backup;

namespace OrleansRaft.Grains.Backup;

/// <summary>A backup that can be written; to be disposed.</summary>
internal sealed class PreparedBackup : IDisposable
{
    private readonly Func<Stream, CancellationToken, Task<bool>> write;
    private Action? ended;

    internal PreparedBackup(BackupHead head, Func<Stream, CancellationToken, Task<bool>> write, Action ended)
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
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether it is whole; otherwise what was written says why not, and can be restored by nobody.</returns>
    public Task<bool> WriteAsync(Stream output, CancellationToken cancellation = default) => write(output, cancellation);

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref ended, null)?.Invoke();
}
