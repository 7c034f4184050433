-- OrleansRaft, migration 4: who runs on this database at the moment, so that a second silo of one name, and a second cluster, are refused.

-- whereabouts is for people. extended_at is this server's clock: it spares a silo that starts again the wait for its last run, and nothing of Raft depends on it.
ALTER TABLE raft.silo_lease
    ADD COLUMN is_alone    boolean NOT NULL DEFAULT false,   -- a cluster of one silo, which tolerates no other on its database
    ADD COLUMN whereabouts text NOT NULL DEFAULT '',
    ADD COLUMN extended_at timestamptz NOT NULL DEFAULT now();

INSERT INTO raft.migration (number, name) VALUES (4, 'silos');
