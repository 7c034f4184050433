namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// Which file a path names at this moment: another one when the file was removed, replaced, renamed, or hidden by another file system.
/// </summary>
/// <param name="First">The device; elsewhere than on Linux, when the file was made.</param>
/// <param name="Second">The inode.</param>
internal readonly record struct FileIdentity(ulong First, ulong Second)
{
    /// <summary>Looks; null when there is no file. A file that is held open keeps its inode, so no other file can have the same one.</summary>
    public static FileIdentity? Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            return Posix.Identify(path) is var (device, inode) ? new FileIdentity(device, inode) : null;
        }

        var file = new FileInfo(path);
        return file.Exists ? new FileIdentity((ulong)file.CreationTimeUtc.Ticks, 0) : null;
    }
}
