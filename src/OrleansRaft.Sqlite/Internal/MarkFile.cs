using Microsoft.Win32.SafeHandles;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The file <c>raft.mark</c>: the newest <see cref="StoreMark"/>, written after each commit and before anybody is told of it.</summary>
/// <remarks>
/// A mark is written without an fsync, which costs a microsecond: it never says more than is durable, a process that dies leaves it exact, and after
/// a power loss it lags by what was written since the last fsync, which comes once a second. What changes the kind of mark is made durable at once,
/// in both of its places. Two places that are written in turn, so that damage to one leaves the other.
/// </remarks>
internal sealed class MarkFile : IDisposable
{
    private const int PlaceBytes = 4_096;

    private readonly SafeFileHandle handle;
    private long sequence;
    private int isDirty;

    private MarkFile(SafeFileHandle handle, long sequence)
    {
        this.handle = handle;
        this.sequence = sequence;
    }

    /// <summary>The newest mark in a file; null when there is no file.</summary>
    /// <exception cref="Runtime.Storage.StoreRefusedException">Both places are damaged.</exception>
    public static StoreMark? Read(string path) => ReadNewest(path)?.Mark;

    /// <summary>The process that wrote a file last, as far as can be known; for people.</summary>
    public static int? HolderOf(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> bytes = stackalloc byte[StoreMark.EncodedBytes];
            return RandomAccess.Read(file, bytes, 0) == bytes.Length && StoreMark.Decode(bytes) is not null ? StoreMark.HolderOf(bytes) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Opens the file, or makes it, and puts a mark into both of its places.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mark">The mark.</param>
    public static MarkFile Open(string path, StoreMark mark)
    {
        var sequence = ReadNewest(path)?.Sequence ?? 0;
        var file = new MarkFile(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete), sequence);
        try
        {
            FilePermissions.Restrict(path);
            file.Settle(mark);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a mark; durable within a second.</summary>
    public void Write(StoreMark mark)
    {
        Span<byte> bytes = stackalloc byte[StoreMark.EncodedBytes];
        sequence++;
        mark.Encode(sequence, bytes);
        RandomAccess.Write(handle, bytes, (sequence & 1) * PlaceBytes);
        Volatile.Write(ref isDirty, 1);
    }

    /// <summary>Writes a mark in both places and makes it durable.</summary>
    public void Settle(StoreMark mark)
    {
        Write(mark);
        Write(mark);
        RandomAccess.FlushToDisk(handle);
        Volatile.Write(ref isDirty, 0);
    }

    /// <summary>Makes durable what was written since the last time. Any thread.</summary>
    public void Flush()
    {
        if (Interlocked.Exchange(ref isDirty, 0) != 0)
        {
            RandomAccess.FlushToDisk(handle);
        }
    }

    public void Dispose() => handle.Dispose();

    private static (long Sequence, StoreMark Mark)? ReadNewest(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var (first, second) = (ReadPlace(file, 0), ReadPlace(file, PlaceBytes));
        return (first, second) switch
        {
            (null, null) => throw new Runtime.Storage.StoreRefusedException(StoreTroubles.Refusal(
                $"{path} is damaged, so nothing says how far the store had acknowledged", Path.GetDirectoryName(path)!)),
            ({ } one, { } other) => one.Sequence > other.Sequence ? one : other,
            _ => first ?? second,
        };
    }

    private static (long Sequence, StoreMark Mark)? ReadPlace(SafeFileHandle file, long offset)
    {
        Span<byte> bytes = stackalloc byte[StoreMark.EncodedBytes];
        return RandomAccess.Read(file, bytes, offset) == bytes.Length ? StoreMark.Decode(bytes) : null;
    }
}
