-- Rights that follow from others follow them at every moment, for every level
-- and for switches of members; what is said of a right itself decides.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.create_partner('Mod', 'moderate') AS mod \gset
SELECT clearance.create_customer('Cafe') AS cafe \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.add_member('sue', roles => '{super_user}') AS sue \gset
SELECT clearance.add_member('cole', roles => '{collaborator}') AS cole \gset
SELECT clearance.add_member('max', partner => :mod, partner_admin => true) AS max \gset
SELECT clearance.add_member('cleo', customer => :cafe) AS cleo \gset
SELECT clearance.create_project(1, owner => :cole) > 0;
SELECT clearance.set_project(1, portal => true), clearance.add_customer_to_project(1, :cafe), clearance.add_partner_to_project(1, :mod);
CREATE FUNCTION pg_temp.holds(level text, feature text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(h.held, ', ' ORDER BY h.held)
    FROM (SELECT concat_ws(' ', m.action, m.visibility, m.relation, m.reach, m.kinds) AS held FROM clearance.matrix m
          WHERE (m.level, m.feature, m.verdict) = (holds.level, holds.feature, 'can')
            AND (m.action IN ('create', 'edit', 'assign') OR m.action LIKE 'edit\_%')) h
$$;
-- the same, as the engine answers one member
CREATE FUNCTION pg_temp.may(member text, VARIADIC actions text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM clearance.set_actor(key => member);
    answer := member || ': ' || string_agg(a || CASE WHEN clearance.can(a, 1) THEN ' yes' ELSE ' no' END, ', ') FROM unnest(actions) a;
    PERFORM clearance.reset_actor();
    RETURN answer;
END
$$;
SAVEPOINT s;

--
-- Vendor: edit follows from any column.
--
SELECT clearance.create_level('scribe', 'vendor') > 0;
SELECT clearance.allow('scribe', 'task', 'edit_name');
SELECT pg_temp.holds('scribe', 'task');
-- it has what the columns' grants have
SELECT clearance.allow('scribe', 'phase', 'edit_dates', 'shared', 'own', 'owned', '{plan}'), clearance.allow('scribe', 'phase', 'edit_name', relation => 'assigned');
SELECT pg_temp.holds('scribe', 'phase');
-- and goes with the last of them
SELECT clearance.deny('scribe', 'task', 'edit_name');
SELECT pg_temp.holds('scribe', 'task');
-- built-in levels: one column of several, then all
SELECT pg_temp.may('cole', 'phase.edit', 'phase.assign');
SELECT clearance.deny('collaborator', 'phase', 'edit_name'), clearance.deny('collaborator', 'phase', 'edit_dates');
SELECT pg_temp.holds('collaborator', 'phase');
SELECT clearance.deny('collaborator', 'phase', 'edit_effort');
-- none is left, and neither what partners have nor what it creates brings edit back
SELECT pg_temp.holds('collaborator', 'phase');
SELECT pg_temp.may('cole', 'phase.create', 'phase.edit', 'phase.assign');
-- a column that is allowed again does
SELECT clearance.allow('collaborator', 'phase', 'edit_name');
SELECT pg_temp.holds('collaborator', 'phase');
-- a grant of edit itself, or its denial, decides
SELECT clearance.allow('collaborator', 'phase', 'edit', relation => 'own');
SELECT pg_temp.holds('collaborator', 'phase');
SELECT clearance.deny('collaborator', 'phase', 'edit');
SELECT pg_temp.holds('collaborator', 'phase');
ROLLBACK TO s;

--
-- All: who creates edits what it created, where nothing else is said.
--
SELECT clearance.create_level('guest', 'partner') > 0, clearance.create_level('visitor', 'customer') > 0, clearance.create_level('temp', 'vendor') > 0;
SELECT clearance.allow(l, 'file', 'create', 'shared') FROM unnest('{guest,visitor,temp}'::text[]) l;
SELECT l, pg_temp.holds(l, 'file') FROM unnest('{guest,visitor,temp}'::text[]) l;
SELECT clearance.deny(l, 'file', 'edit') FROM unnest('{guest,visitor,temp}'::text[]) l;
SELECT l, pg_temp.holds(l, 'file') FROM unnest('{guest,visitor,temp}'::text[]) l;
SELECT clearance.deny('moderate', 'file', 'create');
SELECT pg_temp.holds('moderate', 'file');
SELECT pg_temp.may('max', 'file.edit');
SELECT clearance.allow('moderate', 'file', 'create', relation => 'any');
SELECT pg_temp.holds('moderate', 'file');
SELECT pg_temp.may('max', 'file.edit');
-- a cell that says no is no room for it
SELECT clearance.allow('moderate', 'phase', 'create'), clearance.allow('restricted', 'space', 'create');
SELECT pg_temp.holds('moderate', 'phase'), pg_temp.holds('restricted', 'space');
ROLLBACK TO s;

--
-- assign follows from the right to edit the assignee, for partners from edit without a relation.
--
SELECT clearance.deny('super_user', 'task', 'edit_assignee');
SELECT pg_temp.holds('super_user', 'task');
SELECT pg_temp.may('sue', 'task.edit', 'task.assign');
SELECT clearance.allow('super_user', 'task', 'edit_assignee', relation => 'own');
SELECT pg_temp.holds('super_user', 'task');
SELECT clearance.deny('super_user', 'task', 'assign');
SELECT pg_temp.holds('super_user', 'task');
SELECT clearance.allow('super_user', 'task', 'assign', 'shared');
SELECT pg_temp.holds('super_user', 'task');
SELECT clearance.deny('permissive', 'task', 'edit');
SELECT pg_temp.holds('permissive', 'task');
SELECT clearance.allow('restricted', 'task', 'edit', 'shared');
SELECT pg_temp.holds('restricted', 'task');
SELECT clearance.allow('client', 'task', 'edit'), pg_temp.holds('client', 'task');
ROLLBACK TO s;

--
-- Partners: columns that only the vendor's matrix names come with edit, unless they are denied.
--
SELECT pg_temp.holds('moderate', 'task');
SELECT clearance.deny('moderate', 'task', 'edit_due_date'), clearance.allow('moderate', 'task', 'edit_status', relation => 'assigned');
SELECT pg_temp.holds('moderate', 'task');
SELECT clearance.create_level('guest', 'partner') > 0;
SELECT clearance.allow('guest', 'task', 'edit', relation => 'own'), clearance.allow('guest', 'project', 'edit');
-- no columns that the partner matrix names, or that not every vendor member edits
SELECT f, pg_temp.holds('guest', f) FROM unnest('{task,project}'::text[]) f;
SELECT clearance.deny('guest', 'task', 'edit');
SELECT pg_temp.holds('guest', 'task');
ROLLBACK TO s;

--
-- A level made from another one is said the same, and follows for itself.
--
SELECT clearance.deny('collaborator', 'task', 'edit_' || c) FROM unnest('{assignee,status,start_date,due_date,name,description,effort,progress,priority}'::text[]) c;
SELECT clearance.create_level('copy', 'vendor', 'collaborator') > 0;
SELECT pg_temp.holds('copy', 'task');
SELECT clearance.allow('copy', 'task', 'edit_name');
SELECT pg_temp.holds('copy', 'task'), pg_temp.holds('collaborator', 'task');
SELECT clearance.create_level('partner copy', 'partner', 'moderate') > 0;
SELECT clearance.deny('partner copy', 'task', 'edit');
SELECT pg_temp.holds('partner copy', 'task');
-- account_admin holds everything, each for itself: so does its copy
SELECT clearance.create_level('head', 'vendor', 'account_admin') > 0;
SELECT clearance.deny('head', 'phase', 'edit_name');
SELECT pg_temp.holds('head', 'phase');
-- own features alike
SELECT clearance.create_feature('deed', '{view,create,edit,delete,edit_seal}');
SELECT clearance.allow('copy', 'deed', 'edit_seal'), clearance.allow('partner copy', 'deed', 'create');
SELECT pg_temp.holds('copy', 'deed'), pg_temp.holds('partner copy', 'deed');
-- what is not available does not come in by another door
INSERT INTO clearance.not_available SELECT id, 'deed', 'edit' FROM clearance.level WHERE name = 'copy';
SELECT pg_temp.holds('copy', 'deed');
ROLLBACK TO s;

--
-- Switches of single members.
--
SELECT clearance.create_feature('deed', '{view,create,edit,delete,edit_seal}');
SELECT pg_temp.may(m, 'deed.edit', 'deed.assign') FROM unnest('{cole,max,cleo}'::text[]) m;
SELECT clearance.switch_on(m, 'deed', 'create') FROM unnest(ARRAY[:cole, :max, :cleo]) m;
SELECT pg_temp.may(m, 'deed.edit', 'deed.assign') FROM unnest('{cole,max,cleo}'::text[]) m;
SELECT clearance.switch_on(m, 'deed', 'edit') FROM unnest(ARRAY[:max, :cleo]) m;
SELECT clearance.switch_on(:cole, 'deed', 'edit_seal');
SELECT pg_temp.may(m, 'deed.edit', 'deed.assign') FROM unnest('{cole,max,cleo}'::text[]) m;
-- what a level in force says decides for switches too
SELECT clearance.deny('collaborator', 'deed', 'edit'), clearance.deny('moderate', 'deed', 'assign');
SELECT pg_temp.may(m, 'deed.edit', 'deed.assign') FROM unnest('{cole,max}'::text[]) m;
SELECT clearance.switch_on(:max, 'phase', 'create');
SELECT pg_temp.may('max', 'phase.create', 'phase.edit');
-- columns come with a partner's switch for edit
SELECT clearance.switch_on(:max, 'phase', 'edit');
SELECT pg_temp.may('max', 'phase.edit', 'phase.edit_name', 'phase.assign');
SELECT clearance.switch_off(:max, 'phase', 'edit');
SELECT pg_temp.may('max', 'phase.edit', 'phase.edit_name', 'phase.assign');
ROLLBACK TO s;

--
-- In rows: what is created by a switch is edited, and nothing else.
--
CREATE ROLE regress_derived;
SELECT clearance.trust_role('regress_derived');
CREATE SCHEMA regress_derived;
GRANT USAGE ON SCHEMA regress_derived TO regress_derived;
SELECT clearance.create_feature('deed', '{view,create,edit,delete,edit_seal}');
SELECT clearance.allow('moderate', 'deed', 'view');
CREATE TABLE regress_derived.deed (id integer PRIMARY KEY, project integer, author text, seal text, clerk text);
SELECT clearance.protect('regress_derived.deed', 'deed', project => 'project', owner => 'author') > 0;
SELECT clearance.guard_column('regress_derived.deed', 'seal', 'edit_seal'), clearance.relate('regress_derived.deed', 'assigned', 'clerk');
INSERT INTO regress_derived.deed VALUES (1, 1, 'max', 'wax', NULL), (2, 1, 'sue', 'wax', NULL);
GRANT SELECT, INSERT, UPDATE ON regress_derived.deed TO regress_derived;
SELECT clearance.switch_on(:max, 'deed', 'create');
SELECT clearance.set_actor(key => 'max') > 0;
SET LOCAL ROLE regress_derived;
INSERT INTO regress_derived.deed VALUES (3, 1, 'max') RETURNING id;
UPDATE regress_derived.deed SET id = id + 10 RETURNING id, author;
SAVEPOINT rows;
UPDATE regress_derived.deed SET seal = 'lead' WHERE id = 11;
ROLLBACK TO rows;
UPDATE regress_derived.deed SET clerk = 'max' WHERE id = 11;
ROLLBACK TO rows;
RESET ROLE;
SELECT clearance.reset_actor();
SELECT clearance.switch_on(:max, 'deed', 'edit'), clearance.switch_off(:max, 'deed', 'create');
SELECT clearance.set_actor(key => 'max') > 0;
SET LOCAL ROLE regress_derived;
UPDATE regress_derived.deed SET clerk = 'max' RETURNING id, author, clerk;
ROLLBACK;
