using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime;

namespace OrleansRaft.Sqlite;

/// <summary>Every message this project logs. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(5101, LogLevel.Information, "Logs are kept in {File}, store {LocalId}")]
    public static partial void Opened(ILogger logger, string file, string localId);

    [LoggerMessage(
        5102, LogLevel.Error, "{Replica} could not be read from or written to {File} and stops; it is tried again. If it lasts, check the disk")]
    public static partial void WriteFailed(ILogger logger, Exception exception, ReplicaKey replica, string file);

    [LoggerMessage(5103, LogLevel.Error, "{File} does not serve, and every replica in it stops. {Detail} {Remedy}")]
    public static partial void StoreFailed(ILogger logger, Exception exception, string file, string detail, string remedy);

    [LoggerMessage(5104, LogLevel.Information, "{File} was opened anew and serves again")]
    public static partial void StoreRecovered(ILogger logger, string file);

    [LoggerMessage(
        5105,
        LogLevel.Warning,
        "Other users can enter the data directory {Directory}; the store's own files are closed to them. "
            + "Close it (chmod 700), or give the silo a directory of its own")]
    public static partial void DirectoryIsOpen(ILogger logger, string directory);

    [LoggerMessage(
        5106,
        LogLevel.Warning,
        "{File} holds nothing that was acknowledged and does not belong to the database: it was put aside as {Aside}, which may be deleted")]
    public static partial void LogSetAside(ILogger logger, string file, string aside);
}
