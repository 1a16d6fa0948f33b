-- A plan on a table that is partitioned by account names the account of who acts, so
-- that the others' partitions are not planned. It is for that account alone: whoever
-- acts for another one has another plan, which is for all. In a database of its own,
-- since what a transaction changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_account_plans;
\c regress_account_plans
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_account_plans;
SELECT clearance.trust_role('regress_account_plans');
SELECT clearance.create_account('One', key => '11111111-1111-1111-1111-111111111111') AS one, clearance.create_account('Two', key => '22222222-2222-2222-2222-222222222222') AS two,
    clearance.create_account('Three', key => '3') AS three \gset
SELECT clearance.add_member('1', name => 'Ada', roles => '{account_admin}', account => :one) AS ada \gset
SELECT clearance.add_member('2', name => 'Bea', roles => '{account_admin}', account => :two) AS bea \gset
SELECT clearance.add_member('3', name => 'Cole', roles => '{collaborator}', account => :one) AS cole \gset
SELECT clearance.add_member('4', name => 'Dan', roles => '{account_admin}', account => :three) AS dan \gset
CREATE SCHEMA app AUTHORIZATION regress_account_plans;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, account text NOT NULL);
INSERT INTO project SELECT n, (ARRAY['11111111-1111-1111-1111-111111111111', '22222222-2222-2222-2222-222222222222', '3'])[n % 3 + 1] FROM generate_series(1, 12) n;
CREATE TABLE task (id integer NOT NULL, account uuid NOT NULL, project_id integer NOT NULL REFERENCES project, note text, PRIMARY KEY (account, id)) PARTITION BY LIST (account);
CREATE TABLE task_1 PARTITION OF task FOR VALUES IN ('11111111-1111-1111-1111-111111111111');
CREATE TABLE task_2 PARTITION OF task FOR VALUES IN ('22222222-2222-2222-2222-222222222222');
INSERT INTO task SELECT n, p.account::uuid, p.id, 'n' || n FROM generate_series(1, 240) n JOIN project p ON p.id = n % 12 + 1 WHERE p.account <> '3';
-- by another type, in which not every account's key is one
CREATE TABLE bill (id integer NOT NULL, account varchar(40) NOT NULL, project_id integer NOT NULL REFERENCES project) PARTITION BY HASH (account);
CREATE TABLE bill_0 PARTITION OF bill FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE bill_1 PARTITION OF bill FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE bill_2 PARTITION OF bill FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO bill SELECT n, p.account, p.id FROM generate_series(1, 240) n JOIN project p ON p.id = n % 12 + 1;
-- of all accounts together
CREATE TABLE job (account text NOT NULL, project_id integer NOT NULL REFERENCES project, due integer NOT NULL);
INSERT INTO job SELECT p.account, p.id, n % 100 FROM generate_series(1, 24000) n JOIN project p ON p.id = n % 12 + 1;
CREATE INDEX ON job (account, due);
CREATE INDEX ON job (project_id, due);
SELECT clearance.protect('project', 'project', 'id', account => 'account') > 0;
SELECT clearance.protect('job', 'task', 'project_id', account => 'account') > 0;
SELECT clearance.protect('task', 'task', 'project_id', account => 'account', key => 'id') > 0, clearance.protect('bill', 'task', 'project_id', account => 'account') > 0;
SELECT clearance.add_member_to_project('3', :cole);
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_account_plans;
VACUUM ANALYZE;
SET SESSION AUTHORIZATION regress_account_plans;
-- what a plan reads, and whether it names an account or asks for it
CREATE FUNCTION reads(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    tables text[] := '{}';
    how text := 'tests nothing';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        tables := tables || ARRAY(SELECT m[1] FROM regexp_matches(line, ' on (\w+)') m);
        how := CASE WHEN line ~ 'own_account\(' THEN 'asks for it' WHEN line ~ 'account.* = ''?(11111111|22222222|3)' THEN 'names it' ELSE how END;
    END LOOP;
    RETURN (SELECT string_agg(DISTINCT t, ' ' ORDER BY t) FROM unnest(tables) t) || ': ' || how;
END $$;
\set as 'SELECT clearance.set_actor(id => '
\set now ', local => false) > 0 AS acts'

--
-- Each reads its partition, and nothing else, in queries of its own.
--
:as :ada :now;
SELECT reads('SELECT * FROM task'), reads('SELECT * FROM bill'), reads('SELECT * FROM project');
SELECT reads('SELECT * FROM task WHERE id = 5'), reads('SELECT * FROM (SELECT * FROM task) t'), reads('SELECT * FROM task FOR UPDATE');
SELECT reads('UPDATE task SET note = note'), reads('DELETE FROM task'), reads('SELECT * FROM task t JOIN bill b USING (id)');
SELECT count(*), min(account::text), max(account::text) FROM task;
SELECT count(*), min(account), max(account) FROM bill;
-- another account's partition, by whatever condition, is not
SELECT count(*) FROM task WHERE account = '22222222-2222-2222-2222-222222222222';
SELECT count(*) FROM task_2;
:as :bea :now;
SELECT reads('SELECT * FROM task'), reads('SELECT * FROM bill');
SELECT count(*), min(account::text), max(account::text) FROM task;
:as :cole :now;
SELECT count(*), min(account::text), max(account::text) FROM task;
-- whose account's key is no uuid has no rows there
:as :dan :now;
SELECT count(*) FROM task;
SELECT count(*), min(account), max(account) FROM bill;
SELECT clearance.reset_actor();
SELECT count(*) FROM task;

--
-- A plan that is kept: the first account's is its own, others ask.
--
PREPARE tasks AS SELECT count(*), min(account::text), max(account::text) FROM task;
PREPARE bills AS SELECT count(*), min(account), max(account) FROM bill;
PREPARE one(integer) AS SELECT id, note FROM task WHERE id = $1;
:as :ada :now;
SELECT reads('EXECUTE tasks'), reads('EXECUTE bills');
EXECUTE tasks;
EXECUTE bills;
EXECUTE one(2);
EXECUTE one(3);
:as :bea :now;
SELECT reads('EXECUTE tasks'), reads('EXECUTE bills');
EXECUTE tasks;
EXECUTE bills;
EXECUTE one(2);
EXECUTE one(3);
:as :cole :now;
EXECUTE tasks;
EXECUTE bills;
:as :dan :now;
SELECT reads('EXECUTE bills');
EXECUTE tasks;
EXECUTE bills;
SELECT clearance.reset_actor();
EXECUTE tasks;
EXECUTE bills;
:as :ada :now;
SELECT reads('EXECUTE tasks');
EXECUTE tasks;
EXECUTE bills;

--
-- Who acts is said between planning and start; in a cursor it stays who opened it.
--
CREATE FUNCTION count_for(id bigint) RETURNS bigint LANGUAGE sql AS
$$ SELECT clearance.set_actor(id => id, local => false); SELECT count(*) FROM app.task WHERE account::text LIKE '2222%' $$;
SELECT count_for(:bea), count_for(:ada), count_for(:bea), count_for(:cole);
BEGIN;
:as :ada :now;
DECLARE c CURSOR FOR SELECT DISTINCT account FROM task;
:as :bea :now;
FETCH ALL FROM c;
COMMIT;
-- what writes
BEGIN;
:as :ada :now;
WITH m AS (UPDATE task SET note = 'marked' RETURNING account) SELECT account, count(*) FROM m GROUP BY 1;
:as :bea :now;
WITH m AS (UPDATE task SET note = 'marked' RETURNING account) SELECT account, count(*) FROM m GROUP BY 1;
ROLLBACK;

--
-- Rows of two tables that belong together are of one account, and rows of a project,
-- too: the planner does not count that twice.
--
CREATE FUNCTION expects(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
    rows bigint;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    EXECUTE 'SELECT count(*) FROM (' || query || ') q' INTO rows;
    RETURN CASE WHEN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float BETWEEN rows / 2.0 AND rows * 2 THEN 'about as many' ELSE format('%s instead of %s', plan -> 0 -> 'Plan' ->> 'Plan Rows', rows) END;
END $$;
:as :ada :now;
SELECT expects('SELECT * FROM job j JOIN project p ON p.id = j.project_id');
SELECT expects('SELECT * FROM job WHERE project_id = 3');
CREATE FUNCTION scans(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    found text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        found := found || coalesce(substring(line FROM '(\w+ Scan using \w+|BitmapAnd|Sort|Seq Scan)') || ' ', '');
    END LOOP;
    RETURN found;
END $$;
SELECT scans('SELECT * FROM job WHERE project_id = 3 ORDER BY due LIMIT 5');

--
-- An account that gets another key: plans that name the old one are for nobody.
--
:as :ada :now;
EXECUTE bills;
RESET SESSION AUTHORIZATION;
UPDATE clearance.account SET key = '1' WHERE id = :one;
UPDATE app.bill SET account = '1' WHERE id IN (2, 14);
SET SESSION AUTHORIZATION regress_account_plans;
EXECUTE bills;
EXECUTE tasks;
SELECT reads('SELECT * FROM task');
RESET SESSION AUTHORIZATION;
UPDATE clearance.account SET key = '11111111-1111-1111-1111-111111111111' WHERE id = :one;
SET SESSION AUTHORIZATION regress_account_plans;
EXECUTE bills;
EXECUTE tasks;

RESET SESSION AUTHORIZATION;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_account_plans;
DROP ROLE regress_account_plans;
