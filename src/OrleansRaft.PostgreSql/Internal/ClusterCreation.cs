using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Writes the cluster row, and gives each server the rows of its first replicas: once, or never again.</summary>
/// <remarks>
/// Server 0 notes for each other server first what it is, then (after that server has its rows) that it was created. A server that was created and
/// has no rows has lost them, and is refused: rows made anew would be replicas that forgot their votes.
/// </remarks>
internal sealed class ClusterCreation(PostgreSqlStoreOptions options, ILogger logger)
{
    /// <summary>What tells server 0's tables from any others; empty until it was prepared.</summary>
    public string SharedId { get; private set; } = "";

    /// <summary>Prepares server 0 and answers the cluster row.</summary>
    public async Task<ClusterDefinition> PrepareFirstAsync(ClusterDefinition wanted, CancellationToken cancellation)
    {
        var server = Connections.Describe(options.ConnectionStrings[0]);
        await using var connection = await ConnectAsync(0, cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Migrations.BeginAsync(connection, server, logger, cancellation);
        var identity = await ServerIdentity.ReadAsync(connection, cancellation);
        identity.RequireDurable(server, options);
        var stored = await ReadClusterAsync(connection, cancellation);
        if (stored is null)
        {
            if (identity.ClusterId is not null)
            {
                identity.RequireIs(server, wanted.ClusterId, 0, options);
            }

            await WriteClusterAsync(connection, wanted, cancellation);
            await WriteServerAsync(connection, wanted, 0, identity.SystemIdentifier, cancellation);
            stored = wanted;
        }

        ClusterRow.RequireSame($"PostgreSQL at {server}", stored, wanted);
        SharedId = $"postgres-{identity.SystemIdentifier}-{await ReadTableIdAsync(connection, cancellation)}";
        await transaction.CommitAsync(cancellation);
        return stored;
    }

    /// <summary>Enters this silo among those that use server 0.</summary>
    /// <returns>True; or it is refused.</returns>
    public async Task<bool> RegisterAsync(SiloRegistration registration, string clusterId, CancellationToken cancellation)
    {
        await using var connection = await ConnectAsync(0, cancellation);
        await registration.RegisterAsync(connection, Connections.Describe(options.ConnectionStrings[0]), clusterId, logger, cancellation);
        return true;
    }

    /// <summary>Prepares one of the further servers.</summary>
    public async Task PrepareFurtherAsync(ClusterDefinition definition, int number, CancellationToken cancellation)
    {
        var server = Connections.Describe(options.ConnectionStrings[number]);
        await using var first = await ConnectAsync(0, cancellation);
        await using var connection = await ConnectAsync(number, cancellation);

        // Another silo may be at the same work, so what is written last is read first: a server that was created before it was looked at has its
        // rows, and one that has rows was noted.
        var (_, wasCreated) = await ReadNoteAsync(first, number, cancellation);
        var identity = await ServerIdentity.ReadAsync(connection, cancellation);
        identity.RequireDurable(server, options);
        if (identity.ClusterId is not null || wasCreated)
        {
            identity.RequireIs(server, definition.ClusterId, number, options);
            var (noted, _) = await ReadNoteAsync(first, number, cancellation);
            if (noted != identity.SystemIdentifier)
            {
                throw new StoreRefusedException(
                    $"PostgreSQL at {server} is not the server {number} that server 0 of cluster '{definition.ClusterId}' knows: "
                        + "one of the two was replaced. Restore the one that was");
            }
        }

        if (!wasCreated)
        {
            await NoteAsync(first, number, identity.SystemIdentifier, false, cancellation);
            await using (var transaction = await connection.BeginTransactionAsync(cancellation))
            {
                await Migrations.BeginAsync(connection, server, logger, cancellation);
                await WriteServerAsync(connection, definition, number, identity.SystemIdentifier, cancellation);
                await transaction.CommitAsync(cancellation);
            }

            await NoteAsync(first, number, identity.SystemIdentifier, true, cancellation);
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(int number, CancellationToken cancellation)
    {
        var completed = Connections.Complete(options, options.ConnectionStrings[number], mayPrepare: false);
        var settings = new NpgsqlConnectionStringBuilder(completed) { Pooling = false };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            await Sessions.BeginAsync(connection, options, Connections.Describe(options.ConnectionStrings[number]), cancellation);
            await Migrations.ApplyAsync(connection, Connections.Describe(options.ConnectionStrings[number]), logger, cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Unlike a name, it is the same however the server and the database are named.</summary>
    private static async Task<long> ReadTableIdAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection, "SELECT d.oid::bigint << 32 | 'raft.cluster'::regclass::oid::bigint FROM pg_database d WHERE d.datname = current_database()");
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The cluster row of a server that may never have been prepared; null when it was not.</summary>
    public static async Task<ClusterDefinition?> FindAsync(string connectionString, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var command = Sql.Command(connection, "SELECT to_regclass('raft.cluster') IS NOT NULL");
        return (bool)(await command.ExecuteScalarAsync(cancellation))! ? await ReadClusterAsync(connection, cancellation) : null;
    }

    /// <summary>The cluster row as it is stored.</summary>
    /// <exception cref="StoreRefusedException">There is none.</exception>
    public static async Task<string> RequireClusterAsync(NpgsqlConnection connection, string server, CancellationToken cancellation) =>
        await ReadClusterTextAsync(connection, cancellation) ?? throw ClusterRow.NotThere($"PostgreSQL at {server}");

    /// <summary>Writes another cluster row in place of one.</summary>
    /// <returns>Whether it was still the one; otherwise nothing was written.</returns>
    public static async Task<bool> ReplaceClusterAsync(NpgsqlConnection connection, string stored, string changed, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"UPDATE raft.cluster SET definition = $2 WHERE definition = $1 AND {Sql.Durably}",
            Sql.Value(stored),
            Sql.Value(changed));
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    private static async Task<ClusterDefinition?> ReadClusterAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await ReadClusterTextAsync(connection, cancellation) is { } text ? ClusterRow.Read(text) : null;

    private static async Task<string?> ReadClusterTextAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = Sql.Command(connection, "SELECT definition FROM raft.cluster");
        return await command.ExecuteScalarAsync(cancellation) as string;
    }

    private static async Task WriteClusterAsync(NpgsqlConnection connection, ClusterDefinition definition, CancellationToken cancellation)
    {
        await using var cluster = Sql.Command(
            connection, "INSERT INTO raft.cluster (definition) VALUES ($1)", Sql.Value(ClusterRow.Write(definition)));
        await cluster.ExecuteNonQueryAsync(cancellation);
        await using var servers = Sql.Command(
            connection, "INSERT INTO raft.server (number) SELECT generate_series(1, $1)", Sql.Value(definition.Servers - 1));
        await servers.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task WriteServerAsync(
        NpgsqlConnection connection, ClusterDefinition definition, int number, long systemIdentifier, CancellationToken cancellation)
    {
        await using var identity = Sql.Command(
            connection,
            "INSERT INTO raft.identity (cluster_id, number, servers, system_identifier) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            Sql.Value(definition.ClusterId),
            Sql.Value(number),
            Sql.Value(definition.Servers),
            Sql.Value(systemIdentifier));
        await identity.ExecuteNonQueryAsync(cancellation);

        var replicas = ClusterRow.FirstReplicas(definition, "").Where(first => ServerOf(first.Key, definition.Servers) == number).ToList();
        await using var rows = Sql.Command(
            connection,
            """
            INSERT INTO raft.replica (group_name, replica, configuration)
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[])
            ON CONFLICT DO NOTHING
            """,
            Sql.Value(replicas.Select(first => first.Key.Group).ToArray()),
            Sql.Value(replicas.Select(first => first.Key.Replica.Value).ToArray()),
            Sql.Value(replicas.Select(first => ConfigurationCodec.Encode(first.Initial).ToArray()).ToArray()));
        rows.CommandTimeout = 0;
        await rows.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<(long? SystemIdentifier, bool IsCreated)> ReadNoteAsync(
        NpgsqlConnection first, int number, CancellationToken cancellation)
    {
        await using var command = Sql.Command(first, "SELECT system_identifier, is_created FROM raft.server WHERE number = $1", Sql.Value(number));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? (await reader.IsDBNullAsync(0, cancellation) ? null : reader.GetInt64(0), reader.GetBoolean(1))
            : throw new StoreRefusedException($"server 0 does not know a server {number}: restore server 0");
    }

    private static async Task NoteAsync(NpgsqlConnection first, int number, long systemIdentifier, bool isCreated, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            first,
            $"UPDATE raft.server SET system_identifier = $2, is_created = $3 WHERE number = $1 AND NOT is_created AND {Sql.Durably}",
            Sql.Value(number),
            Sql.Value(systemIdentifier),
            Sql.Value(isCreated));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Which server a replica logs to.</summary>
    public static int ServerOf(Runtime.ReplicaKey key, int servers) => (int)((key.Replica.Value - 1) % servers);
}
