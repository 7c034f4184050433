using System.Runtime.Versioning;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>Who may read and write a store's files: this user alone.</summary>
internal static class FilePermissions
{
    public const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public const UnixFileMode OwnDirectory = OwnFile | UnixFileMode.UserExecute;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Whether other users have any right to a file or directory.</summary>
    [UnsupportedOSPlatform("windows")]
    public static bool IsOpen(string path) => (File.GetUnixFileMode(path) & Others) != 0;

    /// <summary>Takes all rights to a file of the store from other users. Where another user owns the file, that user decides.</summary>
    public static void Restrict(string file)
    {
        if (!OperatingSystem.IsWindows() && IsOpen(file))
        {
            try
            {
                File.SetUnixFileMode(file, File.GetUnixFileMode(file) & ~Others);
            }
            catch (UnauthorizedAccessException)
            {
                // Not this user's file: opening it shows whether it can be used.
            }
        }
    }
}
