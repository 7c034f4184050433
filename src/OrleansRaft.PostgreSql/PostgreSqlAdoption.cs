using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansRaft.PostgreSql.Internal;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql;

/// <summary>
/// Accepts servers that hold a copy of the logs: restored from a dump, or promoted from a standby. PostgreSQL's system identifier tells copies from
/// originals, and silos refuse copies, since one may lack what the original acknowledged.
/// </summary>
public static class PostgreSqlAdoption
{
    /// <summary>Finds the copies among a cluster's servers.</summary>
    /// <param name="connectionStrings">All servers of the cluster, in its order.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">A server cannot be reached, or is not what it is named as, or too many are copies for any to be
    /// accepted.</exception>
    public static async Task<IReadOnlyList<ServerCopy>> FindAsync(IReadOnlyList<string> connectionStrings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connectionStrings);
        var servers = new List<ServerIdentity>();
        for (var number = 0; number < connectionStrings.Count; number++)
        {
            servers.Add(await RunAsync(connectionStrings[number], connection => ServerIdentity.ReadAsync(connection, cancellation), cancellation));
            RequireNamed(servers, connectionStrings, number);
        }

        var noted = await RunAsync(connectionStrings[0], connection => ReadNotesAsync(connection, cancellation), cancellation);
        var copies = servers
            .Where(server => server.StoredSystemIdentifier != server.SystemIdentifier
                || (noted.TryGetValue(server.Number, out var known) && known != server.SystemIdentifier))
            .Select(server => new ServerCopy(
                server.Number, servers.Count, Connections.Describe(connectionStrings[server.Number]), server.ClusterId!, server.SystemIdentifier))
            .ToList();
        return servers.Count == 1 || copies.Count * 2 < servers.Count
            ? copies
            : throw new StoreRefusedException(
                $"{copies.Count} of {servers.Count} servers of cluster '{servers[0].ClusterId}' are copies, so that no group has a majority whose "
                + "votes and entries are known: restore more of the originals");
    }

    /// <summary>
    /// Accepts a copy. Where it is the only server, its groups go on from it, and what was acknowledged after it was made is lost. Where there are
    /// others, its replicas stay out of their groups, because they may have forgotten votes, until they are replaced as members; nothing is lost
    /// then.
    /// </summary>
    /// <param name="connectionStrings">All servers of the cluster, in its order.</param>
    /// <param name="copy">What <see cref="FindAsync"/> found. The original must never be used again.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task AdoptAsync(IReadOnlyList<string> connectionStrings, ServerCopy copy, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connectionStrings);
        ArgumentNullException.ThrowIfNull(copy);
        var connectionString = connectionStrings[copy.Number];
        await RunAsync(connectionString, connection => AdoptAsync(connection, copy, cancellation), cancellation);
        await RunAsync(connectionStrings[0], connection => NoteAsync(connection, copy, cancellation), cancellation);
    }

    private static async Task<bool> AdoptAsync(NpgsqlConnection connection, ServerCopy copy, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Migrations.BeginAsync(connection, copy.Name, NullLogger.Instance, cancellation);
        await using (var identity = Sql.Command(connection, "UPDATE raft.identity SET system_identifier = $1", Sql.Value(copy.SystemIdentifier)))
        {
            await identity.ExecuteNonQueryAsync(cancellation);
        }

        // Whoever held a replica when the copy was made holds it no longer.
        await using (var replicas = Sql.Command(
            connection, "UPDATE raft.replica SET epoch = epoch + 1, nonce = 0, is_stale = is_stale OR $1", Sql.Value(copy.Servers > 1)))
        {
            replicas.CommandTimeout = 0;
            await replicas.ExecuteNonQueryAsync(cancellation);
        }

        await using (var leases = Sql.Command(connection, "UPDATE raft.silo_lease SET take_overs = take_overs + 1"))
        {
            await leases.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static async Task<bool> NoteAsync(NpgsqlConnection connection, ServerCopy copy, CancellationToken cancellation)
    {
        await using var note = Sql.Command(
            connection,
            $"UPDATE raft.server SET system_identifier = $2 WHERE number = $1 AND {Sql.Durably}",
            Sql.Value(copy.Number), Sql.Value(copy.SystemIdentifier));
        await note.ExecuteNonQueryAsync(cancellation);
        return true;
    }

    private static async Task<Dictionary<int, long>> ReadNotesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var notes = new Dictionary<int, long>();
        await using var command = Sql.Command(connection, "SELECT number, system_identifier FROM raft.server WHERE system_identifier IS NOT NULL");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            notes.Add(reader.GetInt32(0), reader.GetInt64(1));
        }

        return notes;
    }

    private static void RequireNamed(List<ServerIdentity> servers, IReadOnlyList<string> connectionStrings, int number)
    {
        var server = servers[number];
        var name = Connections.Describe(connectionStrings[number]);
        if (server.ClusterId is null)
        {
            throw new StoreRefusedException($"PostgreSQL at {name} holds no logs: restore the dump first");
        }

        if (server.ClusterId != servers[0].ClusterId || server.Number != number || server.Servers != connectionStrings.Count)
        {
            throw new StoreRefusedException(
                $"PostgreSQL at {name} is server {server.Number} of {server.Servers} of cluster '{server.ClusterId}', but is named as server "
                + $"{number} of {connectionStrings.Count} of cluster "
                + $"'{servers[0].ClusterId}': name all servers, in the order in which the cluster was created");
        }
    }

    private static Task<T> RunAsync<T>(string connectionString, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellation) =>
        PostgreSqlSchema.RunAsync(
            connectionString,
            TimeSpan.Zero,
            NullLogger.Instance,
            async connection =>
            {
                var options = new PostgreSqlStoreOptions { ConnectionStrings = [connectionString] };
                await Sessions.BeginAsync(connection, options, Connections.Describe(connectionString), cancellation);
                return await work(connection);
            },
            cancellation);
}
