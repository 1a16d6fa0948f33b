-- What names the row as a whole names its masked columns: unique indexes, checks
-- and policies that would tell what they hold are refused, before and after.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE SCHEMA regress_whole_row;
SET LOCAL search_path = regress_whole_row;
SELECT clearance.create_account('Regress whole row', key => 'regress-whole-row') > 0;
SELECT clearance.create_action('task', 'view_price', reads => true);
CREATE TABLE task (id integer PRIMARY KEY, project text, price text);
CREATE FUNCTION price_of(task) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1.price';
SELECT clearance.protect('task', 'task', 'project') > 0;
-- made before
SAVEPOINT s;
CREATE UNIQUE INDEX by_row ON task (price_of(task.*));
SELECT clearance.mask_column('task', 'price', 'view_price');
ROLLBACK TO s;
CREATE UNIQUE INDEX by_part ON task (project) WHERE task.* IS NOT NULL;
SELECT clearance.mask_column('task', 'price', 'view_price');
ROLLBACK TO s;
ALTER TABLE task ADD CONSTRAINT of_row CHECK (price_of(task.*) <> project);
SELECT clearance.mask_column('task', 'price', 'view_price');
ROLLBACK TO s;
CREATE POLICY by_row ON task AS RESTRICTIVE USING (task.* IS NOT NULL);
SELECT clearance.mask_column('task', 'price', 'view_price');
ROLLBACK TO s;
-- what does not tell is fine: an index that refuses nothing, columns beside it
CREATE INDEX plain ON task (price_of(task.*));
CREATE UNIQUE INDEX beside ON task (upper(project), id) WHERE project <> '';
SELECT clearance.mask_column('task', 'price', 'view_price');
-- made later
SAVEPOINT s;
CREATE UNIQUE INDEX by_row ON task (price_of(task.*));
ROLLBACK TO s;
CREATE UNIQUE INDEX by_part ON task (project) WHERE task.* IS NOT NULL;
ROLLBACK TO s;
ALTER TABLE task ADD CONSTRAINT of_row CHECK (price_of(task.*) <> project);
ROLLBACK TO s;
CREATE POLICY by_row ON task AS RESTRICTIVE USING (task.* IS NOT NULL);
ROLLBACK TO s;
CREATE UNIQUE INDEX another ON task (lower(project), id);
ROLLBACK;
