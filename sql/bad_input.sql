-- Bad input: a clear error that says what to do, and nothing changed.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_bad;
CREATE ROLE regress_bad_app;
GRANT USAGE ON SCHEMA regress_bad TO regress_bad_app;
SELECT clearance.trust_role('regress_bad_app');
SELECT clearance.create_account('regress_bad', key => 'rb') AS account \gset
SELECT clearance.create_account('regress_bad_other', key => 'rbo') AS other \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :account) AS acme \gset
SELECT clearance.create_partner('Far', 'moderate', account => :other) AS far \gset
SELECT clearance.add_member(key => 1, name => 'Ann', roles => '{account_admin}', account => :account) AS ann \gset
SELECT clearance.add_member(key => 2, name => 'Bob', partner => :acme, account => :account) AS bob \gset
SELECT clearance.add_member(key => 3, name => 'Fay', roles => '{account_admin}', account => :other) AS fay \gset
SELECT clearance.create_project('rb-1', :account) > 0 AS ok;
SELECT clearance.add_partner_to_project('rb-1', :acme);
CREATE TYPE regress_bad.privacy AS ENUM ('shared', 'private');
CREATE TABLE regress_bad.space (id integer PRIMARY KEY, project_id text);
CREATE TABLE regress_bad.task (id integer PRIMARY KEY, uid uuid UNIQUE, project_id text, is_private boolean, privacy regress_bad.privacy,
    author_id integer, assignees integer[], space_id integer, space_uid uuid, happened date, weight numeric, extra json,
    twice integer GENERATED ALWAYS AS (id * 2) STORED);
CREATE TABLE regress_bad.assignee (task_id integer, task_uid uuid, member_id integer, since date);
CREATE TABLE regress_bad.nokey (project_id text, space_id integer);
CREATE TABLE regress_bad.parted (id integer, project_id text) PARTITION BY LIST (project_id);
CREATE TABLE regress_bad.parted_1 PARTITION OF regress_bad.parted FOR VALUES IN ('rb-1');
CREATE TABLE regress_bad.kid () INHERITS (regress_bad.nokey);
CREATE VIEW regress_bad.a_view AS SELECT * FROM regress_bad.task;
CREATE MATERIALIZED VIEW regress_bad.a_matview AS SELECT * FROM regress_bad.task;
CREATE FOREIGN DATA WRAPPER regress_bad_wrapper;
CREATE SERVER regress_bad_server FOREIGN DATA WRAPPER regress_bad_wrapper;
CREATE FOREIGN TABLE regress_bad.a_foreign_table (id integer, project_id text) SERVER regress_bad_server;
CREATE TEMP TABLE a_temp_table (id integer PRIMARY KEY, project_id text);
SELECT clearance.protect('regress_bad.space', 'space', project => 'project_id') > 0 AS ok;
-- what there is: it must be the same at the end
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', t.what, t.n), ', ' ORDER BY t.what) FROM (
        SELECT 'bindings', count(*) FROM clearance.binding UNION ALL
        SELECT 'relations', count(*) FROM clearance.binding_relation UNION ALL
        SELECT 'parents', count(*) FROM clearance.binding_parent UNION ALL
        SELECT 'guards', count(*) FROM clearance.binding_guard UNION ALL
        SELECT 'grants', count(*) FROM clearance.level_grant UNION ALL
        SELECT 'features', count(*) FROM clearance.feature UNION ALL
        SELECT 'actions', count(*) FROM clearance.action UNION ALL
        SELECT 'levels', count(*) FROM clearance.level UNION ALL
        SELECT 'gates', count(*) FROM clearance.gate UNION ALL
        SELECT 'switches', count(*) FROM clearance.member_switch UNION ALL
        SELECT 'memberships', count(*) FROM clearance.project_member UNION ALL
        SELECT 'participations', count(*) FROM clearance.project_partner UNION ALL
        SELECT 'policies', count(*) FROM pg_policy UNION ALL
        SELECT 'triggers', count(*) FROM pg_trigger UNION ALL
        SELECT 'row security', count(*) FROM pg_class WHERE relrowsecurity OR relforcerowsecurity) AS t (what, n)
$$;
SELECT pg_temp.state() AS before \gset

--
-- protect(): what is no table of an application.
--
SELECT clearance.protect('regress_bad.a_view', 'task', project => 'project_id');
SELECT clearance.protect('regress_bad.a_matview', 'task', project => 'project_id');
SELECT clearance.protect('regress_bad.a_foreign_table', 'task', project => 'project_id');
SELECT clearance.protect('a_temp_table', 'task', project => 'project_id');
SELECT clearance.protect('pg_class', 'task', project => 'relname');
SELECT clearance.protect('clearance.project', 'project', project => 'key');
SELECT clearance.protect('information_schema.sql_features', 'task', project => 'feature_id');
SELECT clearance.protect('regress_bad.parted_1', 'task', project => 'project_id');
SELECT clearance.protect('regress_bad.kid', 'task', project => 'project_id');
SELECT clearance.protect('regress_bad.no_such_table', 'task');
SELECT clearance.protect(1::oid, 'task');
SELECT clearance.protect(NULL, 'task');
-- twice
SELECT clearance.protect('regress_bad.space', 'space', project => 'project_id');

--
-- Unknown features, actions and columns; columns that cannot hold what they are
-- named for.
--
SELECT clearance.protect('regress_bad.task', 'tsak', project => 'project_id');
SELECT clearance.protect('regress_bad.task', NULL, project => 'project_id');
SELECT clearance.protect('regress_bad.task', 'space', project => 'project_id', view_action => 'look');
SELECT clearance.protect('regress_bad.task', 'space', project => 'project_id', edit_action => NULL);
SELECT clearance.protect('regress_bad.task', 'space', project => 'project_id', published => 'happened');
SELECT clearance.protect('regress_bad.task', 'project');
SELECT clearance.protect('regress_bad.nokey', 'space', project => 'project');
SELECT clearance.protect('regress_bad.nokey', 'space', project => 'PROJECT_ID');
SELECT clearance.protect('regress_bad.nokey', 'space', project => 'ctid');
SELECT clearance.protect('regress_bad.task', 'task', project => 'weight');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', owner => 'is_private');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', account => 'happened');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', key => 'author_id');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', key => 'weight');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', visibility => 'is_private');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{}');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false,NULL}');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{perhaps}');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', visibility => 'privacy', shared_values => '{public}');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', visibility => 'weight', shared_values => '{1}');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', shared_values => '{false}');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', client_visibility => 'is_private');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', client_visibility => 'privacy');
SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id', kind => 'nature');
SELECT clearance.protect('regress_bad.task', 'document', project => 'project_id', published => 'weight');

--
-- add_parent(), relate(), guard_column(): tables that are not protected.
--
SELECT clearance.add_parent('regress_bad.task', 'space_id', 'regress_bad.space');
SELECT clearance.add_parent('regress_bad.space', 'id', 'regress_bad.task');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'author_id');
SELECT clearance.guard_column('regress_bad.task', 'weight', 'edit_effort');
SELECT clearance.unprotect('regress_bad.task');
SELECT clearance.repair('regress_bad.task');
SELECT clearance.unprotect(NULL);
SELECT clearance.unprotect('regress_bad.a_view');
SELECT :'before' = pg_temp.state() AS nothing_changed;

SELECT clearance.protect('regress_bad.task', 'task', project => 'project_id') > 0 AS ok;
SELECT clearance.protect('regress_bad.nokey', 'file', project => 'project_id') > 0 AS ok;
SELECT pg_temp.state() AS before \gset
-- parents
SELECT clearance.add_parent('regress_bad.task', 'no_such_column', 'regress_bad.space');
SELECT clearance.add_parent('regress_bad.task', NULL, 'regress_bad.space');
SELECT clearance.add_parent('regress_bad.task', 'space_uid', 'regress_bad.space');
SELECT clearance.add_parent('regress_bad.task', 'weight', 'regress_bad.space');
SELECT clearance.add_parent('regress_bad.task', 'space_id', 'regress_bad.nokey');
SELECT clearance.add_parent('regress_bad.task', 'space_id', NULL);
SELECT clearance.add_parent('regress_bad.task', 'space_id', 'regress_bad.space', type_column => 'privacy');
SELECT clearance.add_parent('regress_bad.task', 'space_id', 'regress_bad.space', type_value => 'shared');
SELECT clearance.add_parent('regress_bad.task', 'space_id', 'regress_bad.space', type_column => 'privacy', type_value => 'secret');
-- relations
SELECT clearance.relate('regress_bad.task', 'friend', member_column => 'author_id');
SELECT clearance.relate('regress_bad.task', NULL, member_column => 'author_id');
SELECT clearance.relate('regress_bad.task', 'assigned');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'no_such_column');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'is_private');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'author_id', link_column => 'task_id');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'member_id', link => 'regress_bad.assignee');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'member_id', link => 'regress_bad.assignee', link_column => 'task');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'since', link => 'regress_bad.assignee', link_column => 'task_id');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'member_id', link => 'regress_bad.assignee', link_column => 'task_uid');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'member_id', link => 'regress_bad.assignee', link_column => 'task_uid', row_column => 'uid');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'author_id', link => 'regress_bad.task', link_column => 'id');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'id', link => 'regress_bad.a_view', link_column => 'id');
SELECT clearance.relate('regress_bad.nokey', 'assigned', member_column => 'member_id', link => 'regress_bad.assignee', link_column => 'task_id');
SELECT clearance.relate('regress_bad.nokey', 'assigned', link => 'regress_bad.task', row_column => 'space_id');
SELECT clearance.relate('regress_bad.nokey', 'assigned_task', link => 'regress_bad.task', row_column => 'space_id');
SELECT clearance.relate('regress_bad.nokey', 'assigned_task', link => 'regress_bad.assignee', row_column => 'space_id');
-- guards
SELECT clearance.guard_column('regress_bad.task', 'no_such_column', 'edit_effort');
SELECT clearance.guard_column('regress_bad.task', NULL, 'edit_effort');
SELECT clearance.guard_column('regress_bad.task', 'weight', 'weigh');
SELECT clearance.guard_column('regress_bad.task', 'weight', NULL);
SELECT clearance.guard_column('regress_bad.task', 'weight', 'edit', feature => 'scales');
SELECT clearance.guard_column('regress_bad.task', 'weight', 'edit_effort', new_value => 'heavy');
SELECT clearance.guard_column('regress_bad.task', 'twice', 'edit_effort');
SELECT :'before' = pg_temp.state() AS nothing_changed;
-- said twice
SELECT clearance.add_parent('regress_bad.task', 'space_id', 'regress_bad.space', optional => true);
SELECT clearance.add_parent('regress_bad.task', 'space_id', 'regress_bad.space');
SELECT clearance.add_parent('regress_bad.space', 'id', 'regress_bad.task');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'assignees');
SELECT clearance.relate('regress_bad.task', 'assigned', member_column => 'assignees');
SELECT clearance.guard_column('regress_bad.task', 'weight', 'edit_effort');
SELECT clearance.guard_column('regress_bad.task', 'weight', 'edit');
SELECT parents, relations, guards FROM clearance.protected_tables WHERE "table" = 'regress_bad.task'::regclass;
SELECT pg_temp.state() AS before \gset

--
-- Levels, and members of another account.
--
SELECT clearance.allow('permisive', 'task', 'view');
SELECT clearance.allow('permissive', 'tsak', 'view');
SELECT clearance.allow('permissive', 'task', 'veiw');
SELECT clearance.allow('permissive', 'task', 'view', 'secret');
SELECT clearance.allow('permissive', 'task', 'view', 'any', 'friend');
SELECT clearance.deny('permissive', 'task', 'veiw');
SELECT clearance.switch_on(:bob, 'task', 'veiw');
SELECT clearance.create_level('permissive', 'partner');
SELECT clearance.create_level('x', 'friends');
SELECT clearance.add_member_to_project('rb-1', :fay);
SELECT clearance.add_partner_to_project('rb-1', :far);
SELECT clearance.add_member_to_project('no such project', :bob);
SELECT clearance.add_member(key => 4, partner => :far, account => :account);
SELECT clearance.create_project('rb-2', :account, owner => :fay);
SELECT :'before' = pg_temp.state() AS nothing_changed;

--
-- Questions: an unknown action is an error, not a no.
--
BEGIN;
\set ON_ERROR_ROLLBACK on
SET LOCAL ROLE regress_bad_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT clearance.can('task.veiw', 'rb-1');
SELECT clearance.can('task', 'rb-1');
SELECT clearance.can('task.', 'rb-1');
SELECT clearance.can('.view', 'rb-1');
SELECT clearance.can('', 'rb-1');
SELECT clearance.can('task.view; DROP TABLE regress_bad.task', 'rb-1');
SELECT clearance.can(NULL, 'rb-1');
SELECT clearance.can('task.view', 'no such project');
SELECT clearance.can_row('veiw', t) FROM (SELECT 1) AS t;
SELECT clearance.can_row('view', NULL::regress_bad.assignee);
SELECT clearance.can_row('view', ROW(1, 2));
\set ON_ERROR_ROLLBACK off
COMMIT;

--
-- A key of another type than the projects' matches none; it is no error.
--
CREATE TABLE regress_bad.numbered (id integer PRIMARY KEY, project_id bigint, author uuid);
INSERT INTO regress_bad.numbered VALUES (1, 1, NULL), (2, NULL, NULL);
GRANT ALL ON regress_bad.numbered TO regress_bad_app;
SELECT clearance.protect('regress_bad.numbered', 'file', project => 'project_id', owner => 'author') > 0 AS ok;
BEGIN;
SET LOCAL ROLE regress_bad_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT id FROM regress_bad.numbered ORDER BY id;
COMMIT;
SELECT clearance.unprotect('regress_bad.numbered');

--
-- A column that goes behind the extension's back: errors until it is said anew.
--
GRANT ALL ON regress_bad.task TO regress_bad_app;
SET client_min_messages = warning;
SELECT clearance.mask_column('regress_bad.task', 'weight', 'edit_effort');
\set VERBOSITY terse
ALTER TABLE regress_bad.task DROP COLUMN project_id;
ALTER TABLE regress_bad.task DROP COLUMN project_id CASCADE;
ALTER EVENT TRIGGER clearance_follow_drop DISABLE;
ALTER TABLE regress_bad.task DROP COLUMN project_id CASCADE;
ALTER EVENT TRIGGER clearance_follow_drop ENABLE ALWAYS;
\set VERBOSITY default
RESET client_min_messages;
BEGIN;
SET LOCAL ROLE regress_bad_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT id FROM regress_bad.task;
ROLLBACK;
-- whom nothing binds, it does not bind
SELECT count(weight) FROM regress_bad.task;
\set VERBOSITY sqlstate
SELECT clearance.repair('regress_bad.task');
\set VERBOSITY default
SELECT clearance.unprotect('regress_bad.task');

--
-- Names are names, whatever they look like.
--
CREATE SCHEMA "Regress bad; DROP SCHEMA regress_bad CASCADE; --";
SET search_path = "Regress bad; DROP SCHEMA regress_bad CASCADE; --";
CREATE TABLE "it's ""the"" Täsk'); --" ("Its Id""" uuid PRIMARY KEY, "project ❤" text, "select" boolean, "own'er" varchar(20), "$1" integer, "%I %s %L" text[]);
CREATE TABLE "Líņk" ("where" uuid, "who's" text);
CREATE TABLE "Kömment" ("KEY" integer PRIMARY KEY, "of what?" uuid);
INSERT INTO "it's ""the"" Täsk'); --" VALUES ('00000000-0000-0000-0000-000000000001', 'rb-1', false, '2', 0, '{2}'), ('00000000-0000-0000-0000-000000000002', 'rb-1', true, '1', 0, '{}');
INSERT INTO "Líņk" VALUES ('00000000-0000-0000-0000-000000000001', '2'), ('00000000-0000-0000-0000-000000000002', '1');
INSERT INTO "Kömment" VALUES (1, '00000000-0000-0000-0000-000000000001'), (2, '00000000-0000-0000-0000-000000000002');
GRANT USAGE ON SCHEMA "Regress bad; DROP SCHEMA regress_bad CASCADE; --" TO regress_bad_app;
GRANT ALL ON ALL TABLES IN SCHEMA "Regress bad; DROP SCHEMA regress_bad CASCADE; --" TO regress_bad_app;
SELECT clearance.protect('"it''s ""the"" Täsk''); --"', 'task', project => 'project ❤', visibility => 'select', shared_values => '{no}', owner => 'own''er') > 0 AS ok;
SELECT clearance.relate('"it''s ""the"" Täsk''); --"', 'followed', member_column => '%I %s %L');
SELECT clearance.relate('"it''s ""the"" Täsk''); --"', 'assigned', member_column => 'who''s', link => '"Líņk"', link_column => 'where');
SELECT clearance.guard_column('"it''s ""the"" Täsk''); --"', '$1', 'edit_effort', new_value => '7');
SELECT clearance.protect('"Kömment"', 'document_comment') > 0 AS ok;
SELECT clearance.add_parent('"Kömment"', 'of what?', '"it''s ""the"" Täsk''); --"');
SELECT "table", project, key, visibility, owner, relations, parents, guards, enforced FROM clearance.protected_tables
WHERE "table"::text !~ 'regress_bad\.' ORDER BY feature, role DESC \gx
SELECT clearance.add_member_to_project('rb-1', :bob);
BEGIN;
SET LOCAL ROLE regress_bad_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT * FROM "it's ""the"" Täsk'); --" ORDER BY 1;
SELECT * FROM "Líņk" ORDER BY 1;
\set ON_ERROR_ROLLBACK on
UPDATE "it's ""the"" Täsk'); --" SET "project ❤" = 'elsewhere';
UPDATE "it's ""the"" Täsk'); --" SET "own'er" = '1';
\set ON_ERROR_ROLLBACK off
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT "KEY" FROM "Kömment" ORDER BY 1;
INSERT INTO "Kömment" VALUES (3, '00000000-0000-0000-0000-000000000002') RETURNING "KEY";
UPDATE "it's ""the"" Täsk'); --" SET "project ❤" = 'rb-1', "$1" = 7 RETURNING 1;
ROLLBACK;
ALTER TABLE "it's ""the"" Täsk'); --" RENAME COLUMN "select" TO "a "", b";
SELECT visibility FROM clearance.protected_tables WHERE feature = 'task' AND role = 'table';
-- errors name them as they are
SELECT clearance.protect('"it''s ""the"" Täsk''); --"', 'task');
SELECT clearance.unprotect('"it''s ""the"" Täsk''); --"');
SELECT clearance.relate('"Kömment"', 'own', member_column => 'x"; DROP TABLE "Kömment"; --');
SELECT clearance.protect('"Líņk"', 'task''; DROP TABLE "Kömment"; --');
SELECT clearance.unprotect('"Kömment"');
SELECT clearance.unprotect('"it''s ""the"" Täsk''); --"');
RESET search_path;

-- nothing stays behind
SELECT clearance.unprotect('regress_bad.nokey');
SELECT clearance.unprotect('regress_bad.space');
SELECT clearance.distrust_role('regress_bad_app');
SET client_min_messages = warning;
DROP SCHEMA regress_bad, "Regress bad; DROP SCHEMA regress_bad CASCADE; --" CASCADE;
DROP FOREIGN DATA WRAPPER regress_bad_wrapper CASCADE;
DELETE FROM clearance.account WHERE id IN (:account, :other);
DROP OWNED BY regress_bad_app;
DROP ROLE regress_bad_app;
