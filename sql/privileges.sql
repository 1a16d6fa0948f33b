-- Who may call what, and who is exempt.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_privileges;
CREATE ROLE regress_privileges_owner;
CREATE ROLE regress_privileges_bypass BYPASSRLS;
CREATE SCHEMA regress_privileges AUTHORIZATION regress_privileges_owner;
SET LOCAL search_path = regress_privileges;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.add_member('ann', roles => '{account_admin}') AS ann \gset
SELECT clearance.create_partner('Mod', 'moderate') AS mod \gset
SELECT clearance.add_member('max', partner => :mod, partner_admin => true) AS max \gset
SELECT clearance.create_project(1) > 0, clearance.add_partner_to_project(1, :mod);
CREATE TABLE task (name text PRIMARY KEY, project integer DEFAULT 1, is_private boolean DEFAULT false);
ALTER TABLE task OWNER TO regress_privileges_owner;
INSERT INTO task (name, is_private) VALUES ('shared', false), ('private', true);
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}') AS binding \gset
GRANT USAGE ON SCHEMA regress_privileges TO PUBLIC;
GRANT SELECT, UPDATE ON task TO regress_privileges, regress_privileges_bypass;

--
-- Everybody may use what policies call, ask about their own rights, and stop
-- acting; and administer, as far as the actor's rights go.
--
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND has_function_privilege('public', p.oid, 'EXECUTE')
  AND p.proname !~ '^app_key'
ORDER BY p.oid::regprocedure::text;
-- What plans call, the planner alone writes: the sets hold keys of rows that may
-- be closed. Numbers that no plan has are not looked up.
SELECT clearance.set_actor(id => :max) = :max;
SET LOCAL ROLE regress_privileges;
SELECT clearance.set_keys(NULL::text, :binding, 0, 1, 3);
SELECT clearance.set_keys(NULL::text, :binding, 0, 1000, 3);
SELECT clearance.set_keys(NULL::text, NULL, NULL, NULL, NULL);
SELECT clearance.in_set('shared'::text, :binding, 0, 2000, 3);
SELECT name FROM task WHERE clearance.in_set(project, :binding, 0, 500000000, 3);
SELECT name FROM task WHERE clearance.in_set(project, project, project, project, project);
SELECT name FROM task WHERE clearance.permitted(:binding, 99, name, project, is_private);
SELECT name FROM task WHERE clearance.permitted(:binding, NULL, name, project, is_private);
-- asked by hand, policies answer as they do for the table
SELECT name FROM task t WHERE clearance.visible(:binding, t.name, t.project, t.is_private) ORDER BY name;
SELECT name FROM task t WHERE clearance.visible(:binding, t.project, t.name, t.is_private);
SELECT name FROM task t WHERE clearance.visible(:binding, t.name);
RESET ROLE;
SELECT clearance.reset_actor();
-- Everybody may look up names, and read views that show what the actor may know;
-- tables, other views and sequences are nobody's but the owner's.
SELECT has_schema_privilege('public', 'clearance', 'USAGE'), has_schema_privilege('public', 'clearance', 'CREATE');
SELECT c.oid::regclass FROM pg_class c
WHERE c.relnamespace = 'clearance'::regnamespace AND c.relkind IN ('r', 'v', 'S')
  AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege('public', c.oid, 'USAGE, SELECT, UPDATE')
      ELSE has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
          OR has_any_column_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') END
ORDER BY c.oid::regclass::text;

-- Functions that run as the extension's owner have a search_path of their own.
SELECT p.oid::regprocedure FROM pg_proc p
WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND p.prosecdef
  AND NOT coalesce(array_to_string(p.proconfig, ' ') LIKE '%search_path=pg_catalog, pg_temp%', false)
ORDER BY 1;

SET LOCAL ROLE regress_privileges;
SELECT clearance.actor() IS NULL, clearance.can('task.view', 1);
SELECT member IS NULL, login_role = session_user FROM clearance.whoami();
SELECT clearance.reset_actor();
-- not: read what the extension knows
SELECT count(*) FROM clearance.member;
SELECT count(*) FROM clearance.project;
SELECT count(*) FROM clearance.partners;
SELECT count(*) FROM clearance.protected_tables;
SELECT count(*) FROM clearance.matrix;
SELECT * FROM clearance_internal.scope_actor(1, NULL);
-- not: write it
INSERT INTO clearance.member_switch VALUES (:max, 'task', 'create');
UPDATE clearance.member SET status = 'active';
DELETE FROM clearance.level_denial WHERE NOT built_in;
CREATE TABLE clearance.mine ();
CREATE FUNCTION clearance.can(text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
-- not: become somebody
SELECT clearance.set_actor(id => :ann);
SELECT clearance.set_actor(key => 'ann');
SET clearance.actor = '1';
SELECT set_config('clearance.actor', '1', true);
SET clearance.maintaining = on;
SELECT clearance.trust_role('regress_privileges');
SELECT clearance.map_role('regress_privileges', member => :ann);
-- not: administer people, levels and tables
SELECT clearance.create_account('Mine');
SELECT clearance.add_member('me', roles => '{account_admin}');
SELECT clearance.switch_on(:max, 'task', 'create');
SELECT clearance.allow('moderate', 'task', 'view');
SELECT clearance.set_project(1, open_level => 'permissive');
SELECT clearance.protect('task', 'task', 'project');
SELECT clearance.unprotect('task');
SELECT clearance.repair('task');
-- what is granted to it it may do: trusting a role is that grant
RESET ROLE;
SELECT clearance.trust_role('regress_privileges');
SET LOCAL ROLE regress_privileges;
SELECT clearance.set_actor(key => 'max') AS acting \gset
SELECT name FROM task ORDER BY name;
SELECT key FROM clearance.whoami();
SELECT count(*) FROM clearance.member;

--
-- Policy functions may be called by hand: they tell what the actor itself may
-- do, and nothing of rows. Wrong calls are errors.
--
SELECT columns FROM clearance.binding WHERE relation = 'task'::regclass;
RESET ROLE;
SELECT columns FROM clearance.binding WHERE relation = 'task'::regclass;
SET LOCAL ROLE regress_privileges;
SELECT clearance.visible(:binding, 'private'::text, 1, true), clearance.visible(:binding, 'no such task'::text, 1, true);
SELECT clearance.visible(:binding, 'shared'::text, 1, false), clearance.visible(:binding, 'no such task'::text, 1, false);
SELECT clearance.editable(:binding, 'x'::text, 1, false), clearance.deletable(:binding, 'x'::text, 1, true);
SELECT clearance.edited(:binding, 'x'::text, 1, true);
SELECT clearance.creatable(:binding, 'x'::text, 1, false);
SELECT clearance.can_row('view', ROW('private', 1, true)::task), clearance.can_row('view', ROW('x', 1, false)::task);
SELECT clearance.visible(:binding, 'x'::text, 2, false), clearance.visible(:binding, NULL::text, NULL::integer, NULL::boolean);
\set VERBOSITY terse
SELECT clearance.visible(:binding, 1, 1, false);
SELECT clearance.visible(:binding);
SELECT clearance.visible(:binding, VARIADIC '{x,1,f}'::text[]);
SELECT clearance.visible(NULL, 'x'::text, 1, false);
SELECT clearance.visible(-1, 'x'::text, 1, false);
SELECT clearance.can_row('view', ROW('x', 1, false));
SELECT clearance.can_row('view', 1::text);
SELECT clearance.can_row(NULL, t) FROM task t;
SELECT clearance.can(NULL, 1);
SELECT clearance.can('task', 1);
SELECT clearance_internal.write_check();
\set VERBOSITY default
-- nor do the extension's triggers serve tables of others
CREATE TEMPORARY TABLE own (name text);
CREATE TRIGGER mine BEFORE INSERT ON own FOR EACH ROW EXECUTE FUNCTION clearance_internal.write_check('1');
CREATE TRIGGER mine AFTER INSERT ON own FOR EACH ROW EXECUTE FUNCTION clearance_internal.follow_project();
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Row security is FORCEd: the table's owner is bound like everybody.
--
SET LOCAL ROLE regress_privileges_owner;
SELECT name FROM task ORDER BY name;
INSERT INTO task (name) VALUES ('owners');
UPDATE task SET name = 'owners' RETURNING name;
DELETE FROM task RETURNING name;
-- and cannot take the protection off, but by way of unprotect()
ALTER TABLE task DISABLE ROW LEVEL SECURITY;
ALTER TABLE task NO FORCE ROW LEVEL SECURITY;
DROP POLICY clearance_select ON task;
ALTER POLICY clearance_select ON task USING (true);
SELECT name FROM task ORDER BY name;
ALTER TABLE task DROP COLUMN is_private;
SET clearance.maintaining = on;
SELECT clearance.unprotect('task');
RESET ROLE;
SELECT clearance.repair('task');
-- whoever is a member of the owner's role is bound as well
GRANT regress_privileges_owner TO regress_privileges;
SET LOCAL ROLE regress_privileges;
SELECT name FROM task ORDER BY name;
RESET ROLE;
-- where that is not wanted: force => false
SELECT clearance.unprotect('task'), clearance.protect('task', 'task', 'project', 'is_private', '{false}', force => false) > 0;
SET LOCAL ROLE regress_privileges_owner;
SELECT name FROM task ORDER BY name;
RESET ROLE;
REVOKE regress_privileges_owner FROM regress_privileges;
SET LOCAL ROLE regress_privileges;
SELECT name FROM task ORDER BY name;
RESET ROLE;
SELECT clearance.unprotect('task'), clearance.protect('task', 'task', 'project', 'is_private', '{false}') > 0;
-- PostgreSQL exempts superusers and roles with BYPASSRLS, whoever acts
SELECT name FROM task ORDER BY name;
SET LOCAL ROLE regress_privileges_bypass;
SELECT name FROM task ORDER BY name;
WITH u AS (UPDATE task SET is_private = is_private RETURNING name) SELECT name FROM u ORDER BY name;
RESET ROLE;
-- a role that only inherits the right is not exempt
GRANT regress_privileges_bypass TO regress_privileges;
SET LOCAL ROLE regress_privileges;
SELECT name FROM task ORDER BY name;
RESET ROLE;
ROLLBACK;
