-- Who sees the whole account has plans that test nothing, while every row is
-- sure to be in a project of it. It is checked whenever such a plan starts.
-- In a database of its own, since what a transaction changed itself gets no
-- such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_whole;
\c regress_whole
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_whole;
SELECT clearance.trust_role('regress_whole');
SELECT clearance.create_account('Regress');
SELECT clearance.add_member('1', name => 'Ada', roles => '{account_admin}') AS ada \gset
SELECT clearance.add_member('2', name => 'Sue', roles => '{super_user}') AS sue \gset
SELECT clearance.add_member('3', name => 'Cole', roles => '{collaborator}') AS cole \gset
SELECT clearance.create_partner('Acme', 'permissive') AS partner \gset
SELECT clearance.add_member('4', name => 'Pat', partner => :partner, partner_admin => true) AS pat \gset

CREATE SCHEMA app AUTHORIZATION regress_whole;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, name text, account text);
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 4) n;
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES project ON DELETE CASCADE, hidden boolean NOT NULL);
INSERT INTO task SELECT n, n % 4 + 1, n % 5 = 0 FROM generate_series(1, 20) n;
SELECT clearance.protect('project', 'project', 'id') AS binding \gset
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}') AS binding \gset
SELECT clearance.add_partner_to_project(p.key, :partner) FROM clearance.project p WHERE p.key <> '4';
GRANT ALL ON project, task TO regress_whole;
ANALYZE;
SET SESSION AUTHORIZATION regress_whole;
PREPARE counted AS SELECT count(*) FROM task;
-- how often the plan tests something, and what it counts
CREATE FUNCTION tests(query text DEFAULT 'SELECT count(*) FROM task') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    tested text := 'nothing';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        tested := coalesce(substring(line FROM '(in_set|set_keys|permitted|visible)\('), tested);
    END LOOP;
    RETURN tested;
END $$;

--
-- Admins and super users see the account; its rows and those of the projects
-- themselves need no test. A collaborator on every project does not, since the
-- next project would not be its own; nor does a partner.
--
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
EXPLAIN (COSTS OFF) SELECT count(*) FROM task;
EXPLAIN (COSTS OFF) SELECT count(*) FROM project;
EXECUTE counted;
SELECT clearance.set_actor(id => :sue, local => false) = :sue, tests();
SELECT tests();
EXECUTE counted;
RESET SESSION AUTHORIZATION;
SELECT clearance.add_member_to_project(p.key, :cole) FROM clearance.project p;
SET SESSION AUTHORIZATION regress_whole;
SELECT clearance.set_actor(id => :cole, local => false) = :cole;
SELECT tests();
EXECUTE counted;
SELECT clearance.set_actor(id => :pat, local => false) = :pat;
EXECUTE counted;
SELECT clearance.reset_actor();
EXECUTE counted;

--
-- Answers count by such plans, for whom they are about; where not every row is in a project, they test.
--
RESET SESSION AUTHORIZATION;
CREATE FUNCTION tested() RETURNS boolean LANGUAGE sql AS
    $$ SELECT EXISTS (SELECT FROM pg_stat_xact_user_functions WHERE funcname IN ('visible', 'editable', 'deletable', 'permitted', 'in_set')) $$;
BEGIN;
SET LOCAL track_functions = 'all';
SELECT visible, editable, deletable FROM clearance.what_can(:ada, 'task');
SELECT tested();
SELECT visible, editable, deletable FROM clearance.what_can(:pat, 'task');
SELECT tested();
ALTER TABLE task DROP CONSTRAINT task_project_id_fkey;
INSERT INTO task VALUES (21, 77, false);
SELECT visible, editable, deletable FROM clearance.what_can(:ada, 'task');
ROLLBACK;
SET SESSION AUTHORIZATION regress_whole;

--
-- Rows that are locked or written are tested: they may be newer than what is known.
--
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT tests('SELECT * FROM task FOR UPDATE'), tests('UPDATE task SET hidden = hidden'), tests('DELETE FROM task');
SELECT tests('SELECT * FROM task a JOIN project p ON p.id = a.project_id FOR UPDATE OF p');

--
-- A plan is for whom it was made: an SQL function is planned before it sets the actor.
--
CREATE FUNCTION count_for(id bigint) RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.set_actor(id => id, local => false); SELECT count(*) FROM app.task $$;
SELECT count_for(:pat);
SELECT count_for(:pat);
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
CREATE FUNCTION count_for_nobody() RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.reset_actor(); SELECT count(*) FROM app.task $$;
SELECT count_for_nobody();
SELECT count_for_nobody();
-- but for where the planner finds that nothing can be there
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
CREATE FUNCTION none_for(id bigint) RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.set_actor(id => id, local => false); SELECT count(*) FROM app.task WHERE false $$;
SELECT none_for(:pat);
-- a call of one's own is no policy
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
\set ECHO none
SELECT count(*) FROM (SELECT 99 AS id, 99 AS project_id, false AS hidden) t WHERE clearance.visible(:binding, id, project_id, hidden);
SELECT count(*) FROM (VALUES (1), (99)) v (id) LEFT JOIN task t USING (id)
WHERE clearance.visible(:binding, t.id, t.project_id, t.hidden);
\set ECHO queries
-- a cursor keeps its actor
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM task ORDER BY id DESC;
FETCH 1 FROM c;
SELECT clearance.set_actor(id => :pat) = :pat;
FETCH 1 FROM c;
SELECT count(*) FROM task;
ROLLBACK;

--
-- What ends it. Each is done as the superuser; then the plan that is there is
-- an error or gone, and a new one tests.
--
RESET SESSION AUTHORIZATION;
\set try 'SET SESSION AUTHORIZATION regress_whole; EXECUTE counted; SELECT tests(); EXECUTE counted; RESET SESSION AUTHORIZATION'
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
:try;
-- a second account
INSERT INTO clearance.account (name) VALUES ('Other');
:try;
DELETE FROM clearance.account WHERE name = 'Other';
:try;
-- a project that nobody registered (as by a copy, with triggers off), and one whose registration is gone
SET session_replication_role = replica;
INSERT INTO project VALUES (9, 'not registered');
RESET session_replication_role;
INSERT INTO task VALUES (99, 9, false);
:try;
DELETE FROM project WHERE id = 9;
:try;
DELETE FROM clearance.project WHERE key = '4';
:try;
SELECT clearance.create_project('4') > 0;
:try;
-- a key that is not validated, is deferrable, or is not there
ALTER TABLE task DROP CONSTRAINT task_project_id_fkey;
:try;
ALTER TABLE task ADD CONSTRAINT task_project_id_fkey FOREIGN KEY (project_id) REFERENCES project ON DELETE CASCADE NOT VALID;
:try;
ALTER TABLE task VALIDATE CONSTRAINT task_project_id_fkey;
:try;
ALTER TABLE task ALTER CONSTRAINT task_project_id_fkey DEFERRABLE;
:try;
ALTER TABLE task ALTER CONSTRAINT task_project_id_fkey NOT DEFERRABLE;
:try;
-- one that is not checked
ALTER TABLE task DISABLE TRIGGER ALL;
:try;
ALTER TABLE task ENABLE TRIGGER ALL;
:try;
-- a column that may be null
ALTER TABLE task ALTER project_id DROP NOT NULL;
:try;
ALTER TABLE task ALTER project_id SET NOT NULL;
:try;
-- children have constraints of their own
CREATE TABLE subtask () INHERITS (task);
INSERT INTO subtask VALUES (50, 77, false);
:try;
DROP TABLE subtask;
ANALYZE task;
:try;
-- triggers that note new projects, switched off and on again
ALTER TABLE project DISABLE TRIGGER ALL;
:try;
ALTER TABLE project ENABLE TRIGGER ALL;
:try;
SELECT clearance.repair('project');
:try;
SELECT clearance.unprotect('project');
:try;
SELECT clearance.protect('project', 'project', 'id') > 0;
:try;
-- a level that changes
SELECT clearance.set_actor(id => :sue, local => false) = :sue;
:try;
DELETE FROM clearance.level_grant WHERE level_id = 2 AND feature = 'task' AND action = 'view';
:try;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
:try;

--
-- A transaction that changes permissions gets no such plan, and may use one
-- that is there. In between, when keys are yet to be checked, it may not.
--
BEGIN;
INSERT INTO project VALUES (5, 'new');
INSERT INTO task VALUES (21, 5, false);
SET SESSION AUTHORIZATION regress_whole;
EXECUTE counted;
RESET SESSION AUTHORIZATION;
ROLLBACK;
SET SESSION AUTHORIZATION regress_whole;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN RAISE WARNING 'a trigger counts %', (SELECT count(*) FROM app.task); RETURN NULL; END $$;
RESET SESSION AUTHORIZATION;
CREATE TRIGGER "00_before_keys" AFTER INSERT ON task FOR EACH ROW EXECUTE FUNCTION look();
INSERT INTO task VALUES (22, 77, false);
INSERT INTO task VALUES (22, 1, false);
:try;

-- a level that reaches the account, but not archived projects
RESET SESSION AUTHORIZATION;
SELECT clearance.reset_actor();
SELECT clearance.create_level('reader', 'vendor') > 0;
SELECT clearance.allow('reader', 'project', 'view', reach => 'account'), clearance.allow('reader', 'task', 'view', reach => 'account');
SELECT clearance.create_role('Reader', access_level => 'reader') > 0;
SELECT clearance.add_member('5', name => 'Ria', roles => '{Reader}') AS ria \gset
SELECT clearance.set_project(2, archived => true);
SET SESSION AUTHORIZATION regress_whole;
SELECT clearance.set_actor(id => :ria, local => false);
SELECT count(*), count(*) FILTER (WHERE project_id = 2) FROM task;
RESET SESSION AUTHORIZATION;
SELECT clearance.reset_actor();
SELECT clearance.set_project(2, archived => false);
SET SESSION AUTHORIZATION regress_whole;
SELECT clearance.set_actor(id => :ria, local => false);
SELECT count(*) > 0, count(*) FILTER (WHERE project_id = 2) > 0 FROM task;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_whole;
DROP ROLE regress_whole;
