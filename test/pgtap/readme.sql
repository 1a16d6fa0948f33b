-- The table in README.md is what people see in the sample workspace.
-- Needs the source tree: run psql at its top, or set CLEARANCE_SRCDIR.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\set doc `cat "${CLEARANCE_SRCDIR:-.}/README.md"`

BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT plan(2);

-- A line for each number: the table, whom it is about, and how many rows that one is said to see.
CREATE TEMP TABLE said AS
WITH line AS (
    SELECT n, array_remove(string_to_array(regexp_replace(l, ' *\| *', '|', 'g'), '|'), '') AS cells
    FROM string_to_table(:'doc', E'\n') WITH ORDINALITY AS d (l, n) WHERE l ~ '^\| (table \| rows|\w+ \| \d+) \|'
), head AS (
    SELECT cells FROM line ORDER BY n LIMIT 1
)
SELECT l.cells[1] AS name, split_part(h.cells[i], ',', 1) AS person, l.cells[i]::bigint AS rows
FROM head h, line l, generate_series(2, cardinality(h.cells)) AS i WHERE l.cells[1] <> 'table';
SELECT is(count(*), 36::bigint, 'four tables, as seven people, nobody and a superuser see them') FROM said;

-- The same as they are seen.
CREATE TEMP TABLE seen (name text, person text, rows bigint);
GRANT SELECT ON said TO clearance_demo_app;
GRANT INSERT ON seen TO clearance_demo_app;
CREATE FUNCTION pg_temp.look(who text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    tab text;
BEGIN
    FOR tab IN SELECT s.name FROM said s WHERE s.person = who LOOP
        EXECUTE format('INSERT INTO seen SELECT %L, %L, count(*) FROM app.%I', tab, who, tab);
    END LOOP;
END $$;
CREATE FUNCTION pg_temp.look_as(who text, key bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => key);
    PERFORM pg_temp.look(who);
    PERFORM clearance.reset_actor();
END $$;
\o /dev/null
SELECT pg_temp.look('rows');
SET LOCAL ROLE clearance_demo_app;
SELECT pg_temp.look('nobody');
SELECT pg_temp.look_as(m.name, m.key) FROM (VALUES ('Ada', 2), ('Sam', 4), ('Carl', 13), ('Petra', 24), ('Mona', 102), ('Rex', 113), ('Cleo', 5051)) AS m (name, key);
RESET ROLE;
\o
SELECT set_eq('SELECT * FROM seen', 'SELECT * FROM said', 'each number is so');

SELECT * FROM finish();
ROLLBACK;
