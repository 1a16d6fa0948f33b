-- Masked columns of rows with client visibility: to read one is to view the row,
-- so customers read it on rows of `read` and `edit`; a right that changes things
-- opens it on rows of `edit` alone. What a contact made it reads though hidden,
-- where it may read its own.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_client_app;
CREATE SCHEMA regress_client;
SET LOCAL search_path = regress_client;
SELECT clearance.trust_role('regress_client_app');
SELECT clearance.create_account('Regress client', key => 'regress-client') AS account \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('cleo', customer => :cafe, account => :account) > 0;
SELECT clearance.create_project('one', :account) > 0;
SELECT clearance.set_project('one', portal => true), clearance.add_customer_to_project('one', :cafe);
SELECT clearance.create_action('task', 'view_price', reads => true), clearance.create_action('task', 'view_hours', reads => true),
       clearance.create_action('task', 'weigh'), clearance.create_action('task', 'view_cost', reads => true);
SELECT clearance.allow('client', 'task', 'view', 'any', 'own'), clearance.allow('client', 'task', 'view_price'),
       clearance.allow('client', 'task', 'view_hours', 'any', 'own'), clearance.allow('client', 'task', 'weigh');
CREATE TABLE task (id integer PRIMARY KEY, project text, client text, maker text, price integer, hours integer, weight integer, cost integer);
INSERT INTO task VALUES (1, 'one', 'edit', NULL, 10, 11, 12, 13), (2, 'one', 'read', NULL, 20, 21, 22, 23),
    (3, 'one', 'hidden', NULL, 30, 31, 32, 33), (4, 'one', 'hidden', 'cleo', 40, 41, 42, 43);
SELECT clearance.protect('task', 'task', 'project', client_visibility => 'client', owner => 'maker') > 0;
SELECT clearance.mask_column('task', 'price', 'view_price'), clearance.mask_column('task', 'hours', 'view_hours'),
       clearance.mask_column('task', 'weight', 'weigh'), clearance.mask_column('task', 'cost', 'view_cost');
GRANT USAGE ON SCHEMA regress_client TO regress_client_app;
GRANT ALL ON task TO regress_client_app;
SET LOCAL ROLE regress_client_app;
SELECT clearance.set_actor('cleo') IS NOT NULL;
SELECT id, client, price, hours, weight, cost FROM task ORDER BY id;
SELECT id, clearance.column_masked(t, 'price'), clearance.column_masked(t, 'hours'), clearance.column_masked(t, 'weight') FROM task t ORDER BY id;
SELECT name FROM clearance.columns('task') WHERE may_be_masked;
-- the same where each row is judged: what a statement writes, or what it is told of a row
UPDATE task SET price = price + 1 WHERE id = 1 RETURNING id, price, weight;
SELECT clearance.column_masked(row(2, 'one', 'read', NULL, 1, 1, 1, 1)::task, 'price'),
       clearance.column_masked(row(3, 'one', 'hidden', NULL, 1, 1, 1, 1)::task, 'price');
RESET ROLE;
SET LOCAL clearance.simplify = off;
SET LOCAL ROLE regress_client_app;
SELECT id, client, price, hours, weight, cost FROM task ORDER BY id;
ROLLBACK;
