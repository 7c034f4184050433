using System.Globalization;
using Npgsql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// What a session has to be like, whatever the connection string, the server, the database and the role say. It is set by a statement: start-up
/// options are dropped by some poolers and refused by others. Behind a pooler nothing is set, since it may reach somebody else's session and the next
/// statement may run in another one; what is in force there is checked instead.
/// </summary>
internal static class Sessions
{
    /// <summary>
    /// What must not be cut short, what writes and their conditions rely on, and that plans are made once for all sizes of batches, and by keys only:
    /// tables grow behind their back. A batch is to fit into memory. A statement whose client is gone ends, instead of holding up whoever asks what
    /// became of it.
    /// </summary>
    private static readonly (string Name, string Value)[] Wanted =
    [
        ("search_path", "pg_catalog, public"),
        ("synchronous_commit", "on"),
        ("default_transaction_read_only", "off"),
        ("default_transaction_deferrable", "off"),
        ("default_transaction_isolation", "read committed"),
        ("statement_timeout", "0"),
        ("lock_timeout", "0"),
        ("idle_in_transaction_session_timeout", "60s"),
        ("idle_session_timeout", "0"),
        ("transaction_timeout", "0"),
        ("row_security", "off"),
        ("standard_conforming_strings", "on"),
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        ("jit", "off"),
        ("work_mem", "64MB"),
        ("client_connection_check_interval", "1s"),
    ];

    /// <summary>
    /// Sets the session up that belongs to a new connection, or checks what is in force where sessions are a pooler's. Answers whether they are.
    /// </summary>
    /// <exception cref="StoreRefusedException">Something is in force behind a pooler that writes cannot live with.</exception>
    public static async Task<bool> BeginAsync(
        NpgsqlConnection connection, PostgreSqlStoreOptions options, string server, CancellationToken cancellation)
    {
        // A pooler names itself when a client connects, the server names the process that runs a statement. A setting that this version lacks is
        // left out.
        await using var command = Sql.Command(
            connection,
            """
            SELECT pg_catalog.count(pg_catalog.set_config(w.name, w.value, false))
            FROM ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[])) AS w (name, value)
            WHERE pg_catalog.pg_backend_pid() = $1 AND pg_catalog.current_setting(w.name, true) IS NOT NULL
            """,
            Sql.Value(connection.ProcessID),
            Sql.Value(Wanted.Select(static setting => setting.Name).ToArray()),
            Sql.Value(Wanted.Select(static setting => setting.Value).ToArray()));
        var isPooled = (long)(await command.ExecuteScalarAsync(cancellation))! == 0;
        if (isPooled)
        {
            await CheckAsync(connection, options, server, cancellation);
        }

        return isPooled;
    }

    private static async Task CheckAsync(NpgsqlConnection connection, PostgreSqlStoreOptions options, string server, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            """
            SELECT s.name, s.setting, current_user::text, array_to_string(current_schemas(true), ',') ~ '^(pg_temp_\d+,)?pg_catalog(,|$)'
            FROM pg_catalog.pg_settings s
            WHERE s.name = ANY (
                '{search_path, default_transaction_read_only, default_transaction_isolation, statement_timeout, lock_timeout, transaction_timeout}')
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var (name, value) = (reader.GetString(0), reader.GetString(1));
            if (!IsHarmless(name, value, reader.GetBoolean(3), options))
            {
                throw new StoreRefusedException(
                    $"{name} = '{value}' is in force for user '{reader.GetString(2)}' in PostgreSQL at {server}, which stands behind a pooler, so "
                    + "that a silo cannot set it: "
                    + $"ALTER ROLE {reader.GetString(2)} RESET {name}, the same for the database and the server, or connect without the pooler");
            }
        }
    }

    private static bool IsHarmless(string name, string value, bool isCatalogFirst, PostgreSqlStoreOptions options) => name switch
    {
        "search_path" => isCatalogFirst,
        "default_transaction_read_only" => value == "off",
        "default_transaction_isolation" => value == "read committed",
        _ => long.Parse(value, CultureInfo.InvariantCulture) is var milliseconds
            && (milliseconds == 0 || milliseconds >= options.StatementTimeout.TotalMilliseconds),
    };
}
