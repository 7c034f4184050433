using Microsoft.Win32.SafeHandles;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>Where the write-ahead log ends, read from the file itself after each commit.</summary>
/// <remarks>
/// A transaction writes nothing before it commits (the cache does not spill), and every checkpoint truncates the log. So the last frame in the file
/// is the last commit's. Closing a second descriptor of this file gives no lock of SQLite's away: those are on the database.
/// </remarks>
/// <param name="path">The file.</param>
/// <param name="pageBytes">The database's page size.</param>
internal sealed class WalTail(string path, int pageBytes) : IDisposable
{
    private SafeFileHandle? handle;

    /// <summary>How long the file is; 0 when there is none yet.</summary>
    public long Length => Handle is { } open ? RandomAccess.GetLength(open) : 0;

    private SafeFileHandle? Handle =>
        handle ??= File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) : null;

    /// <summary>The last frame's place.</summary>
    /// <exception cref="IOException">The file does not end with a commit.</exception>
    public WalPosition ReadEnd()
    {
        var length = Length;
        var (frames, rest) = Math.DivRem(length - WalFormat.HeaderBytes, WalFormat.FrameBytes(pageBytes));
        Span<byte> header = stackalloc byte[WalFormat.FrameHeaderBytes];
        if (rest != 0
            || frames is < 1 or > uint.MaxValue
            || RandomAccess.Read(Handle!, header, WalFormat.OffsetOf(frames, pageBytes)) != header.Length
            || WalFormat.Word(header, 4) == 0)
        {
            throw new IOException($"{path} does not end with a commit after it was written");
        }

        return new WalPosition(
            WalFormat.Word(header, 8), WalFormat.Word(header, 12), (uint)frames, WalFormat.Word(header, 16), WalFormat.Word(header, 20));
    }

    public void Dispose() => handle?.Dispose();
}
