using Npgsql;
using OrleansRaft.Runtime;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// The statements that delete what a replica has stored: a little in each, so that nobody waits, and its row last, so that what is left is found
/// again.
/// </summary>
internal static class DeletionStatements
{
    private const int BlocksAtOnce = 1_000;

    // A block has the entries of one write, of half a MiB at most. After a checkpoint the server's log gets as much as is deleted, which every commit
    // of that moment waits for.
    private const int ForgottenAtOnce = 64;
    private const long ForgottenBytesAtOnce = 2 * 1024 * 1024;

    /// <summary>Lets whoever holds a replica hold it no longer, and its silo look for what it lost.</summary>
    /// <returns>The id of its row; null when there is none.</returns>
    public static async Task<long?> TakeFromHolderAsync(NpgsqlConnection connection, ReplicaKey key, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH taken AS (
                UPDATE raft.replica SET epoch = epoch + 1, nonce = 0 WHERE group_name = $1 AND replica = $2 RETURNING id, speaker_lease
            ), marked AS (
                UPDATE raft.silo_lease l SET take_overs = l.take_overs + 1 FROM taken t WHERE l.id = t.speaker_lease
            )
            SELECT id FROM taken WHERE {Sql.Durably}
            """,
            Sql.Value(key.Group),
            Sql.Value(key.Replica.Value));
        return (long?)await command.ExecuteScalarAsync(cancellation);
    }

    /// <summary>The snapshots of a replica, those that are being written included.</summary>
    public static async Task<List<long>> FindSnapshotsAsync(NpgsqlConnection connection, long id, CancellationToken cancellation)
    {
        var found = new List<long>();
        await using var command = Sql.Command(connection, "SELECT id FROM raft.snapshot WHERE replica_id = $1", Sql.Value(id));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(reader.GetInt64(0));
        }

        return found;
    }

    /// <summary>Deletes some blocks of a replica's log.</summary>
    /// <returns>Whether there may be more.</returns>
    public static async Task<bool> DeleteBlocksAsync(NpgsqlConnection connection, long id, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            """
            DELETE FROM raft.log_block b USING (
                SELECT first_index, write_no FROM raft.log_block WHERE replica_id = $1 ORDER BY first_index, write_no LIMIT $2
            ) old
            WHERE b.replica_id = $1 AND b.first_index = old.first_index AND b.write_no = old.write_no
            """,
            Sql.Value(id),
            Sql.Value((long)BlocksAtOnce));
        return await command.ExecuteNonQueryAsync(cancellation) == BlocksAtOnce;
    }

    /// <summary>Deletes some of what was compacted away, if an activation still holds the replica; waits for nobody.</summary>
    /// <param name="connection">A connection.</param>
    /// <param name="id">The replica's row.</param>
    /// <param name="nonce">The activation.</param>
    /// <param name="from">
    /// The first entry of the first block to look at: those before it were deleted, and finding that out takes the longer, the more they are.
    /// </param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>From where to go on; null when there is no more.</returns>
    public static async Task<long?> ForgetBlocksAsync(
        NpgsqlConnection connection, long id, long nonce, long from, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            """
            WITH held AS MATERIALIZED (
                SELECT start_index FROM raft.replica WHERE id = $1 AND nonce = $2
            ), compacted AS MATERIALIZED (
                SELECT first_index, write_no, sum(pg_column_size(block)) OVER piece - pg_column_size(block) AS bytes_before
                FROM raft.log_block
                WHERE replica_id = $1 AND first_index >= $3 AND first_index <= (SELECT start_index FROM held)
                    AND last_index <= (SELECT start_index FROM held)
                WINDOW piece AS (ORDER BY first_index, write_no ROWS UNBOUNDED PRECEDING)
                ORDER BY first_index, write_no LIMIT $4
            ), old AS MATERIALIZED (
                SELECT b.first_index, b.write_no FROM compacted c
                JOIN raft.log_block b ON b.replica_id = $1 AND b.first_index = c.first_index AND b.write_no = c.write_no
                WHERE c.bytes_before < $5
                FOR UPDATE OF b SKIP LOCKED
            ), deleted AS (
                DELETE FROM raft.log_block b USING old
                WHERE b.replica_id = $1 AND b.first_index = old.first_index AND b.write_no = old.write_no
            )
            SELECT (SELECT count(*) = $4 OR max(bytes_before) >= $5 FROM compacted), max(first_index) FROM old
            """,
            Sql.Value(id),
            Sql.Value(nonce),
            Sql.Value(from),
            Sql.Value((long)ForgottenAtOnce),
            Sql.Value(ForgottenBytesAtOnce));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return await reader.IsDBNullAsync(1, cancellation) || !reader.GetBoolean(0) ? null : reader.GetInt64(1);
    }

    /// <summary>Deletes a replica's row, if nobody has taken the replica over, and unless something of it came meanwhile.</summary>
    /// <returns>Whether there is something.</returns>
    public static async Task<bool> IsMoreThanRowAsync(NpgsqlConnection connection, long id, CancellationToken cancellation)
    {
        await using var batch = Sql.Batch(
            connection,
            id,
            "SELECT 1 FROM raft.replica WHERE id = $1 FOR UPDATE",
            $"""
            WITH gone AS (
                DELETE FROM raft.replica WHERE id = $1 AND nonce = 0 AND {Sql.Durably}
                    AND NOT EXISTS (SELECT 1 FROM raft.log_block WHERE replica_id = $1)
                    AND NOT EXISTS (SELECT 1 FROM raft.snapshot WHERE replica_id = $1)
                RETURNING id
            )
            DELETE FROM raft.apply_mark m USING gone g WHERE m.replica_id = g.id
            """,
            "SELECT 1 FROM raft.replica WHERE id = $1 AND nonce = 0");
        return await batch.FindsAtLastAsync(cancellation);
    }
}
