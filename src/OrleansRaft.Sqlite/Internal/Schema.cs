namespace OrleansRaft.Sqlite.Internal;

/// <summary>The tables of a store file.</summary>
internal static class Schema
{
    /// <summary>The version this program writes; kept in <c>PRAGMA user_version</c>.</summary>
    public const int Version = 2;

    public const string Create = """
        CREATE TABLE store (
            local_id   TEXT NOT NULL,
            cluster_id TEXT,
            definition TEXT,
            crc        INTEGER
        );
        CREATE TABLE replica (
            id            INTEGER PRIMARY KEY,
            group_name    TEXT NOT NULL,
            replica       INTEGER NOT NULL,
            epoch         INTEGER NOT NULL DEFAULT 0,
            nonce         INTEGER NOT NULL DEFAULT 0,
            speaker       INTEGER,
            writes        INTEGER NOT NULL DEFAULT 0,
            term          INTEGER NOT NULL DEFAULT 0,
            voted_for     INTEGER,
            commit_index  INTEGER NOT NULL DEFAULT 0,
            last_index    INTEGER NOT NULL DEFAULT 0,
            last_term     INTEGER NOT NULL DEFAULT 0,
            start_index   INTEGER NOT NULL DEFAULT 0,
            start_term    INTEGER NOT NULL DEFAULT 0,
            snapshot_id   INTEGER,
            configuration BLOB NOT NULL,
            crc           INTEGER,
            UNIQUE (group_name, replica)
        );
        CREATE TABLE log_block (
            replica_id  INTEGER NOT NULL,
            first_index INTEGER NOT NULL,
            last_index  INTEGER NOT NULL,
            block       BLOB NOT NULL,
            PRIMARY KEY (replica_id, first_index)
        );
        CREATE TABLE snapshot (
            id         INTEGER PRIMARY KEY AUTOINCREMENT,
            replica_id INTEGER NOT NULL,
            descriptor BLOB NOT NULL,
            crc        INTEGER
        );
        CREATE INDEX snapshot_of_replica ON snapshot (replica_id);
        CREATE TABLE snapshot_chunk (
            snapshot_id  INTEGER NOT NULL,
            first_offset INTEGER NOT NULL,
            crc          INTEGER NOT NULL,
            data         BLOB NOT NULL,
            PRIMARY KEY (snapshot_id, first_offset)
        );
        PRAGMA user_version = 2;
        """;

    /// <summary>From version 1: rows get checksums.</summary>
    public const string AddChecksums = $"""
        ALTER TABLE store ADD COLUMN crc INTEGER;
        ALTER TABLE replica ADD COLUMN crc INTEGER;
        ALTER TABLE snapshot ADD COLUMN crc INTEGER;
        UPDATE store SET crc = {StoreChecksum};
        UPDATE replica SET crc = {ReplicaChecksum};
        UPDATE snapshot SET crc = {SnapshotChecksum};
        PRAGMA user_version = 2;
        """;

    public const string StoreChecksum = $"{RowChecksum.Function}(local_id, cluster_id, definition)";

    /// <summary>Of everything but who speaks, which counts for nothing after a restart.</summary>
    public const string ReplicaChecksum =
        $"{RowChecksum.Function}(id, group_name, replica, epoch, nonce, writes, term, voted_for, commit_index, last_index, last_term, "
        + "start_index, start_term, "
        + "snapshot_id, configuration)";

    public const string SnapshotChecksum = $"{RowChecksum.Function}(id, replica_id, descriptor)";
}
