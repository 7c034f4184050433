using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>What .NET does not offer: the identity of a file on Linux, and directories made durable.</summary>
internal static partial class Posix
{
    private const int CurrentDirectory = -100;
    private const uint WantsInode = 0x100;
    private const int StatxBytes = 256;

    /// <summary>The device and inode of what a path names; null when it names nothing that can be found. Linux only.</summary>
    public static (ulong Device, ulong Inode)? Identify(string path)
    {
        Span<byte> status = stackalloc byte[StatxBytes];
        status.Clear();
        return Statx(CurrentDirectory, path, 0, WantsInode, ref MemoryMarshal.GetReference(status)) == 0
            ? (BinaryPrimitives.ReadUInt64BigEndian(status[136..144]), BitConverter.ToUInt64(status[32..40]))
            : null;
    }

    /// <summary>
    /// Makes the names of a directory's files durable, as far as its file system can. Not on Windows, whose file systems do so themselves.
    /// </summary>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(path, 0);
        if (descriptor >= 0)
        {
            _ = Sync(descriptor);
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
