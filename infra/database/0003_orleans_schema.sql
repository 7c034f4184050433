-- OrleansRaft, migration 3: what Orleans' AdoNet providers use stands in schema raft, with the logs, and its statements name that schema: an object
-- of somebody
-- else that has the same name elsewhere is not taken for it. And whatever the statements write waits for the disk, whatever the server, the database
-- or the role
-- say of synchronous_commit.
-- Tables that migration 2 made in another schema are moved with their data; views stay in their places, through which silos of the former program,
-- and providers
-- whose connection string does not name the schema, go on.

DO $$
DECLARE
    owner  oid := (SELECT relowner FROM pg_class WHERE oid = 'raft.migration'::regclass);
    name   text;
    place  record;
    access record;
BEGIN
    FOREACH name IN ARRAY '{orleansquery, orleansmembershipversiontable, orleansmembershiptable, orleansstorage, orleansreminderstable}'::text[] LOOP
        IF to_regclass('raft.' || name) IS NULL THEN
            SELECT n.nspname INTO place FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relname = name AND c.relkind = 'r' AND c.relowner = owner
            ORDER BY n.nspname = 'public' DESC LIMIT 1;
            IF NOT FOUND THEN
                RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format(
                    'table %s, which migration 2 found, does not belong to %s, who owns schema raft; make %s its owner, or drop it and delete row 2 of raft.migration', name, owner::regrole, owner::regrole);
            END IF;
            EXECUTE format('ALTER TABLE %I.%I SET SCHEMA raft', place.nspname, name);
            EXECUTE format('CREATE VIEW %I.%I AS SELECT * FROM raft.%I', place.nspname, name, name);

            -- Who was given access to the table keeps it through the view.
            FOR access IN SELECT a.privilege_type, a.grantee FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
                WHERE c.oid = to_regclass('raft.' || name) AND a.grantee <> owner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
            LOOP
                EXECUTE format('GRANT %s ON %I.%I TO %s', access.privilege_type, place.nspname, name,
                    CASE access.grantee WHEN 0 THEN 'PUBLIC' ELSE access.grantee::regrole::text END);
            END LOOP;
        END IF;
    END LOOP;

    -- The providers ask for this table by its bare name. Where that name is taken, or nothing may be made, a connection string with Search Path=raft
    -- finds it.
    BEGIN
        CREATE VIEW public.OrleansQuery AS SELECT * FROM raft.OrleansQuery;
        GRANT SELECT ON public.OrleansQuery TO PUBLIC;
    EXCEPTION WHEN duplicate_table OR duplicate_object OR insufficient_privilege OR invalid_schema_name THEN
        RAISE NOTICE 'no view public.OrleansQuery is made: %', SQLERRM;
    END;
END $$;

-- Membership. Inserts and updates compare and set the table's version, and answer how many rows they changed.
INSERT INTO raft.OrleansQuery (QueryKey, QueryText) VALUES
('GatewaysQueryKey', $sql$
    SELECT Address, ProxyPort, Generation FROM raft.OrleansMembershipTable
    WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0
$sql$),
('MembershipReadRowKey', $sql$
    SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
    FROM raft.OrleansMembershipVersionTable v
    LEFT JOIN raft.OrleansMembershipTable m ON m.DeploymentId = v.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
    WHERE v.DeploymentId = @DeploymentId
$sql$),
('MembershipReadAllKey', $sql$
    SELECT v.DeploymentId, m.Address, m.Port, m.Generation, m.SiloName, m.HostName, m.Status, m.ProxyPort, m.SuspectTimes, m.StartTime, m.IAmAliveTime, v.Version
    FROM raft.OrleansMembershipVersionTable v
    LEFT JOIN raft.OrleansMembershipTable m ON m.DeploymentId = v.DeploymentId
    WHERE v.DeploymentId = @DeploymentId
$sql$),
('InsertMembershipVersionKey', $sql$
    WITH inserted AS (
        INSERT INTO raft.OrleansMembershipVersionTable (DeploymentId) SELECT @DeploymentId ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT count(*)::integer FROM inserted WHERE (SELECT set_config('synchronous_commit', 'on', true)) IS NOT NULL
$sql$),
('InsertMembershipKey', $sql$
    WITH stepped AS (
        UPDATE raft.OrleansMembershipVersionTable v SET Timestamp = now(), Version = v.Version + 1
        WHERE v.DeploymentId = @DeploymentId AND v.Version = @Version AND NOT EXISTS (
            SELECT 1 FROM raft.OrleansMembershipTable m
            WHERE m.DeploymentId = @DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation)
        RETURNING v.DeploymentId
    ), inserted AS (
        INSERT INTO raft.OrleansMembershipTable
            (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
        SELECT DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM stepped
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM inserted WHERE (SELECT set_config('synchronous_commit', 'on', true)) IS NOT NULL
$sql$),
('UpdateMembershipKey', $sql$
    WITH stepped AS (
        UPDATE raft.OrleansMembershipVersionTable v SET Timestamp = now(), Version = v.Version + 1
        WHERE v.DeploymentId = @DeploymentId AND v.Version = @Version AND EXISTS (
            SELECT 1 FROM raft.OrleansMembershipTable m
            WHERE m.DeploymentId = @DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation)
        RETURNING v.DeploymentId
    ), updated AS (
        UPDATE raft.OrleansMembershipTable m SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
        FROM stepped s
        WHERE m.DeploymentId = s.DeploymentId AND m.Address = @Address AND m.Port = @Port AND m.Generation = @Generation
        RETURNING 1
    )
    SELECT count(*)::integer FROM updated WHERE (SELECT set_config('synchronous_commit', 'on', true)) IS NOT NULL
$sql$),
('UpdateIAmAlivetimeKey', $sql$
    UPDATE raft.OrleansMembershipTable SET IAmAliveTime = @IAmAliveTime
    WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
$sql$),
('DeleteMembershipTableEntriesKey', $sql$
    WITH members AS (DELETE FROM raft.OrleansMembershipTable WHERE DeploymentId = @DeploymentId)
    DELETE FROM raft.OrleansMembershipVersionTable WHERE DeploymentId = @DeploymentId
$sql$),
('CleanupDefunctSiloEntriesKey', $sql$
    DELETE FROM raft.OrleansMembershipTable
    WHERE DeploymentId = @DeploymentId AND IAmAliveTime < @IAmAliveTime AND Status = 6
$sql$),
('CleanupDefunctSiloEntryKey', $sql$
    DELETE FROM raft.OrleansMembershipTable
    WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
        AND Status = 6 AND IAmAliveTime = @IAmAliveTime AND StartTime = @StartTime
        AND coalesce(SuspectTimes, '') = coalesce(@SuspectTimes::varchar, '')
$sql$)
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- Grain storage. A write that does not know the version answers null, which the provider takes for a conflict.
INSERT INTO raft.OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', $sql$
    SELECT PayloadBinary, Version FROM raft.OrleansStorage
    WHERE ServiceId = @ServiceId AND GrainTypeHash = @GrainTypeHash AND GrainIdHash = @GrainIdHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND coalesce(GrainIdExtensionString, '') = coalesce(@GrainIdExtensionString::varchar, '')
$sql$),
('WriteToStorageKey', $sql$
    WITH updated AS (
        UPDATE raft.OrleansStorage SET PayloadBinary = @PayloadBinary::bytea, ModifiedOn = now(), Version = Version + 1
        WHERE ServiceId = @ServiceId AND GrainTypeHash = @GrainTypeHash AND GrainIdHash = @GrainIdHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
            AND GrainTypeString = @GrainTypeString AND coalesce(GrainIdExtensionString, '') = coalesce(@GrainIdExtensionString::varchar, '')
            AND Version = @GrainStateVersion::integer
        RETURNING Version
    ), inserted AS (
        INSERT INTO raft.OrleansStorage (ServiceId, GrainTypeHash, GrainIdHash, GrainIdN0, GrainIdN1, GrainTypeString, GrainIdExtensionString, PayloadBinary)
        SELECT @ServiceId, @GrainTypeHash, @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeString, @GrainIdExtensionString::varchar, @PayloadBinary::bytea
        WHERE @GrainStateVersion::integer IS NULL
        ON CONFLICT DO NOTHING
        RETURNING Version
    )
    SELECT coalesce((SELECT Version FROM updated), (SELECT Version FROM inserted)) AS NewGrainStateVersion WHERE (SELECT set_config('synchronous_commit', 'on', true)) IS NOT NULL
$sql$),
('ClearStorageKey', $sql$
    WITH updated AS (
        UPDATE raft.OrleansStorage SET PayloadBinary = NULL, ModifiedOn = now(), Version = Version + 1
        WHERE ServiceId = @ServiceId AND GrainTypeHash = @GrainTypeHash AND GrainIdHash = @GrainIdHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
            AND GrainTypeString = @GrainTypeString AND coalesce(GrainIdExtensionString, '') = coalesce(@GrainIdExtensionString::varchar, '')
            AND Version = @GrainStateVersion::integer
        RETURNING Version
    )
    SELECT (SELECT Version FROM updated) AS NewGrainStateVersion WHERE (SELECT set_config('synchronous_commit', 'on', true)) IS NOT NULL
$sql$),
('DeleteStorageKey', $sql$
    WITH deleted AS (
        DELETE FROM raft.OrleansStorage
        WHERE ServiceId = @ServiceId AND GrainTypeHash = @GrainTypeHash AND GrainIdHash = @GrainIdHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
            AND GrainTypeString = @GrainTypeString AND coalesce(GrainIdExtensionString, '') = coalesce(@GrainIdExtensionString::varchar, '')
            AND Version = @GrainStateVersion::integer
        RETURNING Version
    )
    SELECT (SELECT Version + 1 FROM deleted) AS NewGrainStateVersion WHERE (SELECT set_config('synchronous_commit', 'on', true)) IS NOT NULL
$sql$)
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

-- Reminders.
INSERT INTO raft.OrleansQuery (QueryKey, QueryText) VALUES
('ReadReminderRowsKey', $sql$
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM raft.OrleansRemindersTable WHERE ServiceId = @ServiceId AND GrainId = @GrainId
$sql$),
('ReadReminderRowKey', $sql$
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM raft.OrleansRemindersTable
    WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName
$sql$),
('ReadRangeRows1Key', $sql$
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM raft.OrleansRemindersTable
    WHERE ServiceId = @ServiceId AND GrainHash > @BeginHash AND GrainHash <= @EndHash
$sql$),
('ReadRangeRows2Key', $sql$
    SELECT GrainId, ReminderName, StartTime, Period, Version FROM raft.OrleansRemindersTable
    WHERE ServiceId = @ServiceId AND (GrainHash > @BeginHash OR GrainHash <= @EndHash)
$sql$),
('UpsertReminderRowKey', $sql$
    INSERT INTO raft.OrleansRemindersTable AS r (ServiceId, GrainId, ReminderName, StartTime, Period, GrainHash)
    SELECT @ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash WHERE (SELECT set_config('synchronous_commit', 'on', true)) IS NOT NULL
    ON CONFLICT (ServiceId, GrainId, ReminderName) DO UPDATE
    SET StartTime = excluded.StartTime, Period = excluded.Period, GrainHash = excluded.GrainHash, Version = r.Version + 1
    RETURNING Version
$sql$),
('DeleteReminderRowKey', $sql$
    WITH deleted AS (
        DELETE FROM raft.OrleansRemindersTable
        WHERE ServiceId = @ServiceId AND GrainId = @GrainId AND ReminderName = @ReminderName AND Version = @Version
        RETURNING 1
    )
    SELECT count(*)::integer FROM deleted WHERE (SELECT set_config('synchronous_commit', 'on', true)) IS NOT NULL
$sql$),
('DeleteReminderRowsKey', $sql$
    DELETE FROM raft.OrleansRemindersTable WHERE ServiceId = @ServiceId
$sql$)
ON CONFLICT (QueryKey) DO UPDATE SET QueryText = excluded.QueryText;

INSERT INTO raft.migration (number, name) VALUES (3, 'orleans_schema');
