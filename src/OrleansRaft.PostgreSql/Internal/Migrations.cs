using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>The numbered scripts, embedded, and which of them a database lacks.</summary>
internal static class Migrations
{
    private const string Prefix = "migrations/";

    /// <summary>Serializes migrations and the making of first rows; any number that nobody else uses.</summary>
    private const long AdvisoryLock = 0x6f72_6166_7421;

    public static IReadOnlyList<Migration> All { get; } =
    [
        .. typeof(Migrations).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => new Migration(int.Parse(name.AsSpan(Prefix.Length, 4), CultureInfo.InvariantCulture), name[(Prefix.Length + 5)..^4], name)),
    ];

    public static int Newest => All[^1].Number;

    /// <summary>Applies what is missing, each script in one transaction.</summary>
    public static async Task ApplyAsync(NpgsqlConnection connection, string server, ILogger logger, CancellationToken cancellation)
    {
        foreach (var migration in All)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await LockAsync(connection, cancellation);
            var applied = await AppliedAsync(connection, cancellation);
            if (applied > Newest)
            {
                throw new StoreRefusedException(
                    $"the schema in PostgreSQL at {server} has version {applied}, this program knows {Newest}: run the newer program that wrote it");
            }

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

    /// <summary>Waits for its turn among all silos; until the end of the transaction.</summary>
    public static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = Sql.Command(connection, "SELECT pg_advisory_xact_lock($1)", Sql.Value(AdvisoryLock));
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task<int> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var exists = Sql.Command(connection, "SELECT to_regclass('raft.migration') IS NOT NULL");
        if (!(bool)(await exists.ExecuteScalarAsync(cancellation))!)
        {
            return 0;
        }

        await using var newest = Sql.Command(connection, "SELECT coalesce(max(number), 0) FROM raft.migration");
        return (int)(await newest.ExecuteScalarAsync(cancellation))!;
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
