using Npgsql;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Where a replica's row stands.</summary>
/// <param name="Writes">How many writes there were.</param>
/// <param name="Last">The last entry.</param>
internal sealed record RowState(long Writes, EntryId Last);

/// <summary>
/// How an owner finds out what became of a write when the answer is missing: it raises its own epoch, so that a late arrival of that write changes
/// nothing, and then, in a statement that begins later and so sees everything that committed before, reads where its row stands.
/// </summary>
internal static class OutcomeStatements
{
    /// <summary>
    /// Raises the epochs; answers the nonces of the activations for which that worked. The others' replicas are held by somebody else.
    /// </summary>
    public static async Task<HashSet<long>> RaiseAsync(
        NpgsqlConnection connection, IReadOnlyList<(long Id, long Nonce, long Epoch)> replicas, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH held AS MATERIALIZED (
                SELECT r.id, i.nonce, i.epoch FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS i (id, nonce, epoch)
                JOIN raft.replica r ON r.id = i.id
                WHERE r.nonce = i.nonce AND r.epoch < i.epoch
                ORDER BY r.id
                FOR NO KEY UPDATE OF r
            )
            UPDATE raft.replica r SET epoch = h.epoch FROM held h WHERE r.id = h.id AND {Sql.Durably} RETURNING h.nonce
            """,
            Sql.Value(replicas.Select(static replica => replica.Id).ToArray()),
            Sql.Value(replicas.Select(static replica => replica.Nonce).ToArray()),
            Sql.Value(replicas.Select(static replica => replica.Epoch).ToArray()));
        var raised = new HashSet<long>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            raised.Add(reader.GetInt64(0));
        }

        return raised;
    }

    /// <summary>Reads where rows stand.</summary>
    public static async Task<Dictionary<long, RowState>> ReadAsync(NpgsqlConnection connection, IEnumerable<long> ids, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection, "SELECT id, writes, last_term, last_index FROM raft.replica WHERE id = ANY ($1)", Sql.Value(ids.ToArray()));
        var rows = new Dictionary<long, RowState>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(
                reader.GetInt64(0),
                new RowState(reader.GetInt64(1), new EntryId(new Term(reader.GetInt64(2)), new LogIndex(reader.GetInt64(3)))));
        }

        return rows;
    }
}
