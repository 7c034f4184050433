using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>The numbered scripts, embedded, and which of them a database lacks.</summary>
internal static class Migrations
{
    private const string Prefix = "migrations/";

    /// <summary>Serializes migrations and the making of first rows; any number that nobody else uses.</summary>
    private const long AdvisoryLock = 0x6f72_6166_7421;

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(50);

    public static IReadOnlyList<Migration> All { get; } =
    [
        .. typeof(Migrations).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(
                name => new Migration(int.Parse(name.AsSpan(Prefix.Length, 4), CultureInfo.InvariantCulture), name[(Prefix.Length + 5)..^4], name)),
    ];

    public static int Newest => All[^1].Number;

    /// <summary>Applies what is missing, each script in one transaction.</summary>
    public static async Task ApplyAsync(NpgsqlConnection connection, string server, ILogger logger, CancellationToken cancellation)
    {
        foreach (var migration in All)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await BeginAsync(connection, server, logger, cancellation);
            var applied = await AppliedAsync(connection, server, cancellation);
            if (applied < migration.Number)
            {
                await using var command = Sql.Command(connection, await migration.ReadAsync(cancellation));
                command.CommandTimeout = 0;
                await command.ExecuteNonQueryAsync(cancellation);
                await transaction.CommitAsync(cancellation);
                Log.Migrated(logger, migration.Number, migration.Name, server);
            }
        }
    }

    /// <summary>
    /// What a transaction of ours begins with: it waits for its turn among all silos, which it then has until its end, and makes sure that it commits
    /// to the disk. Nobody is kept from a table for longer than it takes to try again.
    /// </summary>
    public static async Task BeginAsync(NpgsqlConnection connection, string server, ILogger logger, CancellationToken cancellation)
    {
        var told = new Reminder();
        while (true)
        {
            await using var command = Sql.Command(
                connection,
                """
                SELECT set_config('synchronous_commit', 'on', true), set_config('lock_timeout', '5s', true), set_config('search_path', 'raft', true),
                       pg_try_advisory_xact_lock($1)
                """,
                Sql.Value(AdvisoryLock));
            await using (var reader = await command.ExecuteReaderAsync(cancellation))
            {
                await reader.ReadAsync(cancellation);
                if (reader.GetBoolean(3))
                {
                    return;
                }
            }

            // Silos that start together take turns all the time.
            if (told is { Seconds: > 0, IsDue: true })
            {
                Log.WaitingForTurn(logger, server);
            }

            await Task.Delay(LockPause, TimeProvider.System, cancellation);
        }
    }

    /// <summary>
    /// The number of the newest script of this program's that a database has; 0 for none. It may have later ones, of a newer program, as long as they
    /// leave everything there that this one needs.
    /// </summary>
    /// <exception cref="StoreRefusedException">
    /// A newer program wrote the schema, and it can no longer be lived with; or somebody else made it.
    /// </exception>
    public static async Task<int> AppliedAsync(NpgsqlConnection connection, string server, CancellationToken cancellation)
    {
        await using var exists = Sql.Command(connection, "SELECT to_regclass('raft.migration') IS NOT NULL");
        if (!(bool)(await exists.ExecuteScalarAsync(cancellation))!)
        {
            await RequireOwnSchemaAsync(connection, server, cancellation);
            return 0;
        }

        // Before migration 6 there was no such column, and every migration could be lived with.
        await using var newest = Sql.Command(
            connection,
            """
            SELECT coalesce(max(number), 0), coalesce(max((to_jsonb(m) ->> 'level')::integer), 1),
                coalesce(max(number) FILTER (WHERE number <= $1), 0)
            FROM raft.migration m
            """,
            Sql.Value(Newest));
        await using var reader = await newest.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return reader.GetInt32(1) <= FeatureLevels.Newest
            ? reader.GetInt32(2)
            : throw new StoreRefusedException(
                $"the schema in PostgreSQL at {server} has version {reader.GetInt32(0)}, which takes a program of feature level "
                    + $"{reader.GetInt32(1)}, and this one knows version {Newest} and level {FeatureLevels.Newest}: run a program that is as new as "
                    + "the one that wrote it");
    }

    /// <summary>Tables in the schema of somebody else would be at the mercy of its owner.</summary>
    private static async Task RequireOwnSchemaAsync(NpgsqlConnection connection, string server, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection, "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'raft' AND nspowner <> current_user::regrole");
        if (await command.ExecuteScalarAsync(cancellation) is string owner)
        {
            throw new StoreRefusedException(
                $"PostgreSQL at {server} has a schema raft that OrleansRaft did not make and that belongs to {owner}: make our user its owner, "
                + "rename it, or use another database");
        }
    }
}

/// <summary>One script.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Name">What it is about.</param>
/// <param name="Resource">Where it is embedded.</param>
internal sealed record Migration(int Number, string Name, string Resource)
{
    public async Task<string> ReadAsync(CancellationToken cancellation)
    {
        using var reader = new StreamReader(typeof(Migration).Assembly.GetManifestResourceStream(Resource)!);
        return await reader.ReadToEndAsync(cancellation);
    }
}
