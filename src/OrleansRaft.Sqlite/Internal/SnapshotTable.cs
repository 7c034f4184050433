using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The statements on snapshots. The replica's row names the newest; any other of its snapshots is being written, or was left over.</summary>
internal static class SnapshotTable
{
    public static long Create(Database database, long replica, SnapshotDescriptor snapshot)
    {
        database.Execute(
            "INSERT INTO snapshot (replica_id, descriptor) VALUES (?1, ?2)", replica, SnapshotDescriptorCodec.Encode(snapshot).ToArray());
        var id = database.LastInsertedId;
        Seal(database, id);
        return id;
    }

    /// <summary>Says what a snapshot is, now that it is known.</summary>
    public static void Change(Database database, long id, SnapshotDescriptor snapshot)
    {
        database.Execute("UPDATE snapshot SET descriptor = ?2 WHERE id = ?1", id, SnapshotDescriptorCodec.Encode(snapshot).ToArray());
        Seal(database, id);
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

    /// <summary>Deletes a few chunks of a snapshot of a replica that is neither the newest nor in use.</summary>
    /// <param name="database">The file.</param>
    /// <param name="replica">Whose.</param>
    /// <param name="isInUse">Whether somebody writes or reads a snapshot.</param>
    /// <returns>Whether there may be more.</returns>
    public static bool DeleteSomeOthers(Database database, long replica, Func<long, bool> isInUse)
    {
        var other = database
            .Query("SELECT id FROM snapshot WHERE replica_id = ?1 AND id IS NOT (SELECT snapshot_id FROM replica WHERE id = ?1)", replica)
            .Select(row => row.GetInt64(0))
            .ToList()
            .Find(id => !isInUse(id));
        if (other == 0)
        {
            return false;
        }

        var deleted = database.Execute(
            "DELETE FROM snapshot_chunk WHERE rowid IN (SELECT rowid FROM snapshot_chunk WHERE snapshot_id = ?1 LIMIT 4)", other);
        if (deleted == 0)
        {
            database.Execute("DELETE FROM snapshot WHERE id = ?1", other);
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

    /// <summary>What there is of a snapshot from an offset on, to the end of a chunk.</summary>
    /// <exception cref="CorruptDataException">A chunk is missing or damaged.</exception>
    public static ReadOnlyMemory<byte> ReadFrom(Database database, ReplicaKey key, long snapshot, SnapshotDescriptor descriptor, long offset) =>
        ChunkAt(database, key, snapshot, descriptor, offset) is { } chunk && offset < chunk.Offset + chunk.Data.Length
            ? chunk.Data.AsMemory((int)(offset - chunk.Offset))
            : throw StoredLog.Damaged(
                key, descriptor.LastIncluded.Index, $"the snapshot through {descriptor.LastIncluded} has no chunk at byte {offset}");

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

    private static void Seal(Database database, long id) =>
        database.Execute($"UPDATE snapshot SET crc = {Schema.SnapshotChecksum} WHERE id = ?1", id);
}
