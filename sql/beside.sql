-- Rows in projects of the actor are of its account, as are those that are its own: one
-- index finds them, and the planner does not count both conditions, be it in what it
-- expects or by reading two indexes. The rows are those that the rule gives one by one.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
BEGIN;
CREATE ROLE regress_beside;
SELECT clearance.trust_role('regress_beside') AS trusted \gset
CREATE SCHEMA regress_beside;
GRANT USAGE, CREATE ON SCHEMA regress_beside TO regress_beside;
SET LOCAL search_path = regress_beside;
SET LOCAL jit = off;
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL clearance.external_explain = on;
\o /dev/null
-- 60 accounts of 20 projects; in the second, partner people are on four projects
SELECT clearance.create_account('Account ' || n, key => n::text) FROM generate_series(1, 60) n;
INSERT INTO clearance.project (account_id, key) SELECT a.id, p FROM clearance.account a, generate_series(20 * a.key::integer - 19, 20 * a.key::integer) p WHERE a.name LIKE 'Account %';
SELECT a.id AS account FROM clearance.account a WHERE a.name = 'Account 2' \gset
SELECT clearance.add_member(v.key, roles => ARRAY[v.role], account => :account) FROM (VALUES ('admin', 'account_admin'), ('collaborator', 'collaborator')) v (key, role);
SELECT clearance.create_partner(level, level, account => :account) FROM unnest('{permissive,moderate,restricted}'::text[]) level;
SELECT clearance.add_member(p.name, partner => p.id, account => :account) FROM clearance.partner p WHERE p.account_id = :account;
SELECT clearance.add_partner_to_project(n, p.id) FROM clearance.partner p, generate_series(21, 24) n WHERE p.account_id = :account;
SELECT clearance.add_member_to_project(n, m.id) FROM clearance.member m, generate_series(21, 24) n WHERE m.account_id = :account AND m.key <> 'admin';
CREATE TABLE task (id integer PRIMARY KEY, account integer NOT NULL, project integer NOT NULL, hidden boolean NOT NULL, assignee text,
    due integer NOT NULL, title text NOT NULL, words tsvector NOT NULL) WITH (autovacuum_enabled = off);
-- 25 rows of each project, which lie far apart
INSERT INTO task SELECT 1200 * k + p, 1 + (p - 1) / 20, p, k % 7 = 0, CASE WHEN k % 5 > 0 THEN NULL WHEN p BETWEEN 21 AND 40 THEN 'restricted' ELSE 'somebody ' || p END,
    (k * 37 + p * 11) % 1000, repeat('x', 150), to_tsvector('simple', 'w' || k % 8)
FROM generate_series(0, 24) k, generate_series(1, 1200) p ORDER BY 1;
CREATE INDEX by_account ON task (account, due, id);
CREATE INDEX by_project ON task (project, due, id);
CREATE INDEX by_assignee ON task (assignee);
CREATE INDEX by_words ON task USING gin (words);
SELECT clearance.protect('task', 'task', project => 'project', account => 'account', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
GRANT SELECT ON task TO regress_beside;
ANALYZE task;

-- by which scans a query is answered, and whether about as many rows are expected as come
CREATE FUNCTION plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    found text := '';
    rows float;
    n float;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        rows := coalesce(rows, substring(line FROM 'rows=(\d+)')::float);
        found := found || coalesce(substring(line FROM '(Index (Only )?Scan (Backward )?using \w+|BitmapAnd|BitmapOr|Seq Scan|Sort  )') || ', ', '')
            || coalesce(substring(line FROM 'Bitmap Index Scan on (\w+)') || ', ', '');
    END LOOP;
    EXECUTE format('SELECT count(*) FROM (%s) q', query) INTO n;
    RETURN rtrim(found, ', ') || CASE WHEN rows BETWEEN n / 2 AND n * 2 THEN '' ELSE format(' (%s rows expected of %s)', rows, n) END;
END $$;
-- what everybody sees, and that it is the same where each row is judged by itself
CREATE FUNCTION sees(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen integer[];
    alone integer[];
BEGIN
    SET LOCAL ROLE regress_beside;
    EXECUTE format('SELECT array_agg(id ORDER BY id) FROM (%s) q', query) INTO seen;
    RESET ROLE;
    SET LOCAL clearance.simplify = off;
    SET LOCAL ROLE regress_beside;
    EXECUTE format('SELECT array_agg(id ORDER BY id) FROM (%s) q', query) INTO alone;
    RESET ROLE;
    SET LOCAL clearance.simplify = on;
    RETURN CASE WHEN seen IS NOT DISTINCT FROM alone THEN cardinality(seen) || ' rows' ELSE format('%s rows, one by one %s', cardinality(seen), cardinality(alone)) END;
END $$;
CREATE FUNCTION everybody(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    person text;
    how text;
BEGIN
    FOREACH person IN ARRAY '{admin,permissive,moderate,restricted,collaborator}'::text[] LOOP
        PERFORM clearance.set_actor(key => person);
        SET LOCAL ROLE regress_beside;
        how := plan(query);
        RESET ROLE;
        RETURN NEXT format('%s: %s: %s', person, sees(query), how);
        PERFORM clearance.reset_actor();
    END LOOP;
END $$;
\o

--
-- Each reads one index, and about as many rows as are expected.
-- All: by the account or the projects, whichever are fewer rows; who sees what is
-- assigned to it, by that
SELECT everybody('SELECT * FROM task');
-- the newest: in the order of the account's index, where the actor sees enough of it
SELECT everybody('SELECT * FROM task ORDER BY due DESC, id DESC LIMIT 10');
-- of a project
SELECT everybody('SELECT * FROM task WHERE project = 22 ORDER BY due DESC, id DESC LIMIT 10');
-- with a condition of the query that an index serves
SELECT everybody('SELECT * FROM task WHERE words @@ to_tsquery(''simple'', ''w5'')');
-- where the account's index is asked for more than the account, both are worth it, for few rows
SELECT everybody('SELECT * FROM task WHERE due < 500');
ROLLBACK;
