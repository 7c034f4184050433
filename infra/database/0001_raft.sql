-- OrleansRaft, migration 1: the tables of the log store. Every server of a cluster has all of them.
-- `oraft` and PostgreSqlSchema.MigrateAsync apply these files by themselves, in order, each in one transaction under an advisory lock. An administrator
-- who prefers to apply them by hand runs `psql --single-transaction --file` on each, as the user that the silos log in with.

CREATE SCHEMA IF NOT EXISTS raft;

CREATE TABLE raft.migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- Server 0 only: the cluster, as it was created. Written once.
CREATE TABLE raft.cluster (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    definition text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Server 0 only: which servers have been given their replicas' rows. A server that was, and has lost them, is refused.
CREATE TABLE raft.server (
    number            integer PRIMARY KEY,
    system_identifier bigint,
    is_created        boolean NOT NULL DEFAULT false
);

-- What this server is: checked at each connect, so that servers named in another order, or exchanged, are refused.
-- The counter grows with every lease; other servers note it, so that a server restored from an old backup is found out.
CREATE TABLE raft.identity (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cluster_id        text NOT NULL,
    number            integer NOT NULL,
    servers           integer NOT NULL,
    system_identifier bigint NOT NULL,
    counter           bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);

-- The highest counter of every other server that was seen.
CREATE TABLE raft.witness (
    server  integer PRIMARY KEY,
    counter bigint NOT NULL
) WITH (fillfactor = 20);

-- One row per run of a silo. take_overs counts how often one of its replicas was taken over: an extension that does not know the count fails.
CREATE TABLE raft.silo_lease (
    id         bigint PRIMARY KEY,
    silo       text NOT NULL,
    take_overs bigint NOT NULL DEFAULT 0,
    extensions bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE raft.replica (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_name    text NOT NULL,
    replica       bigint NOT NULL,
    epoch         bigint NOT NULL DEFAULT 0,   -- grows with every activation; every write is conditional on it ...
    nonce         bigint NOT NULL DEFAULT 0,   -- ... and on the activation that holds it
    speaker       bigint,                      -- the nonce of the last activation that was allowed to speak; null when it released
    speaker_lease bigint,                      -- the silo's lease that it spoke under
    writes        bigint NOT NULL DEFAULT 0,   -- how many writes there were: tells an owner whether one of unknown outcome landed
    term          bigint NOT NULL DEFAULT 0,
    voted_for     bigint NOT NULL DEFAULT 0,   -- 0 is nobody
    commit_index  bigint NOT NULL DEFAULT 0,
    last_index    bigint NOT NULL DEFAULT 0,
    last_term     bigint NOT NULL DEFAULT 0,
    start_index   bigint NOT NULL DEFAULT 0,   -- the last entry that was compacted away
    start_term    bigint NOT NULL DEFAULT 0,
    snapshot_id   bigint NOT NULL DEFAULT 0,   -- the newest snapshot; 0 is the empty state
    is_stale      boolean NOT NULL DEFAULT false,  -- this server was restored from an old backup: the replica may have forgotten a vote
    configuration bytea NOT NULL,              -- what the replica starts from
    UNIQUE (group_name, replica)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.5);

-- A block is what one write appended, packed. last_index says how much of it counts: cutting through its middle leaves the bytes alone.
-- write_no makes the key unique where a block is cut off and another one begins at the same index in the same statement.
CREATE TABLE raft.log_block (
    replica_id  bigint NOT NULL,
    first_index bigint NOT NULL,
    write_no    bigint NOT NULL,
    last_index  bigint NOT NULL,
    block       bytea NOT NULL,
    PRIMARY KEY (replica_id, first_index, write_no)
);
ALTER TABLE raft.log_block ALTER COLUMN block SET STORAGE EXTERNAL;

CREATE TABLE raft.snapshot (
    id         bigint PRIMARY KEY,
    replica_id bigint NOT NULL,
    descriptor bytea NOT NULL
);
CREATE INDEX snapshot_of_replica ON raft.snapshot (replica_id);

CREATE TABLE raft.snapshot_chunk (
    snapshot_id  bigint NOT NULL,
    first_offset bigint NOT NULL,
    crc          bigint NOT NULL,
    data         bytea NOT NULL,
    PRIMARY KEY (snapshot_id, first_offset)
);
ALTER TABLE raft.snapshot_chunk ALTER COLUMN data SET STORAGE EXTERNAL;

-- For people: the entries inside the blocks. SELECT * FROM raft.log WHERE group_name = 'counters-0' AND replica = 1 ORDER BY index;
CREATE FUNCTION raft.read_varint(bytes bytea, INOUT at_byte integer, OUT value bigint) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    piece integer;
    shift integer := 0;
BEGIN
    value := 0;
    LOOP
        piece := get_byte(bytes, at_byte);
        at_byte := at_byte + 1;
        value := value | ((piece & 127)::bigint << shift);
        EXIT WHEN piece < 128;
        shift := shift + 7;
    END LOOP;
END $$;

CREATE FUNCTION raft.entries(block bytea) RETURNS TABLE (index bigint, term bigint, kind text, log_time bigint, body bytea) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    at_byte  integer := 5;  -- behind the version and the checksum
    number   bigint;
    count    bigint;
    kind_no  integer;
BEGIN
    SELECT r.at_byte, r.value INTO at_byte, term FROM raft.read_varint(block, at_byte) r;
    SELECT r.at_byte, r.value INTO at_byte, index FROM raft.read_varint(block, at_byte) r;
    SELECT r.at_byte, r.value INTO at_byte, log_time FROM raft.read_varint(block, at_byte) r;
    SELECT r.at_byte, r.value INTO at_byte, count FROM raft.read_varint(block, at_byte) r;
    FOR i IN 1 .. count LOOP
        kind_no := get_byte(block, at_byte);
        kind := CASE kind_no WHEN 0 THEN 'no-op' WHEN 1 THEN 'command' WHEN 2 THEN 'configuration' ELSE kind_no::text END;
        SELECT r.at_byte, r.value INTO at_byte, number FROM raft.read_varint(block, at_byte + 1) r;
        term := term + number;
        SELECT r.at_byte, r.value INTO at_byte, number FROM raft.read_varint(block, at_byte) r;
        log_time := log_time + number;
        SELECT r.at_byte, r.value INTO at_byte, number FROM raft.read_varint(block, at_byte) r;
        body := substring(block FROM at_byte + 1 FOR number::integer);
        at_byte := at_byte + number::integer;
        index := index + 1;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE VIEW raft.log AS
SELECT r.group_name, r.replica, e.index, e.term, e.kind, e.log_time, e.body
FROM raft.replica r
JOIN raft.log_block b ON b.replica_id = r.id
CROSS JOIN LATERAL raft.entries(b.block) e
WHERE e.index <= b.last_index AND e.index > r.start_index;

INSERT INTO raft.migration (number, name) VALUES (1, 'raft');
