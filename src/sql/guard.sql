-- complain if the script is sourced in psql rather than through CREATE EXTENSION
\echo Use "CREATE EXTENSION pg_clearance" to load this file. \quit

-- Names without a schema are the system's, in this script too: one that is not is an error.
SET LOCAL search_path = pg_catalog, pg_temp;

-- Nobody else may own the schema or have put anything into it: what is found
-- there would be taken for the extension's.
DO $$
DECLARE
    owner name := (SELECT pg_catalog.pg_get_userbyid(n.nspowner) FROM pg_catalog.pg_namespace n WHERE n.nspname = 'clearance');
BEGIN
    IF owner <> CURRENT_USER
        OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                   WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                     AND d.refobjid = 'clearance'::pg_catalog.regnamespace
                     AND d.classid <> 'pg_catalog.pg_extension'::pg_catalog.regclass) THEN
        RAISE EXCEPTION 'schema clearance exists already, and is not empty or is owned by %', owner
            USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Drop or rename it: CREATE EXTENSION makes its own.';
    END IF;
END
$$;
COMMENT ON SCHEMA clearance IS 'who may see and change which rows of the application: all that belongs to pg_clearance';

-- What serves the extension alone. A member of it, unlike the schema above: nobody else has made it, may use it or
-- puts anything into it.
CREATE SCHEMA clearance_internal;
COMMENT ON SCHEMA clearance_internal IS 'what the functions, triggers and event triggers of pg_clearance call; nobody else''s to use';
