using Microsoft.Data.Sqlite;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>Tells from an exception what is wrong with a store, in words that help whoever has to mend it.</summary>
internal static class StoreTroubles
{
    private const int ReadFailed = 266;
    private const int ReadTooLittle = 522;
    private const int FileMoved = 1032;

    /// <summary>
    /// Whether an exception says something about the whole store, and not only about the work that met it: a place that cannot be read harms its
    /// reader.
    /// </summary>
    public static bool IsOfTheStore(Exception exception) => exception switch
    {
        SqliteException { SqliteExtendedErrorCode: ReadFailed or ReadTooLittle } => false,
        SqliteException sqlite => KindOf(sqlite) is not null,
        IOException or UnauthorizedAccessException => true,
        _ => false,
    };

    /// <summary>What is wrong.</summary>
    /// <param name="exception">What was seen.</param>
    /// <param name="directory">The store's directory.</param>
    /// <param name="probe">Tries to write there, and throws what that reveals: SQLite's word for a file system that became read-only is "disk I/O
    /// error".</param>
    public static StoreTroubleException Describe(Exception exception, string directory, Action? probe = null)
    {
        switch (exception)
        {
            case StoreTroubleException known:
                return known;
            case StoreRefusedException refused:
                return new StoreTroubleException(
                    StoreTroubleKind.Corrupt, "The store cannot be opened again after it failed.", refused.Message + ".", refused);
        }

        var kind = KindOf(exception) ?? StoreTroubleKind.Disk;
        if (probe is not null && kind is StoreTroubleKind.Disk or StoreTroubleKind.ReadOnly or StoreTroubleKind.Denied)
        {
            kind = Probe(probe) ?? kind;
        }

        return new StoreTroubleException(kind, DetailOf(kind, directory, exception), RemedyOf(kind, directory), exception);
    }

    /// <summary>A file of the store is not where it was.</summary>
    public static StoreTroubleException Replaced(string path, string what) => new(
        StoreTroubleKind.Replaced,
        $"{path} {what} while this silo ran: what it acknowledged before is in the files that it held, and nothing is acknowledged any more.",
        "Put the same files back (move them, do not copy), and the silo goes on by itself; "
        + "if they are lost, stop it, remove its replicas as members, add others, "
        + "and start it with an empty directory.");

    /// <summary>Why a store that must not be opened is refused, with what to do.</summary>
    public static string Refusal(string what, string directory) =>
        $"{what}. Put {directory} back whole as it was when its silo last ran; "
        + "where that is lost, remove this store's replicas as members, add others, "
        + "and start the silo with an empty directory";

    private static StoreTroubleKind? Probe(Action probe)
    {
        try
        {
            probe();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return KindOf(exception);
        }
    }

    private static StoreTroubleKind? KindOf(Exception exception) => exception switch
    {
        StoreTroubleException trouble => trouble.Kind,
        SqliteException { SqliteExtendedErrorCode: FileMoved } => StoreTroubleKind.Replaced,
        SqliteException sqlite => sqlite.SqliteErrorCode switch
        {
            SQLitePCL.raw.SQLITE_FULL => StoreTroubleKind.Full,
            SQLitePCL.raw.SQLITE_READONLY => StoreTroubleKind.ReadOnly,
            SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM => StoreTroubleKind.Denied,
            SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => StoreTroubleKind.InUse,
            SQLitePCL.raw.SQLITE_IOERR => StoreTroubleKind.Disk,
            SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => StoreTroubleKind.Corrupt,
            _ => null,
        },
        UnauthorizedAccessException => StoreTroubleKind.Denied,
        FileNotFoundException or DirectoryNotFoundException => StoreTroubleKind.Replaced,
        IOException io => OfErrorCode(io.HResult),
        _ => null,
    };

    /// <summary>
    /// .NET hands errno on as it is, and Windows' codes in their lower half. EAGAIN is a lock that another process holds, here and on macOS.
    /// </summary>
    private static StoreTroubleKind OfErrorCode(int code) => OperatingSystem.IsWindows()
        ? (code & 0xFFFF) switch
        {
            32 or 33 => StoreTroubleKind.InUse,
            39 or 112 => StoreTroubleKind.Full,
            19 => StoreTroubleKind.ReadOnly,
            _ => StoreTroubleKind.Disk,
        }
        : code switch
        {
            11 or 35 => StoreTroubleKind.InUse,
            28 or 69 or 122 => StoreTroubleKind.Full,
            30 => StoreTroubleKind.ReadOnly,
            1 or 13 => StoreTroubleKind.Denied,
            _ => StoreTroubleKind.Disk,
        };

    private static string DetailOf(StoreTroubleKind kind, string directory, Exception exception) => kind switch
    {
        StoreTroubleKind.Full => $"The file system that holds {directory} is full (or a quota is used up).",
        StoreTroubleKind.ReadOnly => $"The file system that holds {directory} is read-only.",
        StoreTroubleKind.Denied =>
            $"The permissions of {directory} do not let this process read and write its files: {exception.Message.TrimEnd('.')}.",
        StoreTroubleKind.InUse => $"raft.db in {directory} is in use by another process, such as a sqlite3 shell or a backup program.",
        StoreTroubleKind.Corrupt => $"raft.db in {directory} is damaged: {exception.Message.TrimEnd('.')}.",
        StoreTroubleKind.Replaced => $"A file in {directory} is gone or was replaced: {exception.Message.TrimEnd('.')}.",
        _ => $"The disk that holds {directory} reports an error: {exception.Message.TrimEnd('.')}.",
    };

    private static string RemedyOf(StoreTroubleKind kind, string directory) => kind switch
    {
        StoreTroubleKind.Full => "Free space there, outside of this directory, or enlarge it; a running silo then goes on by itself.",
        StoreTroubleKind.ReadOnly =>
            "Mount it read-write; if it became read-only after an error, look at the kernel's log and check the disk first. "
                + "A running silo then goes on by itself.",
        StoreTroubleKind.Denied => $"Give the user of this process {directory} and what is in it (chown, chmod u+rwX).",
        StoreTroubleKind.InUse => "End that process, or give this silo a directory of its own.",
        StoreTroubleKind.Corrupt =>
            "Put the directory back whole as it was when its silo last ran; where that is lost, remove this store's replicas as members, add others, "
            + "and start the silo with an empty directory.",
        StoreTroubleKind.Replaced =>
            "Put the same files back, or remove this store's replicas as members, add others, and start the silo with an empty directory.",
        _ => "Look at the kernel's log and check the disk; a running silo goes on by itself when the disk serves again.",
    };
}
