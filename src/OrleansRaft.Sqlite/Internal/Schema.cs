namespace OrleansRaft.Sqlite.Internal;

/// <summary>The tables of a store file.</summary>
internal static class Schema
{
    /// <summary>The version this program writes; kept in <c>PRAGMA user_version</c>.</summary>
    public const int Version = 1;

    public const string Create = """
        CREATE TABLE store (
            local_id   TEXT NOT NULL,
            cluster_id TEXT,
            definition TEXT
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
            descriptor BLOB NOT NULL
        );
        CREATE INDEX snapshot_of_replica ON snapshot (replica_id);
        CREATE TABLE snapshot_chunk (
            snapshot_id  INTEGER NOT NULL,
            first_offset INTEGER NOT NULL,
            crc          INTEGER NOT NULL,
            data         BLOB NOT NULL,
            PRIMARY KEY (snapshot_id, first_offset)
        );
        """;
}
