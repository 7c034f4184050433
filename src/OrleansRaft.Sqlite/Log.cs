using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime;

namespace OrleansRaft.Sqlite;

/// <summary>Every message this project logs. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(5101, LogLevel.Information, "Logs are kept in {File}, store {LocalId}")]
    public static partial void Opened(ILogger logger, string file, string localId);

    [LoggerMessage(5102, LogLevel.Error, "{Replica} could not be written to {File} and stops: free space or mend the disk, then restart this silo")]
    public static partial void WriteFailed(ILogger logger, Exception exception, ReplicaKey replica, string file);
}
