using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansRaft.PostgreSql.Internal;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql;

/// <summary>The tables in a database: ours, and those that Orleans' AdoNet providers expect.</summary>
public static class PostgreSqlSchema
{
    /// <summary>
    /// Brings a database's schema up to date, under an advisory lock. Called before a silo starts that keeps its membership there, and by the store itself.
    /// </summary>
    /// <param name="connectionString">The database; it must exist, and its user must be allowed to create schemas.</param>
    /// <param name="logger">For people; null for silence.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">The server cannot be reached or refuses, or a newer program wrote the schema.</exception>
    public static async Task MigrateAsync(string connectionString, ILogger? logger = null, CancellationToken cancellation = default)
    {
        var server = Connections.Describe(connectionString);
        try
        {
            await using var connection = new NpgsqlConnection(Unpooled(connectionString));
            await connection.OpenAsync(cancellation);
            await Migrations.ApplyAsync(connection, server, logger ?? NullLogger.Instance, cancellation);
        }
        catch (Exception exception) when (exception is NpgsqlException or ArgumentException or TimeoutException)
        {
            throw exception is ArgumentException
                ? new StoreRefusedException($"the connection string for PostgreSQL is not well-formed: {exception.Message}. Its form is 'Host=...;Port=5432;Database=...;Username=...;Password=...'", exception)
                : Failures.Refuse(server, exception);
        }
    }

    private static string Unpooled(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
}
