-- OrleansRaft, migration 6: feature levels. A cluster works at one level, and is never taken back to an earlier one.

-- Server 0 only: at which level the cluster works, and which level the program of each silo supports that is known (JSON). Null until a silo started
-- that knows levels. A cluster that is there already works at the first: its silos, which do not know levels, may still run.
ALTER TABLE raft.cluster ADD COLUMN levels text;
UPDATE raft.cluster SET levels = '{"level":1,"silos":[]}';

-- The level that a program must know to work with the schema as it is after a migration. One that only adds something asks for the level before its
-- own program's, so that former programs go on beside it; what takes something away comes a release later.
ALTER TABLE raft.migration ADD COLUMN level integer NOT NULL DEFAULT 1;

INSERT INTO raft.migration (number, name, level) VALUES (6, 'levels', 1);
