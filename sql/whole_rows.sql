-- Rows of the account itself, and of tables in which a row need not have a project: who
-- sees all that the account has of them is shown it by a test of the account alone, or
-- none where there is one account. Everybody else is judged row by row; the rows are those
-- that the rule gives. In a database of its own, since what a transaction changed itself
-- gets no such plans, and since it matters how many accounts there are.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_whole_rows;
\c regress_whole_rows
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
CREATE ROLE regress_whole_rows;
\o /dev/null
SELECT clearance.trust_role('regress_whole_rows');
SELECT clearance.create_account('One', key => '1') AS one, clearance.create_account('Two', key => '2') AS two \gset
SELECT clearance.create_partner('Perm', 'permissive', account => :one) AS perm \gset
SELECT clearance.create_customer('Cafe', :one) AS cafe \gset
SELECT clearance.add_member('ann', roles => '{account_admin}', account => :one), clearance.add_member('sue', roles => '{super_user}', account => :one),
       clearance.add_member('cole', roles => '{collaborator}', account => :one), clearance.add_member('pat', partner => :perm, partner_admin => true, account => :one),
       clearance.add_member('cleo', customer => :cafe, account => :one), clearance.add_member('bob', roles => '{account_admin}', account => :two);
CREATE SCHEMA app AUTHORIZATION regress_whole_rows;
SET search_path = app;
CREATE TABLE project (account integer, id text, PRIMARY KEY (account, id));
INSERT INTO project VALUES (1, 'p1'), (1, 'p2'), (2, 'q1');
-- the account's own; the third names none
CREATE TABLE invoice (id integer PRIMARY KEY, account integer, note text);
INSERT INTO invoice VALUES (1, 1), (2, 2), (3, NULL), (4, 1), (5, 7);
CREATE TABLE letter (id integer PRIMARY KEY, account integer, sent_at timestamptz);
INSERT INTO letter VALUES (1, 1, '2020-01-01'), (2, 1, NULL), (3, 2, '2020-01-01');
-- in a project or not, whose own it is or not
CREATE TABLE task (id integer PRIMARY KEY, account integer, project text, hidden boolean DEFAULT true, owner text,
    FOREIGN KEY (account, project) REFERENCES project (account, id));
INSERT INTO task (id, account, project, owner) VALUES (1, 1, 'p1', NULL), (2, 1, 'p2', NULL), (3, 2, 'q1', NULL), (10, 1, NULL, 'ann'), (11, 1, NULL, 'cole'), (12, 1, NULL, 'pat'), (13, 1, NULL, NULL),
    (20, 2, NULL, 'bob'), (30, NULL, NULL, 'ann'), (31, NULL, NULL, 'pat'), (32, NULL, NULL, NULL), (33, NULL, 'p1', 'ann');
UPDATE task SET hidden = false WHERE id IN (1, 13);
CREATE INDEX ON invoice (account);
CREATE INDEX ON task (account);
SELECT clearance.protect('project', 'project', 'id', account => 'account');
SELECT clearance.protect('invoice', 'invoicing', account => 'account', view_action => 'access_invoices', key => 'id'),
       clearance.protect('letter', 'status_update', account => 'account', published => 'sent_at'),
       clearance.protect('task', 'task', 'project', 'hidden', '{false}', account => 'account', owner => 'owner', project_optional => true);
SELECT clearance.add_member_to_project('p1', m.id) FROM clearance.member m WHERE m.key = 'cole';
SELECT clearance.add_partner_to_project('p1', :perm);
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_whole_rows;
GRANT SET ON PARAMETER clearance.simplify TO regress_whole_rows;
SET clearance.external_explain = on;
ANALYZE;

-- what a plan tests rows by
CREATE FUNCTION tests(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    found text[] := '{}';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        found := found || ARRAY(SELECT m[1] FROM regexp_matches(line, '(own_account|in_set|set_keys|permitted|visible|editable)\(', 'g') m);
    END LOOP;
    RETURN coalesce((SELECT string_agg(DISTINCT f, ' ' ORDER BY f) FROM unnest(found) f), 'nothing');
END $$;
-- what somebody sees, by what, and that the rule gives the same
CREATE FUNCTION sees(who text, tab text) RETURNS text LANGUAGE plpgsql SET ROLE regress_whole_rows AS $$
DECLARE
    query text := format('SELECT coalesce(string_agg(id::text, '' '' ORDER BY id), ''nothing'') FROM %I', tab);
    seen text;
    alone text;
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    EXECUTE query INTO seen;
    PERFORM set_config('clearance.simplify', 'off', true);
    EXECUTE query INTO alone;
    PERFORM set_config('clearance.simplify', 'on', true);
    RETURN format('%s sees %s%s, by %s', who, seen, CASE WHEN alone <> seen THEN ', one by one ' || alone ELSE '' END, app.tests('SELECT * FROM ' || quote_ident(tab)));
END $$;
CREATE FUNCTION everybody(tab text) RETURNS SETOF text LANGUAGE sql AS $$ SELECT app.sees(who, tab) FROM unnest('{ann,sue,cole,pat,cleo,bob}'::text[]) who $$;
\o

--
-- The account's own rows: who has the grant has it for all of them.
--
SELECT everybody('invoice');
SELECT clearance.reset_actor();
SET ROLE regress_whole_rows;
SELECT count(*) FROM invoice;
RESET ROLE;
-- drafts are somebody's
SELECT everybody('letter');
-- without the grant, none
SELECT clearance.deny('collaborator', 'invoicing', 'access_invoices');
SELECT sees('cole', 'invoice');
SELECT clearance.allow('collaborator', 'invoicing', 'access_invoices');
SELECT sees('cole', 'invoice');
-- a grant for some of them
SELECT clearance.deny('collaborator', 'invoicing', 'access_invoices'), clearance.allow('collaborator', 'invoicing', 'access_invoices', relation => 'own');
SELECT sees('cole', 'invoice');
-- who writes is judged row by row, as are rows that may be of a newer version, or nulls
CREATE FUNCTION tested(who text, query text) RETURNS text LANGUAGE sql SET ROLE regress_whole_rows AS $$ SELECT clearance.set_actor(key => who, local => true); SELECT app.tests(query) $$;
SELECT tested('ann', 'UPDATE invoice SET note = ''x'''), tested('ann', 'SELECT * FROM invoice FOR UPDATE');
SELECT tested('ann', 'SELECT * FROM (VALUES (1)) v (id) LEFT JOIN invoice i USING (id)'), tested('ann', 'SELECT * FROM invoice WHERE id = 1');

--
-- A plan that is kept is for whom it was made.
--
SET ROLE regress_whole_rows;
PREPARE invoices AS SELECT string_agg(id::text, ' ' ORDER BY id) FROM invoice;
PREPARE tasks AS SELECT string_agg(id::text, ' ' ORDER BY id) FROM task;
SET plan_cache_mode = force_generic_plan;
SELECT clearance.set_actor(key => 'ann', local => false) > 0;
EXECUTE invoices;
EXECUTE tasks;
SELECT clearance.set_actor(key => 'bob', local => false) > 0;
EXECUTE invoices;
EXECUTE tasks;
SELECT clearance.set_actor(key => 'pat', local => false) > 0;
EXECUTE invoices;
EXECUTE tasks;
SELECT clearance.set_actor(key => 'cole', local => false) > 0;
EXECUTE invoices;
EXECUTE tasks;
SELECT clearance.reset_actor();
EXECUTE invoices;
EXECUTE tasks;
SELECT clearance.set_actor(key => 'sue', local => false) > 0;
EXECUTE invoices;
EXECUTE tasks;
-- who acts is said between planning and start
CREATE FUNCTION count_for(who text) RETURNS bigint LANGUAGE sql AS $$ SELECT clearance.set_actor(key => who, local => false); SELECT count(*) FROM app.invoice WHERE note IS NULL $$;
SELECT count_for('ann'), count_for('pat'), count_for('bob'), count_for('cole');
RESET ROLE;
SELECT clearance.reset_actor();

--
-- In a project or not: vendor levels that reach the account see every row; the others
-- what is their own, in whatever project. Of many accounts, a row that names none is nobody's.
--
SELECT everybody('task');
-- an index finds the account's
SET enable_seqscan = off;
CREATE FUNCTION plan(who text, query text) RETURNS SETOF text LANGUAGE plpgsql SET ROLE regress_whole_rows AS $$
BEGIN
    PERFORM clearance.set_actor(key => who, local => true);
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
END $$;
SELECT plan('ann', 'SELECT * FROM task');
SELECT plan('ann', 'SELECT * FROM invoice');
RESET enable_seqscan;
-- not while a grant is for shared rows, wherever they are
SELECT clearance.deny('super_user', 'task', 'view'), clearance.allow('super_user', 'task', 'view', 'shared');
SELECT sees('sue', 'task');
SELECT clearance.deny('super_user', 'task', 'view'), clearance.allow('super_user', 'task', 'view');
SELECT sees('sue', 'task');
-- nor for projects alone, not for what has none
SELECT clearance.deny('super_user', 'task', 'view'), clearance.allow('super_user', 'task', 'view', reach => 'member');
SELECT sees('sue', 'task');
SELECT clearance.deny('super_user', 'task', 'view'), clearance.allow('super_user', 'task', 'view');
-- nor while a row may be in a project that nobody knows
ALTER TABLE task DROP CONSTRAINT task_account_project_fkey;
INSERT INTO task VALUES (40, 1, 'nowhere', false, 'ann');
SELECT sees('ann', 'task');
DELETE FROM task WHERE id = 40;
ALTER TABLE task ADD FOREIGN KEY (account, project) REFERENCES project (account, id);
SELECT sees('ann', 'task');

--
-- In the only account, a row that names none is one of it, unless each must name one.
--
DELETE FROM task WHERE account = 2;
DELETE FROM project WHERE account = 2;
DELETE FROM clearance.member WHERE account_id = :two;
DELETE FROM clearance.account WHERE id = :two;
SELECT sees('ann', 'task'), sees('pat', 'task'), sees('ann', 'invoice');
DELETE FROM task WHERE account IS NULL;
ALTER TABLE task ALTER account SET NOT NULL;
SELECT sees('ann', 'task'), sees('pat', 'task');
-- where rows name no account, nothing is tested
CREATE TABLE place (id text PRIMARY KEY);
CREATE TABLE job (id integer PRIMARY KEY, project text REFERENCES place, owner text);
SELECT clearance.unprotect('project'), clearance.protect('place', 'project', 'id') > 0;
INSERT INTO place SELECT p.id FROM project p;
SELECT clearance.protect('job', 'task', 'project', owner => 'owner', project_optional => true) > 0;
INSERT INTO job VALUES (1, 'p1', NULL), (2, 'p2', NULL), (3, NULL, 'cole'), (4, NULL, NULL);
GRANT ALL ON place, job TO regress_whole_rows;
SELECT sees('ann', 'job'), sees('sue', 'job'), sees('cole', 'job'), sees('pat', 'job');
-- a plan that tests nothing is not one for who comes with a second account
SET ROLE regress_whole_rows;
SELECT clearance.set_actor(key => 'ann', local => false) > 0;
PREPARE jobs AS SELECT string_agg(id::text, ' ' ORDER BY id) FROM job;
EXECUTE jobs;
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.create_account('Three', key => '3') > 0;
SELECT clearance.set_actor(key => 'ann', local => false) > 0;
SET ROLE regress_whole_rows;
EXECUTE jobs;
RESET ROLE;
SELECT sees('ann', 'job');

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_whole_rows;
DROP OWNED BY regress_whole_rows;
DROP ROLE regress_whole_rows;
