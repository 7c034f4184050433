using Npgsql;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Makes commands: positional, typed parameters that go over the wire in binary.</summary>
internal static class Sql
{
    /// <summary>The schema in which our tables are, and those of Orleans.</summary>
    public const string Schema = "raft";

    /// <summary>
    /// A condition that is always true, and makes the transaction that evaluates it wait for the disk when it commits. Each write carries it: behind
    /// a pooler the session that was set up is not the one that commits, and the server, the database or the role may have turned synchronous commits
    /// off. It is evaluated once, before any row.
    /// </summary>
    public const string Durably = "(SELECT pg_catalog.set_config('synchronous_commit', 'on', true)) IS NOT NULL";

    /// <summary>A command whose text is a constant of this assembly, or one of its scripts.</summary>
    public static NpgsqlCommand Command(NpgsqlConnection connection, string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Values are parameters; no text comes from outside.
        command.CommandText = text;
#pragma warning restore CA2100
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>
    /// Statements about one row, which commit together. Each sees what was committed before it began, also by those for whose locks one before it
    /// waited.
    /// </summary>
    public static NpgsqlBatch Batch(NpgsqlConnection connection, long id, params ReadOnlySpan<string> texts)
    {
        var batch = connection.CreateBatch();
        foreach (var text in texts)
        {
#pragma warning disable CA2100 // Values are parameters; no text comes from outside.
            var command = new NpgsqlBatchCommand(text);
#pragma warning restore CA2100
            command.Parameters.Add(Value(id));
            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    /// <summary>Runs a batch; whether its last statement found a row.</summary>
    public static async Task<bool> FindsAtLastAsync(this NpgsqlBatch batch, CancellationToken cancellation)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        bool isFound;
        do
        {
            isFound = await reader.ReadAsync(cancellation);
        }
        while (await reader.NextResultAsync(cancellation));
        return isFound;
    }

    /// <summary>A column of a row that has been read: it is in memory as a whole.</summary>
    public static T Column<T>(this NpgsqlDataReader row, int column) => row.GetFieldValue<T>(column);

    public static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };
}
