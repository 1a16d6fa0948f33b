-- Minor releases before this one have holes in row security itself, which an extension cannot mend.
DO $$
DECLARE
    version integer := pg_catalog.current_setting('server_version_num');
BEGIN
    IF version < 150020 OR version BETWEEN 160000 AND 160015 OR version BETWEEN 170000 AND 170011 OR version BETWEEN 180000 AND 180005 THEN
        RAISE WARNING 'PostgreSQL % has known holes in row security', pg_catalog.current_setting('server_version')
            USING DETAIL = 'Releases before 15.20, 16.16, 17.12 and 18.6 show some queries rows that policies hide.',
            HINT = 'Update the server to the latest minor release.';
    END IF;
END
$$;

-- A session or a server that was started before has the library of another version.
DO $$
DECLARE
    version text := (SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_clearance');
BEGIN
    IF clearance_internal.library_version() <> version THEN
        RAISE EXCEPTION 'the library of pg_clearance in this session is of version %, not %', clearance_internal.library_version(), version
            USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Connect again; a server that preloads the library must be restarted.';
    END IF;
END
$$;
