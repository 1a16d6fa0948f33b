-- Builds the tracker in an empty database, as a superuser:
--     psql -d DATABASE -f examples/tracker/load.sql
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
SELECT 'CREATE ROLE tracker_app LOGIN' WHERE to_regrole('tracker_app') IS NULL \gexec
CREATE EXTENSION IF NOT EXISTS pg_clearance;
BEGIN;
\ir schema.sql
\ir rows.sql
\ir protect.sql
COMMIT;
ANALYZE tracker.issue, tracker.note, tracker.time_entry;
RESET client_min_messages;
