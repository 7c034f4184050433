using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime;

namespace OrleansRaft.PostgreSql;

/// <summary>Every message this project logs. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Information, "PostgreSQL server {Number} at {Server} holds logs of cluster {ClusterId}")]
    public static partial void ServerReady(ILogger logger, int number, string server, string clusterId);

    [LoggerMessage(5002, LogLevel.Warning, "PostgreSQL server {Number} at {Server} cannot be used yet; trying again: {Problem}")]
    public static partial void ServerNotReady(ILogger logger, int number, string server, string problem);

    [LoggerMessage(5003, LogLevel.Warning, "What became of a write of {Replicas} replicas to {Server} is unknown; finding out: {Problem}")]
    public static partial void OutcomeUnknown(ILogger logger, int replicas, string server, string problem);

    [LoggerMessage(
        5004,
        LogLevel.Information,
        "What became of {Replicas} replicas' write to {Server} is known after {Attempts} attempts: {Landed} landed, {Lost} are sent again")]
    public static partial void OutcomeFound(ILogger logger, int replicas, string server, int attempts, int landed, int lost);

    [LoggerMessage(5005, LogLevel.Warning, "The lease of this silo on {Server} was not extended; trying again: {Problem}")]
    public static partial void LeaseNotExtended(ILogger logger, string server, string problem);

    [LoggerMessage(5006, LogLevel.Information, "Another silo took over {Count} replicas that this silo held on {Server}; they stop here")]
    public static partial void ReplicasLost(ILogger logger, int count, string server);

    [LoggerMessage(5007, LogLevel.Error, "{Replica} stops: its writes are refused by {Server}")]
    public static partial void WriteRefused(ILogger logger, Exception exception, ReplicaKey replica, string server);

    [LoggerMessage(5008, LogLevel.Warning, "Work on a snapshot of {Replica} failed on {Server}; trying again: {Problem}")]
    public static partial void SnapshotWorkFailed(ILogger logger, ReplicaKey replica, string server, string problem);

    [LoggerMessage(5009, LogLevel.Information, "Applied migration {Number} ({Name}) to {Server}")]
    public static partial void Migrated(ILogger logger, int number, string name, string server);

    [LoggerMessage(
        5010,
        LogLevel.Error,
        "PostgreSQL server {Number} at {Server} was restored from an old backup: "
            + "its {Replicas} replicas may have forgotten votes and stay out until they are removed as members and others are added")]
    public static partial void ServerRolledBack(ILogger logger, int number, string server, int replicas);

    [LoggerMessage(5011, LogLevel.Warning, "Waiting for PostgreSQL at {Server} for {Seconds} s ({Problem}); next try in half a second")]
    public static partial void WaitingForServer(ILogger logger, string server, int seconds, string problem);

    [LoggerMessage(5012, LogLevel.Warning, "Waiting for another silo, or `oraft migrate`, that prepares PostgreSQL at {Server}")]
    public static partial void WaitingForTurn(ILogger logger, string server);

    [LoggerMessage(5013, LogLevel.Information, "PostgreSQL at {Server} stands behind a pooler: statements are not prepared, and each carries what "
        + "it needs")]
    public static partial void PoolerFound(ILogger logger, string server);

    [LoggerMessage(5014, LogLevel.Warning, "Where Orleans' AdoNet providers use this database: {Problem}")]
    public static partial void OrleansTablesHidden(ILogger logger, string problem);

    [LoggerMessage(5015, LogLevel.Error, "A write of {Replica} to {Server} failed unexpectedly; the replica stops and is opened anew")]
    public static partial void WriteFailed(ILogger logger, Exception exception, ReplicaKey replica, string server);
}
