using System.Threading.Channels;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Backup;

/// <summary>
/// A state that is being read for a backup: written by its view a few chunks ahead of the reader, and let go when nobody has read for a while, since
/// it keeps what its machine changes meanwhile in memory twice.
/// </summary>
internal sealed class StateReading : IAsyncDisposable
{
    /// <summary>For how long a state waits for its reader.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int PieceBytesMax = 1024 * 1024;
    private const int ChunksAhead = 8;

    private readonly Channel<byte[]> chunks = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(ChunksAhead) { SingleReader = true, SingleWriter = true });
    private readonly SemaphoreSlim reading = new(1);
    private readonly CancellationTokenSource ending;
    private readonly Task<SnapshotDescriptor?> writing;
    private BackupPiece? last;
    private long lastOffset = -1;
    private long offset;

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

    /// <summary>The next piece.</summary>
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
            last = await TakeAsync();
            (lastOffset, offset) = (from, from + (last?.Bytes.Length ?? 0));
            return last;
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>Lets the state go.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await writing.ContinueWith(static _ => { }, TaskScheduler.Default);
        ending.Dispose();
        reading.Dispose();
    }

    private async Task<BackupPiece?> TakeAsync()
    {
        using var piece = new MemoryStream();
        while (piece.Length < PieceBytesMax)
        {
            if (!chunks.Reader.TryRead(out var chunk))
            {
                if (piece.Length > 0 && !chunks.Reader.Completion.IsCompleted)
                {
                    break;
                }

                if (!await chunks.Reader.WaitToReadAsync())
                {
                    return await writing is { } written ? new BackupPiece(piece.ToArray(), SnapshotDescriptorCodec.Encode(written).ToArray()) : null;
                }

                continue;
            }

            piece.Write(chunk);
        }

        return new BackupPiece(piece.ToArray(), null);
    }

    private async Task<SnapshotDescriptor?> WriteAsync(ViewedState state, ViewWriter views)
    {
        try
        {
            return await views.WriteAsync(state.Snapshot, state.View, PutAsync, ending.Token);
        }
        finally
        {
            chunks.Writer.TryComplete();
        }
    }

    private async Task<bool> PutAsync(SnapshotChunk chunk)
    {
        try
        {
            if (!chunk.Data.IsEmpty)
            {
                await chunks.Writer.WriteAsync(chunk.Data.ToArray(), ending.Token);
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
