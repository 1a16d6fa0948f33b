-- ---------------------------------------------------------------------------
-- Permissions that come from another database by logical replication, and how
-- old they may be (src/store/replica.c)
-- ---------------------------------------------------------------------------
-- Pages are filled as those of clearance.version.
CREATE TABLE clearance.lease (
    alone      boolean     NOT NULL DEFAULT true CONSTRAINT there_is_one_lease PRIMARY KEY CHECK (alone),
    server     bigint      NOT NULL,
    database   oid         NOT NULL,
    renewed_at timestamptz NOT NULL
) WITH (fillfactor = 10);
COMMENT ON TABLE clearance.lease IS 'one row, a sign of life of the database where permissions are kept, which comes with them to where they are copied';
COMMENT ON COLUMN clearance.lease.alone IS 'always true: there is no second row';
COMMENT ON COLUMN clearance.lease.server IS 'system identifier of the server that renewed it';
COMMENT ON COLUMN clearance.lease.database IS 'OID of the database there';
COMMENT ON COLUMN clearance.lease.renewed_at IS 'when, by the clock of that server';

CREATE FUNCTION clearance_internal.server_id() RETURNS bigint
LANGUAGE c STABLE
AS 'MODULE_PATHNAME', 'clearance_server_id';
COMMENT ON FUNCTION clearance_internal.server_id IS 'system identifier of this server';

CREATE FUNCTION clearance.renew_lease() RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    renewed timestamptz;
BEGIN
    IF EXISTS (SELECT FROM pg_subscription_rel r WHERE r.srrelid = 'clearance.lease'::regclass) THEN
        RAISE EXCEPTION 'permissions of this database are kept in another one' USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'A subscription brings table clearance.lease.', HINT = 'Renew the lease there.';
    END IF;
    INSERT INTO clearance.lease AS l (server, database, renewed_at)
    SELECT clearance_internal.server_id(), d.oid, clock_timestamp() FROM pg_database d WHERE d.datname = current_database()
    ON CONFLICT (alone) DO UPDATE SET server = excluded.server, database = excluded.database, renewed_at = excluded.renewed_at
    RETURNING l.renewed_at INTO renewed;
    RETURN renewed;
END
$$;
COMMENT ON FUNCTION clearance.renew_lease IS 'says to standbys and subscribers that what they know of permissions was in force at this moment; returns it';

-- What says who may do what, and is the same in all databases: what a dump holds of it. Declarations name tables by
-- OIDs, logins roles: these, as keys of tokens, are of each database alone.
CREATE FUNCTION clearance_internal.replicated_tables(OUT tab regclass, OUT filter text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid, CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'built_in') THEN 'NOT built_in' END
    FROM pg_class c
    WHERE c.relnamespace = 'clearance'::regnamespace AND c.relname IN ('feature', 'action', 'level', 'level_grant', 'level_denial',
        'not_available', 'never_granted', 'gate', 'account', 'role', 'partner', 'partner_role', 'partner_owner', 'customer', 'member',
        'member_role', 'member_switch', 'resource', 'project', 'project_feature_off', 'project_open_level', 'project_partner',
        'project_customer', 'project_member', 'lease')
    ORDER BY c.relname
$$;
COMMENT ON FUNCTION clearance_internal.replicated_tables IS 'tables that say who may do what, and which of their rows: those that ship with the extension are everywhere';

CREATE FUNCTION clearance.publish_configuration(publication name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t record;
BEGIN
    IF publication IS NULL THEN
        RAISE EXCEPTION 'the publication is null' USING ERRCODE = 'null_value_not_allowed', HINT = 'Name one, which is made if it is not there.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_publication p WHERE p.pubname = publication) THEN
        EXECUTE format('CREATE PUBLICATION %I', publication);
    END IF;
    FOR t IN SELECT r.tab, coalesce(' WHERE (' || r.filter || ')', '') AS filter
             FROM clearance_internal.replicated_tables() r
             WHERE NOT EXISTS (SELECT FROM pg_publication_tables p
                               WHERE p.pubname = publication AND format('%I.%I', p.schemaname, p.tablename)::regclass = r.tab) LOOP
        EXECUTE format('ALTER PUBLICATION %I ADD TABLE %s%s', publication, t.tab, t.filter);
    END LOOP;
    -- what a filter asks of rows that change or go, and rows without a primary key, are known by all columns
    FOR t IN SELECT r.tab FROM clearance_internal.replicated_tables() r JOIN pg_class c ON c.oid = r.tab
             WHERE c.relreplident <> 'f' AND (r.filter IS NOT NULL
                   OR NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)) LOOP
        EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', t.tab);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clearance.publish_configuration IS
'puts the tables that say who may do what into a publication, which it makes if it is not there, for databases whose tables are protected by the same permissions';

-- Under the snapshot of the query that asks.
CREATE FUNCTION clearance_internal.replica_fault() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    fault text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_subscription_rel s JOIN pg_class c ON c.oid = s.srrelid WHERE c.relnamespace = 'clearance'::regnamespace) THEN
        RETURN NULL;    -- permissions are kept here, whatever else is copied
    END IF;
    SELECT format('Table %s is of each database alone, and is in a subscription.', s.srrelid::regclass) INTO fault
    FROM pg_subscription_rel s JOIN pg_class c ON c.oid = s.srrelid
    WHERE c.relnamespace = 'clearance'::regnamespace
      AND (c.relname ~ '^(binding|audit|version)' OR c.relname IN ('login_role', 'mirror', 'view_mirror', 'mirror_table', 'mirrored_row', 'protected_name', 'declaring'))
    ORDER BY s.srrelid::regclass::text LIMIT 1;
    IF fault IS NULL THEN
        SELECT format('No subscription brings table %s.', r.tab) INTO fault
        FROM clearance_internal.replicated_tables() r
        WHERE NOT EXISTS (SELECT FROM pg_subscription_rel s WHERE s.srrelid = r.tab) LIMIT 1;
    END IF;
    IF fault IS NULL THEN
        SELECT format('Table %s is not copied yet.', s.srrelid::regclass) INTO fault
        FROM pg_subscription_rel s JOIN pg_class c ON c.oid = s.srrelid
        WHERE s.srsubstate <> 'r' AND (c.relnamespace = 'clearance'::regnamespace OR clearance_internal.binding_of(s.srrelid) IS NOT NULL)
        ORDER BY c.relnamespace <> 'clearance'::regnamespace, s.srrelid::regclass::text LIMIT 1;
    END IF;
    RETURN fault;
END
$$;
COMMENT ON FUNCTION clearance_internal.replica_fault IS
'what of the permissions that come from another database is not here, as a sentence; NULL: nothing is missing, or they are kept here';
