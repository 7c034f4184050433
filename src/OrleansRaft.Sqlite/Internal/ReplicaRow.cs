using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>What a replica's row says of its log.</summary>
internal sealed record ReplicaRowValues(HardState HardState, EntryId Last, EntryId Start, long? SnapshotId, Configuration Initial);

/// <summary>The statements on replica rows. Each that changes more than the speaker leaves a checksum over the row.</summary>
internal static class ReplicaRow
{
    public static void Create(Database database, ReplicaKey key, Configuration initial)
    {
        var existing = database.Query("SELECT writes FROM replica WHERE group_name = ?1 AND replica = ?2", key.Group, key.Replica.Value)
            .Select(row => (long?)row.GetInt64(0)).FirstOrDefault();
        if (existing > 0)
        {
            throw new StoreRefusedException($"replica {key} exists in this store and has a history: add the new member under another number");
        }

        var id = database
            .Query(
                """
                INSERT INTO replica (group_name, replica, configuration) VALUES (?1, ?2, ?3)
                ON CONFLICT (group_name, replica) DO UPDATE SET configuration = excluded.configuration
                RETURNING id
                """,
                key.Group,
                key.Replica.Value,
                ConfigurationCodec.Encode(initial).ToArray())
            .Select(row => row.GetInt64(0)).Single();
        Seal(database, id);
    }

    /// <summary>Acquires the next epoch; names the activation as the speaker if nobody has to be waited for.</summary>
    /// <exception cref="CorruptDataException">The row is damaged: its term or vote may be another than the replica gave its word for.</exception>
    public static (Hold Hold, bool IsSpeaker)? Acquire(Database database, ReplicaKey key, long nonce)
    {
        var isRight = database.Query(
            $"SELECT crc IS {Schema.ReplicaChecksum} FROM replica WHERE group_name = ?1 AND replica = ?2", key.Group, key.Replica.Value)
            .Select(row => (bool?)row.GetBoolean(0)).FirstOrDefault();
        if (isRight is null)
        {
            return null;
        }

        if (isRight == false)
        {
            throw StoredLog.Damaged(key, LogIndex.Zero, "its row, with its term and its vote, does not match its checksum");
        }

        var acquired = database
            .Query(
                """
                UPDATE replica SET epoch = epoch + 1, nonce = ?3, speaker = coalesce(speaker, ?3)
                WHERE group_name = ?1 AND replica = ?2
                RETURNING id, epoch, speaker = ?3
                """,
                key.Group,
                key.Replica.Value,
                nonce)
            .Select(row => (new Hold(key, row.GetInt64(0), row.GetInt64(1), nonce), row.GetBoolean(2)))
            .Single();
        Seal(database, acquired.Item1.Id);
        return acquired;
    }

    /// <summary>The id of a replica's row; null when there is none.</summary>
    public static long? Find(Database database, ReplicaKey key) => database
        .Query("SELECT id FROM replica WHERE group_name = ?1 AND replica = ?2", key.Group, key.Replica.Value)
        .Select(row => (long?)row.GetInt64(0)).FirstOrDefault();

    /// <summary>Lets whoever holds a replica hold it no longer.</summary>
    public static bool TakeFromHolder(Database database, long id, long nonce)
    {
        database.Execute("UPDATE replica SET epoch = epoch + 1, nonce = ?2 WHERE id = ?1", id, nonce);
        Seal(database, id);
        return true;
    }

    /// <summary>Deletes a part of what a replica has stored, and its row last.</summary>
    /// <returns>Whether there is more.</returns>
    public static bool DeletePart(Database database, long id)
    {
        const int RowsMax = 64;
        var deleted = database.Execute(
            $"DELETE FROM log_block WHERE rowid IN (SELECT rowid FROM log_block WHERE replica_id = ?1 LIMIT {RowsMax})", id);
        deleted += deleted > 0 ? 0 : database.Execute(
            $"""
            DELETE FROM snapshot_chunk WHERE rowid IN (
                SELECT c.rowid FROM snapshot s JOIN snapshot_chunk c ON c.snapshot_id = s.id WHERE s.replica_id = ?1 LIMIT {RowsMax})
            """,
            id);
        if (deleted > 0)
        {
            return true;
        }

        // The mark beside the file knows how many writes there were: those of the deleted still count, in the row of nobody.
        var nobody = database
            .Query(
                """
                INSERT INTO replica (group_name, replica, writes, configuration) SELECT '', 0, writes, x'' FROM replica WHERE id = ?1
                ON CONFLICT (group_name, replica) DO UPDATE SET writes = writes + excluded.writes
                RETURNING id
                """,
                id)
            .Select(row => (long?)row.GetInt64(0)).FirstOrDefault();
        if (nobody is { } tombstone)
        {
            Seal(database, tombstone);
        }

        database.Execute("DELETE FROM snapshot WHERE replica_id = ?1", id);
        database.Execute("DELETE FROM apply_mark WHERE replica_id = ?1", id);
        database.Execute("DELETE FROM replica WHERE id = ?1", id);
        return false;
    }

    public static bool IsHeld(Database database, Hold hold) =>
        database.Query("SELECT 1 FROM replica WHERE id = ?1 AND epoch = ?2 AND nonce = ?3", hold.Id, hold.Epoch, hold.Nonce).Any();

    /// <summary>Throws when another activation holds the replica now.</summary>
    public static void RequireHeld(Database database, Hold hold)
    {
        if (!IsHeld(database, hold))
        {
            throw hold.Fenced();
        }
    }

    public static bool Claim(Database database, Hold hold) =>
        database.Execute("UPDATE replica SET speaker = ?3 WHERE id = ?1 AND epoch = ?2 AND nonce = ?3", hold.Id, hold.Epoch, hold.Nonce) == 1;

    public static void Release(Database database, Hold hold) =>
        database.Execute("UPDATE replica SET speaker = NULL WHERE id = ?1 AND speaker = ?2", hold.Id, hold.Nonce);

    /// <summary>The process that spoke before has ended, or this one would not hold the directory's lock.</summary>
    public static void ReleaseAll(StoreFile file)
    {
        file.Database.Begin();
        file.Database.Execute("UPDATE replica SET speaker = NULL WHERE speaker IS NOT NULL");
        file.Commit();
    }

    /// <summary>Writes term, vote, commit and the log's ends; false when the row is not held, or the stored log ends elsewhere.</summary>
    public static bool Update(Database database, Hold hold, LogWrite write, EntryId last)
    {
        var start = write.CompactThrough ?? write.Install?.LastIncluded ?? EntryId.Zero;
        var isWritten = database.Execute(
            $"""
            UPDATE replica SET
                writes = writes + 1, term = ?6, voted_for = ?7, commit_index = ?8, last_index = ?9, last_term = ?10,
                start_term = CASE WHEN ?11 > start_index THEN ?12 ELSE start_term END,
                start_index = max(start_index, ?11),
                crc = {RowChecksum.Function}(
                    id, group_name, replica, epoch, nonce, writes + 1, ?6, ?7, ?8, ?9, ?10, max(start_index, ?11),
                    CASE WHEN ?11 > start_index THEN ?12 ELSE start_term END, snapshot_id, configuration)
            WHERE id = ?1 AND epoch = ?2 AND nonce = ?3 AND last_index = ?4 AND last_term = ?5
            """,
            hold.Id,
            hold.Epoch,
            hold.Nonce,
            write.StoredLast.Index.Value,
            write.StoredLast.Term.Value,
            write.HardState.CurrentTerm.Value,
            write.HardState.VotedFor?.Value,
            write.HardState.CommitIndex.Value,
            last.Index.Value,
            last.Term.Value,
            start.Index.Value,
            start.Term.Value) == 1;
        database.Writes += isWritten ? 1 : 0;
        return isWritten;
    }

    public static void SetSnapshot(Database database, Hold hold, long snapshot)
    {
        database.Execute("UPDATE replica SET snapshot_id = ?2 WHERE id = ?1", hold.Id, snapshot);
        Seal(database, hold.Id);
    }

    /// <summary>Reads a row.</summary>
    /// <exception cref="StoreRefusedException">Another activation holds the replica now.</exception>
    public static ReplicaRowValues Read(Database database, Hold hold) => database
        .Query(
            """
            SELECT term, voted_for, commit_index, last_term, last_index, start_term, start_index, snapshot_id, configuration
            FROM replica WHERE id = ?1 AND epoch = ?2 AND nonce = ?3
            """,
            hold.Id,
            hold.Epoch,
            hold.Nonce)
        .Select(row => new ReplicaRowValues(
            new HardState(new Term(row.GetInt64(0)), row.IsDBNull(1) ? null : new ReplicaId(row.GetInt64(1)), new LogIndex(row.GetInt64(2))),
            new EntryId(new Term(row.GetInt64(3)), new LogIndex(row.GetInt64(4))),
            new EntryId(new Term(row.GetInt64(5)), new LogIndex(row.GetInt64(6))),
            row.IsDBNull(7) ? null : row.GetInt64(7),
            ConfigurationCodec.Decode(row.GetFieldValue<byte[]>(8))))
        .FirstOrDefault() ?? throw hold.Fenced();

    private static void Seal(Database database, long id) => database.Execute($"UPDATE replica SET crc = {Schema.ReplicaChecksum} WHERE id = ?1", id);
}
