using System.Runtime.InteropServices;

namespace OrleansRaft.Cli.Output;

/// <summary>
/// Writes to standard output or standard error. The console's own stream ignores a pipe that its reader has closed, so that a command would go on
/// for ever, and throws when standard error is full, which would end a silo for a line of its log.
/// </summary>
/// <param name="descriptor">Where to write; none when the process was started without.</param>
/// <param name="mayLose">
/// Whether what cannot be written within a second is dropped; otherwise it waits, and a failure is an <see cref="OutputException"/>.
/// </param>
internal sealed partial class DescriptorStream(int? descriptor, bool mayLose) : Stream
{
    // What a pipe takes at once or not at all, as soon as it is ready.
    private const int PieceMax = 4_096;
    private const int PatienceMilliseconds = 1_000;
    private const short Writable = 4;
    private const int Interrupted = 4;

    private static readonly int TryAgain = OperatingSystem.IsLinux() ? 11 : 35;

    private bool isStuck;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (descriptor is not { } open)
        {
            Fail(new OutputException("it is closed", isReaderGone: false));
            return;
        }

        while (buffer.Length > 0 && WaitUntilReady(open))
        {
            var written = Write(open, buffer, (nuint)Math.Min(buffer.Length, PieceMax));
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
            }
            else if (Marshal.GetLastPInvokeError() is var error && error != Interrupted && error != TryAgain)
            {
                Fail(OutputException.FromSystem(error));
                return;
            }
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // Nothing waits here.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(ref Awaited awaited, nuint count, int milliseconds);

    /// <summary>Answers false when nobody reads and what is written may be lost.</summary>
    private bool WaitUntilReady(int open)
    {
        // Once it has waited in vain it waits no more: whoever writes many lines would be held up for each.
        var awaited = new Awaited { Descriptor = open, Events = Writable };
        var patience = !mayLose ? Timeout.Infinite : isStuck ? 0 : PatienceMilliseconds;
        isStuck = Poll(ref awaited, 1, patience) == 0;
        return !isStuck;
    }

    private void Fail(OutputException failure)
    {
        if (!mayLose)
        {
            throw failure;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Awaited
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
