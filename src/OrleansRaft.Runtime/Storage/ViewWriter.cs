using System.Runtime.ExceptionServices;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// Writes views of states into a store, in chunks, each of which waits until the store has taken the one before the last: so a snapshot takes the
/// memory of two chunks. One for each store.
/// </summary>
/// <remarks>
/// What is likely to be small is written by the thread that asks, and handed over in as few chunks as it has. What is large gets a thread of its own,
/// which may wait; only few are written at once, since they share one disk, and each keeps in memory what changes meanwhile.
/// </remarks>
public sealed class ViewWriter : IDisposable
{
    /// <summary>The size of all chunks but the last, in bytes.</summary>
    public const int ChunkBytes = 256 * 1024;

    private const long SmallBytesMax = 1024 * 1024;
    private const int LargeAtOnce = 2;

    private readonly SemaphoreSlim large = new(LargeAtOnce);

    /// <summary>Writes a view, and disposes it, whatever comes of it.</summary>
    /// <param name="snapshot">
    /// Which snapshot it becomes; <see cref="SnapshotDescriptor.SizeBytes"/> is about how large it should be, such as the size of the one before.
    /// </param>
    /// <param name="view">The view.</param>
    /// <param name="put">
    /// Takes a chunk, one at a time and in order, on any thread; says whether the rest is wanted. The last one completes the snapshot.
    /// </param>
    /// <param name="cancellation">Stops waiting for others.</param>
    /// <returns>What was written, with its size and checksum; null when the rest was not wanted.</returns>
    /// <exception cref="MachineException">The view threw.</exception>
    public async Task<SnapshotDescriptor?> WriteAsync(
        SnapshotDescriptor snapshot, IStateView view, Func<SnapshotChunk, Task<bool>> put, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(put);
        try
        {
            return view is CapturedState captured ? await PutAsync(snapshot, captured.Bytes, put)
                : snapshot.SizeBytes <= SmallBytesMax ? await WriteHereAsync(snapshot, view, put)
                : await WriteApartAsync(snapshot, view, put, cancellation);
        }
        finally
        {
            Release(view);
        }
    }

    /// <summary>Writes a view as <see cref="WriteAsync"/> does, and tells, once, what came of it.</summary>
    /// <param name="snapshot">See <see cref="WriteAsync"/>.</param>
    /// <param name="view">See <see cref="WriteAsync"/>.</param>
    /// <param name="put">See <see cref="WriteAsync"/>.</param>
    /// <param name="release">Lets go of what is unfinished or was replaced: before whoever hears of it does anything else.</param>
    /// <param name="events">
    /// Is told of a snapshot that was saved, or was not wanted any more since a newer one is there, and of a view that threw.
    /// </param>
    /// <param name="failed">Gets what the store threw.</param>
    /// <param name="cancellation">Stops waiting for others.</param>
    public async Task SaveAsync(
        SnapshotDescriptor snapshot,
        IStateView view,
        Func<SnapshotChunk, Task<bool>> put,
        Action release,
        IReplicaLogEvents events,
        Action<Exception> failed,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(release);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(failed);
        Exception? failure = null;
        SnapshotDescriptor? whole = null;
        try
        {
            whole = await WriteAsync(snapshot, view, put, cancellation);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        release();
        switch (failure)
        {
            case null:
                events.OnSnapshotSaved(whole ?? snapshot);
                break;
            case MachineException thrown:
                events.OnSnapshotFailed(snapshot.LastIncluded, thrown);
                break;
            default:
                failed(failure);
                break;
        }
    }

    /// <summary>Disposes a view; what it throws is nobody's trouble.</summary>
    public static void Release(IStateView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        try
        {
            view.Dispose();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The snapshot is what it is, and the machine does not know of its views any more.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => large.Dispose();

    private static async Task<SnapshotDescriptor?> PutAsync(
        SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state, Func<SnapshotChunk, Task<bool>> put)
    {
        var whole = snapshot with { SizeBytes = state.Length, Checksum = Crc32C.Compute(state.Span) };
        for (var offset = 0; ; offset += ChunkBytes)
        {
            var isLast = state.Length - offset <= ChunkBytes;
            if (!await put(new SnapshotChunk(offset, isLast ? state[offset..] : state.Slice(offset, ChunkBytes), isLast ? whole : null)))
            {
                return null;
            }

            if (isLast)
            {
                return whole;
            }
        }
    }

    private static Task<SnapshotDescriptor?> WriteHereAsync(SnapshotDescriptor snapshot, IStateView view, Func<SnapshotChunk, Task<bool>> put)
    {
        var chunks = new ChunkWriter(snapshot, put, gathersBytes: ChunkWriter.GatheredBytesMax);
        return EndAsync(chunks, Write(view, chunks));
    }

    private async Task<SnapshotDescriptor?> WriteApartAsync(
        SnapshotDescriptor snapshot, IStateView view, Func<SnapshotChunk, Task<bool>> put, CancellationToken cancellation)
    {
        await large.WaitAsync(cancellation);
        try
        {
            var chunks = new ChunkWriter(snapshot, put, gathersBytes: 0);
            var written = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
            new Thread(() => written.SetResult(Write(view, chunks))) { IsBackground = true, Name = "raft-snapshot" }.UnsafeStart();
            return await EndAsync(chunks, await written.Task);
        }
        finally
        {
            large.Release();
        }
    }

    /// <summary>Lets the view write, in the surroundings of state machines.</summary>
    /// <returns>What it threw; null when it did not.</returns>
    private static Exception? Write(IStateView view, ChunkWriter chunks)
    {
        Exception? thrown = null;
        MachineContext.Run(
            _ =>
            {
                try
                {
                    view.Write(chunks);
                }
                catch (Exception exception)
                {
                    thrown = exception;
                }
            },
            chunks);
        return thrown;
    }

    private static async Task<SnapshotDescriptor?> EndAsync(ChunkWriter chunks, Exception? thrown)
    {
        if (thrown is null && !chunks.IsUnwanted && chunks.Failure is null)
        {
            return await chunks.FinishAsync();
        }

        await chunks.AbandonAsync();
        if (chunks.Failure is { } failure)
        {
            // Whatever the view made of it.
            ExceptionDispatchInfo.Throw(failure);
        }

        return chunks.IsUnwanted ? null
            : throw thrown as MachineException ?? new MachineException($"{nameof(IStateView)}.{nameof(IStateView.Write)}", thrown!);
    }
}
