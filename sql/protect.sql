-- What protect() and its companions declare, and that it stays declared.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_protect;
CREATE ROLE regress_protect_owner;
CREATE ROLE regress_protect_app;
GRANT ALL ON SCHEMA regress_protect TO regress_protect_owner;
GRANT USAGE ON SCHEMA regress_protect TO regress_protect_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA regress_protect GRANT ALL ON TABLES TO regress_protect_app;
SELECT clearance.trust_role('regress_protect_app');
SELECT clearance.create_account('regress_protect', key => 'p') AS account \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :account) AS acme \gset
SELECT clearance.add_member(key => 1, name => 'Ann', roles => '{account_admin}', account => :account) AS ann \gset
SELECT clearance.add_member(key => 2, name => 'Bob', partner => :acme, account => :account) AS bob \gset
SELECT clearance.create_project(71, :account) > 0 AS ok;
SELECT clearance.add_partner_to_project(71, :acme);
SELECT clearance.add_member_to_project(71, :bob);
-- policies without the binding's number
CREATE FUNCTION pg_temp.policies(relation regclass, OUT policy name, OUT cmd text, OUT permissive boolean, OUT roles name[], OUT "using" text, OUT "check" text)
RETURNS SETOF record LANGUAGE sql AS $$
    SELECT polname, CASE polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
           polpermissive, CASE WHEN polroles = '{0}' THEN '{public}' END::name[],
           regexp_replace(pg_get_expr(polqual, polrelid), '\(\d+', '(#'), regexp_replace(pg_get_expr(polwithcheck, polrelid), '\(\d+', '(#')
    FROM pg_policy WHERE polrelid = relation ORDER BY 1
$$;
CREATE FUNCTION pg_temp.flags(relation regclass, OUT rls boolean, OUT force boolean, OUT policies bigint, OUT triggers boolean) LANGUAGE sql AS $$
    SELECT relrowsecurity, relforcerowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = relation),
           EXISTS (SELECT FROM pg_trigger WHERE tgrelid = relation AND NOT tgisinternal)
    FROM pg_class WHERE oid = relation
$$;

--
-- With defaults: the key is the primary key, row security is forced, and each
-- command has one policy, which passes the bound columns.
--
SET ROLE regress_protect_owner;
CREATE TABLE regress_protect.task (id integer PRIMARY KEY, project_id integer, is_private boolean NOT NULL DEFAULT false,
    assignee_id integer, at_risk boolean NOT NULL DEFAULT false, title text);
GRANT ALL ON regress_protect.task TO regress_protect_app;
INSERT INTO regress_protect.task VALUES (1, 71, false, 2, false, 'shared'), (2, 71, true, NULL, false, 'private'), (3, NULL, false, 2, false, 'nowhere');
RESET ROLE;
SELECT clearance.protect('regress_protect.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false}') > 0 AS ok;
SELECT "table", feature, role, project, key, visibility, shared_values, relations, parents, guards, enforced FROM clearance.protected_tables
WHERE "table" = 'regress_protect.task'::regclass;
SELECT * FROM pg_temp.policies('regress_protect.task');
SELECT count(*), obj_description(oid, 'pg_policy') FROM pg_policy WHERE polrelid = 'regress_protect.task'::regclass GROUP BY 2;
SELECT * FROM pg_temp.flags('regress_protect.task');
-- in force at once, for the owner too
BEGIN;
SET LOCAL ROLE regress_protect_app;
SELECT id FROM regress_protect.task ORDER BY id;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT id FROM regress_protect.task ORDER BY id;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT id FROM regress_protect.task ORDER BY id;
SET LOCAL ROLE regress_protect_owner;
SELECT id FROM regress_protect.task ORDER BY id;
RESET ROLE;
SELECT clearance.reset_actor();
SET LOCAL ROLE regress_protect_owner;
SELECT id FROM regress_protect.task ORDER BY id;
COMMIT;
-- further declarations show in the view and in the policies
SELECT clearance.relate('regress_protect.task', 'assigned', member_column => 'assignee_id');
SELECT clearance.guard_column('regress_protect.task', 'at_risk', 'mark_at_risk', new_value => 'yes');
SELECT clearance.guard_column('regress_protect.task', 'at_risk', 'edit_status', new_value => 'no');
SELECT relations, parents, guards, enforced FROM clearance.protected_tables WHERE "table" = 'regress_protect.task'::regclass;
SELECT policy, "using" ~ 'assignee_id' AS passes_it FROM pg_temp.policies('regress_protect.task') WHERE cmd = 'select';
SELECT * FROM pg_temp.flags('regress_protect.task');

--
-- With everything named.
--
CREATE TYPE regress_protect.sight AS ENUM ('hidden', 'read', 'edit');
CREATE TABLE regress_protect.note (tenant text, number bigint UNIQUE, project integer, audience text, customer regress_protect.sight,
    author integer, category text, sent_at timestamptz, body text);
SELECT clearance.create_feature('regress_note', '{look,write,change,drop,send,publish}');
SELECT clearance.protect('regress_protect.note', 'regress_note', project => 'project', visibility => 'audience', shared_values => '{team,all}',
    client_visibility => 'customer', account => 'tenant', owner => 'author', kind => 'category', published => 'sent_at',
    publish_action => 'send', key => 'number', view_action => 'look', create_action => 'write', edit_action => 'change',
    delete_action => 'drop', force => false) > 0 AS ok;
\x
SELECT * FROM clearance.protected_tables WHERE "table" = 'regress_protect.note'::regclass \g (format=unaligned) | grep -v '^binding|'
SELECT publish_action, view_action, create_action, edit_action, delete_action, force FROM clearance.binding
WHERE relation = 'regress_protect.note'::regclass;
\x
SELECT policy, "using" FROM pg_temp.policies('regress_protect.note') WHERE cmd = 'select';
-- not forced: the table's owner sees all, others what the rule says
INSERT INTO regress_protect.note VALUES ('p', 1, 71, 'all', 'read', 1, 'memo', '2020-01-01', 'hello');
ALTER TABLE regress_protect.note OWNER TO regress_protect_owner;
GRANT ALL ON regress_protect.note TO regress_protect_app;
SET ROLE regress_protect_owner;
SELECT number FROM regress_protect.note;
SET ROLE regress_protect_app;
SELECT number FROM regress_protect.note;
RESET ROLE;
SELECT clearance.unprotect('regress_protect.note');
DROP TABLE regress_protect.note;
DELETE FROM clearance.feature WHERE name = 'regress_note';

--
-- unprotect() leaves row security as protect() found it.
--
CREATE TABLE regress_protect.off (id integer PRIMARY KEY, project_id integer);
CREATE TABLE regress_protect.enabled (LIKE regress_protect.off INCLUDING ALL);
ALTER TABLE regress_protect.enabled ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON regress_protect.enabled AS RESTRICTIVE USING (id > 0);
CREATE TABLE regress_protect.forced (LIKE regress_protect.off INCLUDING ALL);
ALTER TABLE regress_protect.forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT t.relname, f.* FROM pg_class t, pg_temp.flags(t.oid) f WHERE t.relname IN ('off', 'enabled', 'forced') ORDER BY 1;
SELECT clearance.protect(t.oid, 'file', project => 'project_id') > 0 AS ok FROM pg_class t WHERE t.relname IN ('off', 'enabled', 'forced');
SELECT t.relname, f.* FROM pg_class t, pg_temp.flags(t.oid) f WHERE t.relname IN ('off', 'enabled', 'forced') ORDER BY 1;
SELECT clearance.unprotect(t.oid) FROM pg_class t WHERE t.relname IN ('off', 'enabled', 'forced');
SELECT t.relname, f.* FROM pg_class t, pg_temp.flags(t.oid) f WHERE t.relname IN ('off', 'enabled', 'forced') ORDER BY 1;
DROP TABLE regress_protect.off, regress_protect.enabled, regress_protect.forced;

--
-- A link table is protected with its target, and goes with the last one.
--
CREATE TABLE regress_protect.follower (task_id integer, member_id integer);
INSERT INTO regress_protect.follower VALUES (1, 2), (2, 1);
SELECT clearance.relate('regress_protect.task', 'followed', member_column => 'member_id', link => 'regress_protect.follower', link_column => 'task_id');
SELECT clearance.relate('regress_protect.task', 'invited', member_column => 'member_id', link => 'regress_protect.follower', link_column => 'task_id');
SELECT "table", feature, role, enforced FROM clearance.protected_tables WHERE "table" = 'regress_protect.follower'::regclass;
SELECT relations FROM clearance.protected_tables WHERE "table" = 'regress_protect.task'::regclass;
SELECT policy, "using" FROM pg_temp.policies('regress_protect.follower') WHERE cmd = 'select';
BEGIN;
SET LOCAL ROLE regress_protect_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT * FROM regress_protect.follower ORDER BY 1;
COMMIT;
-- it does not go before its target
SELECT clearance.unprotect('regress_protect.follower');
DROP TABLE regress_protect.follower;
DROP TABLE regress_protect.follower CASCADE;
SELECT clearance.unprotect('regress_protect.task');
SELECT * FROM pg_temp.flags('regress_protect.follower');
SELECT * FROM pg_temp.flags('regress_protect.task');
SELECT count(*) AS left FROM clearance.binding WHERE relation::text LIKE 'regress_protect.%';
DROP TABLE regress_protect.follower;
-- unprotected, everybody sees everything again
SET ROLE regress_protect_app;
SELECT id FROM regress_protect.task ORDER BY id;
RESET ROLE;

--
-- Protection is not switched off by altering the table, not by its owner, nor
-- by a superuser.
--
SELECT clearance.protect('regress_protect.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false}', owner => 'assignee_id') > 0 AS ok;
SET ROLE regress_protect_owner;
ALTER TABLE regress_protect.task DISABLE ROW LEVEL SECURITY;
\set VERBOSITY sqlstate
ALTER TABLE regress_protect.task NO FORCE ROW LEVEL SECURITY;
\set VERBOSITY default
ALTER TABLE IF EXISTS regress_protect.task ADD COLUMN more text, DISABLE ROW LEVEL SECURITY;
ALTER TABLE regress_protect.task DISABLE TRIGGER "00_clearance_write";
ALTER TABLE regress_protect.task ENABLE REPLICA TRIGGER "00_clearance_write";
ALTER TABLE regress_protect.task DISABLE TRIGGER USER;
DROP TRIGGER "00_clearance_write" ON regress_protect.task;
DROP POLICY clearance_select ON regress_protect.task;
DROP POLICY clearance_update ON regress_protect.task;
RESET ROLE;
ALTER TABLE regress_protect.task DISABLE ROW LEVEL SECURITY;
\set VERBOSITY sqlstate
ALTER TABLE regress_protect.task NO FORCE ROW LEVEL SECURITY;
\set VERBOSITY default
ALTER TABLE regress_protect.task DISABLE TRIGGER "00_clearance_write";
DROP TRIGGER "00_clearance_write" ON regress_protect.task;
DROP POLICY clearance_select ON regress_protect.task;
\set VERBOSITY sqlstate
ALTER TRIGGER "00_clearance_write" ON regress_protect.task RENAME TO zz_last;
\set VERBOSITY default
SELECT * FROM pg_temp.flags('regress_protect.task');
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'regress_protect.task'::regclass AND NOT tgisinternal AND tgname ~ 'write|zz' ORDER BY 1;
SELECT enforced FROM clearance.protected_tables WHERE "table" = 'regress_protect.task'::regclass;
-- what is none of the extension's business goes on
SET ROLE regress_protect_owner;
CREATE FUNCTION regress_protect.noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER mine BEFORE INSERT ON regress_protect.task FOR EACH ROW EXECUTE FUNCTION regress_protect.noop();
ALTER TABLE regress_protect.task DISABLE TRIGGER mine;
ALTER TABLE regress_protect.task ENABLE TRIGGER mine;
ALTER TABLE regress_protect.task ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE regress_protect.task ENABLE TRIGGER ALL;
ALTER TABLE regress_protect.task ADD COLUMN extra text DEFAULT 'x', ALTER COLUMN title SET NOT NULL;
ALTER TABLE regress_protect.task DROP COLUMN extra;
DROP TRIGGER mine ON regress_protect.task;
CREATE TABLE regress_protect.other (id integer);
ALTER TABLE regress_protect.other ENABLE ROW LEVEL SECURITY;
ALTER TABLE regress_protect.other DISABLE ROW LEVEL SECURITY;
DROP TABLE regress_protect.other;
RESET ROLE;
-- TRUNCATE is a privilege of its own, outside row security
BEGIN;
SET LOCAL ROLE regress_protect_app;
TRUNCATE regress_protect.task;
RESET ROLE;
SELECT count(*) FROM regress_protect.task;
ROLLBACK;

--
-- A bound column keeps its meaning under a new name, and cannot be dropped.
--
SELECT clearance.guard_column('regress_protect.task', 'at_risk', 'mark_at_risk');
ALTER TABLE regress_protect.task RENAME COLUMN is_private TO "Is it private?";
ALTER TABLE regress_protect.task RENAME COLUMN id TO task_id;
ALTER TABLE regress_protect.task RENAME COLUMN at_risk TO is_at_risk;
SELECT project, key, visibility, owner, guards, enforced FROM clearance.protected_tables WHERE "table" = 'regress_protect.task'::regclass;
BEGIN;
SET LOCAL ROLE regress_protect_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT task_id FROM regress_protect.task ORDER BY 1;
-- moderate members edit, but do not mark tasks as being at risk
UPDATE regress_protect.task SET title = 'edited' RETURNING task_id, title;
UPDATE regress_protect.task SET is_at_risk = true RETURNING task_id, is_at_risk;
ROLLBACK;
\set VERBOSITY terse
SET client_min_messages = warning;
ALTER TABLE regress_protect.task DROP COLUMN project_id;
ALTER TABLE regress_protect.task DROP COLUMN project_id CASCADE;
ALTER TABLE regress_protect.task ALTER COLUMN project_id TYPE text;
RESET client_min_messages;
\set VERBOSITY default
SELECT project, key, visibility, owner, guards, enforced FROM clearance.protected_tables WHERE "table" = 'regress_protect.task'::regclass;
-- a renamed table stays protected
ALTER TABLE regress_protect.task RENAME TO "the Task";
SELECT "table", enforced FROM clearance.protected_tables WHERE "table"::text LIKE 'regress_protect.%';
ALTER TABLE regress_protect."the Task" RENAME TO task;

--
-- repair() makes anew what was broken behind the extension's back. Until then
-- a statement that needs the missing policy is an error.
--
ALTER EVENT TRIGGER clearance_follow_drop DISABLE;
DROP POLICY clearance_select ON regress_protect.task;
DROP TRIGGER "00_clearance_write" ON regress_protect.task;
ALTER EVENT TRIGGER clearance_follow_drop ENABLE ALWAYS;
SELECT enforced FROM clearance.protected_tables WHERE "table" = 'regress_protect.task'::regclass;
BEGIN;
SET LOCAL ROLE regress_protect_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT task_id FROM regress_protect.task ORDER BY 1;
ROLLBACK;
SET ROLE regress_protect_owner;
SELECT clearance.repair('regress_protect.task');
RESET ROLE;
SELECT clearance.repair('regress_protect.task');
SELECT enforced FROM clearance.protected_tables WHERE "table" = 'regress_protect.task'::regclass;
SELECT * FROM pg_temp.flags('regress_protect.task');
BEGIN;
SET LOCAL ROLE regress_protect_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT task_id FROM regress_protect.task ORDER BY 1;
ROLLBACK;

--
-- The extension's triggers run nothing of the table owner's with rights that
-- the owner lacks: here, a cast of a type of its own.
--
CREATE TABLE regress_protect.project (id integer PRIMARY KEY);
ALTER TABLE regress_protect.project OWNER TO regress_protect_owner;
SELECT clearance.protect('regress_protect.project', 'project', project => 'id') > 0 AS ok;
SET ROLE regress_protect_owner;
CREATE TYPE regress_protect.mood AS ENUM ('good', 'bad');
CREATE FUNCTION regress_protect.mood_out(regress_protect.mood) RETURNS json LANGUAGE plpgsql AS
$$ BEGIN IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RAISE EXCEPTION 'it runs as superuser'; END IF; RETURN '1'; END $$;
CREATE CAST (regress_protect.mood AS json) WITH FUNCTION regress_protect.mood_out(regress_protect.mood);
ALTER TABLE regress_protect.project ADD COLUMN mood regress_protect.mood;
GRANT ALL ON regress_protect.project TO regress_protect_app;
RESET ROLE;
BEGIN;
SET LOCAL ROLE regress_protect_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
\set ON_ERROR_ROLLBACK on
INSERT INTO regress_protect.project VALUES (72, 'good') RETURNING id;
UPDATE regress_protect.project SET mood = 'bad' WHERE id = 72 RETURNING id;
DELETE FROM regress_protect.project WHERE id = 72 RETURNING id;
COMMIT;
\set ON_ERROR_ROLLBACK off
SELECT key FROM clearance.project WHERE account_id = :account ORDER BY key;
DROP TABLE regress_protect.project;

--
-- A table takes its binding along; a parent stays while children name it.
--
CREATE TABLE regress_protect.comment (id integer PRIMARY KEY, task_id integer);
SELECT clearance.protect('regress_protect.comment', 'document_comment') > 0 AS ok;
SELECT clearance.add_parent('regress_protect.comment', 'task_id', 'regress_protect.task');
SELECT parents FROM clearance.protected_tables WHERE "table" = 'regress_protect.comment'::regclass;
DROP TABLE regress_protect.task;
DROP TABLE regress_protect.task CASCADE;
SELECT clearance.unprotect('regress_protect.task');
-- together they go
DROP TABLE regress_protect.task, regress_protect.comment;
SELECT count(*) AS left FROM clearance.binding WHERE relation::text LIKE 'regress_protect.%';

-- only those who may execute these functions declare anything
CREATE TABLE regress_protect.task (id integer PRIMARY KEY, project_id integer);
ALTER TABLE regress_protect.task OWNER TO regress_protect_owner;
SET ROLE regress_protect_owner;
SELECT clearance.protect('regress_protect.task', 'task', project => 'project_id');
SELECT clearance.unprotect('regress_protect.task');
SELECT * FROM clearance.protected_tables;
RESET ROLE;

-- nothing stays behind
SELECT clearance.distrust_role('regress_protect_app');
SET client_min_messages = warning;
DROP SCHEMA regress_protect CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP OWNED BY regress_protect_owner, regress_protect_app;
DROP ROLE regress_protect_owner, regress_protect_app;
