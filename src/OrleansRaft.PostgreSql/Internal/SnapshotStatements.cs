using System.Buffers;
using System.Data;
using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>The statements on snapshots. Their rows have random ids, so that each statement can be repeated when its answer was lost.</summary>
internal static class SnapshotStatements
{
    // Whoever deletes has found out before what is not the newest: one that was written meanwhile may be it by now. A replica that was taken from
    // its holder to be removed has none that is kept.
    private const string IsNewest = """
        EXISTS (
            SELECT 1 FROM raft.snapshot s JOIN raft.replica r ON r.id = s.replica_id AND r.snapshot_id = s.id WHERE s.id = $1 AND r.nonce <> 0
        )
        """;

    // 2 MiB of chunks as they are written. After a checkpoint the server's log gets as much, which every commit of that moment waits for.
    private const int ChunksAtOnce = 8;

    // A MiB, of which there is one more on its way.
    private const int ReadAtOnce = 4;

    /// <summary>Makes the row of a snapshot that is going to be written; false when the replica is held by somebody else.</summary>
    /// <remarks>
    /// Whatever makes a row of a replica, beside the writes of its log, locks the replica's until it has committed: a removal of the replica, which
    /// looks for such rows at last, waits for it.
    /// </remarks>
    public static async Task<bool> CreateAsync(
        NpgsqlConnection connection, long id, long replica, long nonce, SnapshotDescriptor snapshot, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH held AS (SELECT id FROM raft.replica WHERE id = $2 AND nonce = $3 AND {Sql.Durably} FOR KEY SHARE),
            made AS (INSERT INTO raft.snapshot (id, replica_id, descriptor) SELECT $1, id, $4 FROM held ON CONFLICT DO NOTHING)
            SELECT count(*)::int FROM held
            """,
            Sql.Value(id),
            Sql.Value(replica),
            Sql.Value(nonce),
            Sql.Value(SnapshotDescriptorCodec.Encode(snapshot)));
        return (int)(await command.ExecuteScalarAsync(cancellation))! == 1;
    }

    /// <summary>Makes a snapshot of one chunk, or of none; false when the replica is held by somebody else.</summary>
    public static async Task<bool> CreateWholeAsync(
        NpgsqlConnection connection,
        long id,
        long replica,
        long nonce,
        SnapshotDescriptor snapshot,
        ReadOnlyMemory<byte> data,
        CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH held AS (SELECT id FROM raft.replica WHERE id = $2 AND nonce = $3 AND {Sql.Durably} FOR KEY SHARE),
            made AS (INSERT INTO raft.snapshot (id, replica_id, descriptor) SELECT $1, id, $4 FROM held ON CONFLICT DO NOTHING),
            put AS (
                INSERT INTO raft.snapshot_chunk (snapshot_id, first_offset, crc, data) SELECT $1, 0, $5, $6 FROM held WHERE $7
                ON CONFLICT (snapshot_id, first_offset) DO UPDATE SET crc = excluded.crc, data = excluded.data
            )
            SELECT count(*)::int FROM held
            """,
            Sql.Value(id),
            Sql.Value(replica),
            Sql.Value(nonce),
            Sql.Value(SnapshotDescriptorCodec.Encode(snapshot)),
            Sql.Value((long)Crc32C.Compute(data.Span)),
            Sql.Value(data),
            Sql.Value(!data.IsEmpty));
        return (int)(await command.ExecuteScalarAsync(cancellation))! == 1;
    }

    /// <summary>Says what a snapshot is, now that it is known; false when the replica is held by somebody else.</summary>
    public static async Task<bool> ChangeAsync(
        NpgsqlConnection connection, long id, long replica, long nonce, SnapshotDescriptor snapshot, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            UPDATE raft.snapshot s SET descriptor = $4 FROM raft.replica r
            WHERE s.id = $1 AND r.id = $2 AND r.nonce = $3 AND {Sql.Durably}
            """,
            Sql.Value(id),
            Sql.Value(replica),
            Sql.Value(nonce),
            Sql.Value(SnapshotDescriptorCodec.Encode(snapshot)));
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>
    /// Writes a chunk; what was there at its offset is replaced. False when the replica is held by somebody else. Whoever deletes the snapshot's row
    /// waits, and deletes this too.
    /// </summary>
    public static async Task<bool> PutChunkAsync(
        NpgsqlConnection connection, long id, long replica, long nonce, long offset, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            INSERT INTO raft.snapshot_chunk (snapshot_id, first_offset, crc, data)
            SELECT s.id, $4, $5, $6 FROM raft.replica r JOIN raft.snapshot s ON s.replica_id = r.id
            WHERE r.id = $2 AND r.nonce = $3 AND s.id = $1 AND {Sql.Durably} FOR KEY SHARE OF s
            ON CONFLICT (snapshot_id, first_offset) DO UPDATE SET crc = excluded.crc, data = excluded.data
            """,
            Sql.Value(id),
            Sql.Value(replica),
            Sql.Value(nonce),
            Sql.Value(offset),
            Sql.Value((long)Crc32C.Compute(data.Span)),
            Sql.Value(data));
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>Forgets the chunks that begin at an offset or after it, few at a time; none of its replica's newest snapshot.</summary>
    public static async Task DeleteChunksFromAsync(NpgsqlConnection connection, long id, long offset, CancellationToken cancellation)
    {
        while (await DeleteSomeFromAsync(connection, id, offset, cancellation))
        {
        }
    }

    /// <summary>
    /// Forgets some of what is neither a replica's newest snapshot nor in use, if the replica is still held: few chunks at a time, so that a big one
    /// delays nobody.
    /// </summary>
    /// <returns>Whether there may be more.</returns>
    public static async Task<bool> DeleteSomeOthersAsync(
        NpgsqlConnection connection, long replica, long nonce, Func<long, bool> isInUse, CancellationToken cancellation)
    {
        foreach (var old in await FindOthersAsync(connection, replica, nonce, cancellation))
        {
            if (!isInUse(old) && await DeleteSomeAsync(connection, old, cancellation))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets some of a snapshot, unless it is its replica's newest, and its row last, so that what is left of it is found again.</summary>
    /// <returns>Whether there may be more.</returns>
    public static async Task<bool> DeleteSomeAsync(NpgsqlConnection connection, long id, CancellationToken cancellation) =>
        await DeleteSomeFromAsync(connection, id, 0, cancellation) || !await DeleteRowAsync(connection, id, cancellation);

    /// <returns>Whether there may be more.</returns>
    private static async Task<bool> DeleteSomeFromAsync(NpgsqlConnection connection, long id, long offset, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            DELETE FROM raft.snapshot_chunk c USING (
                SELECT snapshot_id, first_offset FROM raft.snapshot_chunk
                WHERE snapshot_id = $1 AND first_offset >= $2 AND NOT {IsNewest} ORDER BY first_offset DESC LIMIT $3
            ) old
            WHERE c.snapshot_id = old.snapshot_id AND c.first_offset = old.first_offset
            """,
            Sql.Value(id),
            Sql.Value(offset),
            Sql.Value((long)ChunksAtOnce));
        return await command.ExecuteNonQueryAsync(cancellation) == ChunksAtOnce;
    }

    /// <summary>
    /// Deletes a snapshot's row, unless something of it came meanwhile, or another that deletes has left something: whoever is writing a chunk has
    /// the row locked until that is seen.
    /// </summary>
    /// <returns>Whether it is gone, or stays as the newest.</returns>
    private static async Task<bool> DeleteRowAsync(NpgsqlConnection connection, long id, CancellationToken cancellation)
    {
        await using var batch = Sql.Batch(
            connection,
            id,
            "SELECT 1 FROM raft.snapshot WHERE id = $1 FOR UPDATE",
            $"""
            DELETE FROM raft.snapshot WHERE id = $1 AND NOT {IsNewest}
            AND NOT EXISTS (SELECT 1 FROM raft.snapshot_chunk WHERE snapshot_id = $1) AND {Sql.Durably}
            """,
            $"SELECT 1 FROM raft.snapshot WHERE id = $1 AND NOT {IsNewest}");
        return !await batch.FindsAtLastAsync(cancellation);
    }

    // What is neither the newest nor made by whoever holds the replica never becomes the newest: those who made it were fenced.
    private static async Task<List<long>> FindOthersAsync(
        NpgsqlConnection connection, long replica, long nonce, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            """
            SELECT s.id FROM raft.snapshot s JOIN raft.replica r ON r.id = s.replica_id
            WHERE r.id = $1 AND r.nonce = $2 AND s.id <> r.snapshot_id
            """,
            Sql.Value(replica),
            Sql.Value(nonce));
        var others = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            others.Add(reader.GetInt64(0));
        }

        return others;
    }

    /// <summary>Whether an activation still holds a replica.</summary>
    public static async Task<bool> IsHeldAsync(NpgsqlConnection connection, long replica, long nonce, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection, "SELECT count(*)::int FROM raft.replica WHERE id = $1 AND nonce = $2", Sql.Value(replica), Sql.Value(nonce));
        return (int)(await command.ExecuteScalarAsync(cancellation))! == 1;
    }

    /// <summary>
    /// The chunks from one on that begins at an offset, with their checksums: at most <see cref="ReadAtOnce"/>, each in a buffer of the pool, to
    /// which <see cref="StoredChunk.Return"/> gives it back.
    /// </summary>
    public static async Task<IReadOnlyList<StoredChunk>> ReadChunksAsync(
        NpgsqlConnection connection, long id, long offset, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            "SELECT first_offset, crc, data FROM raft.snapshot_chunk WHERE snapshot_id = $1 AND first_offset >= $2 ORDER BY first_offset LIMIT $3",
            Sql.Value(id),
            Sql.Value(offset),
            Sql.Value((long)ReadAtOnce));
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellation);
        var chunks = new List<StoredChunk>(ReadAtOnce);
        while (await reader.ReadAsync(cancellation))
        {
            chunks.Add(await StoredChunk.ReadPooledAsync(reader, cancellation));
        }

        return chunks;
    }

    /// <summary>The chunk that holds a byte, with its checksum; null when there is none.</summary>
    public static async Task<StoredChunk?> ReadChunkAsync(NpgsqlConnection connection, long id, long offset, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            "SELECT first_offset, crc, data FROM raft.snapshot_chunk WHERE snapshot_id = $1 AND first_offset <= $2 ORDER BY "
                + "first_offset DESC LIMIT 1",
            Sql.Value(id),
            Sql.Value(offset));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? StoredChunk.Read(reader, 0) : null;
    }
}

/// <summary>A chunk as it is stored.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Checksum">What its bytes must amount to.</param>
/// <param name="Data">Its bytes.</param>
internal sealed record StoredChunk(long Offset, uint Checksum, ReadOnlyMemory<byte> Data)
{
    public long End => Offset + Data.Length;

    /// <summary>The pool's buffer that <see cref="Data"/> lies in; null when it lies in its own, or was given back.</summary>
    public byte[]? Pooled { get; set; }

    /// <summary>Reads a chunk that begins at the first column, straight from the socket into a buffer of the pool.</summary>
    public static async Task<StoredChunk> ReadPooledAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var (offset, checksum) = (reader.GetInt64(0), (uint)reader.GetInt64(1));
        await using var bytes = await reader.GetStreamAsync(2, cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent((int)bytes.Length);
        var data = buffer.AsMemory(0, (int)bytes.Length);
        await bytes.ReadExactlyAsync(data, cancellation);
        return new StoredChunk(offset, checksum, data) { Pooled = buffer };
    }

    /// <summary>Gives the buffer back, if it is the pool's: nobody looks at <see cref="Data"/> any more.</summary>
    public void Return()
    {
        if (Pooled is { } pooled)
        {
            Pooled = null;
            ArrayPool<byte>.Shared.Return(pooled);
        }
    }

    public static StoredChunk Read(NpgsqlDataReader reader, int column) =>
        new(reader.GetInt64(column), (uint)reader.GetInt64(column + 1), reader.GetFieldValue<byte[]>(column + 2));

    /// <summary>Refuses bytes that do not match.</summary>
    public StoredChunk Checked(Runtime.ReplicaKey key, SnapshotDescriptor snapshot) => Crc32C.Compute(Data.Span) == Checksum
        ? this
        : throw Runtime.Storage.StoredLog.Damaged(
            key,
            snapshot.LastIncluded.Index,
            $"the chunk at byte {Offset} of the snapshot through {snapshot.LastIncluded} does not match its checksum");
}
