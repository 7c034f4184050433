using Microsoft.Data.Sqlite;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The one connection to a store file, with its statements prepared once. Used by one thread at a time.</summary>
internal sealed class Database : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> prepared = new(StringComparer.Ordinal);

    private Database(SqliteConnection connection)
    {
        this.connection = connection;
    }

    /// <summary>Opens a file; makes it, and its schema, when it is missing.</summary>
    /// <param name="file">The file.</param>
    /// <param name="newLocalId">The id of the store if it is made now.</param>
    public static Database Open(string file, string newLocalId)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false };
        var connection = new SqliteConnection(settings.ToString());
        var database = new Database(connection);
        try
        {
            connection.Open();
            database.Prepare(file, newLocalId);
            return database;
        }
        catch (SqliteException exception)
        {
            database.Dispose();
            throw new StoreRefusedException($"{file} cannot be opened: {exception.Message}. Restore the file, or remove it together with this silo's replicas", exception);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

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

    public void Begin() => Execute("BEGIN IMMEDIATE");

    public void Commit() => Execute("COMMIT");

    /// <summary>Undoes what has not been committed; does nothing when SQLite already did.</summary>
    public void Rollback()
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            Execute("ROLLBACK");
        }
    }

    public void Dispose()
    {
        foreach (var command in prepared.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private void Prepare(string file, string newLocalId)
    {
        Execute("PRAGMA locking_mode = EXCLUSIVE");
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = FULL");
        var version = Query("PRAGMA user_version").Select(row => row.GetInt32(0)).Single();
        if (version > Schema.Version)
        {
            throw new StoreRefusedException($"{file} has schema {version}, this program knows {Schema.Version}: run the newer program that wrote it");
        }

        if (version == 0)
        {
            Begin();
            Execute(Schema.Create);
            Execute("INSERT INTO store (local_id) VALUES (?1)", newLocalId);
            Execute("PRAGMA user_version = 1");
            Commit();
        }
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
