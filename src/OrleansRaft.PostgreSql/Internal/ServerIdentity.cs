using Npgsql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>What a server says it is.</summary>
/// <param name="ClusterId">Whose logs it holds; null before it holds any.</param>
/// <param name="Number">Its number among the cluster's servers.</param>
/// <param name="Servers">How many servers the cluster has.</param>
/// <param name="StoredSystemIdentifier">PostgreSQL's system identifier when it was given its rows.</param>
/// <param name="SystemIdentifier">PostgreSQL's system identifier now.</param>
/// <param name="Counter">How many leases it has seen; falls only when it is restored from a backup.</param>
/// <param name="Durability">What it does for its disk.</param>
/// <param name="IsReadOnly">Whether it is a standby.</param>
/// <param name="Process">The process that answers.</param>
internal sealed record ServerIdentity(
    string? ClusterId,
    int Number,
    int Servers,
    long StoredSystemIdentifier,
    long SystemIdentifier,
    long Counter,
    Durability Durability,
    bool IsReadOnly,
    int Process)
{
    private const string Query = """
        SELECT i.cluster_id, coalesce(i.number, -1), coalesce(i.servers, 0), coalesce(i.system_identifier, 0), c.system_identifier,
               coalesce(i.counter, 0), current_setting('fsync'), current_setting('full_page_writes'), pg_is_in_recovery(), pg_backend_pid()
        FROM pg_control_system() c LEFT JOIN raft.identity i ON true
        """;

    public static async Task<ServerIdentity> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = Sql.Command(connection, Query);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new ServerIdentity(
            await reader.IsDBNullAsync(0, cancellation) ? null : reader.GetString(0),
            reader.GetInt32(1),
            reader.GetInt32(2),
            reader.GetInt64(3),
            reader.GetInt64(4),
            reader.GetInt64(5),
            new Durability(reader.GetString(6), reader.GetString(7)),
            reader.GetBoolean(8),
            reader.GetInt32(9));
    }

    /// <summary>Refuses a server that would lose what it acknowledged, or cannot be written to.</summary>
    public void RequireDurable(string server, PostgreSqlStoreOptions options)
    {
        Durability.Require(server, options);
        if (IsReadOnly)
        {
            throw new StoreRefusedException($"PostgreSQL at {server} is a standby: name the primary in the connection string");
        }
    }

    /// <summary>Refuses a server that is not the one it is named as.</summary>
    public void RequireIs(string server, string clusterId, int number, PostgreSqlStoreOptions options)
    {
        var servers = options.ConnectionStrings.Count;
        RequireDurable(server, options);
        if (ClusterId is null)
        {
            throw new StoreRefusedException(
                $"PostgreSQL at {server} has lost the logs of cluster '{clusterId}' that it held as server {number}: restore it. "
                + "If it cannot be restored, remove its replicas as members and add others");
        }

        if (ClusterId != clusterId)
        {
            throw new StoreRefusedException(
                $"PostgreSQL at {server} holds logs of cluster '{ClusterId}', not of '{clusterId}': correct the connection string or the cluster id");
        }

        if (Number != number || Servers != servers)
        {
            throw new StoreRefusedException(
                $"PostgreSQL at {server} is server {Number} of {Servers} of cluster '{clusterId}', but is named as server {number} of {servers}: "
                + "name the servers in the order in which the cluster was created");
        }

        if (StoredSystemIdentifier != SystemIdentifier)
        {
            throw new StoreRefusedException(
                $"PostgreSQL at {server} holds a copy of the logs of server {number}: "
                + $"its system identifier is {SystemIdentifier}, the logs were written under {StoredSystemIdentifier}. "
                + "Name the server that the logs were written to. Dumps and promoted standbys may lack acknowledged writes: where the server is "
                + "lost, stop all silos and see `oraft postgres adopt`");
        }
    }
}
