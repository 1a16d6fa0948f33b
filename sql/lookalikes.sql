-- A table that looks protected and is not: whoever makes it hears what is open.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_looks;
CREATE ROLE regress_looks_owner;
SELECT clearance.create_account('regress_looks') AS account \gset
SELECT clearance.create_project('rl-1', :account) > 0 AS ok;
SET search_path = regress_looks;
GRANT ALL ON SCHEMA regress_looks TO regress_looks_owner;
CREATE TABLE task (id integer PRIMARY KEY, project_id text);
CREATE TABLE "the page" (id integer PRIMARY KEY, project_id text);
ALTER TABLE task OWNER TO regress_looks_owner;
ALTER TABLE "the page" OWNER TO regress_looks_owner;
SELECT clearance.protect('task', 'task', project => 'project_id') > 0 AS ok, clearance.protect('"the page"', 'document', project => 'project_id') > 0 AS ok;
SET ROLE regress_looks_owner;

--
-- A copy, of the table's form or of its rows.
--
CREATE TABLE copy (LIKE task INCLUDING ALL, more text);
CREATE TABLE rows AS SELECT t.id FROM task t;
SELECT p.* INTO more_rows FROM "the page" p JOIN task t USING (id);
CREATE VIEW through WITH (security_invoker) AS SELECT id FROM task;
CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM through WHERE id IN (SELECT id FROM "the page");
PREPARE every AS SELECT * FROM task;
CREATE TABLE prepared AS EXECUTE every;
DROP VIEW through CASCADE;
-- not of what is the session's own, of nothing protected, or of what is protected with its parent
CREATE TEMP TABLE mine (LIKE task);
CREATE TEMP TABLE my_rows AS SELECT * FROM task;
CREATE TABLE other (LIKE copy);
CREATE TABLE other_rows AS SELECT * FROM copy;
CREATE TABLE child (LIKE task) INHERITS (task);
DROP TABLE child;

--
-- A table that takes the name: after a rename, by a new schema, by being made.
--
BEGIN;
ALTER TABLE task RENAME TO task_old;
ALTER TABLE copy RENAME TO task;
-- that it is no slip is said at the drop once more
DROP TABLE task_old;
ROLLBACK;
BEGIN;
ALTER TABLE "the page" RENAME TO page;
CREATE TABLE "the page" (id integer);
ROLLBACK;
BEGIN;
DROP TABLE "the page";
CREATE TABLE "the page" AS SELECT 1 AS id;
ROLLBACK;
BEGIN;
RESET ROLE;
CREATE SCHEMA regress_looks_moved;
ALTER TABLE task SET SCHEMA regress_looks_moved;
SET ROLE regress_looks_owner;
ALTER INDEX copy RENAME TO task;
ROLLBACK;
-- schemas that change places
RESET ROLE;
BEGIN;
CREATE SCHEMA regress_looks_new;
CREATE TABLE regress_looks_new.task (id integer);
CREATE TABLE regress_looks_new.free (id integer);
ALTER SCHEMA regress_looks RENAME TO regress_looks_old;
ALTER SCHEMA regress_looks_new RENAME TO regress_looks;
ROLLBACK;
-- no word where protection goes along, or where it ended on purpose
BEGIN;
ALTER TABLE task RENAME TO task_old;
ALTER TABLE task_old RENAME TO task;
ALTER TABLE task ADD COLUMN more text;
SELECT clearance.unprotect('task');
DROP TABLE task;
CREATE TABLE task (id integer PRIMARY KEY, project_id text);
ROLLBACK;
-- nor once the table that took the name is protected
BEGIN;
DROP TABLE task;
CREATE TABLE task (id integer PRIMARY KEY, project_id text);
SELECT clearance.protect('task', 'task', project => 'project_id') > 0 AS ok;
ALTER TABLE task ADD COLUMN more text;
ROLLBACK;

SET client_min_messages = warning;
RESET search_path;
DROP TABLE mine, my_rows;
DROP SCHEMA regress_looks CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP ROLE regress_looks_owner;
