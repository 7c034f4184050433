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

    // A block has the entries of one write, of half a MiB at most.
    private const int ForgottenAtOnce = 64;

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
            WITH old AS MATERIALIZED (
                SELECT b.first_index, b.write_no FROM raft.log_block b JOIN raft.replica r ON r.id = b.replica_id
                WHERE r.id = $1 AND r.nonce = $2 AND b.first_index >= $3 AND b.first_index <= r.start_index AND b.last_index <= r.start_index
                ORDER BY b.first_index, b.write_no LIMIT $4
                FOR UPDATE OF b SKIP LOCKED
            ), deleted AS (
                DELETE FROM raft.log_block b USING old
                WHERE b.replica_id = $1 AND b.first_index = old.first_index AND b.write_no = old.write_no
            )
            SELECT count(*), max(first_index) FROM old
            """,
            Sql.Value(id),
            Sql.Value(nonce),
            Sql.Value(from),
            Sql.Value((long)ForgottenAtOnce));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return reader.GetInt64(0) == ForgottenAtOnce ? reader.GetInt64(1) : null;
    }

    /// <summary>Deletes what is left, if nobody has taken the replica over meanwhile.</summary>
    public static async Task DeleteRowAsync(NpgsqlConnection connection, long id, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH gone AS (
                DELETE FROM raft.replica WHERE id = $1 AND nonce = 0 AND {Sql.Durably} RETURNING id
            ), unmarked AS (
                DELETE FROM raft.apply_mark m USING gone g WHERE m.replica_id = g.id
            )
            DELETE FROM raft.snapshot s USING gone g WHERE s.replica_id = g.id
            """,
            Sql.Value(id));
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
