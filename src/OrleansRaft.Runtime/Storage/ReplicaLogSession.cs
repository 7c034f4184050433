using System.Collections.Concurrent;
using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// The log of one replica in the hands of somebody who works on a store without running the replica: hands work over and waits for it. One thread at
/// a time.
/// </summary>
internal sealed class ReplicaLogSession : IReplicaLogEvents, IAsyncDisposable
{
    private readonly ConcurrentQueue<TaskCompletionSource> written = new();
    private readonly ConcurrentQueue<TaskCompletionSource> staged = new();
    private volatile Exception? stopped;
    private IReplicaLog? log;
    private long tickets;

    private ReplicaLogSession()
    {
    }

    /// <summary>The log.</summary>
    public IReplicaLog Log => log ?? throw new InvalidOperationException("The log is not open.");

    /// <summary>Takes a replica over, and waits until whoever had it before has lost its right to speak.</summary>
    /// <param name="store">Where.</param>
    /// <param name="key">Which replica.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="StoreRefusedException">It has no place in the store.</exception>
    /// <exception cref="CorruptDataException">What is stored is damaged.</exception>
    public static async Task<ReplicaLogSession> OpenAsync(ILogStore store, ReplicaKey key, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        var session = new ReplicaLogSession();
        session.log = await store.OpenAsync(key, session, cancellation);
        try
        {
            await session.log.WaitUntilMaySpeakAsync(cancellation);
            return session;
        }
        catch
        {
            await session.log.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a write durable.</summary>
    /// <param name="write">The write; its ticket is given here.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task WriteAsync(LogWrite write, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(write);
        return HandOver(written, () => Log.Write(write with { Ticket = new PersistTicket(++tickets) }), cancellation);
    }

    /// <summary>Puts a chunk of a snapshot aside.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task StageAsync(StageSnapshotChunk chunk, CancellationToken cancellation) => HandOver(staged, () => Log.StageChunk(chunk), cancellation);

    /// <summary>Gives the replica back, so that the next to open it need not wait.</summary>
    /// <param name="cancellation">Gives up.</param>
    public Task ReleaseAsync(CancellationToken cancellation) => Log.ReleaseAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => log?.DisposeAsync() ?? default;

    /// <inheritdoc/>
    void IReplicaLogEvents.OnWritten(PersistTicket ticket) => Complete(written);

    /// <inheritdoc/>
    void IReplicaLogEvents.OnChunkStaged(EntryId lastIncluded, long nextOffset) => Complete(staged);

    /// <inheritdoc/>
    void IReplicaLogEvents.OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast)
    {
    }

    /// <inheritdoc/>
    void IReplicaLogEvents.OnSnapshotSaved(SnapshotDescriptor snapshot)
    {
    }

    /// <inheritdoc/>
    void IReplicaLogEvents.OnSnapshotFailed(EntryId lastIncluded, MachineException cause)
    {
    }

    /// <inheritdoc/>
    void IReplicaLogEvents.OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state) => state?.Dispose();

    /// <inheritdoc/>
    void IReplicaLogEvents.OnRightToSpeakChanged()
    {
    }

    /// <inheritdoc/>
    void IReplicaLogEvents.OnStopped(LogStopReason reason, Exception cause)
    {
        stopped = cause;
        Fail(written, cause);
        Fail(staged, cause);
    }

    private async Task HandOver(ConcurrentQueue<TaskCompletionSource> waiting, Action handOver, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Enqueue(done);
        handOver();
        if (stopped is { } cause)
        {
            // Told before anybody waited.
            Fail(waiting, cause);
        }

        await done.Task.WaitAsync(cancellation);
    }

    private static void Complete(ConcurrentQueue<TaskCompletionSource> waiting)
    {
        if (waiting.TryDequeue(out var done))
        {
            done.TrySetResult();
        }
    }

    private static void Fail(ConcurrentQueue<TaskCompletionSource> waiting, Exception cause)
    {
        while (waiting.TryDequeue(out var done))
        {
            done.TrySetException(cause);
        }
    }
}
