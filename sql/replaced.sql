-- A plan that was made for somebody with other rights is replaced when it starts:
-- whoever runs it sees the rows that are due, and meets no error. In a database of
-- its own, since what a transaction changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_replaced;
SELECT current_user AS super \gset
\c regress_replaced
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
\o /dev/null
CREATE ROLE regress_replaced_app LOGIN;
CREATE ROLE regress_replaced_rest LOGIN;
CREATE ROLE regress_replaced_name LOGIN;
CREATE ROLE regress_replaced_plain;
GRANT regress_replaced_plain TO regress_replaced_app;
SELECT clearance.trust_role('regress_replaced_app');
SELECT clearance.map_role('regress_replaced_rest', setting => 'request.jwt.claims', claim => 'sub');
-- a setting whose owner listens to it
SELECT clearance.map_role('regress_replaced_name', setting => 'plpgsql.extra_warnings');
SELECT clearance.create_account('Regress');
SELECT clearance.add_member(v.key, name => v.key, roles => v.roles)
FROM (VALUES ('ada', '{account_admin}'::text[]), ('cole', '{collaborator}'), ('idle', '{}')) v (key, roles);
SELECT clearance.create_partner('per', 'permissive'), clearance.create_partner('mod', 'moderate'), clearance.create_partner('res', 'restricted');
SELECT clearance.add_member(p.name, name => p.name, partner => p.id, partner_admin => true) FROM clearance.partner p;
SELECT clearance.add_member('none', partner => p.id, partner_admin => true) FROM clearance.partner p WHERE p.name = 'mod';
SELECT clearance.add_member('all', roles => '{account_admin}');
-- of two kinds of rights at once
SELECT clearance.create_partner('mix', 'moderate');
SELECT clearance.add_member('mix', partner => p.id, partner_admin => true) FROM clearance.partner p WHERE p.name = 'mix';
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, name text) WITH (autovacuum_enabled = false);
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 20) n;
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES project, hidden boolean NOT NULL, assignee text, cost integer DEFAULT 5, done integer NOT NULL DEFAULT 0) WITH (autovacuum_enabled = false);
INSERT INTO task SELECT n, n % 20 + 1, n % 2 = 0, CASE n % 100 WHEN 1 THEN 'res' END FROM generate_series(1, 2000) n;
CREATE INDEX ON task (project_id);
CREATE INDEX ON task (assignee);
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
SELECT clearance.add_partner_to_project(x.key, p.id) FROM clearance.project x, clearance.partner p WHERE x.key::integer < 4 AND p.name <> 'mix';
SELECT clearance.add_partner_to_project('4', p.id), clearance.add_partner_to_project('5', p.id, access_level => 'permissive') FROM clearance.partner p WHERE p.name = 'mix';
SELECT clearance.add_member_to_project(x.key, m.id) FROM clearance.project x, clearance.member m WHERE m.key = 'cole' AND x.key::integer < 3;
GRANT USAGE, CREATE ON SCHEMA app TO PUBLIC;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA app TO PUBLIC;
ALTER ROLE regress_replaced_app SET search_path = app;
ALTER ROLE regress_replaced_rest SET search_path = app;
ALTER ROLE regress_replaced_name SET search_path = app;
ALTER ROLE regress_replaced_app SET client_min_messages = error;
ALTER ROLE regress_replaced_rest SET client_min_messages = error;
GRANT EXECUTE ON FUNCTION pg_get_backend_memory_contexts() TO PUBLIC;
GRANT SELECT ON pg_backend_memory_contexts TO PUBLIC;
ANALYZE;
\o

CREATE FUNCTION claims(person text) RETURNS text LANGUAGE sql AS $$ SELECT json_build_object('sub', person)::text $$;
CREATE TABLE expected AS
SELECT v.person, 0::bigint AS rows, 0::bigint AS joined
FROM (VALUES ('ada'), ('cole'), ('per'), ('mod'), ('res'), ('mix'), ('idle'), ('nobody')) v (person);
DO $$
DECLARE
    e record;
BEGIN
    FOR e IN SELECT * FROM app.expected LOOP
        PERFORM clearance.set_actor(key => e.person) WHERE e.person <> 'nobody';
        PERFORM clearance.reset_actor() WHERE e.person = 'nobody';
        SET LOCAL clearance.simplify = off;
        SET LOCAL ROLE regress_replaced_app;
        SELECT count(*) INTO e.rows FROM app.task;
        SELECT count(*) INTO e.joined FROM app.task t JOIN app.project p ON p.id = t.project_id WHERE p.name < 'p15';
        RESET ROLE;
        UPDATE app.expected x SET rows = e.rows, joined = e.joined WHERE x.person = e.person;
    END LOOP;
END $$;
SELECT * FROM expected;
GRANT SELECT ON expected TO PUBLIC;
CREATE FUNCTION rest_counted() RETURNS bigint LANGUAGE plpgsql SET request.jwt.claims = '{"sub": "mod"}' AS $$ BEGIN RETURN (SELECT count(*) FROM app.task); END $$;
CREATE FUNCTION plan(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
        RETURN NEXT regexp_replace(line, '\d{4,}, ', 'binding, ', 'g');
    END LOOP;
END $$;
-- how many plans were replaced since the last call
CREATE TABLE before AS SELECT 0::bigint AS replaced;
CREATE FUNCTION replaced() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    now bigint := (SELECT value FROM clearance.counters WHERE name = 'plans' AND code = 'replaced');
    was bigint;
BEGIN
    SELECT b.replaced INTO was FROM app.before b;
    UPDATE app.before SET replaced = now;
    RETURN now - was;
END $$;

--
-- Functions in LANGUAGE sql plan all of their statements before the first one runs.
-- Whoever acts when they are called, and whomever they set: each pair.
--
\c - regress_replaced_app
CREATE FUNCTION act(person text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF person = 'nobody' THEN
        PERFORM clearance.reset_actor();
        RETURN 0;
    END IF;
    RETURN clearance.set_actor(key => person, local => false);
END $$;
CREATE FUNCTION rows_of(person text) RETURNS bigint LANGUAGE sql AS
$$ SELECT app.act(person); SELECT count(*) FROM app.task $$;
CREATE FUNCTION joined_of(person text) RETURNS bigint LANGUAGE sql AS
$$ SELECT app.act(person); SELECT count(*) FROM app.task t JOIN app.project p ON p.id = t.project_id WHERE p.name < 'p15' $$;
CREATE FUNCTION list_of(person text) RETURNS SETOF integer LANGUAGE sql AS
$$ SELECT app.act(person); SELECT id FROM app.task $$;
CREATE FUNCTION top_of(person text) RETURNS integer LANGUAGE sql AS
$$ SELECT app.act(person); SELECT id FROM app.task ORDER BY id LIMIT 1 $$;
CREATE PROCEDURE pairs(statement text) LANGUAGE plpgsql AS $$
DECLARE
    a record;
    b record;
    got bigint;
    pairs integer := 0;
BEGIN
    FOR a IN SELECT * FROM app.expected LOOP
        FOR b IN SELECT * FROM app.expected LOOP
            PERFORM app.act(a.person);
            EXECUTE statement INTO got USING b.person;
            IF got <> (CASE WHEN statement ~ 'joined' THEN b.joined ELSE b.rows END) THEN
                RAISE EXCEPTION '% then %: %', a.person, b.person, got;
            END IF;
            pairs := pairs + 1;
        END LOOP;
    END LOOP;
    RAISE INFO '% pairs: %', statement, pairs;
END $$;
CALL pairs('SELECT app.rows_of($1)');
CALL pairs('SELECT app.joined_of($1)');
CALL pairs('SELECT count(*) FROM app.list_of($1)');
-- and by whatever search_path and role they run, in several calls of one query
CREATE FUNCTION placed(person text, path text, role text) RETURNS bigint LANGUAGE sql AS
$$ SELECT set_config('role', 'none', true); SELECT app.act(person); SELECT set_config('search_path', path, true), set_config('role', role, true); SELECT count(*) FROM app.task $$;
BEGIN;
SELECT act('ada') > 0;
SELECT v.person, placed(v.person, v.path, v.role) FROM (VALUES ('res', 'app', 'none'), ('res', 'public', 'none'), ('res', 'public', 'regress_replaced_plain'),
    ('per', 'public', 'none'), ('per', 'app', 'regress_replaced_plain'), ('res', 'app', 'regress_replaced_plain'), ('ada', 'app', 'none')) v (person, path, role);
ROLLBACK;
SELECT act('ada') > 0, top_of('nobody') IS NULL, act('res') > 0, top_of('ada');

--
-- Prepared statements, by generic plans, in one session: who acts, as often as it
-- changes, has a plan of its own kind, made once.
--
SET plan_cache_mode = force_generic_plan;
PREPARE q AS SELECT count(*) FROM task;
PREPARE j(text) AS SELECT count(*) FROM task t JOIN project p ON p.id = t.project_id WHERE p.name < $1;
PREPARE key(integer) AS SELECT id FROM task WHERE id = $1;
CREATE FUNCTION counted() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM app.task); END $$;
CREATE PROCEDURE rounds(n integer) LANGUAGE plpgsql AS $$
DECLARE
    e record;
    got bigint;
    joined bigint;
BEGIN
    FOR e IN SELECT x.* FROM generate_series(1, n), app.expected x LOOP
        PERFORM app.act(e.person);
        EXECUTE 'EXECUTE q' INTO got;
        EXECUTE 'EXECUTE j(''p15'')' INTO joined;
        IF got <> e.rows OR joined <> e.joined OR app.counted() <> e.rows THEN
            RAISE EXCEPTION '%: % and %', e.person, got, joined;
        END IF;
    END LOOP;
END $$;
SELECT FROM replaced();
CALL rounds(1);
-- three statements, each for all kinds of rights but the first one's and nobody's, who needs none
SELECT replaced();
CALL rounds(20);
SELECT replaced();
-- and no memory grows
CREATE TEMP TABLE memory (bytes numeric);
INSERT INTO memory SELECT 0;
CALL rounds(20);
INSERT INTO memory SELECT sum(total_bytes) FROM pg_backend_memory_contexts;
SELECT FROM replaced();
CALL rounds(200);
INSERT INTO memory SELECT sum(total_bytes) FROM pg_backend_memory_contexts;
SELECT max(bytes) - min(bytes) < 131072 AS level FROM memory WHERE bytes > 0;
SELECT replaced();
-- what they were made beside goes, and they with it
DEALLOCATE q;
DEALLOCATE j;
DISCARD PLANS;
SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'CachedPlan%' AND ident ~ 'count.*FROM task';
PREPARE q AS SELECT count(*) FROM task;
PREPARE j(text) AS SELECT count(*) FROM task t JOIN project p ON p.id = t.project_id WHERE p.name < $1;
CALL rounds(1);
-- EXPLAIN shows the plan that runs
\c - :super
ALTER ROLE regress_replaced_app SET clearance.external_explain = on;
SET client_min_messages = error;
SET search_path = app;
SET plan_cache_mode = force_generic_plan;
SET clearance.external_explain = on;
PREPARE q AS SELECT count(*) FROM task;
PREPARE j(text) AS SELECT count(*) FROM task t JOIN project p ON p.id = t.project_id WHERE p.name < $1;
SET SESSION AUTHORIZATION regress_replaced_app;
SELECT act('ada') > 0;
SELECT plan('EXECUTE q');
SELECT act('per') > 0;
SELECT plan('EXECUTE q');
SELECT act('mod') > 0;
SELECT plan('EXECUTE q');
SELECT act('res') > 0;
SELECT plan('EXECUTE q');
SELECT act('ada') > 0;
SELECT plan('EXECUTE q');
-- a plan that judges each row, since its first actor needs it, is none for others
DISCARD PLANS;
SELECT act('mix') > 0;
SELECT plan('EXECUTE q');
SELECT act('per') > 0;
SELECT plan('EXECUTE q');
-- what they rest on changes: a level, a table
RESET SESSION AUTHORIZATION;
SELECT clearance.reset_actor();
BEGIN;
SELECT FROM clearance.allow('moderate', 'task', 'view');
SELECT clearance.set_actor(key => 'mod') > 0;
SET LOCAL SESSION AUTHORIZATION regress_replaced_app;
EXECUTE q;
ROLLBACK;
SELECT clearance.set_actor(key => 'mod', local => false) > 0;
SET SESSION AUTHORIZATION regress_replaced_app;
EXECUTE q;
RESET SESSION AUTHORIZATION;
ALTER TABLE task ADD note text;
SET SESSION AUTHORIZATION regress_replaced_app;
CALL rounds(2);
-- an index that some of the plans use
RESET SESSION AUTHORIZATION;
DROP INDEX task_project_id_idx;
SET SESSION AUTHORIZATION regress_replaced_app;
CALL rounds(2);
RESET SESSION AUTHORIZATION;
CREATE INDEX ON task (project_id);
SET SESSION AUTHORIZATION regress_replaced_app;
CALL rounds(2);
-- and with workers, who get plans as they are
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
DISCARD PLANS;
CALL rounds(2);
SELECT act('per') > 0;
SELECT plan('EXECUTE q');
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;

--
-- Cursors. One that was opened stays whose it was; one whose kept plan goes both ways
-- does so for others, too.
--
CREATE FUNCTION back_and_forth(person text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c CURSOR FOR SELECT id FROM app.task;
    id integer;
    way text := '';
BEGIN
    OPEN c;
    PERFORM app.act(person);
    FETCH c INTO id;
    way := way || id;
    FETCH LAST FROM c INTO id;
    way := concat_ws(' ', way, id);
    FETCH PRIOR FROM c INTO id;
    way := concat_ws(' ', way, id);
    FETCH FIRST FROM c INTO id;
    RETURN concat_ws(' ', way, id);
END $$;
SELECT act('ada') > 0, back_and_forth('res') AS ada;
-- of those that follow, a bitmap is read in one direction
SET enable_indexscan = off;
SET enable_seqscan = off;
SELECT act('per') > 0, back_and_forth('ada') AS per;
SELECT act('mod') > 0, back_and_forth('ada') AS mod;
SELECT act('res') > 0, back_and_forth('ada') AS res;
SELECT act('ada') > 0, back_and_forth('res') AS ada;
RESET enable_indexscan;
RESET enable_seqscan;

--
-- What writes: rows that it may change, and no others.
--
PREPARE touch AS UPDATE task SET done = done + 1 WHERE id < 60 RETURNING id;
PREPARE touch_with AS WITH t AS (UPDATE task SET done = done + 1 WHERE id < 60 RETURNING id) SELECT count(*) FROM t;
CREATE FUNCTION touched(person text) RETURNS bigint LANGUAGE sql AS
$$ SELECT app.act(person); WITH t AS (UPDATE app.task SET done = done + 1 WHERE id < 60 RETURNING id) SELECT count(*) FROM t $$;
CREATE PROCEDURE touch_all() LANGUAGE plpgsql AS $$
DECLARE
    person text;
    judged bigint;
    got bigint;
    n bigint;
BEGIN
    FOREACH person IN ARRAY '{ada,res,per,nobody,mod,cole,mix,idle,ada}'::text[] LOOP
        PERFORM app.act(person);
        SELECT count(*) INTO judged FROM app.task t WHERE id < 60 AND clearance.can_row('edit', t);
        EXECUTE 'EXECUTE touch';
        GET DIAGNOSTICS got = ROW_COUNT;
        EXECUTE 'EXECUTE touch_with' INTO n;
        IF got <> judged OR n <> judged THEN
            RAISE EXCEPTION '% changes % and %, may change %', person, got, n, judged;
        END IF;
        PERFORM app.act('ada');
        IF app.touched(person) <> judged THEN
            RAISE EXCEPTION '% changes others', person;
        END IF;
        RAISE INFO '% %', person, judged;
    END LOOP;
END $$;
BEGIN;
CALL touch_all();
ROLLBACK;
-- An INSERT is checked by a plan for who acts, too: RETURNING asks for sight of the new row.
CREATE FUNCTION added(person text, project integer, hidden boolean) RETURNS integer LANGUAGE sql AS
$$ SELECT app.act(person); INSERT INTO app.task (id, project_id, hidden) VALUES (9001, project, hidden) RETURNING id $$;
BEGIN;
SELECT act('mod') > 0, added('ada', 9, true);
ROLLBACK;
BEGIN;
SELECT act('res') > 0, added('per', 1, true);
ROLLBACK;
SELECT act('ada') > 0, added('mod', 1, true);

--
-- A login that is mapped to a setting: whatever way it is set in. It need not be
-- there when the statement is first planned.
--
\c - regress_replaced_rest
SET plan_cache_mode = force_generic_plan;
PREPARE q AS SELECT count(*) FROM task;
EXECUTE q;
SET request.jwt.claims = '{"sub": "res"}';
EXECUTE q;
SET request.jwt.claims = '{"sub": "ada"}';
EXECUTE q;
BEGIN; SELECT set_config('request.jwt.claims', claims('per'), true) <> ''; EXECUTE q; ROLLBACK;
EXECUTE q;
BEGIN; SET LOCAL request.jwt.claims = '{"sub": "mod"}'; EXECUTE q; SAVEPOINT s; SET LOCAL request.jwt.claims = '{"sub": "cole"}'; EXECUTE q; ROLLBACK TO s; EXECUTE q; COMMIT;
EXECUTE q;
RESET request.jwt.claims;
EXECUTE q;
SET request.jwt.claims = '{"sub": "per"}';
EXECUTE q;
DISCARD TEMP;
EXECUTE q;
RESET ALL;
SET plan_cache_mode = force_generic_plan;
EXECUTE q;
-- what a query sets is for the next one
SELECT set_config('request.jwt.claims', claims('res'), false) <> '';
WITH s AS MATERIALIZED (SELECT set_config('request.jwt.claims', claims('ada'), false)) SELECT count(*) FROM task, s;
EXECUTE q;
CREATE FUNCTION rest_rows_of(person text) RETURNS bigint LANGUAGE sql AS
$$ SELECT set_config('request.jwt.claims', app.claims(person), true); SELECT count(*) FROM app.task $$;
SELECT rest_rows_of(person) = rows AS same, rest_counted(), person FROM expected WHERE person <> 'nobody';
-- its plans are those of set_actor()
\c - :super
SET client_min_messages = error;
ALTER ROLE regress_replaced_rest SET clearance.external_explain = on;
CREATE TABLE app.plan (login text, person text, number integer, line text, PRIMARY KEY (person, number, login));
GRANT INSERT ON app.plan TO PUBLIC;
CREATE PROCEDURE app.look(statement text) LANGUAGE plpgsql AS $$
DECLARE
    line text;
    person text;
    n integer;
BEGIN
    FOREACH person IN ARRAY '{ada,cole,per,mod,res,mix,nobody,ada}'::text[] LOOP
        n := 0;
        IF session_user = 'regress_replaced_app' THEN
            PERFORM app.act(person);
        ELSE
            PERFORM set_config('request.jwt.claims', app.claims(person), false);
        END IF;
        FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
            n := n + 1;
            INSERT INTO app.plan VALUES (session_user, person, n, line) ON CONFLICT DO NOTHING;
        END LOOP;
    END LOOP;
END $$;
GRANT SELECT ON app.plan TO PUBLIC;
\c - regress_replaced_app
PREPARE q(text) AS SELECT p.name, count(*) FROM task t JOIN project p ON p.id = t.project_id WHERE p.name < $1 AND NOT t.hidden GROUP BY p.name;
SET plan_cache_mode = force_generic_plan;
CALL look('EXECUTE q(''p15'')');
\c - regress_replaced_rest
PREPARE q(text) AS SELECT p.name, count(*) FROM task t JOIN project p ON p.id = t.project_id WHERE p.name < $1 AND NOT t.hidden GROUP BY p.name;
SET plan_cache_mode = force_generic_plan;
CALL look('EXECUTE q(''p15'')');
SELECT person, count(DISTINCT login) AS logins, count(DISTINCT line) = count(*) / 2.0 AS same, bool_or(line ~ 'permitted|visible\(') AS judges, bool_or(line ~ 'in_set|set_keys') AS tests
FROM plan GROUP BY person ORDER BY person;
SELECT count(*) FROM plan a JOIN plan b USING (person, number) WHERE a.line <> b.line;

--
-- The same for a setting whose owner listens to it himself.
--
\c - regress_replaced_name
SET plan_cache_mode = force_generic_plan;
PREPARE q AS SELECT count(*) FROM task;
EXECUTE q;
SET plpgsql.extra_warnings = 'all';
EXECUTE q;
SET plpgsql.extra_warnings = 'none';
EXECUTE q;
SET plpgsql.extra_warnings = 'shadowed_variables';
EXECUTE q;

--
-- The children of a table
--
\c - :super
CREATE TABLE app.child () INHERITS (app.task);
\c - regress_replaced_app
-- wherever in a query a table is read, also where it is a look-up only in part
CREATE FUNCTION anywhere(person text) RETURNS text LANGUAGE sql AS $$
    SELECT app.act(person);
    SELECT concat_ws(' ', (SELECT max(v) FROM (VALUES ((SELECT count(*) FROM app.task)), (0)) x (v)),
        (SELECT count(*) FROM generate_series(1, (SELECT count(*) FROM app.task)) g),
        (SELECT count(*) FROM app.task WHERE id = 2), (SELECT count(*) FROM app.task WHERE id = 2 AND false)) $$;
CREATE FUNCTION one(person text) RETURNS bigint LANGUAGE sql AS $$ SELECT app.act(person); SELECT id FROM app.task WHERE id = 2 $$;
CREATE FUNCTION nothing(person text) RETURNS bigint LANGUAGE sql AS $$ SELECT app.act(person); SELECT count(*) FROM app.task WHERE id = 2 AND false $$;
SELECT act('mod') > 0, anywhere('ada'), one('ada');
SELECT act('ada') > 0, anywhere('mod'), one('mod');
SELECT act('ada') > 0, nothing('res'), one('res');

\c postgres :super
SET client_min_messages = warning;
DROP DATABASE regress_replaced;
DROP ROLE regress_replaced_app, regress_replaced_rest, regress_replaced_name, regress_replaced_plain;
