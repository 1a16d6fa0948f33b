-- Builds the workspace in an empty database, as a superuser:
--     cd examples/workspace && psql -d DATABASE -f load.sql
-- (the folder matters: \copy below finds the data from here).
\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\timing off
SET client_min_messages = warning;

\echo '1/6 extension, tables'
CREATE EXTENSION IF NOT EXISTS pg_clearance;
BEGIN;
\ir schema.sql

CREATE TEMP TABLE work_project (project_no bigint PRIMARY KEY, name text, items integer);
CREATE TEMP TABLE work_item (
    item_no bigint PRIMARY KEY, project_no bigint, phase text, assignee_no bigint, closed_by_no bigint, watcher_nos text,
    created_on date, closed_on date, files_changed integer);
\copy work_project FROM 'data/projects.csv' WITH (FORMAT csv, HEADER)
\copy work_item FROM PROGRAM 'gzip -dc data/work_items.csv.gz' WITH (FORMAT csv, HEADER, FORCE_NOT_NULL (watcher_nos))

\echo '2/6 people, companies, projects'
\ir people.sql

\echo '3/6 rows'
\ir fill.sql

\echo '4/6 access: the tables are protected'
\ir protect.sql

\echo '5/6 areas: more tables, each with its rows and its rules; reports'
\ir areas/accounts.sql
\ir areas/fields.sql
\ir areas/planning.sql
\ir areas/insight.sql
\ir areas/people.sql
\ir areas/time.sql
\ir areas/errands.sql
\ir areas/finance.sql
\ir areas/invoicing.sql
\ir areas/expenses.sql
\ir areas/settings.sql
-- as the tables of schema.sql
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO app_user;
GRANT SELECT ON ALL TABLES IN SCHEMA app TO clearance_demo_bi;
\ir reports.sql
\ir lint.sql
COMMIT;

\echo '6/6 loaded:'
WITH counts (no, "table", rows) AS (
    SELECT row_number() OVER (ORDER BY c.relname), c.relname,
        (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', c.oid::regclass), false, true, '')))[1]::text::bigint
    FROM pg_class c
    WHERE c.relnamespace = 'app'::regnamespace AND c.relkind = 'r')
SELECT a."table", a.rows, b."table", b.rows, c."table", c.rows
FROM (SELECT (count(*) + 2) / 3 AS lines FROM counts) AS l
JOIN counts a ON a.no <= l.lines
LEFT JOIN counts b ON b.no = a.no + l.lines
LEFT JOIN counts c ON c.no = a.no + 2 * l.lines
ORDER BY a.no;
RESET client_min_messages;
