using System.Collections.Concurrent;
using System.Threading.Channels;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Backup;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Backup;

/// <summary>
/// A state that is being read for a backup: written by its view a few pieces ahead of the reader, and let go when nobody has read for a while, since
/// it keeps what its machine changes meanwhile in memory twice.
/// </summary>
/// <remarks>
/// All pieces but the last are of one size, and their memory is used again. A new one for each would be collected by the most expensive kind of
/// collection, again and again, while others write to a large state.
/// </remarks>
internal sealed class StateReading : IAsyncDisposable
{
    /// <summary>For how long a state waits for its reader.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The size of all pieces but the last, in bytes: one record of a backup.</summary>
    public const int PieceBytes = BackupFormat.ChunkBytesMax;

    private const int PiecesAhead = 2;

    private readonly Channel<BackupPiece> pieces = Channel.CreateBounded<BackupPiece>(
        new BoundedChannelOptions(PiecesAhead) { SingleReader = true, SingleWriter = true });
    private readonly ConcurrentQueue<byte[]> spare = new();
#pragma warning disable CA2213 // A reader may come late, and one whose handle nobody asks for holds nothing.
    private readonly SemaphoreSlim reading = new(1);
#pragma warning restore CA2213
    private readonly CancellationTokenSource ending;
    private readonly Task writing;
    private BackupPiece? last;
    private BackupPiece? beforeLast;
    private long lastOffset = -1;
    private long offset;
    private byte[]? piece;
    private int filled;
    private int disposals;

    /// <summary>Begins to write.</summary>
    /// <param name="state">The state; disposed when it was written, or is let go.</param>
    /// <param name="views">Writes it.</param>
    /// <param name="time">The clock.</param>
    public StateReading(ViewedState state, ViewWriter views, TimeProvider time)
    {
        ending = new CancellationTokenSource(Patience, time);
        writing = Task.Run(() => WriteAsync(state, views));
    }

    /// <summary>Completes when the state was written, or let go.</summary>
    public Task Ended => writing;

    /// <summary>The next piece. Its bytes may be read until the next but one is asked for.</summary>
    /// <param name="from">Its offset: where the last piece ended, or where it began, if it was lost.</param>
    /// <returns>Null when the state was let go.</returns>
    public async Task<BackupPiece?> ReadAsync(long from)
    {
        await reading.WaitAsync();
        try
        {
            if (from == lastOffset)
            {
                return last;
            }

            if (from != offset || ending.IsCancellationRequested)
            {
                return null;
            }

            ending.CancelAfter(Patience);

            // Whoever asks for this piece has got the last one, and has done with the one before it.
            if (beforeLast is { Snapshot: null, Bytes: { Length: PieceBytes } done })
            {
                spare.Enqueue(done);
            }

            beforeLast = last;
            last = await TakeAsync();
            (lastOffset, offset) = (from, from + (last?.Bytes.Length ?? 0));
            return last;
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>Lets the state go. Any thread, also while somebody reads, who is told that it was let go; a second time it does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Increment(ref disposals) > 1)
        {
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        await ending.CancelAsync();
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Those that read are gone when it is free; those that come are turned away.
        await reading.WaitAsync();
        ending.Dispose();
        reading.Release();
    }

    private async Task<BackupPiece?> TakeAsync()
    {
        while (await pieces.Reader.WaitToReadAsync())
        {
            if (pieces.Reader.TryRead(out var next))
            {
                return next;
            }
        }

        // Says what the view threw, unless it was told to end.
        await writing.ConfigureAwait(ending.IsCancellationRequested ? ConfigureAwaitOptions.SuppressThrowing : ConfigureAwaitOptions.None);
        return null;
    }

    private async Task WriteAsync(ViewedState state, ViewWriter views)
    {
        try
        {
            await views.WriteAsync(state.Snapshot, state.View, PutAsync, ending.Token);
        }
        finally
        {
            pieces.Writer.TryComplete();
        }
    }

    /// <summary>Takes a chunk, whose memory is another's as soon as this is done.</summary>
    private async Task<bool> PutAsync(SnapshotChunk chunk)
    {
        if (chunk.Whole is { } whole)
        {
            var rest = new byte[filled + chunk.Data.Length];
            piece.AsSpan(0, filled).CopyTo(rest);
            chunk.Data.Span.CopyTo(rest.AsSpan(filled));
            return await HandOverAsync(new BackupPiece(rest, SnapshotDescriptorCodec.Encode(whole).ToArray()));
        }

        for (var data = chunk.Data; data.Length > 0;)
        {
            piece ??= spare.TryDequeue(out var used) ? used : GC.AllocateUninitializedArray<byte>(PieceBytes);
            var length = Math.Min(data.Length, PieceBytes - filled);
            data.Span[..length].CopyTo(piece.AsSpan(filled));
            (data, filled) = (data[length..], filled + length);
            if (filled == PieceBytes)
            {
                var full = new BackupPiece(piece, null);
                (piece, filled) = (null, 0);
                if (!await HandOverAsync(full))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private async Task<bool> HandOverAsync(BackupPiece next)
    {
        try
        {
            await pieces.Writer.WriteAsync(next, ending.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
