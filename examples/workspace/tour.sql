-- The same queries, asked by seven people, nobody and a reporting tool, and why one of
-- them does not see a row. Run it on the
-- loaded workspace as a superuser, who only counts what there is: from there
-- on the session is the application's login, which says for whom it works.
\set ON_ERROR_STOP on
\set QUIET on
\pset pager off
\pset footer off
\pset null ''
SET client_min_messages = warning;

DROP TABLE IF EXISTS seen, sample, outcome;
CREATE TEMP TABLE seen (person text, "table" text, rows bigint);
CREATE TEMP TABLE sample (person text, task text, project text, assignee bigint, private boolean, client text);
CREATE TEMP TABLE outcome (no integer GENERATED ALWAYS AS IDENTITY, person text, statement text, result text);
GRANT SELECT, INSERT ON seen, sample, outcome TO clearance_demo_app;

-- What a statement does, in one line.
CREATE OR REPLACE FUNCTION pg_temp.try(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
    detail  text;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN CASE changed WHEN 1 THEN 'done: 1 row' ELSE format('%s rows', changed) END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN 'ERROR: ' || SQLERRM || CASE WHEN detail <> '' THEN E'\nDETAIL: ' || detail ELSE '' END;
END
$$;

\echo
\echo 'The tour: the same queries as seven people, and as nobody ...'
\set person all
\set key ''
\ir tour_person.sql

SET SESSION AUTHORIZATION clearance_demo_app;

\echo '  Ada, account admin of North'
\set person Ada
\set key 2
\set allowed 'UPDATE app.project SET hours = hours + 8 WHERE id = 8'
\set refused 'INSERT INTO app.task (project_id, title) VALUES (5, ''in a project of South'')'
\ir tour_person.sql

\echo '  Sam, super user: all projects of North, and their owners stay as they are'
\set person Sam
\set key 4
\set allowed 'INSERT INTO app.task (project_id, title) VALUES (8, ''one more'')'
\set refused 'UPDATE app.task SET created_by = 13 WHERE id = 7862'
\ir tour_person.sql

\echo '  Carl, collaborator: the projects he is on, and no dates of record'
\set person Carl
\set key 13
\set allowed 'UPDATE app.task SET status = ''open'' WHERE id = 1'
\set refused 'UPDATE app.task SET completed_on = ''2020-01-01'' WHERE id = 1'
\ir tour_person.sql

\echo '  Petra, admin of Alder: permissive, so private rows too'
\set person Petra
\set key 24
\set allowed 'UPDATE app.task SET is_private = true WHERE id = 14671'
\set refused 'INSERT INTO app.project (id, account, name) VALUES (99, ''north'', ''one of her own'')'
\ir tour_person.sql

\echo '  Mona of Cedar: moderate, so shared rows of the projects she is invited to'
\set person Mona
\set key 102
\set allowed 'UPDATE app.task SET status = ''open'' WHERE id = 7862'
\set refused 'UPDATE app.task SET is_private = true WHERE id = 7862'
\ir tour_person.sql

\echo '  Rex of Fir: restricted, so what is assigned to him'
\set person Rex
\set key 113
\set allowed 'UPDATE app.task SET status = ''open'' WHERE id = 11139'
\set refused 'UPDATE app.task SET assignee_id = 24 WHERE id = 11139'
\ir tour_person.sql

\echo '  Cleo of Ember Media, a customer: what the portal shows'
\set person Cleo
\set key 5051
\set allowed 'UPDATE app.task SET status = ''open'' WHERE id = 1229'
\set refused 'UPDATE app.task SET status = ''open'' WHERE id = 1228'
\ir tour_person.sql

\echo '  nobody: the same login, without clearance.set_actor()'
\set person nobody
\set key ''
\set allowed ''
\set refused 'INSERT INTO app.task (project_id, title) VALUES (1, ''by nobody'')'
\ir tour_person.sql

\pset title 'Rows that each of them sees (all: what there is)'
SELECT "table",
    sum(rows) FILTER (WHERE person = 'all')    AS "all",
    sum(rows) FILTER (WHERE person = 'Ada')    AS "Ada",
    sum(rows) FILTER (WHERE person = 'Sam')    AS "Sam",
    sum(rows) FILTER (WHERE person = 'Carl')   AS "Carl",
    sum(rows) FILTER (WHERE person = 'Petra')  AS "Petra",
    sum(rows) FILTER (WHERE person = 'Mona')   AS "Mona",
    sum(rows) FILTER (WHERE person = 'Rex')    AS "Rex",
    sum(rows) FILTER (WHERE person = 'Cleo')   AS "Cleo",
    sum(rows) FILTER (WHERE person = 'nobody') AS "nobody"
FROM seen GROUP BY "table" ORDER BY "table";

\pset title 'The first three tasks of each'
SELECT CASE row_number() OVER w WHEN 1 THEN person END AS person, task, project, assignee, private, client AS "for customers"
FROM sample WHERE person <> 'all'
WINDOW w AS (PARTITION BY person ORDER BY task)
ORDER BY array_position('{Ada,Sam,Carl,Petra,Mona,Rex,Cleo}', person), task;

\pset title 'One write that is allowed (and rolled back), one that is refused'
\pset format wrapped
\pset columns 108
SELECT CASE row_number() OVER w WHEN 1 THEN person END AS person, statement, result
FROM outcome WINDOW w AS (PARTITION BY person ORDER BY no) ORDER BY no;
\pset format aligned
\pset columns 0

RESET SESSION AUTHORIZATION;

-- The login role is Cedar as a whole: it reads what an admin of Cedar would.
SET SESSION AUTHORIZATION clearance_demo_bi;
\pset title 'A reporting tool logs in as clearance_demo_bi, which is partner Cedar, and just asks'
SELECT p.id, p.name, count(*) AS tasks, count(*) FILTER (WHERE t.status = 'open') AS open, max(t.completed_on) AS last_completed
FROM app.task t JOIN app.project p ON p.id = t.project_id
GROUP BY p.id ORDER BY tasks DESC LIMIT 5;
-- SELECT * is for everybody: Cedar is moderate, so it sees budgets of shared projects, and no rates at all.
\pset title 'It asks SELECT * of projects (some of the columns here), and reads what Cedar may read'
SELECT id, name, is_private, status, budget, currency, bill_rate, cost_rate, margin
FROM (SELECT * FROM app.project) AS everything ORDER BY id LIMIT 6;
RESET SESSION AUTHORIZATION;

-- One statement says why: who asks is a superuser for whom nobody acts.
\pset tuples_only on
\pset format unaligned
\pset title
\echo 'Task 4106 is assigned to Rex, and he does not see it. Why?'
SELECT explanation FROM clearance.explain('app.task', 4106, member => 113);
\echo
\echo 'May Mona make task 7862 private, which she may edit?'
SELECT explanation FROM clearance.explain('app.task', 7862, 'edit', member => 102, changes => '{"is_private": true}')
WHERE step IN ('verdict', 'columns', 'change', 'and', 'or');
\pset tuples_only off
\pset format aligned
\pset footer on
RESET client_min_messages;
\unset QUIET
