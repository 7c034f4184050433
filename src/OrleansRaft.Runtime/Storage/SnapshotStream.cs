using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// The bytes of a stored snapshot, read forward: those of a small one are in memory, those of a large one are read as they are asked for, a chunk
/// ahead. Read once, by one thread, and disposed, from any thread.
/// </summary>
/// <remarks>As long as it is open, its store keeps the snapshot. A read that waits ends when the log is closed.</remarks>
public sealed class SnapshotStream : Stream
{
    /// <summary>How large a snapshot may be that stores read into memory, in bytes.</summary>
    public const int MemoryBytesMax = 1024 * 1024;

    private readonly Func<long, Task<ReadOnlyMemory<byte>>> read;
    private Action? closed;
    private ReadOnlyMemory<byte> current;
    private Task<ReadOnlyMemory<byte>>? next;
    private long fetched;
    private uint checksum;
    private volatile bool isDisposed;

    /// <summary>Opens a snapshot that is read as it is asked for.</summary>
    /// <param name="sizeBytes">How many bytes it has.</param>
    /// <param name="read">Reads some of them, at least one, from an offset on, checked.</param>
    /// <param name="closed">Called once, when the stream is disposed.</param>
    public SnapshotStream(long sizeBytes, Func<long, Task<ReadOnlyMemory<byte>>> read, Action? closed = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        ArgumentNullException.ThrowIfNull(read);
        SizeBytes = sizeBytes;
        this.read = read;
        this.closed = closed;
    }

    private SnapshotStream(ReadOnlyMemory<byte> bytes)
        : this(bytes.Length, static _ => Task.FromResult(ReadOnlyMemory<byte>.Empty))
    {
        Memory = current = bytes;
        fetched = bytes.Length;
    }

    /// <summary>The snapshot of a group that has no state yet.</summary>
    public static SnapshotStream Nothing => new(default);

    /// <summary>How many bytes the snapshot has.</summary>
    public long SizeBytes { get; }

    /// <summary>All of them, where they are in memory.</summary>
    public ReadOnlyMemory<byte>? Memory { get; }

    /// <summary>What a read threw, whatever its caller made of it; null when none did.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>Told when the store is waited for, and when the reader goes on.</summary>
    internal Action<bool>? Waits { get; set; }

    /// <inheritdoc/>
    public override bool CanRead => !isDisposed;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw Forward();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw Forward();
        set => throw Forward();
    }

    /// <summary>A snapshot that is in memory.</summary>
    public static SnapshotStream Of(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <inheritdoc/>
    /// <exception cref="CorruptDataException">What is stored is damaged.</exception>
    public override int Read(Span<byte> buffer)
    {
        RequireOpen();
        if (buffer.IsEmpty || (current.IsEmpty && !Fetch()))
        {
            return 0;
        }

        var length = Math.Min(buffer.Length, current.Length);
        current.Span[..length].CopyTo(buffer);
        current = current[length..];
        return length;
    }

    /// <inheritdoc/>
    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 1 ? one[0] : -1;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw Forward();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw Forward();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw Forward();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            isDisposed = true;
            Interlocked.Exchange(ref closed, null)?.Invoke();
        }

        base.Dispose(disposing);
    }

    /// <summary>Reads what its reader left.</summary>
    /// <returns>The checksum of the whole.</returns>
    internal uint Drain()
    {
        do
        {
            current = default;
        }
        while (Fetch());

        return checksum;
    }

    /// <returns>Whether there is anything left.</returns>
    private bool Fetch()
    {
        if (fetched == SizeBytes)
        {
            return false;
        }

        RequireOpen();
        Waits?.Invoke(true);
        try
        {
            current = (next ?? read(fetched)).GetAwaiter().GetResult();
            Advance();
            return true;
        }
        catch (Exception exception)
        {
            Failure ??= exception;
            throw;
        }
        finally
        {
            Waits?.Invoke(false);
        }
    }

    private void Advance()
    {
        next = null;
        if (current.IsEmpty || current.Length > SizeBytes - fetched)
        {
            throw new CorruptDataException(
                $"a snapshot of {SizeBytes} bytes has {current.Length} at byte {fetched}; replace the replica as a member");
        }

        checksum = Crc32C.Append(checksum, current.Span);
        fetched += current.Length;
        if (fetched < SizeBytes && !isDisposed)
        {
            next = read(fetched);
            _ = next.ContinueWith(
                static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private void RequireOpen()
    {
        if (isDisposed)
        {
            throw Failure ??= new ObjectDisposedException(nameof(SnapshotStream), "The state that is being restored is no longer needed.");
        }
    }

    private static NotSupportedException Forward() => new("A snapshot is read forward, once.");
}
