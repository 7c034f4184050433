using System.Net.Sockets;
using Npgsql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>What an exception of the driver means.</summary>
internal static class Failures
{
    /// <summary>Whether waiting may mend it: the server is away, starting, or overloaded.</summary>
    public static bool IsPassing(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState[..2] is "08" or "40" or "53" or "55" or "57" or "58" or "XX",
        NpgsqlException or TimeoutException or SocketException or IOException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>Whether the statement itself is refused, so that sending it again cannot help: its data, or a constraint.</summary>
    public static bool IsOfTheStatement(Exception exception) => exception is PostgresException postgres && postgres.SqlState[..2] is "22" or "23" or "54";

    /// <summary>A refusal for people: what, where, and what to do. The driver's texts carry no password.</summary>
    public static StoreRefusedException Refuse(string server, Exception exception) => new(Explain(server, exception), exception);

    private static string Explain(string server, Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } postgres =>
            $"PostgreSQL at {server} refuses to log us in: {postgres.MessageText}. Correct user and password in the connection string",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } postgres =>
            $"PostgreSQL at {server} has no such database: {postgres.MessageText}. Create it, or correct the connection string",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } postgres =>
            $"PostgreSQL at {server} forbids what we need: {postgres.MessageText}. Let the user own the database, or apply the scripts in infra/database as its owner",
        PostgresException postgres => $"PostgreSQL at {server} refuses: {postgres.MessageText} ({postgres.SqlState})",
        _ => $"PostgreSQL at {server} cannot be reached: {(exception.InnerException ?? exception).Message}. Start it, or correct host and port in the connection string",
    };
}
