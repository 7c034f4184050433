-- OrleansRaft, migration 5: what a silo remembers of its former lives, so that an entry which ends the process that applies it is found. Hints: what
-- cannot be read is found out again.

-- Server 0 only: how the last life of each silo ended.
CREATE TABLE raft.silo_life (
    silo  text PRIMARY KEY,
    lives bytea NOT NULL
);

-- What a replica's silo was about to do in a careful start, and the entry at which the replica halts. Mostly empty.
CREATE TABLE raft.apply_mark (
    replica_id bigint PRIMARY KEY,
    mark       bytea NOT NULL
);

INSERT INTO raft.migration (number, name) VALUES (5, 'lives');
