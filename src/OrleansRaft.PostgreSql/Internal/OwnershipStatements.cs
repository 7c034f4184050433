using Npgsql;
using OrleansRaft.Runtime;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>What an activation acquired.</summary>
/// <param name="Id">The replica's row.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="IsSpeaker">Whether it may speak at once, because nobody has to be waited for.</param>
/// <param name="IsStale">Whether the replica may have forgotten a vote.</param>
internal sealed record Acquisition(long Id, long Epoch, bool IsSpeaker, bool IsStale);

/// <summary>A lease that was extended.</summary>
/// <param name="Counter">How many leases the server has seen.</param>
/// <param name="Durability">What the server does for its disk, which may change while it runs.</param>
internal sealed record Extension(long Counter, Durability Durability);

/// <summary>
/// The statements by which activations follow each other: acquire, claim, release, and the silo's lease that all of its replicas share.
/// </summary>
internal static class OwnershipStatements
{
    /// <summary>Makes the silo's row.</summary>
    public static async Task CreateLeaseAsync(NpgsqlConnection connection, long lease, string silo, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"INSERT INTO raft.silo_lease (id, silo) SELECT $1, $2 WHERE {Sql.Durably} ON CONFLICT DO NOTHING",
            Sql.Value(lease), Sql.Value(silo));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Extends the lease, unless somebody took one of the silo's replicas over since <paramref name="takeOversKnown"/>; then null.
    /// Raises this server's counter and notes those of the others.
    /// </summary>
    public static async Task<Extension?> ExtendAsync(
        NpgsqlConnection connection, long lease, long takeOversKnown, int[] others, long[] counters, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH extended AS (
                UPDATE raft.silo_lease SET extensions = extensions + 1, extended_at = clock_timestamp() WHERE id = $1 AND take_overs = $2 RETURNING 1
            ), counted AS (
                UPDATE raft.identity SET counter = counter + 1 WHERE EXISTS (SELECT 1 FROM extended) RETURNING counter
            ), noted AS (
                INSERT INTO raft.witness AS w (server, counter) SELECT * FROM unnest($3::integer[], $4::bigint[])
                ON CONFLICT (server) DO UPDATE SET counter = excluded.counter WHERE w.counter < excluded.counter
            )
            SELECT counter, current_setting('fsync'), current_setting('full_page_writes') FROM counted WHERE {Sql.Durably}
            """,
            Sql.Value(lease),
            Sql.Value(takeOversKnown),
            Sql.Value(others),
            Sql.Value(counters));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new Extension(reader.GetInt64(0), new Durability(reader.GetString(1), reader.GetString(2)))
            : null;
    }

    /// <summary>
    /// Reads, at one moment, how often the silo's replicas were taken over, and the nonces of those activations that hold theirs no longer.
    /// </summary>
    public static async Task<(long? TakeOvers, HashSet<long> Lost)> ReadLostAsync(
        NpgsqlConnection connection, long lease, long[] ids, long[] nonces, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            """
            SELECT (SELECT take_overs FROM raft.silo_lease WHERE id = $1),
                   array(SELECT i.nonce FROM unnest($2::bigint[], $3::bigint[]) AS i (id, nonce) LEFT JOIN raft.replica r ON r.id = i.id
                         WHERE r.nonce IS DISTINCT FROM i.nonce)
            """,
            Sql.Value(lease),
            Sql.Value(ids),
            Sql.Value(nonces));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return (await reader.IsDBNullAsync(0, cancellation) ? null : reader.GetInt64(0), [.. reader.Column<long[]>(1)]);
    }

    /// <summary>
    /// Acquires the next epoch. The speaker stays the last activation that was allowed to speak, and its silo's row is marked; if nobody was, or it
    /// released, or it is one of <paramref name="abandoned"/> (our own attempts whose answers were lost), this activation is the speaker at once.
    /// </summary>
    public static async Task<Acquisition?> AcquireAsync(
        NpgsqlConnection connection, ReplicaKey key, long nonce, long lease, long[] abandoned, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH before AS MATERIALIZED (
                SELECT id, speaker_lease, speaker IS NULL OR speaker = ANY ($5) AS is_free
                FROM raft.replica WHERE group_name = $1 AND replica = $2 FOR NO KEY UPDATE
            ), acquired AS (
                UPDATE raft.replica r SET
                    epoch = r.epoch + 1, nonce = $3,
                    speaker = CASE WHEN b.is_free THEN $3 ELSE r.speaker END,
                    speaker_lease = CASE WHEN b.is_free THEN $4 ELSE r.speaker_lease END
                FROM before b WHERE r.id = b.id
                RETURNING r.id, r.epoch, b.is_free, r.is_stale
            ), marked AS (
                UPDATE raft.silo_lease l SET take_overs = l.take_overs + 1 FROM before b WHERE l.id = b.speaker_lease AND NOT b.is_free
            )
            SELECT id, epoch, is_free, is_stale FROM acquired WHERE {Sql.Durably}
            """,
            Sql.Value(key.Group),
            Sql.Value(key.Replica.Value),
            Sql.Value(nonce),
            Sql.Value(lease),
            Sql.Value(abandoned));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new Acquisition(reader.GetInt64(0), reader.GetInt64(1), reader.GetBoolean(2), reader.GetBoolean(3))
            : null;
    }

    /// <summary>
    /// Makes activations that have waited for their predecessors the speakers; answers the nonces of those that still hold their replicas.
    /// </summary>
    public static async Task<HashSet<long>> ClaimAsync(
        NpgsqlConnection connection, long lease, long[] ids, long[] nonces, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH held AS MATERIALIZED (
                SELECT r.id, i.nonce FROM unnest($2::bigint[], $3::bigint[]) AS i (id, nonce) JOIN raft.replica r ON r.id = i.id
                WHERE r.nonce = i.nonce
                ORDER BY r.id
                FOR NO KEY UPDATE OF r
            )
            UPDATE raft.replica r SET speaker = h.nonce, speaker_lease = $1 FROM held h WHERE r.id = h.id AND {Sql.Durably} RETURNING h.nonce
            """,
            Sql.Value(lease),
            Sql.Value(ids),
            Sql.Value(nonces));
        var claimed = new HashSet<long>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            claimed.Add(reader.GetInt64(0));
        }

        return claimed;
    }

    /// <summary>Gives the right to speak back, if the activation has it.</summary>
    public static async Task ReleaseAsync(NpgsqlConnection connection, long id, long nonce, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection, $"UPDATE raft.replica SET speaker = NULL WHERE id = $1 AND speaker = $2 AND {Sql.Durably}", Sql.Value(id), Sql.Value(nonce));
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
