-- doc/requirements.md is complete: each id of test/requirements.txt has one line
-- there, in the same words, which names a test that exists and things that exist.
-- Needs the source tree: run psql at its top, or set CLEARANCE_SRCDIR.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\set ids `cat "${CLEARANCE_SRCDIR:-.}/test/requirements.txt"`
\set doc `cat "${CLEARANCE_SRCDIR:-.}/doc/requirements.md"`
\set tests `cd "${CLEARANCE_SRCDIR:-.}/test/pgtap" && grep -Ho "'R[0-9][0-9][0-9] .*'" requirements_*.sql`

BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT plan(7);

CREATE TEMP TABLE requirement AS
SELECT left(l, 4) AS id, substr(l, 6) AS wording FROM string_to_table(:'ids', E'\n') AS l WHERE l <> '';

CREATE TEMP TABLE line AS
SELECT f[2] AS id, f[3] AS wording, f[4] AS kept_by, split_part(f[5], ': ', 1) AS file,
    string_to_array(substr(f[5], strpos(f[5], ': ') + 2), ' · ') AS tests
FROM string_to_table(:'doc', E'\n') AS l, LATERAL (SELECT array_agg(btrim(c)) FROM string_to_table(l, '|') AS c) AS s (f)
WHERE l ~ '^\| R\d';

-- Descriptions as their files have them: quoted, quotes doubled. Some go on with whom a test is about.
CREATE TEMP TABLE described AS
SELECT split_part(l, ':', 1) AS file, substr(l, strpos(l, ':') + 1) AS quoted FROM string_to_table(:'tests', E'\n') AS l;

SELECT results_eq('SELECT id FROM requirement ORDER BY id', $$SELECT format('R%s', lpad(n::text, 3, '0')) FROM generate_series(1, 161) AS n$$,
    'the requirements are R001 to R161');
SELECT results_eq('SELECT id, wording FROM line ORDER BY id', 'SELECT id, wording FROM requirement ORDER BY id',
    'each has one line, in the same words');
SELECT is_empty($$SELECT id FROM line WHERE kept_by = '' OR tests = '{}'$$, 'each line tells what keeps it, and a test');
SELECT is_empty($$SELECT id, test FROM line, unnest(tests) AS test WHERE test !~ ('^(R\d{3} )*' || id || ' ')$$, 'each line''s tests prove it');
SELECT is_empty($$SELECT id, l.file, test FROM line l, unnest(tests) AS test
    WHERE NOT EXISTS (SELECT FROM described d WHERE d.file = l.file AND strpos(d.quoted, rtrim(quote_literal(test), '''')) > 0)$$,
    'each line''s tests exist');
SELECT is_empty($$SELECT DISTINCT m[1] FROM described, regexp_matches(quoted, '(R\d{3}) ', 'g') AS m
    WHERE m[1] NOT IN (SELECT id FROM requirement)$$, 'tests speak of known requirements');

-- `clearance.x()`, `clearance_internal.x()`, `x(…)`: a function of ours; `clearance.x`, `app.x`, with or without a column: a table or view.
SELECT is_empty($$
    SELECT id, name FROM line, regexp_matches(kept_by, '`([^`]+)`', 'g') AS m, LATERAL (SELECT m[1]) AS n (name)
    WHERE CASE
        WHEN name ~ '^((clearance|clearance_internal|app)\.)?[a-z_]+\(' THEN
            NOT EXISTS (SELECT FROM pg_proc p WHERE p.proname = substring(name FROM '([a-z_]+)\(')
                        AND p.pronamespace = coalesce(substring(name FROM '^([a-z_]+)\.'), 'clearance')::regnamespace)
        WHEN name ~ '^(clearance|app)\.[a-z_]+$' THEN
            to_regclass(name) IS NULL AND to_regtype(name) IS NULL
        WHEN name ~ '^(clearance|app)\.[a-z_]+\.[a-z_]+$' THEN
            NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(substring(name FROM '^[a-z_]+\.[a-z_]+'))
                        AND a.attname = substring(name FROM '[a-z_]+$'))
        WHEN name ~ '_(is|has|fit|fits|ends)_' THEN
            NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = name)
        ELSE false END$$, 'what keeps them exists');

SELECT * FROM finish();
ROLLBACK;
