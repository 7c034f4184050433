using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Runtime.Levels;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>The statements on what server 0 remembers of feature levels, in the cluster row.</summary>
internal static class LevelStatements
{
    public static async Task<ClusterLevels?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = Sql.Command(connection, "SELECT levels FROM raft.cluster");
        return await command.ExecuteScalarAsync(cancellation) is string text ? ClusterLevels.Read(text) : null;
    }

    /// <summary>Changes it, one silo at a time.</summary>
    public static async Task<ClusterLevels?> ChangeAsync(
        NpgsqlConnection connection, string server, Func<ClusterLevels?, ClusterLevels?> change, ILogger logger, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Migrations.BeginAsync(connection, server, logger, cancellation);
        var before = await ReadAsync(connection, cancellation);
        if (change(before) is not { } after || after == before)
        {
            return before;
        }

        await using var command = Sql.Command(connection, "UPDATE raft.cluster SET levels = $1", Sql.Value(after.Write()));
        await command.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return after;
    }
}
