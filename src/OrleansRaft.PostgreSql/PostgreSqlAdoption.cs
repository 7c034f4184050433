using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansRaft.PostgreSql.Internal;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql;

/// <summary>
/// Accepts servers that hold a copy of the logs: restored from a dump, or promoted from a standby. PostgreSQL's system identifier tells copies from
/// originals, and silos refuse copies, since one may lack what the original acknowledged.
/// </summary>
internal static class PostgreSqlAdoption
{
    /// <summary>Finds the copies among a cluster's servers.</summary>
    /// <param name="connectionStrings">All servers of the cluster, in its order.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">A server cannot be reached, or is not what it is named as, or too many are copies for any to be
    /// accepted.</exception>
    public static async Task<IReadOnlyList<ServerCopy>> FindAsync(IReadOnlyList<string> connectionStrings, CancellationToken cancellation = default)
    {
        var (servers, copies) = await FindCopiesAsync(connectionStrings, cancellation);
        return servers.Count == 1 || copies.Count * 2 < servers.Count
            ? copies
            : throw new StoreRefusedException(
                $"{copies.Count} of {servers.Count} servers of cluster '{servers[0].ClusterId}' are copies, so that no group has a majority whose "
                + "votes and entries are known: restore more of the originals");
    }

    /// <summary>
    /// Finds the servers that were upgraded to another major version of PostgreSQL, or moved, while they were stopped: copies that have seen every
    /// lease that the other servers know of. With one server nobody can witness that.
    /// </summary>
    /// <param name="connectionStrings">All servers of the cluster, in its order.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">A server cannot be reached, is not what it is named as, or lacks what it had acknowledged.</exception>
    public static async Task<IReadOnlyList<ServerCopy>> FindUpgradedAsync(
        IReadOnlyList<string> connectionStrings, CancellationToken cancellation = default)
    {
        var (servers, copies) = await FindCopiesAsync(connectionStrings, cancellation);
        foreach (var copy in copies)
        {
            foreach (var witness in connectionStrings.Where((_, number) => number != copy.Number))
            {
                var seen = await RunAsync(witness, connection => ReadWitnessAsync(connection, copy.Number, cancellation), cancellation);
                if (seen > servers[copy.Number].Counter)
                {
                    throw new StoreRefusedException(
                        $"PostgreSQL at {copy.Name} is an older copy of server {copy.Number}: it has seen {servers[copy.Number].Counter} leases, and "
                        + $"{Connections.Describe(witness)} knows of {seen}. What the original acknowledged since is missing: upgrade the original, "
                        + "or see `oraft postgres adopt`");
                }
            }
        }

        return copies;
    }

    /// <summary>
    /// Accepts a server that was upgraded or moved while it was stopped: its replicas go on with their logs and votes. The original must have been
    /// stopped before, and must never be used again.
    /// </summary>
    /// <param name="connectionStrings">All servers of the cluster, in its order.</param>
    /// <param name="upgraded">What <see cref="FindUpgradedAsync"/> found.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task AcceptUpgradedAsync(
        IReadOnlyList<string> connectionStrings, ServerCopy upgraded, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connectionStrings);
        ArgumentNullException.ThrowIfNull(upgraded);
        await RunAsync(connectionStrings[upgraded.Number], connection => AcceptAsync(connection, upgraded, cancellation), cancellation);
        await RunAsync(connectionStrings[0], connection => NoteAsync(connection, upgraded, cancellation), cancellation);
    }

    /// <summary>
    /// Puts an empty server in the place of one that is lost. Its replicas are lost with it, and stay out of their groups until each is replaced as a
    /// member; the others go on meanwhile, and silos that run use the new server by themselves.
    /// </summary>
    /// <param name="connectionStrings">All servers of the cluster, in its order; the new one in the lost one's place.</param>
    /// <param name="number">The lost server's number. Not 0, which holds what cannot be made anew.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">The new server is not empty, or the others are not those of one cluster.</exception>
    public static async Task ReplaceAsync(IReadOnlyList<string> connectionStrings, int number, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connectionStrings);
        if (number < 1 || number >= connectionStrings.Count)
        {
            throw new StoreRefusedException(
                $"server {number} cannot be replaced: with {connectionStrings.Count} server(s), those from 1 to {connectionStrings.Count - 1} can. "
                + "Server 0 holds the cluster's own row and the membership: restore it from a backup");
        }

        var first = await RunAsync(connectionStrings[0], connection => ServerIdentity.ReadAsync(connection, cancellation), cancellation);
        RequireNamed([first], connectionStrings, 0);
        var identifier = await RunAsync(
            connectionStrings[number], connection => FillAsync(connection, first, connectionStrings[number], number, cancellation), cancellation);
        var made = new ServerCopy(number, first.Servers, Connections.Describe(connectionStrings[number]), first.ClusterId!, identifier);
        await RunAsync(connectionStrings[0], connection => NoteAsync(connection, made, cancellation), cancellation);
    }

    private static async Task<long> FillAsync(
        NpgsqlConnection connection, ServerIdentity first, string connectionString, int number, CancellationToken cancellation)
    {
        var name = Connections.Describe(connectionString);
        await Migrations.ApplyAsync(connection, name, NullLogger.Instance, cancellation);
        var present = await ServerIdentity.ReadAsync(connection, cancellation);
        var isItself = present.Number == number && present.StoredSystemIdentifier == present.SystemIdentifier;
        if (present.ClusterId is { } cluster && (cluster != first.ClusterId || !isItself))
        {
            throw new StoreRefusedException(
                $"PostgreSQL at {name} holds logs of cluster '{cluster}', as server {present.Number}: name an empty database, or see "
                + "`oraft postgres adopt`");
        }

        await using var identity = Sql.Command(
            connection,
            $"""
            INSERT INTO raft.identity (cluster_id, number, servers, system_identifier)
            SELECT $1, $2, $3, $4 WHERE {Sql.Durably} ON CONFLICT DO NOTHING
            """,
            Sql.Value(first.ClusterId!),
            Sql.Value(number),
            Sql.Value(first.Servers),
            Sql.Value(present.SystemIdentifier));
        await identity.ExecuteNonQueryAsync(cancellation);
        return present.SystemIdentifier;
    }

    private static async Task<long> ReadWitnessAsync(NpgsqlConnection connection, int server, CancellationToken cancellation)
    {
        await using var command = Sql.Command(connection, "SELECT coalesce(max(counter), 0) FROM raft.witness WHERE server = $1", Sql.Value(server));
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<bool> AcceptAsync(NpgsqlConnection connection, ServerCopy upgraded, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await Migrations.BeginAsync(connection, upgraded.Name, NullLogger.Instance, cancellation);
        await using var identity = Sql.Command(connection, "UPDATE raft.identity SET system_identifier = $1", Sql.Value(upgraded.SystemIdentifier));
        await identity.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static async Task<(List<ServerIdentity> Servers, List<ServerCopy> Copies)> FindCopiesAsync(
        IReadOnlyList<string> connectionStrings, CancellationToken cancellation)
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
        return (servers, copies);
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
            $"UPDATE raft.server SET system_identifier = $2, is_created = true WHERE number = $1 AND {Sql.Durably}",
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
