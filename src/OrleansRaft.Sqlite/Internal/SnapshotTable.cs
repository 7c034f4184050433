using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The statements on snapshots. The replica's row names the newest; any other of its snapshots is being written, or was left over.</summary>
internal static class SnapshotTable
{
    public const int ChunkBytes = 256 * 1024;

    public static long Create(Database database, long replica, SnapshotDescriptor snapshot)
    {
        database.Execute(
            "INSERT INTO snapshot (replica_id, descriptor) VALUES (?1, ?2)", replica, SnapshotDescriptorCodec.Encode(snapshot).ToArray());
        var id = database.LastInsertedId;
        database.Execute($"UPDATE snapshot SET crc = {Schema.SnapshotChecksum} WHERE id = ?1", id);
        return id;
    }

    public static void PutChunk(Database database, long snapshot, long offset, ReadOnlySpan<byte> data) => database.Execute(
        "INSERT INTO snapshot_chunk (snapshot_id, first_offset, crc, data) VALUES (?1, ?2, ?3, ?4)",
        snapshot,
        offset,
        (long)Crc32C.Compute(data),
        data.ToArray());

    /// <summary>How many bytes have been put.</summary>
    public static long Length(Database database, long snapshot) => database
        .Query("SELECT first_offset + length(data) FROM snapshot_chunk WHERE snapshot_id = ?1 ORDER BY first_offset DESC LIMIT 1", snapshot)
        .Select(row => row.GetInt64(0)).FirstOrDefault();

    /// <summary>Forgets what has been put from an offset on; a chunk that straddles it is shortened.</summary>
    public static void CutAt(Database database, ReplicaKey key, long snapshot, SnapshotDescriptor descriptor, long offset)
    {
        if (ChunkAt(database, key, snapshot, descriptor, offset) is { } chunk && chunk.Offset < offset)
        {
            database.Execute("DELETE FROM snapshot_chunk WHERE snapshot_id = ?1 AND first_offset >= ?2", snapshot, chunk.Offset);
            PutChunk(database, snapshot, chunk.Offset, chunk.Data.AsSpan(0, (int)Math.Min(chunk.Data.Length, offset - chunk.Offset)));
        }
        else
        {
            database.Execute("DELETE FROM snapshot_chunk WHERE snapshot_id = ?1 AND first_offset >= ?2", snapshot, offset);
        }
    }

    /// <summary>Deletes a few chunks of a snapshot of a replica that is neither the newest nor one to keep.</summary>
    /// <returns>Whether there may be more.</returns>
    public static bool DeleteSomeOthers(Database database, long replica, long kept)
    {
        var other = database
            .Query(
                "SELECT id FROM snapshot WHERE replica_id = ?1 AND id <> ?2 AND id IS NOT (SELECT snapshot_id FROM replica WHERE id = ?1) LIMIT 1",
                replica,
                kept)
            .Select(row => (long?)row.GetInt64(0)).FirstOrDefault();
        if (other is not { } id)
        {
            return false;
        }

        var deleted = database.Execute(
            "DELETE FROM snapshot_chunk WHERE rowid IN (SELECT rowid FROM snapshot_chunk WHERE snapshot_id = ?1 LIMIT 4)", id);
        if (deleted == 0)
        {
            database.Execute("DELETE FROM snapshot WHERE id = ?1", id);
        }

        return true;
    }

    public static long? NewestId(Database database, long replica) => database
        .Query("SELECT snapshot_id FROM replica WHERE id = ?1 AND snapshot_id IS NOT NULL", replica)
        .Select(row => (long?)row.GetInt64(0)).FirstOrDefault();

    public static SnapshotDescriptor Describe(Database database, ReplicaKey key, long snapshot)
    {
        var (bytes, isRight) = database.Query($"SELECT descriptor, crc IS {Schema.SnapshotChecksum} FROM snapshot WHERE id = ?1", snapshot)
            .Select(row => (row.GetFieldValue<byte[]>(0), row.GetBoolean(1))).FirstOrDefault();
        if (bytes is null || !isRight)
        {
            throw StoredLog.Damaged(
                key, LogIndex.Zero, bytes is null ? "its snapshot is gone" : "its snapshot's descriptor does not match its checksum");
        }

        try
        {
            return SnapshotDescriptorCodec.Decode(bytes);
        }
        catch (CorruptDataException exception)
        {
            throw StoredLog.Damaged(key, LogIndex.Zero, $"its snapshot's descriptor: {exception.Message}", exception);
        }
    }

    /// <summary>Reads the next part of a snapshot.</summary>
    /// <returns>How many bytes were read so far.</returns>
    /// <exception cref="CorruptDataException">A chunk is missing or damaged.</exception>
    public static int ReadPart(Database database, ReplicaKey key, long snapshot, SnapshotDescriptor descriptor, byte[] state, int offset)
    {
        if (ChunkAt(database, key, snapshot, descriptor, offset) is not { } chunk
            || chunk.Offset != offset
            || chunk.Data.Length > state.Length - offset
            || chunk.Data.Length == 0)
        {
            throw StoredLog.Damaged(
                key, descriptor.LastIncluded.Index, $"the snapshot through {descriptor.LastIncluded} has no chunk at byte {offset}");
        }

        chunk.Data.CopyTo(state, offset);
        return offset + chunk.Data.Length;
    }

    /// <summary>The chunk that holds a byte, checked; null when there is none.</summary>
    public static (long Offset, byte[] Data)? ChunkAt(Database database, ReplicaKey key, long snapshot, SnapshotDescriptor descriptor, long offset)
    {
        foreach (var row in database.Query(
            "SELECT first_offset, crc, data FROM snapshot_chunk WHERE snapshot_id = ?1 AND first_offset <= ?2 ORDER BY first_offset DESC LIMIT 1",
            snapshot,
            offset))
        {
            var (first, crc, data) = (row.GetInt64(0), (uint)row.GetInt64(1), row.GetFieldValue<byte[]>(2));
            if (Crc32C.Compute(data) != crc)
            {
                throw StoredLog.Damaged(
                    key,
                    descriptor.LastIncluded.Index,
                    $"the chunk at byte {first} of the snapshot through {descriptor.LastIncluded} does not match its checksum");
            }

            return (first, data);
        }

        return null;
    }
}
