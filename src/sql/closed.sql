-- ---------------------------------------------------------------------------
-- Who is who and what is permitted is read and written by the functions and
-- views above, which run as their owner, and by superusers. Row security
-- without policies closes the tables to everybody else: also to members of
-- pg_read_all_data and pg_write_all_data, whose privileges nobody granted here.
-- There are no policies, since pg_dump would dump those of an extension, and a
-- restore would find them made.
-- ---------------------------------------------------------------------------
DO $$
DECLARE
    tab regclass;
BEGIN
    FOR tab IN SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    END LOOP;
END
$$;
