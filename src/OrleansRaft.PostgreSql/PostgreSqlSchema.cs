using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansRaft.PostgreSql.Internal;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql;

/// <summary>The tables in a database: ours, and those that Orleans' AdoNet providers expect. All of them stand in the schema <c>raft</c>.</summary>
public static class PostgreSqlSchema
{
    /// <summary>The schema in which our tables are, and those of Orleans.</summary>
    public const string Name = Sql.Schema;

    // The schema has just been brought up to date, so that the server is there; but it may be full, or restarted.
    private static readonly TimeSpan FindingPatience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Brings a database's schema up to date, under an advisory lock. <c>UsePostgreSql</c> does so by itself when a host starts, before Orleans looks
    /// for its membership.
    /// </summary>
    /// <param name="connectionString">The database; it must exist, and its user must be allowed to create schemas.</param>
    /// <param name="logger">For people; null for silence.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">The server cannot be reached or refuses, or a newer program wrote the schema.</exception>
    public static Task MigrateAsync(string connectionString, ILogger? logger = null, CancellationToken cancellation = default) =>
        MigrateAsync(
            new PostgreSqlStoreOptions { ConnectionStrings = [connectionString], StartTimeout = TimeSpan.Zero },
            0,
            logger ?? NullLogger.Instance,
            cancellation);

    /// <summary>The scripts that a database lacks, in order.</summary>
    /// <param name="connectionString">The database.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">The server cannot be reached or refuses, or a newer program wrote the schema.</exception>
    public static Task<IReadOnlyList<SchemaScript>> FindMissingAsync(string connectionString, CancellationToken cancellation = default) => RunAsync(
        connectionString,
        TimeSpan.Zero,
        NullLogger.Instance,
        async connection =>
        {
            var applied = await Migrations.AppliedAsync(connection, Connections.Describe(connectionString), cancellation);
            return (IReadOnlyList<SchemaScript>)[.. (await ReadScriptsAsync(cancellation)).Where(script => script.Number > applied)];
        },
        cancellation);

    /// <summary>All scripts, in order.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task<IReadOnlyList<SchemaScript>> ReadScriptsAsync(CancellationToken cancellation = default)
    {
        var scripts = new List<SchemaScript>();
        foreach (var migration in Migrations.All)
        {
            scripts.Add(new SchemaScript(migration.Number, migration.Name, await migration.ReadAsync(cancellation)));
        }

        return scripts;
    }

    /// <summary>
    /// A connection string for Orleans' AdoNet providers (membership, grain storage, reminders) in a database with our schema: it finds their tables
    /// there, and not what somebody else made under the same names elsewhere; connections that are idle are kept alive, and a server that is away
    /// costs seconds.
    /// </summary>
    /// <param name="connectionString">The database. Times that it sets hold.</param>
    /// <exception cref="ArgumentException">It cannot be read; the message says what one looks like.</exception>
    public static string ForOrleans(string connectionString) => Connections.CompleteForOrleans(connectionString);

    /// <summary>Makes sure that Orleans' providers find our tables when they connect with this connection string.</summary>
    /// <param name="connectionString">What the providers are given, such as what <see cref="ForOrleans"/> makes.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">They find nothing, or what somebody else made.</exception>
    public static Task RequireFoundAsync(string connectionString, CancellationToken cancellation = default) => RunAsync(
        connectionString,
        FindingPatience,
        NullLogger.Instance,
        async connection =>
        {
            await using var command = Sql.Command(
                connection,
                """
                SELECT CASE WHEN c.oid IS NULL THEN 'nothing'
                            WHEN c.relowner <> m.relowner
                            THEN pg_catalog.format('%I.%I, which belongs to %s', n.nspname, c.relname, c.relowner::regrole) END
                FROM pg_catalog.pg_class m
                LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass('orleansquery')
                LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE m.oid = 'raft.migration'::regclass
                """);
            return await command.ExecuteScalarAsync(cancellation) is string instead
                ? throw new StoreRefusedException(
                    $"in PostgreSQL at {Connections.Describe(connectionString)} the name OrleansQuery leads to {instead}, not to the table in "
                    + $"schema {Name} from which Orleans' providers "
                    + $"read their statements. Give them PostgreSqlSchema.ForOrleans(connectionString), or Search Path={Name}; behind a pooler "
                    + $"that drops it, ALTER ROLE ... SET search_path = {Name}")
                : true;
        },
        cancellation);

    /// <summary>Names a database for people; without user and password.</summary>
    /// <param name="connectionString">The database.</param>
    public static string Describe(string connectionString) => Connections.Describe(connectionString);

    /// <summary>Brings the schema of one of a store's servers up to date, and waits for the server as the store does.</summary>
    internal static Task MigrateAsync(PostgreSqlStoreOptions options, int number, ILogger logger, CancellationToken cancellation)
    {
        var connectionString = options.ConnectionStrings[number];
        var server = Connections.Describe(connectionString);
        return RunAsync(
            connectionString,
            options.StartTimeout,
            logger,
            async connection =>
            {
                await Sessions.BeginAsync(connection, options, server, cancellation);
                await Migrations.ApplyAsync(connection, server, logger, cancellation);
                return true;
            },
            cancellation);
    }

    /// <summary>Runs work on a connection of its own, and explains what fails.</summary>
    internal static Task<T> RunAsync<T>(
        string connectionString,
        TimeSpan patience,
        ILogger logger,
        Func<NpgsqlConnection, Task<T>> work,
        CancellationToken cancellation) => Patience.RunAsync(
        connectionString,
        patience,
        logger,
        async () =>
        {
            var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
            await using var connection = new NpgsqlConnection(unpooled.ConnectionString);
            await connection.OpenAsync(cancellation);
            return await work(connection);
        },
        cancellation);
}
