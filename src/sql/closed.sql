-- ---------------------------------------------------------------------------
-- Who is who and what is permitted is read and written by the functions and
-- views above, which run as their owner, and by superusers. Row security
-- without policies closes the tables to everybody else: also to members of
-- pg_read_all_data and pg_write_all_data, whose privileges nobody granted here.
-- There are no policies, since pg_dump would dump those of an extension, and a
-- restore would find them made.
-- ---------------------------------------------------------------------------
-- @again
DO $$
DECLARE
    tab regclass;
BEGIN
    FOR tab IN SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace)
               AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    END LOOP;
END
$$;

-- Whatever session_replication_role is: what is renamed, dropped or attached
-- while rows are loaded is so for good.
-- @again
DO $$
DECLARE
    t name;
BEGIN
    FOR t IN
        SELECT e.evtname FROM pg_catalog.pg_event_trigger e
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e'
        JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid AND x.extname = 'pg_clearance'
    LOOP
        EXECUTE format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', t);
    END LOOP;
END
$$;
