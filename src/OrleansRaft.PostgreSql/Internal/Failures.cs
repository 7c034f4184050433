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
        PostgresException postgres => IsOfAnotherSession(postgres) || postgres.SqlState[..2] is "08" or "40" or "53" or "55" or "57" or "58" or "XX",
        NpgsqlException or TimeoutException or SocketException or IOException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>
    /// Whether what was prepared is not there, or something else is: the statement ran in another session than the one that it was prepared in.
    /// </summary>
    public static bool IsOfAnotherSession(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.InvalidSqlStatementName or PostgresErrorCodes.DuplicatePreparedStatement };

    /// <summary>
    /// Whether waiting at start-up is in vain: the connection string is wrong, or the server does not let us in, lacks the database, or forbids what
    /// we need. A server that is away, starts, recovers or is full, and a name that cannot be resolved yet, are waited for.
    /// </summary>
    public static bool IsPermanent(Exception exception) => exception switch
    {
        PostgresException postgres => !IsPassing(exception) || IsRefusedParameter(postgres),
        NpgsqlException => !IsOfTheNetwork(exception.InnerException),
        _ => !IsPassing(exception),
    };

    /// <summary>What happened, in a few words.</summary>
    public static string Reason(Exception exception) => exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } empty
        ? $"the database holds nothing of a cluster ({empty.MessageText})"
        : (exception is PostgresException postgres ? postgres.MessageText : (exception.InnerException ?? exception).Message)
            .ReplaceLineEndings(" ").TrimEnd('.', ' ');

    /// <summary>Whether the statement itself is refused, so that sending it again cannot help: its data, or a constraint.</summary>
    public static bool IsOfTheStatement(Exception exception) =>
        exception is PostgresException postgres && postgres.SqlState[..2] is "22" or "23" or "54";

    /// <summary>A refusal for people: what, where, and what to do. The driver's texts carry no password.</summary>
    public static StoreRefusedException Refuse(string server, Exception exception) => new(Explain(server, exception), exception);

    // Of its own accord the driver refuses what it lacks, such as a password or a certificate that it trusts.
    private static bool IsOfTheNetwork(Exception? exception) =>
        exception is SocketException or IOException or TimeoutException or OperationCanceledException or NpgsqlException { IsTransient: true }
        || (exception is AggregateException several && several.InnerExceptions.Any(IsOfTheNetwork));

    private static bool IsInTheWay(PostgresException exception) => exception.SqlState
        is PostgresErrorCodes.DuplicateTable
        or PostgresErrorCodes.DuplicateObject
        or PostgresErrorCodes.DuplicateFunction
        or PostgresErrorCodes.DuplicateSchema;

    // A pooler's code for everything, a server that is away too.
    private static bool IsRefusedParameter(PostgresException exception) =>
        exception.SqlState == PostgresErrorCodes.ProtocolViolation
        && exception.MessageText.Contains("startup parameter", StringComparison.OrdinalIgnoreCase);

    private static string Explain(string server, Exception exception) => exception switch
    {
        ArgumentException =>
            $"the connection string for PostgreSQL at {server} is not well-formed: {exception.Message.ReplaceLineEndings(" ").TrimEnd('.')}. "
            + "Its form is 'Host=...;Port=5432;Database=...;Username=...;Password=...'",
        PostgresException postgres when IsInTheWay(postgres) =>
            $"in PostgreSQL at {server} something is in the way that OrleansRaft did not make: {postgres.MessageText}. Rename or drop it, or use "
            + "another database",
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } postgres =>
            $"PostgreSQL at {server} refuses to log us in: {postgres.MessageText}. Correct user and password in the connection string",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } postgres =>
            $"PostgreSQL at {server} has no such database: {postgres.MessageText}. Create it, or correct the connection string",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } postgres =>
            $"PostgreSQL at {server} forbids what we need: {postgres.MessageText}. Let the user own the database, or apply the scripts as its "
            + "owner (`oraft migrate`)",
        PostgresException postgres when IsRefusedParameter(postgres) =>
            $"the pooler at {server} refuses our connection: {postgres.MessageText}. Add the parameter to its ignore_startup_parameters; for "
            + "search_path also say ALTER ROLE ... SET search_path = raft",
        PostgresException postgres => $"PostgreSQL at {server} refuses: {postgres.MessageText} ({postgres.SqlState})",
        NpgsqlException when IsPermanent(exception) => $"PostgreSQL at {server} cannot be used: {Reason(exception)}. Correct the connection string",
        _ =>
            $"PostgreSQL at {server} cannot be reached: {(exception.InnerException ?? exception).Message}. "
                + "Start it, or correct host and port in the connection string",
    };
}
