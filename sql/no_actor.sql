-- No actor: no rows, no writes, and no for an answer. So it is with an actor who
-- is unknown, and where something of the extension is missing.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_no_actor;
SELECT clearance.trust_role('regress_no_actor');
CREATE SCHEMA regress_no_actor;
SET LOCAL search_path = regress_no_actor;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.add_member('ann', roles => '{account_admin}') AS ann \gset
SELECT clearance.add_member('sue', roles => '{super_user}') AS sue \gset

CREATE TABLE project (id integer PRIMARY KEY);
INSERT INTO project VALUES (1);
CREATE TABLE task (name text PRIMARY KEY, project integer DEFAULT 1, creator text, assignee text);
CREATE TABLE task_fan (task text, member text);
CREATE TABLE comment (name text PRIMARY KEY, task text);
CREATE TABLE invoice (name text PRIMARY KEY, account text DEFAULT 'regress');
CREATE TABLE empty (LIKE invoice INCLUDING ALL);
INSERT INTO task VALUES ('one', 1, 'ann', NULL), ('nobodys', NULL, NULL, NULL);
INSERT INTO task_fan VALUES ('one', 'ann'), ('one', NULL), (NULL, NULL);
INSERT INTO comment VALUES ('on one', 'one'), ('on nothing', NULL);
INSERT INTO invoice VALUES ('first', 'regress'), ('nobodys', NULL);
SELECT clearance.protect('project', 'project', 'id') > 0;
SELECT clearance.protect('task', 'task', 'project', owner => 'creator') > 0;
SELECT clearance.relate('task', 'assigned', 'assignee'), clearance.relate('task', 'followed', 'member', 'task_fan', 'task');
SELECT clearance.protect('comment', 'document_comment') > 0, clearance.add_parent('comment', 'task', 'task');
SELECT clearance.protect(t, 'invoicing', account => 'account', view_action => 'access_invoices', create_action => 'create_invoices',
    edit_action => 'edit_invoices', delete_action => 'delete_invoices') > 0 FROM unnest('{invoice,empty}'::regclass[]) t;
GRANT USAGE ON SCHEMA regress_no_actor TO regress_no_actor;
GRANT ALL ON ALL TABLES IN SCHEMA regress_no_actor TO regress_no_actor;
CREATE VIEW seen AS
    SELECT (SELECT count(*) FROM project) AS project, (SELECT count(*) FROM task) AS task, (SELECT count(*) FROM task_fan) AS task_fan,
        (SELECT count(*) FROM comment) AS comment, (SELECT count(*) FROM invoice) AS invoice, (SELECT count(*) FROM empty) AS empty;
ALTER VIEW seen OWNER TO regress_no_actor;
SET LOCAL ROLE regress_no_actor;

-- with an actor there are rows, without there are none
SELECT clearance.set_actor(key => 'ann') AS acting \gset
TABLE seen;
SELECT clearance.reset_actor();
TABLE seen;
SELECT member, key, kind, account, levels, note FROM clearance.whoami();
SELECT clearance.actor() IS NULL;
-- nothing to read in any other way
SELECT * FROM task t, comment c, invoice i;
SELECT name FROM task WHERE name = 'one' FOR UPDATE;
COPY task TO STDOUT;
COPY (SELECT * FROM invoice) TO STDOUT;
-- nothing to write
INSERT INTO project VALUES (2);
INSERT INTO task (name) VALUES ('two');
INSERT INTO task (name) VALUES ('one') ON CONFLICT DO NOTHING;
INSERT INTO task (name) VALUES ('one') ON CONFLICT (name) DO UPDATE SET assignee = 'ann';
INSERT INTO task_fan VALUES ('one', 'ann');
INSERT INTO comment VALUES ('on one again', 'one');
INSERT INTO invoice VALUES ('second');
INSERT INTO empty VALUES ('first');
UPDATE task SET assignee = 'ann' RETURNING name;
UPDATE invoice SET name = 'third' RETURNING name;
DELETE FROM task RETURNING name;
DELETE FROM task_fan RETURNING member;
MERGE INTO task t USING (VALUES ('one')) v (name) ON t.name = v.name
    WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN DO NOTHING;
MERGE INTO invoice i USING (VALUES ('second')) v (name) ON i.name = v.name
    WHEN NOT MATCHED THEN INSERT (name) VALUES (v.name);
\copy task (name) FROM /dev/null
-- an empty INSERT is no error: there is no row to refuse
INSERT INTO task SELECT * FROM task RETURNING name;
-- every answer is no; an unknown action is still an error
SELECT clearance.can('task.view'), clearance.can('task.view', 1), clearance.can('project.create'), clearance.can('task.view', 404);
SELECT clearance.can_row('view', ROW('one', 1, 'ann', NULL)::task), clearance.can_row('view', NULL::task);
SELECT clearance.can('task.fly', 1);
-- an actor that was set before a savepoint's rollback is not left behind
SAVEPOINT before;
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SELECT count(*) FROM invoice;
ROLLBACK TO before;
SELECT count(*) FROM invoice;

--
-- An actor that nobody knows: a superuser may write any number.
--
RESET ROLE;
SET LOCAL clearance.actor = '999999999';
SET LOCAL ROLE regress_no_actor;
TABLE seen;
SELECT member, key, note FROM clearance.whoami();
SELECT clearance.can('task.view', 1);
INSERT INTO task (name) VALUES ('two');
UPDATE task SET assignee = 'ann' RETURNING name;
RESET ROLE;
SET LOCAL clearance.actor = 'ann';
SET LOCAL clearance.actor = '0';
SET LOCAL clearance.actor = '-1';
SET LOCAL clearance.actor = '1 or 2';
SET LOCAL clearance.actor = '99999999999999999999';
SET LOCAL clearance.actor = ' ';
-- the refused values changed nothing
SHOW clearance.actor;
SET LOCAL clearance.actor = '';
-- A member who is removed, or whose account is, while it acts.
SELECT clearance.set_actor(id => :sue) AS acting \gset
SET LOCAL ROLE regress_no_actor;
TABLE seen;
RESET ROLE;
DELETE FROM clearance.member WHERE id = :sue;
SET LOCAL ROLE regress_no_actor;
TABLE seen;
INSERT INTO invoice VALUES ('second');
SELECT note FROM clearance.whoami();
RESET ROLE;
SELECT clearance.set_actor(id => :ann) AS acting \gset
SAVEPOINT before;
DELETE FROM clearance.account WHERE id = :account;
SET LOCAL ROLE regress_no_actor;
TABLE seen;
ROLLBACK TO before;
SET LOCAL ROLE regress_no_actor;
TABLE seen;

--
-- row_security = off asks for all rows or an error: here it is an error,
-- whoever acts.
--
SET LOCAL row_security = off;
SELECT name FROM task;
COPY task TO STDOUT;
INSERT INTO task (name) VALUES ('two');
DELETE FROM task;
SELECT * FROM seen;
RESET row_security;
RESET ROLE;

--
-- Something is missing.
--
-- a binding: an error
SAVEPOINT before;
SELECT clearance.unprotect('comment');
DELETE FROM clearance.binding WHERE relation = 'invoice'::regclass;
SET LOCAL ROLE regress_no_actor;
\set VERBOSITY sqlstate
SELECT name FROM invoice;
INSERT INTO invoice VALUES ('second');
UPDATE invoice SET name = 'third';
DELETE FROM invoice;
\set VERBOSITY default
SELECT count(*) FROM empty;
ROLLBACK TO before;
-- a policy function: it cannot be dropped, and by itself it opens nothing
DROP FUNCTION clearance.visible(integer, "any");
REVOKE EXECUTE ON FUNCTION clearance.visible(integer, "any") FROM PUBLIC;
SET LOCAL clearance.simplify = off; -- plans that know the answer do not call it
SET LOCAL ROLE regress_no_actor;
SELECT name FROM invoice;
ROLLBACK TO before;
-- the extension: it goes with all its policies only, and leaves the tables closed
DROP EXTENSION pg_clearance CASCADE;
SET LOCAL ROLE regress_no_actor;
SELECT count(*) FROM invoice;
SELECT count(*) FROM task;
INSERT INTO invoice VALUES ('second');
UPDATE invoice SET name = 'third' RETURNING name;
DELETE FROM task RETURNING name;
ROLLBACK TO before;
-- all is well again
SET LOCAL ROLE regress_no_actor;
TABLE seen;
RESET ROLE;
ROLLBACK;
-- nobody acts after the transaction
SHOW clearance.actor;
