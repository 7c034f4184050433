using System.Runtime.InteropServices;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// The statements on log blocks. A block's <c>last_index</c> says how much of it counts: cutting through its middle leaves the bytes alone. What the
/// row says was compacted away does not count either, and is deleted in time.
/// </summary>
internal static class LogTable
{
    public static void CutAfter(Database database, long replica, LogIndex cut)
    {
        database.Execute("DELETE FROM log_block WHERE replica_id = ?1 AND first_index > ?2", replica, cut.Value);
        database.Execute("UPDATE log_block SET last_index = ?2 WHERE replica_id = ?1 AND first_index <= ?2 AND last_index > ?2", replica, cut.Value);
    }

    public static void Clear(Database database, long replica) => database.Execute("DELETE FROM log_block WHERE replica_id = ?1", replica);

    /// <summary>Deletes some of what was compacted away.</summary>
    /// <returns>Whether there may be more.</returns>
    public static bool ForgetSome(Database database, long replica, long bytesMax)
    {
        long through = -1;
        foreach (var row in database.Query(
            """
            SELECT first_index, length(block) FROM log_block
            WHERE replica_id = ?1 AND last_index <= (SELECT start_index FROM replica WHERE id = ?1) ORDER BY first_index
            """,
            replica))
        {
            through = row.GetInt64(0);
            bytesMax -= row.GetInt64(1);
            if (bytesMax <= 0)
            {
                break;
            }
        }

        if (through >= 0)
        {
            database.Execute("DELETE FROM log_block WHERE replica_id = ?1 AND first_index <= ?2", replica, through);
        }

        return bytesMax <= 0;
    }

    public static void Append(Database database, long replica, EntryBlock block) => database.Execute(
        "INSERT INTO log_block (replica_id, first_index, last_index, block) VALUES (?1, ?2, ?3, ?4)",
        replica,
        block.Previous.Index.Next.Value,
        block.Last.Index.Value,
        BytesOf(block.Encoded));

    /// <summary>Reads blocks that count, in the order of their entries.</summary>
    /// <param name="database">The database.</param>
    /// <param name="replica">Whose.</param>
    /// <param name="start">What was compacted away.</param>
    /// <param name="blocks">Takes them.</param>
    /// <param name="after">The first index of the last block that was read before; -1 for the first time.</param>
    /// <param name="bytesMax">After how many bytes to stop.</param>
    /// <returns>The first index of the last block that was read; null when there are no more.</returns>
    public static long? Read(Database database, long replica, LogIndex start, List<StoredBlock> blocks, long after, long bytesMax)
    {
        foreach (var row in database.Query(
            "SELECT first_index, last_index, block FROM log_block WHERE replica_id = ?1 AND first_index > ?2 AND last_index > ?3 "
                + "ORDER BY first_index",
            replica,
            after,
            start.Value))
        {
            var block = new StoredBlock(new LogIndex(row.GetInt64(1)), row.GetFieldValue<byte[]>(2));
            blocks.Add(block);
            bytesMax -= block.Encoded.Length;
            if (bytesMax <= 0)
            {
                return row.GetInt64(0);
            }
        }

        return null;
    }

    /// <summary>The bytes as an array, which is all that the driver takes; without a copy when the block has its own.</summary>
    private static byte[] BytesOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : bytes.ToArray();
}
