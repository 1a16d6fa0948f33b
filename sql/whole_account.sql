-- In a database of several accounts, rows that name their account need no other
-- test for who sees the whole of it, while a foreign key of project and account
-- says that they are in a project of that account, and the rows of its projects
-- are all registered in it. It is checked whenever such a plan starts. In a
-- database of its own, since what a transaction changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_whole_account;
\c regress_whole_account
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_whole_account;
SELECT clearance.trust_role('regress_whole_account');
SELECT clearance.create_account('One', key => '1') AS one, clearance.create_account('Two', key => '2') AS two \gset
SELECT clearance.add_member('1', name => 'Ada', roles => '{account_admin}', account => :one) AS ada \gset
SELECT clearance.add_member('2', name => 'Bea', roles => '{super_user}', account => :two) AS bea \gset
SELECT clearance.add_member('3', name => 'Cole', roles => '{collaborator}', account => :one) AS cole \gset
CREATE SCHEMA app AUTHORIZATION regress_whole_account;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, account text NOT NULL, name text, UNIQUE (account, id), UNIQUE (id, account));
INSERT INTO project SELECT n, CASE WHEN n > 4 THEN '2' ELSE '1' END, 'p' || n FROM generate_series(1, 8) n;
CREATE TABLE task (id integer PRIMARY KEY, account text NOT NULL, project_id integer NOT NULL,
    CONSTRAINT task_key FOREIGN KEY (project_id, account) REFERENCES project (id, account) ON DELETE CASCADE);
INSERT INTO task SELECT n, CASE WHEN n % 8 > 3 THEN '2' ELSE '1' END, n % 8 + 1 FROM generate_series(1, 80) n;
CREATE INDEX ON task (account, id);
CREATE TABLE bill (id integer NOT NULL, account text NOT NULL, project_id integer NOT NULL,
    FOREIGN KEY (account, project_id) REFERENCES project (account, id)) PARTITION BY LIST (account);
CREATE TABLE bill_1 PARTITION OF bill FOR VALUES IN ('1');
CREATE TABLE bill_2 PARTITION OF bill FOR VALUES IN ('2');
INSERT INTO bill SELECT * FROM task;
SELECT clearance.protect('project', 'project', 'id', account => 'account') > 0;
SELECT clearance.protect('task', 'task', 'project_id', account => 'account') > 0, clearance.protect('bill', 'task', 'project_id', account => 'account') > 0;
GRANT ALL ON project, task, bill TO regress_whole_account;
VACUUM ANALYZE;
SET SESSION AUTHORIZATION regress_whole_account;
PREPARE counted AS SELECT t.*, p.n AS projects FROM (SELECT count(*), min(account), max(account) FROM task) t, (SELECT count(*) AS n FROM project) p;
CREATE FUNCTION tests(query text DEFAULT 'SELECT count(*) FROM task') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    tested text[] := '{}';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
        tested := tested || ARRAY(SELECT m[1] FROM regexp_matches(line, '(in_set|set_keys|permitted|visible|own_account)\(', 'g') m);
    END LOOP;
    RETURN coalesce((SELECT string_agg(DISTINCT t, ' ' ORDER BY t) FROM unnest(tested) t), 'nothing');
END $$;

--
-- Who sees the account: its rows, those of its projects, and its partition. Others
-- are tested. Plans on partitions name the account, see sql/account_plans.sql.
--
SET enable_seqscan = off;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
EXPLAIN (COSTS OFF) SELECT count(*) FROM task;
EXPLAIN (COSTS OFF) SELECT count(*) FROM project;
RESET enable_seqscan;
EXPLAIN (COSTS OFF) SELECT count(*) FROM bill;
EXECUTE counted;
SELECT count(*), min(account), max(account) FROM bill;
SELECT count(*), min(account), max(account) FROM project;
SELECT clearance.set_actor(id => :bea, local => false) = :bea;
SELECT tests(), tests('SELECT * FROM bill'), tests('SELECT * FROM project');
EXECUTE counted;
SELECT count(*), min(account), max(account) FROM bill;
SELECT clearance.set_actor(id => :cole, local => false) = :cole;
SELECT tests();
EXECUTE counted;
SELECT clearance.reset_actor();
EXECUTE counted;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT tests('SELECT * FROM task FOR UPDATE'), tests('UPDATE task SET id = id'), tests('DELETE FROM task');
-- a plan is for whom it was made
CREATE FUNCTION count_for(id bigint) RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.set_actor(id => id, local => false); SELECT count(*) FROM app.task $$;
SELECT count_for(:cole);
SELECT count_for(:cole);
SELECT count_for(:ada);
RESET SESSION AUTHORIZATION;

--
-- What ends it. Each is done as the superuser; then the plan that is there is an
-- error or gone, a new one tests, and counts what a plan does that locks the rows.
--
-- rows that are locked are tested in any case
PREPARE judged AS WITH t AS MATERIALIZED (SELECT account FROM task FOR UPDATE), p AS MATERIALIZED (SELECT FROM project FOR UPDATE)
SELECT x.*, (SELECT count(*) FROM p) AS projects FROM (SELECT count(*), min(account), max(account) FROM t) x;
\set try 'SET SESSION AUTHORIZATION regress_whole_account; EXECUTE counted; SELECT tests(), tests($$SELECT * FROM project$$); EXECUTE counted; EXECUTE judged; RESET SESSION AUTHORIZATION'
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
:try;
-- not a project of another account, or of one's own, that is registered as it is made
INSERT INTO project VALUES (9, '2', 'theirs');
:try;
INSERT INTO project VALUES (10, '1', 'ours');
INSERT INTO task VALUES (100, '1', 10);
:try;
-- a project's row that names another account than it is registered in
INSERT INTO project VALUES (11, '2', 'moves');
INSERT INTO task VALUES (111, '2', 11);
:try;
ALTER TABLE task DROP CONSTRAINT task_key;
UPDATE project SET account = '1' WHERE id = 11;
UPDATE task SET account = '1' WHERE id = 111;
ALTER TABLE task ADD CONSTRAINT task_key FOREIGN KEY (project_id, account) REFERENCES project (id, account) ON DELETE CASCADE;
:try;
-- registered there, it is one more; and then no more
UPDATE clearance.project SET account_id = :one WHERE key = '11';
:try;
UPDATE clearance.project SET account_id = :two WHERE key = '11';
:try;
DELETE FROM project WHERE id = 11;
:try;
-- a row that nobody registered
SET session_replication_role = replica;
INSERT INTO project VALUES (12, '1', 'not registered');
RESET session_replication_role;
INSERT INTO task VALUES (112, '1', 12);
:try;
DELETE FROM project WHERE id = 12;
:try;
-- an account that is called otherwise
UPDATE clearance.account SET key = NULL WHERE id = :two;
UPDATE clearance.account SET key = '3' WHERE id = :one;
:try;
UPDATE clearance.account SET key = '1' WHERE id = :one;
UPDATE clearance.account SET key = '2' WHERE id = :two;
:try;
-- a key of the project alone: the account may be another one
ALTER TABLE task DROP CONSTRAINT task_key;
ALTER TABLE task ADD CONSTRAINT task_key FOREIGN KEY (project_id) REFERENCES project;
INSERT INTO task VALUES (113, '1', 5);
:try;
DELETE FROM task WHERE id = 113;
ALTER TABLE task DROP CONSTRAINT task_key;
-- one of two columns, of which the account is none
ALTER TABLE project ADD code text DEFAULT 'c', ADD UNIQUE (id, code);
ALTER TABLE task ADD code text DEFAULT 'c';
ALTER TABLE task ADD CONSTRAINT task_key FOREIGN KEY (project_id, code) REFERENCES project (id, code);
INSERT INTO task VALUES (117, '1', 5);
:try;
DELETE FROM task WHERE id = 117;
ALTER TABLE task DROP CONSTRAINT task_key;
ALTER TABLE task ADD CONSTRAINT task_key FOREIGN KEY (project_id, account) REFERENCES project (id, account) ON DELETE CASCADE NOT VALID;
:try;
ALTER TABLE task VALIDATE CONSTRAINT task_key;
:try;
ALTER TABLE task DISABLE TRIGGER ALL;
:try;
ALTER TABLE task ENABLE TRIGGER ALL;
:try;
-- a row without an account is nobody's, one without a project is nobody's though it names one
ALTER TABLE task ALTER account DROP NOT NULL;
INSERT INTO task VALUES (114, NULL, 5), (115, NULL, 99);
:try;
ALTER TABLE task ALTER project_id DROP NOT NULL;
INSERT INTO task VALUES (116, '1', NULL);
:try;
DELETE FROM task WHERE project_id IS NULL;
ALTER TABLE task ALTER project_id SET NOT NULL;
:try;
-- a trigger that notes accounts is not there (as after an upgrade), or was off
SET clearance.maintaining = on;
DROP TRIGGER "00_clearance_note_account" ON project;
RESET clearance.maintaining;
:try;
INSERT INTO project VALUES (13, '2', 'moves');
:try;
UPDATE project SET account = '1' WHERE id = 13;
:try;
DELETE FROM project WHERE id = 13;
SELECT clearance.repair('project');
:try;
ALTER TABLE project DISABLE TRIGGER ALL;
:try;
ALTER TABLE project ENABLE TRIGGER ALL;
:try;
SELECT clearance.repair('project');
:try;
-- no index finds the rows of an account's projects
ALTER TABLE project DROP CONSTRAINT project_account_id_key CASCADE;
:try;
ALTER TABLE project ADD UNIQUE (account, id);
:try;
SELECT tests('SELECT * FROM bill'); -- its key went with the index
-- the table of projects, or the table, does not bind the account
SELECT clearance.unprotect('project'), clearance.protect('project', 'project', 'id') > 0;
:try;
SELECT clearance.unprotect('project'), clearance.protect('project', 'project', 'id', account => 'account') > 0;
:try;
-- rows that outlive their project, by a key of project and account too
ALTER TABLE task ADD CONSTRAINT task_key FOREIGN KEY (project_id, account) REFERENCES project (id, account) ON DELETE CASCADE;
SELECT clearance.unprotect('task'), clearance.protect('task', 'task', 'project_id', account => 'account') > 0;
:try;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER keep BEFORE DELETE ON task FOR EACH ROW EXECUTE FUNCTION keep();
DELETE FROM project WHERE id = 3;
DROP TRIGGER keep ON task;
:try;
SELECT clearance.repair('task');
:try;
SELECT clearance.unprotect('task'), clearance.protect('task', 'task', 'project_id', account => 'account') > 0;
:try;
DELETE FROM task WHERE project_id = 3;
SELECT clearance.repair('task');
:try;
-- or that stay where it was, while it moves to another account
ALTER TABLE task DROP CONSTRAINT task_key;
ALTER TABLE task ADD CONSTRAINT task_key FOREIGN KEY (project_id, account) REFERENCES project (id, account) ON UPDATE CASCADE;
CREATE TRIGGER keep BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION keep();
UPDATE project SET account = '2' WHERE id = 2;
UPDATE clearance.project SET account_id = :two WHERE key = '2';
DROP TRIGGER keep ON task;
:try;
ALTER TABLE task DROP CONSTRAINT task_key;
ALTER TABLE task ADD CONSTRAINT task_key FOREIGN KEY (project_id, account) REFERENCES project (id, account) NOT VALID;
UPDATE pg_constraint SET convalidated = true WHERE conname = 'task_key';
SELECT clearance.repair('task');
:try;
DELETE FROM task WHERE project_id = 2 AND account = '1';
SELECT clearance.repair('task');
:try;
-- something that rows belong to
ALTER TABLE task ADD above integer REFERENCES project;
SELECT clearance.unprotect('task'), clearance.protect('task', 'task', 'project_id', account => 'account') > 0, clearance.add_parent('task', 'above', 'project', optional => true);
:try;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_whole_account;
DROP ROLE regress_whole_account;
