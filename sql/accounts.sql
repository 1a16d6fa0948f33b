-- Who sees its whole account has plans that test nothing on tables whose rows
-- are all its account's, whatever other accounts there are. In a database of its
-- own, since what a transaction changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_accounts;
\c regress_accounts
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_accounts;
\o /dev/null
SELECT clearance.trust_role('regress_accounts');
SELECT clearance.create_account('One', key => 'one');
SELECT clearance.add_member('ada', name => 'Ada', roles => '{account_admin}');
CREATE SCHEMA app AUTHORIZATION regress_accounts;
SET search_path = app;
-- two tables of projects, with keys of two types, and their tasks
CREATE TABLE project (id integer PRIMARY KEY);
CREATE TABLE task (id integer GENERATED ALWAYS AS IDENTITY, project_id integer NOT NULL REFERENCES project ON DELETE CASCADE);
CREATE TABLE matter (id text PRIMARY KEY);
CREATE TABLE step (id integer GENERATED ALWAYS AS IDENTITY, matter_id text NOT NULL REFERENCES matter ON DELETE CASCADE);
INSERT INTO project VALUES (1), (2);
INSERT INTO task (project_id) VALUES (1), (2), (2);
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.protect('task', 'task', 'project_id');
SELECT clearance.protect('matter', 'project', 'id');
SELECT clearance.protect('step', 'task', 'matter_id');
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_accounts;
\o
CREATE FUNCTION rows_seen(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE query INTO n;
    RETURN n;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlerrm;
END $$;
CREATE FUNCTION count_task() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM app.task); END $$;
CREATE FUNCTION count_step() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM app.step); END $$;
-- what a member sees of tasks and steps: by a kept plan, by a new one, by the rule row by row; and what its plans test
CREATE PROCEDURE see(person text, INOUT seen text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    tab text;
    tested text;
    line text;
BEGIN
    PERFORM clearance.set_actor(key => person, local => false);
    FOREACH tab IN ARRAY ARRAY['task', 'step'] LOOP
        tested := 'nothing';
        SET SESSION AUTHORIZATION regress_accounts;
        seen := concat_ws(' ', seen, tab, app.rows_seen(format('SELECT app.count_%s()', tab)), app.rows_seen('SELECT count(*) FROM app.' || tab));
        FOR line IN EXECUTE 'EXPLAIN SELECT count(*) FROM app.' || tab LOOP
            tested := coalesce(substring(line FROM '(in_set|set_keys|permitted|visible)\('), tested);
        END LOOP;
        RESET SESSION AUTHORIZATION;
        SET clearance.simplify = off;
        SET SESSION AUTHORIZATION regress_accounts;
        seen := concat_ws(' ', seen, app.rows_seen('SELECT count(*) FROM app.' || tab), 'tests', tested || ';');
        RESET SESSION AUTHORIZATION;
        RESET clearance.simplify;
    END LOOP;
    PERFORM clearance.reset_actor();
END $$;
CALL see('ada');

--
-- A second account: with nothing, with projects of its own in another table,
-- with one in the same table, and without it again.
--
SELECT clearance.create_account('Two', key => 'two') AS two \gset
SELECT clearance.add_member('zoe', name => 'Zoe', roles => '{account_admin}', account => :two) AS zoe \gset
CALL see('ada');
CALL see('zoe');
SELECT clearance.set_actor(id => :zoe, local => false) = :zoe;
INSERT INTO matter VALUES ('a');
INSERT INTO step (matter_id) VALUES ('a'), ('a');
SELECT clearance.reset_actor();
CALL see('ada');
CALL see('zoe');
SELECT clearance.set_actor(id => :zoe, local => false) = :zoe;
INSERT INTO project VALUES (3);
INSERT INTO task (project_id) VALUES (3);
SELECT clearance.reset_actor();
CALL see('ada');
CALL see('zoe');
DELETE FROM project WHERE id = 3;
CALL see('ada');
CALL see('zoe');

--
-- A project that changes the account, one that nobody registered, and what was
-- undone.
--
UPDATE clearance.project SET account_id = :two WHERE key = '2';
CALL see('ada');
CALL see('zoe');
UPDATE clearance.project SET account_id = :two WHERE key = '1';
CALL see('ada');
CALL see('zoe');
UPDATE clearance.project SET account_id = (SELECT id FROM clearance.account WHERE key = 'one') WHERE key IN ('1', '2');
CALL see('ada');
CALL see('zoe');
DELETE FROM clearance.project WHERE key = '2';
CALL see('ada');
SELECT clearance.create_project('2', account => (SELECT id FROM clearance.account WHERE key = 'one')) > 0;
CALL see('ada');
BEGIN;
SAVEPOINT s;
UPDATE clearance.project SET account_id = :two WHERE key = '2';
CALL see('ada');
ROLLBACK TO s;
CALL see('ada');
COMMIT;
CALL see('ada');
-- a project of the account in the other table does not count here
SELECT clearance.set_actor(key => 'ada', local => false) IS NOT NULL;
INSERT INTO matter VALUES ('b');
SELECT clearance.reset_actor();
CALL see('ada');
CALL see('zoe');

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_accounts;
DROP ROLE regress_accounts;
