using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The hold of one activation on a replica's row: everything it changes is conditional on it.</summary>
/// <param name="Key">The replica.</param>
/// <param name="Id">Its row.</param>
/// <param name="Epoch">The epoch acquired.</param>
/// <param name="Nonce">The activation.</param>
internal sealed record Hold(ReplicaKey Key, long Id, long Epoch, long Nonce)
{
    /// <summary>Another activation holds the replica now.</summary>
    public StoreRefusedException Fenced() => new($"another activation took replica {Key} over");
}

/// <summary>The statements on replica rows.</summary>
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

        database.Execute(
            """
            INSERT INTO replica (group_name, replica, configuration) VALUES (?1, ?2, ?3)
            ON CONFLICT (group_name, replica) DO UPDATE SET configuration = excluded.configuration
            """,
            key.Group,
            key.Replica.Value,
            ConfigurationCodec.Encode(initial).ToArray());
    }

    /// <summary>Acquires the next epoch; names the activation as the speaker if nobody has to be waited for.</summary>
    public static (Hold Hold, bool IsSpeaker)? Acquire(Database database, ReplicaKey key, long nonce) => database
        .Query(
            """
            UPDATE replica SET epoch = epoch + 1, nonce = ?3, speaker = coalesce(speaker, ?3)
            WHERE group_name = ?1 AND replica = ?2
            RETURNING id, epoch, speaker = ?3
            """,
            key.Group,
            key.Replica.Value,
            nonce)
        .Select(row => (((Hold, bool)?)(new Hold(key, row.GetInt64(0), row.GetInt64(1), nonce), row.GetBoolean(2))))
        .FirstOrDefault();

    public static bool IsHeld(Database database, Hold hold) =>
        database.Query("SELECT 1 FROM replica WHERE id = ?1 AND epoch = ?2 AND nonce = ?3", hold.Id, hold.Epoch, hold.Nonce).Any();

    public static bool Claim(Database database, Hold hold) =>
        database.Execute("UPDATE replica SET speaker = ?3 WHERE id = ?1 AND epoch = ?2 AND nonce = ?3", hold.Id, hold.Epoch, hold.Nonce) == 1;

    public static void Release(Database database, Hold hold) =>
        database.Execute("UPDATE replica SET speaker = NULL WHERE id = ?1 AND speaker = ?2", hold.Id, hold.Nonce);

    /// <summary>The process that spoke before has ended, or this one would not hold the directory's lock.</summary>
    public static void ReleaseAll(Database database) => database.Execute("UPDATE replica SET speaker = NULL WHERE speaker IS NOT NULL");

    /// <summary>Writes term, vote, commit and the log's ends; false when the row is not held, or the stored log ends elsewhere.</summary>
    public static bool Update(Database database, Hold hold, LogWrite write, EntryId last)
    {
        var start = write.CompactThrough ?? write.Install?.LastIncluded ?? EntryId.Zero;
        return database.Execute(
            """
            UPDATE replica SET
                writes = writes + 1, term = ?6, voted_for = ?7, commit_index = ?8, last_index = ?9, last_term = ?10,
                start_term = CASE WHEN ?11 > start_index THEN ?12 ELSE start_term END,
                start_index = max(start_index, ?11)
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
    }

    /// <summary>Reads everything back, checked.</summary>
    public static (RecoveredState State, ReadOnlyMemory<byte> Snapshot) Recover(Database database, Hold hold)
    {
        var row = database
            .Query(
                """
                SELECT term, voted_for, commit_index, last_term, last_index, start_term, start_index, snapshot_id, configuration
                FROM replica WHERE id = ?1 AND epoch = ?2 AND nonce = ?3
                """,
                hold.Id,
                hold.Epoch,
                hold.Nonce)
            .Select(row => (
                HardState: new HardState(
                    new Term(row.GetInt64(0)), row.IsDBNull(1) ? null : new ReplicaId(row.GetInt64(1)), new LogIndex(row.GetInt64(2))),
                Last: new EntryId(new Term(row.GetInt64(3)), new LogIndex(row.GetInt64(4))),
                Start: new EntryId(new Term(row.GetInt64(5)), new LogIndex(row.GetInt64(6))),
                SnapshotId: row.IsDBNull(7) ? (long?)null : row.GetInt64(7),
                Configuration: row.GetFieldValue<byte[]>(8)))
            .Cast<(HardState HardState, EntryId Last, EntryId Start, long? SnapshotId, byte[] Configuration)?>()
            .FirstOrDefault() ?? throw hold.Fenced();

        var initial = ConfigurationCodec.Decode(row.Configuration);
        var snapshot = row.SnapshotId is { } id ? SnapshotTable.Describe(database, hold.Key, id) : SnapshotDescriptor.Initial(initial);
        var state = row.SnapshotId is null ? default : SnapshotTable.ReadWhole(database, hold.Key, row.SnapshotId.Value, snapshot);
        var entries = StoredLog.Assemble(hold.Key, row.Start, row.Last, LogTable.Read(database, hold.Id));
        var recovered = new RecoveredState(row.HardState, snapshot, row.Start, entries) { JoinedAfter = initial.Version };
        StoredLog.RequireConsistent(hold.Key, recovered);
        return (recovered, state);
    }
}
