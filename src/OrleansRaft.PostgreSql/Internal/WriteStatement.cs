using Npgsql;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// A statement of the write path: the writes of many replicas, committed by itself, each conditional on its owner and on where its log ends.
/// </summary>
internal abstract class WriteStatement
{
    private NpgsqlCommand? command;
    private NpgsqlConnection? preparedOn;

    /// <summary>The statement.</summary>
    protected abstract string CommandText { get; }

    /// <summary>
    /// Sends the writes, and answers the nonces of those activations whose landed. The others do not hold their replicas any more, or their logs end
    /// elsewhere.
    /// </summary>
    /// <param name="connection">The way to the server.</param>
    /// <param name="mayPrepare">Whether a statement that was prepared is there the next time.</param>
    /// <param name="writes">The writes.</param>
    public HashSet<long> Execute(NpgsqlConnection connection, bool mayPrepare, IReadOnlyList<ReplicaWrite> writes)
    {
        Fill(writes);
        var prepared = Prepare(connection, mayPrepare);
        var landed = new HashSet<long>(writes.Count);
        using var reader = prepared.ExecuteReader();
        while (reader.Read())
        {
            landed.Add(reader.GetInt64(0));
        }

        return landed;
    }

    /// <summary>The parameters, in order: each keeps a list that <see cref="Fill"/> fills anew.</summary>
    protected abstract IEnumerable<NpgsqlParameter> Parameters();

    /// <summary>Puts writes into the parameters, in place of the last ones.</summary>
    protected abstract void Fill(IReadOnlyList<ReplicaWrite> writes);

    private NpgsqlCommand Prepare(NpgsqlConnection connection, bool mayPrepare)
    {
        if (command is not null && preparedOn == connection)
        {
            return command;
        }

        command?.Dispose();
        preparedOn = connection;
        command = Sql.Command(connection, CommandText, [.. Parameters()]);
        if (mayPrepare)
        {
            command.Prepare();
        }

        return command;
    }
}
