-- Where a statement names a project, by a constant or a parameter, whether it is open
-- is asked when the statement starts, and of none of its rows. It gives the rows that are
-- due to whoever runs it, with whatever value. In a database of its own, since what a
-- transaction changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SELECT current_user AS super \gset
CREATE DATABASE regress_given;
\c regress_given
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
\o /dev/null
CREATE ROLE regress_given LOGIN;
SELECT clearance.trust_role('regress_given');
SELECT clearance.create_account('Regress');
-- projects 1 to 3: a partner sees all rows, another the shared ones, a third its own
SELECT clearance.create_partner(name, name) FROM unnest('{permissive,moderate,restricted}'::text[]) name;
SELECT clearance.add_member(p.name, name => p.name, partner => p.id, partner_admin => true) FROM clearance.partner p;
SELECT clearance.add_member('nobody', partner => p.id) FROM clearance.partner p WHERE p.name = 'permissive';
CREATE SCHEMA app;
GRANT USAGE, CREATE ON SCHEMA app TO PUBLIC;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, name text);
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 10) n;
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL, hidden boolean NOT NULL, assignee text, title text NOT NULL DEFAULT 't', done integer NOT NULL DEFAULT 0);
INSERT INTO task SELECT n, n % 10 + 1, n % 2 = 0, CASE n % 20 WHEN 1 THEN 'restricted' END FROM generate_series(1, 1000) n;
CREATE INDEX ON task (project_id);
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
SELECT clearance.add_partner_to_project(x.key, p.id) FROM clearance.project x, clearance.partner p WHERE x.key::integer < 4;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO PUBLIC;
ANALYZE;
\o
CREATE FUNCTION plan(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
        RETURN NEXT regexp_replace(regexp_replace(line, '\d{4,}, ', 'binding, ', 'g'), ' \(returns \$\d\)', '');  -- as PostgreSQL 17 has it
    END LOOP;
END $$;
-- plans are not for outsiders
ALTER DATABASE regress_given SET clearance.external_explain = on;
ALTER ROLE regress_given SET search_path = app;
ALTER ROLE regress_given SET client_min_messages = warning;
ALTER ROLE regress_given SET enable_bitmapscan = off;
\c - regress_given
\set ECHO queries

--
-- No row is asked whether its project is open.
--
SELECT clearance.set_actor('permissive', local => false) > 0;
SELECT plan('SELECT * FROM task WHERE project_id = 2');
SET plan_cache_mode = force_generic_plan;
PREPARE of(integer) AS SELECT count(*), min(id), max(id) FROM task WHERE project_id = $1;
PREPARE of_bigint(bigint) AS SELECT count(*), min(id), max(id) FROM task WHERE $1 = project_id;
SELECT plan('EXECUTE of(2)');
SELECT plan('EXECUTE of_bigint(2)');
-- it is asked when the statement starts: rows of an open project, none of a closed one, none of none
EXECUTE of(2);
EXECUTE of(7);
EXECUTE of(NULL);
EXECUTE of(999);
EXECUTE of(2);
EXECUTE of_bigint(3);
EXECUTE of_bigint(7);
EXECUTE of_bigint(1::bigint << 32 | 2);
SELECT count(*) FROM task WHERE project_id = 7;
SELECT count(*) FROM task WHERE project_id = NULL;
-- with a closed value, rows are asked
SELECT plan('EXECUTE of(7)');
SELECT plan('SELECT * FROM task WHERE project_id = 7');

--
-- So are they where it is not known that they are of one project, or which one that is.
--
CREATE FUNCTION mostly() RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN CASE WHEN random() < 0.5 THEN 2 ELSE 7 END; END $$;
CREATE FUNCTION same(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION tests(query text) RETURNS boolean LANGUAGE sql AS $$ SELECT bool_or(line ~ 'in_set|set_keys') FROM app.plan('SELECT * FROM app.task WHERE ' || query) line $$;
SELECT condition, tests(condition) FROM (VALUES ('project_id = 2'), ('2::bigint = project_id'), ('project_id = 2 AND hidden'),
    ('project_id = 2 OR hidden'), ('NOT project_id = 2'), ('project_id <> 2'), ('project_id <= 2'), ('project_id = 2.0'), ('project_id + 0 = 2'),
    ('project_id = mostly()'), ('project_id = (SELECT 2)'), ('project_id IN (2, 3)'), ('project_id = id'), ('same(project_id, 2)')) v (condition);
SELECT count(*) FROM task, generate_series(1, 20) WHERE project_id = mostly() AND project_id <> 2;

--
-- Whoever acts has a plan that fits: all rows, the shared ones, the assigned ones, none.
--
SELECT clearance.set_actor('moderate', local => false) > 0;
EXECUTE of(2);
EXECUTE of(7);
SELECT plan('EXECUTE of(2)');
SELECT clearance.set_actor('restricted', local => false) > 0;
EXECUTE of(2);
EXECUTE of(7);
SELECT clearance.set_actor('nobody', local => false) > 0;
EXECUTE of(2);
SELECT clearance.reset_actor() IS NULL;
EXECUTE of(2);
SELECT clearance.set_actor('permissive', local => false) > 0;
EXECUTE of(2);

--
-- Operators of somebody's own see no row of a closed project, by whatever plan.
--
CREATE FUNCTION tell(integer, integer) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE WARNING 'project %', $2; RETURN true; END $$;
PREPARE told(integer) AS SELECT id FROM task WHERE tell(id, project_id) AND project_id = $1 AND id < 13;
SET enable_indexscan = off;
SELECT plan('EXECUTE told(2)');
EXECUTE told(2);
EXECUTE told(7);
SELECT id FROM task WHERE tell(id, project_id) AND project_id = 7 AND id < 13;
RESET enable_indexscan;

--
-- Joins: the rows that the outer side has, with or without others; and what follows from them.
--
PREPARE outer_join(integer) AS SELECT v.n, count(t.id) FROM (VALUES (1), (2)) v (n) LEFT JOIN task t ON t.project_id = $1 AND t.id % 2 = v.n % 2 GROUP BY v.n ORDER BY v.n;
SELECT plan('EXECUTE outer_join(2)');
EXECUTE outer_join(2);
EXECUTE outer_join(7);
PREPARE two(integer, integer) AS SELECT (SELECT count(*) FROM task WHERE project_id = $1), (SELECT count(*) FROM task t JOIN task u USING (project_id) WHERE t.project_id = $2 AND t.id = u.id + 10);
SELECT plan('EXECUTE two(2, 3)');
EXECUTE two(2, 3);
EXECUTE two(7, 3);
EXECUTE two(2, 7);
EXECUTE two(3, 3);

--
-- Writes touch rows of open projects, and leave none in a closed one.
--
PREPARE finish(integer) AS UPDATE task SET done = done + 1 WHERE project_id = $1;
SELECT plan('EXECUTE finish(2)');
BEGIN;
EXECUTE finish(2);
EXECUTE finish(7);
PREPARE move(integer, integer) AS UPDATE task SET project_id = $2 WHERE project_id = $1;
EXECUTE move(7, 2);
SELECT count(*) FROM task WHERE project_id = 2 AND done = 1;
EXECUTE move(2, 7);
ROLLBACK;
PREPARE del(integer) AS DELETE FROM task WHERE project_id = $1;
BEGIN;
EXECUTE del(2);
EXECUTE del(7);
\c - :super
SELECT count(*), count(*) FILTER (WHERE done <> 0) FROM app.task;

--
-- Functions: each call has its values.
--
\c - regress_given
SELECT clearance.set_actor('permissive', local => false) > 0;
CREATE FUNCTION counted(project integer) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) FROM app.task WHERE project_id = project);
END $$;
CREATE FUNCTION counted_by_sql(project integer) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM app.task WHERE project_id = project';
-- a loop that changes what its query began with
CREATE FUNCTION looped(project integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found record;
    seen text[];
BEGIN
    FOR found IN SELECT project_id, id FROM app.task WHERE project_id = project ORDER BY id LOOP
        project := 7;
        seen := seen || found.project_id::text;
    END LOOP;
    RETURN (SELECT string_agg(DISTINCT s, ',') || ' ' || count(*) FROM unnest(seen) s);
END $$;
CREATE FUNCTION counted_of(of app.project) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) FROM app.task WHERE project_id = of.id);
END $$;
SET plan_cache_mode = force_generic_plan;
SELECT p, counted(p), counted_by_sql(p), looped(p), counted_of(ROW(p, 'x')) FROM unnest('{2,7,3,999,NULL,1}'::integer[]) p;

--
-- A cursor keeps what its query began with.
--
BEGIN;
CREATE FUNCTION opened(name refcursor, project integer) RETURNS refcursor LANGUAGE plpgsql AS $$
DECLARE
    c CURSOR FOR SELECT project_id, id FROM app.task WHERE project_id = project ORDER BY id;
BEGIN
    c := name;
    OPEN c;
    project := 7;
    RETURN c;
END $$;
SELECT opened('of_open', 2), opened('of_closed', 7);
FETCH 2 FROM of_open;
FETCH 2 FROM of_closed;
FETCH 1 FROM of_open;
COMMIT;
-- and a statement that begins later has what is permitted then
\c - :super
SELECT count(clearance.remove_partner_from_project('2', p.id)) FROM clearance.partner p WHERE p.name = 'permissive';
\c - regress_given
SELECT clearance.set_actor('permissive', local => false) > 0;
SELECT p, counted(p), counted_by_sql(p), looped(p) FROM unnest('{2,3}'::integer[]) p;

--
-- Keys of every kind; of texts that a collation takes for equal, those that are the same.
--
\c - :super
SET search_path = app;
SET client_min_messages = warning;
\o /dev/null
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE text_task (id integer PRIMARY KEY, project_id text COLLATE "C" NOT NULL, hidden boolean NOT NULL);
CREATE TABLE loose_task (id integer PRIMARY KEY, project_id text COLLATE loose NOT NULL, hidden boolean NOT NULL);
CREATE TABLE uuid_task (id integer PRIMARY KEY, project_id uuid NOT NULL, hidden boolean NOT NULL);
CREATE TABLE part_task (id integer, project_id bigint, hidden boolean NOT NULL, PRIMARY KEY (id, hidden)) PARTITION BY LIST (hidden);
CREATE TABLE part_shown PARTITION OF part_task FOR VALUES IN (false);
CREATE TABLE part_hidden PARTITION OF part_task FOR VALUES IN (true);
SELECT clearance.create_project(key) FROM unnest('{a,A,b,00000000-0000-0000-0000-00000000000a,00000000-0000-0000-0000-00000000000b}'::text[]) key;
SELECT clearance.protect(t, 'task', 'project_id', visibility => 'hidden', shared_values => '{false}') FROM unnest('{text_task,loose_task,uuid_task}'::regclass[]) t;
SELECT clearance.protect('part_task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}', project_optional => true);
INSERT INTO text_task SELECT n, ('{a,A,b}'::text[])[n % 3 + 1], false FROM generate_series(1, 30) n;
INSERT INTO loose_task SELECT * FROM text_task;
INSERT INTO uuid_task SELECT n, ('00000000-0000-0000-0000-00000000000' || ('{a,b}'::text[])[n % 2 + 1])::uuid, false FROM generate_series(1, 30) n;
INSERT INTO part_task SELECT n, nullif(n % 5, 0), n % 2 = 0 FROM generate_series(1, 30) n;
SELECT clearance.add_partner_to_project(x.key, p.id) FROM clearance.project x, clearance.partner p WHERE x.key IN ('a', '00000000-0000-0000-0000-00000000000a') AND p.name = 'permissive';
GRANT SELECT ON ALL TABLES IN SCHEMA app TO PUBLIC;
\o
\c - regress_given
SELECT clearance.set_actor('permissive', local => false) > 0;
SET plan_cache_mode = force_generic_plan;
PREPARE of_text(text) AS SELECT count(*), min(project_id), max(project_id) FROM text_task WHERE project_id = $1;
SELECT plan('EXECUTE of_text(''a'')');
EXECUTE of_text('a');
EXECUTE of_text('A');
PREPARE of_loose(text) AS SELECT count(*), min(project_id COLLATE "C"), max(project_id COLLATE "C") FROM loose_task WHERE project_id = $1;
SELECT plan('EXECUTE of_loose(''a'')');
EXECUTE of_loose('a');
EXECUTE of_loose('A');
PREPARE of_other(text) AS SELECT count(*), min(project_id), max(project_id) FROM text_task WHERE project_id COLLATE loose = $1;
EXECUTE of_other('a');
EXECUTE of_other('A');
PREPARE of_name(name) AS SELECT count(*), min(project_id), max(project_id) FROM text_task WHERE project_id = $1;
EXECUTE of_name('a');
EXECUTE of_name('A');
PREPARE of_uuid(uuid) AS SELECT count(*) FROM uuid_task WHERE project_id = $1;
SELECT plan('EXECUTE of_uuid(''00000000-0000-0000-0000-00000000000a'')');
EXECUTE of_uuid('00000000-0000-0000-0000-00000000000a');
EXECUTE of_uuid('00000000-0000-0000-0000-00000000000b');
PREPARE of_part(bigint) AS SELECT count(*) FROM part_task WHERE project_id = $1;
SELECT plan('EXECUTE of_part(1)');
EXECUTE of_part(1);
EXECUTE of_part(2);
EXECUTE of_part(4);
EXECUTE of_part(NULL);

\c postgres :super
SET client_min_messages = warning;
DROP DATABASE regress_given;
DROP ROLE regress_given;
