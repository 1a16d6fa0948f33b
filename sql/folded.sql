-- A plan for a class of rights is replaced for others, whatever the planner left
-- out of it. In a database of its own, since what a transaction changed itself gets
-- no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_folded;
\c regress_folded
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_folded;
\o /dev/null
SELECT clearance.trust_role('regress_folded');
SELECT clearance.create_account('Regress');
SELECT clearance.add_member(v.key, name => v.name, roles => v.roles)
FROM (VALUES ('ada', 'Ada', '{account_admin}'::text[]), ('cole', 'Cole', '{collaborator}')) v (key, name, roles);
SELECT clearance.create_partner('Per', 'permissive'), clearance.create_partner('Mod', 'moderate'), clearance.create_partner('Res', 'restricted');
SELECT clearance.add_member(lower(p.name), name => p.name, partner => p.id, partner_admin => true) FROM clearance.partner p;
CREATE SCHEMA app AUTHORIZATION regress_folded;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, name text);
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 3) n;
CREATE TABLE task (id integer, project_id integer NOT NULL REFERENCES project, hidden boolean NOT NULL, assignee text,
    PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE task_low PARTITION OF task FOR VALUES FROM (0) TO (100);
CREATE TABLE task_high PARTITION OF task FOR VALUES FROM (100) TO (200);
INSERT INTO task SELECT n, n % 3 + 1, n % 2 = 0, 'res' FROM generate_series(1, 6) n;
CREATE TABLE plain (id integer PRIMARY KEY);
INSERT INTO plain VALUES (1);
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
SELECT clearance.add_partner_to_project(x.key, p.id) FROM clearance.project x, clearance.partner p WHERE x.key <> '3';
SELECT clearance.add_member_to_project(x.key, m.id) FROM clearance.project x, clearance.member m WHERE m.key = 'cole' AND x.key <> '3';
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_folded;
ANALYZE;
\o

-- Each query is run for every class of actor by a plan of its own, then by one
-- that was made for the first of them and set nobody free: SQL functions are
-- planned before they set the actor.
CREATE TABLE query (n integer GENERATED ALWAYS AS IDENTITY, sql text);
INSERT INTO query (sql) VALUES
    ('SELECT count(*) FROM (SELECT 1 FROM (SELECT id FROM app.project OFFSET 0) a JOIN app.plain b ON false) x'),
    ('SELECT count(*) FROM (SELECT id FROM app.task OFFSET 0) a JOIN app.plain b ON false'),
    ('SELECT count(*) FROM app.plain b LEFT JOIN (SELECT id FROM app.project OFFSET 0) a ON false'),
    ('SELECT count(*) FROM app.plain b LEFT JOIN app.project a ON a.id = b.id'),
    ('SELECT count(*) FROM app.task WHERE false'),
    ('SELECT count(*) FROM app.task WHERE 1 = 2 AND hidden'),
    ('SELECT count(*) FROM app.task WHERE id = 500'),
    ('SELECT count(*) FROM (SELECT id FROM app.project WHERE false UNION ALL SELECT id FROM app.plain) u'),
    ('SELECT count(*) FROM (SELECT id FROM (SELECT id FROM app.project OFFSET 0) a WHERE false UNION SELECT id FROM app.plain) u'),
    ('SELECT count(*) FROM app.plain WHERE false AND EXISTS (SELECT FROM app.task)'),
    ('SELECT count(*) FROM app.plain WHERE true OR EXISTS (SELECT FROM app.task)'),
    ('SELECT count(*) FROM (SELECT p.id, (SELECT count(*) FROM app.task) AS unread FROM app.plain p) x'),
    ('WITH unread AS (SELECT * FROM app.task) SELECT count(*) FROM app.plain'),
    ('SELECT count(*) FROM app.plain WHERE CASE WHEN true THEN true ELSE EXISTS (SELECT FROM app.project) END');
GRANT SELECT ON query TO regress_folded;
SET SESSION AUTHORIZATION regress_folded;
CREATE FUNCTION answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE query INTO n;
    RETURN n;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlerrm;
END $$;
CREATE FUNCTION answers(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    actor text;
    answers text := '';
BEGIN
    FOREACH actor IN ARRAY ARRAY['ada', 'cole', 'per', 'mod', 'res'] LOOP
        PERFORM clearance.set_actor(key => actor, local => false);
        answers := concat_ws(' ', answers, app.answer(query));
    END LOOP;
    FOREACH actor IN ARRAY ARRAY['ada', 'cole', 'per', 'mod', 'res'] LOOP
        PERFORM clearance.set_actor(key => actor, local => false);
        EXECUTE format('CREATE FUNCTION app.planned_before() RETURNS bigint LANGUAGE sql AS %L',
            'SELECT clearance.set_actor(key => ''mod'', local => false); ' || query);
        answers := concat_ws(' ', answers, app.answer('SELECT app.planned_before()'));
        PERFORM clearance.set_actor(key => actor, local => false);
        EXECUTE format('CREATE OR REPLACE FUNCTION app.planned_before() RETURNS bigint LANGUAGE sql AS %L',
            'SELECT clearance.reset_actor(); ' || query);
        answers := concat_ws(' ', answers, app.answer('SELECT app.planned_before()'));
        DROP FUNCTION app.planned_before();
    END LOOP;
    RETURN answers;
END $$;
SELECT n, answers(sql) FROM query ORDER BY n;

--
-- Prepared, with the same plan again and again; and a table that is left out of
-- one part of a query and read in another.
--
SET plan_cache_mode = force_generic_plan;
SELECT clearance.set_actor(key => 'ada', local => false) IS NOT NULL;
PREPARE none AS SELECT count(*) FROM (SELECT id FROM task OFFSET 0) a JOIN plain b ON false;
EXECUTE none;
SELECT clearance.set_actor(key => 'res', local => false) IS NOT NULL;
EXECUTE none;
SELECT clearance.reset_actor();
EXECUTE none;
SELECT answer(sql) FROM (VALUES
    ('SELECT count(*) FROM app.project p WHERE EXISTS (SELECT FROM (SELECT id FROM app.task OFFSET 0) t JOIN app.plain ON false) OR p.id < 9')) v (sql);

--
-- So is what reads nothing until it runs: behind LIMIT 0, behind a condition that
-- only the run tells, in a partition.
--
SELECT clearance.set_actor(key => 'ada', local => false) IS NOT NULL;
CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.set_actor(key => 'mod', local => false); SELECT count(*) FROM app.task $$;
SELECT counted();
SELECT clearance.set_actor(key => 'ada', local => false) IS NOT NULL;
CREATE FUNCTION first() RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.set_actor(key => 'mod', local => false); SELECT id::bigint FROM app.task LIMIT 0 $$;
SELECT first();
SELECT clearance.set_actor(key => 'ada', local => false) IS NOT NULL;
CREATE FUNCTION now_and_then(boolean) RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.set_actor(key => 'mod', local => false); SELECT count(*) FROM app.task WHERE $1 $$;
SELECT now_and_then(false);
SELECT clearance.set_actor(key => 'ada', local => false) IS NOT NULL;
CREATE FUNCTION lowest() RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.set_actor(key => 'mod', local => false); SELECT count(*) FROM app.task WHERE id < 3 $$;
SELECT lowest();
SELECT counted();

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_folded;
DROP ROLE regress_folded;
