using System.Runtime.InteropServices;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The statements on log blocks. A block's <c>last_index</c> says how much of it counts: cutting through its middle leaves the bytes alone.</summary>
internal static class LogTable
{
    public static void CutAfter(Database database, long replica, LogIndex cut)
    {
        database.Execute("DELETE FROM log_block WHERE replica_id = ?1 AND first_index > ?2", replica, cut.Value);
        database.Execute("UPDATE log_block SET last_index = ?2 WHERE replica_id = ?1 AND first_index <= ?2 AND last_index > ?2", replica, cut.Value);
    }

    public static void Clear(Database database, long replica) => database.Execute("DELETE FROM log_block WHERE replica_id = ?1", replica);

    public static void Forget(Database database, long replica, LogIndex through) =>
        database.Execute("DELETE FROM log_block WHERE replica_id = ?1 AND last_index <= ?2", replica, through.Value);

    public static void Append(Database database, long replica, EntryBlock block) => database.Execute(
        "INSERT INTO log_block (replica_id, first_index, last_index, block) VALUES (?1, ?2, ?3, ?4)",
        replica,
        block.Previous.Index.Next.Value,
        block.Last.Index.Value,
        BytesOf(block.Encoded));

    public static List<StoredBlock> Read(Database database, long replica) =>
    [
        .. database.Query("SELECT last_index, block FROM log_block WHERE replica_id = ?1 ORDER BY first_index", replica)
            .Select(row => new StoredBlock(new LogIndex(row.GetInt64(0)), row.GetFieldValue<byte[]>(1))),
    ];

    /// <summary>The bytes as an array, which is all that the driver takes; without a copy when the block has its own.</summary>
    private static byte[] BytesOf(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : bytes.ToArray();
}
