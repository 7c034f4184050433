using Microsoft.Data.Sqlite;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The one connection to a store file, with its statements prepared once. Used by one thread at a time.</summary>
internal sealed class Database : IDisposable
{
    private const int NoCheckpointOnClose = 1006;

    /// <summary>
    /// One process and one connection, so that the index of the log is in memory and in no file. Checkpoints happen when <see cref="StoreFile"/>
    /// wants them, because the mark has to know; nothing is written before it is committed.
    /// </summary>
    private const string Settings = """
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA fullfsync = ON;
        PRAGMA checkpoint_fullfsync = ON;
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA cache_spill = OFF;
        PRAGMA cell_size_check = ON;
        PRAGMA secure_delete = OFF;
        """;

    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> prepared = new(StringComparer.Ordinal);
    private long writesBefore;

    private Database(SqliteConnection connection)
    {
        this.connection = connection;
    }

    /// <summary>How many writes of replicas have been made, over all replicas; what is undone does not count.</summary>
    public long Writes { get; set; }

    /// <summary>Opens a file that exists; it may be empty.</summary>
    /// <exception cref="SqliteException">It cannot be opened, or holds no database.</exception>
    public static Database Open(string file)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 2 };
        var connection = new SqliteConnection(settings.ToString());
        var database = new Database(connection);
        try
        {
            connection.Open();
            SQLitePCL.raw.sqlite3_db_config(connection.Handle, NoCheckpointOnClose, 1, out _);
            connection.CreateFunction<long>(RowChecksum.Function, RowChecksum.Compute, isDeterministic: true);
            database.Execute(Settings);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>The version of the schema; 0 when there is none.</summary>
    public int Version => Query("PRAGMA user_version").Select(row => row.GetInt32(0)).Single();

    /// <summary>The size of a page.</summary>
    public int PageBytes => Query("PRAGMA page_size").Select(row => row.GetInt32(0)).Single();

    /// <summary>Runs a statement.</summary>
    /// <param name="sql">Its text, a constant: it is prepared once. Parameters are named ?1, ?2, ...</param>
    /// <param name="arguments">Numbers, texts, bytes or null.</param>
    /// <returns>How many rows it changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> arguments) => Bind(sql, arguments).ExecuteNonQuery();

    /// <summary>Runs a query and hands out its rows; each is read before the next.</summary>
    public IEnumerable<SqliteDataReader> Query(string sql, params object?[] arguments)
    {
        using var reader = Bind(sql, arguments).ExecuteReader();
        while (reader.Read())
        {
            yield return reader;
        }
    }

    /// <summary>The row id that the last insertion made.</summary>
    public long LastInsertedId => (long)Bind("SELECT last_insert_rowid()", []).ExecuteScalar()!;

    public void Begin()
    {
        writesBefore = Writes;
        Execute("BEGIN IMMEDIATE");
    }

    public void Commit() => Execute("COMMIT");

    /// <summary>Undoes what has not been committed; does nothing when SQLite already did.</summary>
    public void Rollback()
    {
        Writes = writesBefore;
        if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            Execute("ROLLBACK");
        }
    }

    /// <summary>Copies everything in the log into the database and makes it durable there.</summary>
    public void CopyLog() => Checkpoint("PRAGMA wal_checkpoint(FULL)");

    /// <summary>Empties the log.</summary>
    public void TruncateLog() => Checkpoint("PRAGMA wal_checkpoint(TRUNCATE)");

    public void Dispose()
    {
        foreach (var command in prepared.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private void Checkpoint(string pragma)
    {
        var isBusy = Query(pragma).Select(row => row.GetInt64(0)).Single() != 0;
        Core.Invariant.Holds(!isBusy, "nobody else reads or writes a store's database");
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> arguments)
    {
        if (!prepared.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this assembly; values are parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 1; i <= arguments.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i}" });
            }

            prepared.Add(sql, command);
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            command.Parameters[i].Value = arguments[i] ?? DBNull.Value;
        }

        return command;
    }
}
