using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The statements on snapshots. The replica's row names the newest; any other of its snapshots is being staged.</summary>
internal static class SnapshotTable
{
    private const int ChunkBytes = 256 * 1024;

    public static long Create(Database database, long replica, SnapshotDescriptor snapshot)
    {
        database.Execute("INSERT INTO snapshot (replica_id, descriptor) VALUES (?1, ?2)", replica, SnapshotDescriptorCodec.Encode(snapshot).ToArray());
        return database.LastInsertedId;
    }

    public static void PutChunk(Database database, long snapshot, long offset, ReadOnlySpan<byte> data) => database.Execute(
        "INSERT INTO snapshot_chunk (snapshot_id, first_offset, crc, data) VALUES (?1, ?2, ?3, ?4)",
        snapshot,
        offset,
        (long)Crc32C.Compute(data),
        data.ToArray());

    public static void PutWhole(Database database, long snapshot, ReadOnlySpan<byte> state)
    {
        for (var offset = 0; offset < state.Length; offset += ChunkBytes)
        {
            PutChunk(database, snapshot, offset, state.Slice(offset, Math.Min(ChunkBytes, state.Length - offset)));
        }
    }

    /// <summary>How many bytes have been staged.</summary>
    public static long Length(Database database, long snapshot) => database
        .Query("SELECT first_offset + length(data) FROM snapshot_chunk WHERE snapshot_id = ?1 ORDER BY first_offset DESC LIMIT 1", snapshot)
        .Select(row => row.GetInt64(0)).FirstOrDefault();

    /// <summary>Forgets what has been staged from an offset on; a chunk that straddles it is shortened.</summary>
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

    /// <summary>Makes a snapshot the newest of its replica and forgets all others.</summary>
    public static void MakeNewest(Database database, long replica, long snapshot)
    {
        database.Execute("UPDATE replica SET snapshot_id = ?2 WHERE id = ?1", replica, snapshot);
        DeleteOthers(database, replica);
    }

    /// <summary>Forgets every snapshot of a replica but the newest.</summary>
    public static void DeleteOthers(Database database, long replica)
    {
        database.Execute(
            """
            DELETE FROM snapshot_chunk WHERE snapshot_id IN (
                SELECT s.id FROM snapshot s JOIN replica r ON r.id = s.replica_id WHERE r.id = ?1 AND s.id IS NOT r.snapshot_id)
            """,
            replica);
        database.Execute("DELETE FROM snapshot WHERE replica_id = ?1 AND id IS NOT (SELECT snapshot_id FROM replica WHERE id = ?1)", replica);
    }

    public static long? NewestId(Database database, long replica) => database
        .Query("SELECT snapshot_id FROM replica WHERE id = ?1 AND snapshot_id IS NOT NULL", replica)
        .Select(row => (long?)row.GetInt64(0)).FirstOrDefault();

    public static long? StagedId(Database database, long replica) => database
        .Query("SELECT id FROM snapshot WHERE replica_id = ?1 AND id IS NOT (SELECT snapshot_id FROM replica WHERE id = ?1)", replica)
        .Select(row => (long?)row.GetInt64(0)).FirstOrDefault();

    public static SnapshotDescriptor Describe(Database database, ReplicaKey key, long snapshot)
    {
        var bytes = database.Query("SELECT descriptor FROM snapshot WHERE id = ?1", snapshot).Select(row => row.GetFieldValue<byte[]>(0)).FirstOrDefault()
            ?? throw StoredLog.Damaged(key, LogIndex.Zero, "its snapshot is gone");
        try
        {
            return SnapshotDescriptorCodec.Decode(bytes);
        }
        catch (CorruptDataException exception)
        {
            throw StoredLog.Damaged(key, LogIndex.Zero, $"its snapshot's descriptor: {exception.Message}", exception);
        }
    }

    public static ReadOnlyMemory<byte> ReadWhole(Database database, ReplicaKey key, long snapshot, SnapshotDescriptor descriptor)
    {
        var state = new byte[checked((int)descriptor.SizeBytes)];
        var length = 0;
        while (length < state.Length)
        {
            if (ChunkAt(database, key, snapshot, descriptor, length) is not { } chunk || chunk.Offset != length || chunk.Data.Length > state.Length - length)
            {
                throw StoredLog.Damaged(key, descriptor.LastIncluded.Index, $"the snapshot through {descriptor.LastIncluded} has no chunk at byte {length}");
            }

            chunk.Data.CopyTo(state, length);
            length += chunk.Data.Length;
        }

        return state;
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
                    key, descriptor.LastIncluded.Index, $"the chunk at byte {first} of the snapshot through {descriptor.LastIncluded} does not match its checksum");
            }

            return (first, data);
        }

        return null;
    }
}
