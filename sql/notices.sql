-- Declarations that close rows, or name what nothing has, are no errors: rows may
-- come, and grants be given. Whoever declares is told what, how many, and what
-- to do. Everything happens in a transaction that leaves nothing.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA regress_notices;
SET LOCAL search_path = regress_notices;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
CREATE TYPE kind AS ENUM ('bug', 'feature');
CREATE TABLE project (id integer PRIMARY KEY);
CREATE TABLE item (id integer PRIMARY KEY, project integer, sight text, state text, kind kind, parent_type text, parent integer, owner integer, maker uuid, tenant text);
INSERT INTO project VALUES (1), (2);
INSERT INTO item SELECT i, CASE WHEN i < 6 THEN i END, CASE WHEN i < 3 THEN 'Shared' ELSE 'team' END, 'open', 'bug',
    CASE WHEN i < 4 THEN 'Task' ELSE 'Page' END, CASE WHEN i < 3 THEN i WHEN i < 5 THEN 99 END, 1 FROM generate_series(1, 6) i;
SELECT clearance.protect('project', 'project', project => 'id') > 0;

--
-- Features without the action that SELECT needs, for levels other than account_admin
--
SAVEPOINT s;
SELECT clearance.protect('item', 'credit_note') > 0;
ROLLBACK TO s;
SELECT clearance.protect('item', 'epic') > 0;
ROLLBACK TO s;
SELECT clearance.protect('item', 'webhook') > 0;
ROLLBACK TO s;
SELECT clearance.protect('item', 'credit_note', view_action => 'access_invoices') > 0;
ROLLBACK TO s;
SELECT clearance.create_feature('regress_item');
SELECT clearance.protect('item', 'regress_item') > 0;
ROLLBACK TO s;
SELECT clearance.create_feature('regress_item'), clearance.allow('moderate', 'regress_item', 'view');
SELECT clearance.protect('item', 'regress_item') > 0;
ROLLBACK TO s;
-- of the built-in ones, so many
SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT FROM clearance.effective_grant g WHERE (g.feature, g.action) = (f.name, 'view'))), count(*)
FROM clearance.feature f WHERE f.built_in;

--
-- Projects that nobody registered, and keys of another type than theirs
--
SELECT clearance.protect('item', 'task', project => 'project') > 0;
ROLLBACK TO s;
DELETE FROM item WHERE project IS DISTINCT FROM 1;
SELECT clearance.protect('item', 'task', project => 'project') > 0;
ROLLBACK TO s;
SELECT clearance.protect('item', 'task', project => 'maker') > 0;
ROLLBACK TO s;
SELECT clearance.protect('item', 'task', project => 'sight') > 0;
-- not where one of several tables has such keys
ROLLBACK TO s;
CREATE TABLE portfolio (id text PRIMARY KEY);
INSERT INTO portfolio VALUES ('Shared'), ('team');
SELECT clearance.protect('portfolio', 'project', project => 'id') > 0;
SELECT clearance.protect('item', 'task', project => 'sight') > 0;
ROLLBACK TO s;

-- accounts that are not there, and client visibility that says nothing; a blank one is hidden
UPDATE item SET tenant = CASE WHEN id < 3 THEN 'regress' WHEN id < 5 THEN 'other' END, sight = CASE id WHEN 1 THEN 'read' WHEN 2 THEN 'Read' END;
SELECT clearance.protect('item', 'task', account => 'tenant', client_visibility => 'sight') > 0;
ROLLBACK TO s;

--
-- Values that no row has: of a type without labels, in a table with rows
--
SELECT clearance.protect('item', 'task', account => 'tenant', visibility => 'sight', shared_values => '{shared,Shared}') > 0;
ROLLBACK TO s;
TRUNCATE item;
SELECT clearance.protect('item', 'task', account => 'tenant', visibility => 'sight', shared_values => '{shared,Shared}') > 0;
ROLLBACK TO s;
DELETE FROM item WHERE project IS NULL OR project > 2;
SELECT clearance.protect('item', 'task', project => 'project') > 0;
SAVEPOINT t;
SELECT clearance.guard_column('item', 'state', 'edit', new_value => 'done');
SELECT clearance.guard_column('item', 'state', 'edit', new_value => 'open');
SELECT clearance.guard_column('item', 'kind', 'edit', new_value => 'feature');
SELECT clearance.guard_column('item', 'kind', 'edit', new_value => 'wish');
SELECT clearance.guard_column('item', 'project', 'edit', new_value => '7');
INSERT INTO item (id, state) SELECT 100 + i, 'state ' || 10 + i FROM generate_series(1, 20) i;
SELECT clearance.guard_column('item', 'state', 'edit', new_value => 'State 11');
-- several at once are one notice
SELECT clearance.guard_row('item', 'state', '{gone,open,done}', 'edit');
ROLLBACK TO s;

--
-- Parents: how many rows they close
--
CREATE TABLE task (id integer PRIMARY KEY, project integer);
INSERT INTO task VALUES (1, 1), (2, 1);
SELECT clearance.protect('task', 'task', project => 'project') > 0;
SELECT clearance.create_feature('regress_note'), clearance.allow('moderate', 'regress_note', 'view');
SELECT clearance.protect('item', 'regress_note') > 0;
SAVEPOINT t;
SELECT clearance.add_parent('item', 'parent', 'task');
ROLLBACK TO t;
SELECT clearance.add_parent('item', 'parent', 'task', optional => true);
ROLLBACK TO t;
DELETE FROM item WHERE id > 2;
SELECT clearance.add_parent('item', 'parent', 'task');
ROLLBACK TO t;
-- by a type, of which there are rows
SELECT clearance.add_parent('item', 'parent', 'task', type_column => 'parent_type', type_value => 'Task');
ROLLBACK TO t;
SELECT clearance.add_parent('item', 'parent', 'task', type_column => 'parent_type', type_value => 'task');
ROLLBACK TO t;
SELECT clearance.add_parent('item', 'parent', 'task', type_column => 'kind', type_value => 'feature');
ROLLBACK TO t;
SELECT clearance.add_parent('item', 'parent', 'task', type_column => 'kind', type_value => 'task');
ROLLBACK TO t;
-- rows of types that nobody has declared for the column: fewer with each declaration, none if all are optional
UPDATE item SET parent = 1, parent_type = CASE id WHEN 1 THEN 'Task' WHEN 2 THEN 'Page' END, state = CASE WHEN id = 3 THEN 'open' ELSE 'done' END;
SELECT clearance.add_parent('item', 'parent', 'task', type_column => 'parent_type', type_value => 'Page', optional => true);
SELECT clearance.add_parent('item', 'parent', 'task', type_column => 'parent_type', type_value => 'Task');
SELECT clearance.add_parent('item', 'parent', 'task', type_column => 'state', type_value => 'open', optional => true);
SELECT clearance.add_parent('item', 'parent', 'task', type_column => 'kind', type_value => 'feature');
ROLLBACK TO t;
-- of the table itself
SELECT clearance.add_parent('item', 'parent', 'item');
ROLLBACK TO s;

--
-- Columns that can name no member
--
SELECT clearance.create_partner('Acme', access_level => 'moderate', account => :account) AS acme \gset
SELECT clearance.add_member(1, partner => :acme, account => :account) > 0;
SELECT clearance.protect('item', 'task', account => 'tenant', owner => 'maker') > 0;
SELECT clearance.relate('item', 'assigned', member_column => 'owner');
SELECT clearance.relate('item', 'followed', member_column => 'maker');
CREATE TABLE link (item integer, members uuid[]);
SELECT clearance.relate('item', 'invited', member_column => 'members', link => 'link', link_column => 'item');
SELECT clearance.add_member('c0ffee00-0000-4000-8000-000000000003'::uuid, partner => :acme, account => :account) > 0;
SELECT clearance.relate('item', 'invited', member_column => 'maker');
ROLLBACK TO s;

--
-- Kinds of grants
--
SELECT clearance.allow('moderate', 'task', 'edit', kinds => '{bug}');
DELETE FROM item WHERE project IS NULL OR project > 2;
SELECT clearance.protect('item', 'task', project => 'project', kind => 'kind') > 0;
SELECT clearance.allow('moderate', 'task', 'edit', kinds => '{bug,feature}');
SELECT clearance.allow('moderate', 'task', 'edit', kinds => '{bug,Feature}');
CREATE TABLE job (id integer PRIMARY KEY, project integer, kind text);
SELECT clearance.protect('job', 'task', project => 'project', kind => 'kind') > 0;
SELECT clearance.allow('moderate', 'task', 'edit', kinds => '{chore}');
INSERT INTO job VALUES (1, 1, 'errand');
SELECT clearance.allow('moderate', 'task', 'edit', kinds => '{Feature,errand}');
SELECT clearance.allow('moderate', 'task', 'edit', kinds => '{Feature,errand,Errand}');
ROLLBACK TO s;

--
-- Levels that grant nothing, and members without any
--
SELECT clearance.create_level('blank', 'partner') > 0;
SELECT clearance.create_partner('Acme', access_level => 'blank', account => :account) AS acme \gset
SELECT clearance.set_account(:account, default_external_level => 'blank');
SELECT clearance.create_role('blank', access_level => 'blank', available_to_partners => true, account => :account) > 0;
SELECT clearance.add_partner_to_project(1, :acme, access_level => 'blank');
SELECT clearance.allow('blank', 'task', 'view');
SELECT clearance.create_role('crew', access_level => 'blank', account => :account) > 0;
SELECT clearance.update_role('crew', available_to_partners => true, account => :account);
SELECT clearance.update_role('crew', available_to_partners => false, account => :account);
SELECT clearance.create_role('lead', access_level => 'super_user', account => :account) > 0;
SELECT clearance.create_partner('Bolt', access_level => 'blank', account => :account) > 0;
SELECT clearance.set_account(:account, default_external_level => '');
SELECT clearance.create_partner('Crane', account => :account) AS crane \gset
SELECT clearance.add_member('vic', account => :account) > 0;
SELECT clearance.add_member('val', roles => '{account_admin}', account => :account) > 0;
SELECT clearance.add_member('pam', partner => :crane, account => :account) > 0;
SELECT clearance.add_member('pat', partner => :acme, account => :account) > 0;
SELECT clearance.add_member('inga', status => 'disabled', account => :account) > 0;
SELECT clearance.create_customer('Cafe', :account) AS cafe \gset
SELECT clearance.add_member('cleo', customer => :cafe, account => :account) > 0;
ROLLBACK;
