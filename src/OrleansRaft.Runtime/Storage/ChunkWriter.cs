using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Storage;

/// <summary>Cuts what a view writes into chunks, and hands them to a store one at a time while the view goes on with the next.</summary>
/// <param name="snapshot">Which snapshot they become.</param>
/// <param name="put">Takes a chunk; says whether the rest is wanted.</param>
/// <param name="gathersBytes">How much is gathered before whoever writes waits for the store.</param>
internal sealed class ChunkWriter(SnapshotDescriptor snapshot, Func<SnapshotChunk, Task<bool>> put, long gathersBytes) : IBufferWriter<byte>
{
    /// <summary>How much of a state that was expected to be small is gathered in memory.</summary>
    public const long GatheredBytesMax = 16 * 1024 * 1024;

    /// <summary>What may be asked for at a stretch.</summary>
    public const int HintBytesMax = 64 * 1024 * 1024;

    private readonly Queue<byte[]> full = new();
    private byte[] buffer = [];
    private int filled;
    private byte[]? aside;
    private byte[]? inFlight;
    private Task<bool> putting = Task.FromResult(true);
    private long offset;
    private uint checksum;
    private int firstBytes = 4 * 1024;
    private bool isClosed;

    /// <summary>What the store threw; null when it did not.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether the store wants no more.</summary>
    public bool IsUnwanted { get; private set; }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (sizeHint > HintBytesMax)
        {
            throw new ArgumentOutOfRangeException(
                nameof(sizeHint),
                sizeHint,
                $"A view writes at most {HintBytesMax} bytes at a stretch; write what is longer in pieces, as BuffersExtensions.Write does.");
        }

        Require();
        var wanted = Math.Max(1, sizeHint);
        if (wanted > buffer.Length - filled)
        {
            if (filled == ViewWriter.ChunkBytes)
            {
                Complete();
            }

            Grow(wanted);
        }

        if (wanted <= buffer.Length - filled)
        {
            return buffer.AsMemory(filled);
        }

        // It goes over the end of the chunk.
        return aside = new byte[wanted];
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (aside is { } written)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, written.Length);
            aside = null;
            for (var rest = written.AsSpan(0, count); rest.Length > 0;)
            {
                var room = GetSpan();
                var length = Math.Min(room.Length, rest.Length);
                rest[..length].CopyTo(room);
                filled += length;
                rest = rest[length..];
            }

            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, buffer.Length - filled);
        filled += count;
    }

    /// <summary>Hands over what is left. The view has written everything.</summary>
    /// <returns>What was written; null when the rest was not wanted.</returns>
    public async Task<SnapshotDescriptor?> FinishAsync()
    {
        isClosed = true;
        while (full.TryDequeue(out var next))
        {
            if (!await TakenAsync())
            {
                return null;
            }

            Put(next, next.Length, isLast: false);
        }

        if (!await TakenAsync())
        {
            return null;
        }

        var whole = Put(buffer, filled, isLast: true);
        return await TakenAsync() ? whole : null;
    }

    /// <summary>Waits until the store has done with what it was given: the view has thrown, or nobody wants the rest.</summary>
    public async Task AbandonAsync()
    {
        isClosed = true;
        try
        {
            await putting;
        }
        catch (Exception exception)
        {
            Failure ??= exception;
        }
    }

    /// <summary>A chunk is full, and something follows it.</summary>
    private void Complete()
    {
        firstBytes = ViewWriter.ChunkBytes;
        full.Enqueue(buffer);
        (buffer, filled) = ([], 0);
        while (full.Count * (long)ViewWriter.ChunkBytes > gathersBytes && full.TryDequeue(out var next))
        {
            // The view's thread waits here for as long as the store takes, which is why it is its own.
            try
            {
                IsUnwanted |= !TakenAsync().GetAwaiter().GetResult();
            }
            catch (Exception exception)
            {
                Failure = exception;
            }

            Require();
            Put(next, next.Length, isLast: false);
        }
    }

    private SnapshotDescriptor? Put(byte[] bytes, int length, bool isLast)
    {
        var data = bytes.AsMemory(0, length);
        checksum = Crc32C.Append(checksum, data.Span);
        var whole = isLast ? snapshot with { SizeBytes = offset + length, Checksum = checksum } : null;
        inFlight = bytes;
        putting = put(new SnapshotChunk(offset, data, whole));
        offset += length;
        return whole;
    }

    private async Task<bool> TakenAsync()
    {
        var isWanted = await putting;
        if (inFlight is { Length: ViewWriter.ChunkBytes } taken)
        {
            ArrayPool<byte>.Shared.Return(taken);
        }

        inFlight = null;
        return isWanted;
    }

    private void Grow(int wanted)
    {
        var size = (int)Math.Min(ViewWriter.ChunkBytes, Math.Max(Math.Max(firstBytes, 2L * buffer.Length), (long)filled + wanted));
        if (size <= buffer.Length)
        {
            return;
        }

        var next = size == ViewWriter.ChunkBytes ? ArrayPool<byte>.Shared.Rent(size) : new byte[size];
        buffer.AsSpan(0, filled).CopyTo(next);
        buffer = next;
    }

    private void Require()
    {
        if (isClosed || IsUnwanted || Failure is not null)
        {
            throw new IOException("The rest of the snapshot is no longer needed.", Failure);
        }
    }
}
