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
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<HashSet<long>> ExecuteAsync(
        NpgsqlConnection connection, bool mayPrepare, IReadOnlyList<ReplicaWrite> writes, CancellationToken cancellation)
    {
        Fill(writes);
        var prepared = await PrepareAsync(connection, mayPrepare, cancellation);
        var landed = new HashSet<long>(writes.Count);
        await using var reader = await prepared.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            landed.Add(reader.GetInt64(0));
        }

        return landed;
    }

    /// <summary>The parameters, in order: each keeps a list that <see cref="Fill"/> fills anew.</summary>
    protected abstract IEnumerable<NpgsqlParameter> Parameters();

    /// <summary>Puts writes into the parameters, in place of the last ones.</summary>
    protected abstract void Fill(IReadOnlyList<ReplicaWrite> writes);

    private async Task<NpgsqlCommand> PrepareAsync(NpgsqlConnection connection, bool mayPrepare, CancellationToken cancellation)
    {
        if (command is not null && preparedOn == connection)
        {
            return command;
        }

        if (command is not null)
        {
            await command.DisposeAsync();
        }

        preparedOn = connection;
        command = Sql.Command(connection, CommandText, [.. Parameters()]);
        if (mayPrepare)
        {
            await command.PrepareAsync(cancellation);
        }

        return command;
    }
}
