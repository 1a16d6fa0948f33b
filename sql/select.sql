-- What a SELECT shows: each step of the rule, then each form of statement.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
-- who administers is an operator: between the two, nobody acts
\set as_operator 'RESET ROLE; DO $$ BEGIN PERFORM set_config(''regress.actor'', current_setting(''clearance.actor''), true), set_config(''clearance.actor'', '''', true); END $$;'
\set as_member 'DO $$ BEGIN PERFORM set_config(''clearance.actor'', current_setting(''regress.actor''), true); END $$; SET LOCAL ROLE regress_select;'
BEGIN;
CREATE ROLE regress_select;
SELECT clearance.trust_role('regress_select');
CREATE SCHEMA regress_select;
SET LOCAL search_path = regress_select;

-- names of the rows of a table that each of these people sees, in one line each
CREATE FUNCTION seen(tab regclass, VARIADIC who text[], OUT line text) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    key text;
BEGIN
    FOREACH key IN ARRAY who LOOP
        PERFORM clearance.set_actor(key => key);
        EXECUTE format('SELECT coalesce(string_agg(name, '' '' ORDER BY name), ''-'') FROM %s', tab) INTO line;
        line := format('%s: %s', key, line);
        RETURN NEXT;
    END LOOP;
    PERFORM clearance.reset_actor();
END $$;
ALTER FUNCTION seen OWNER TO regress_select;
-- the same for an answer: who may do this in a project (or, without one, in the account)
CREATE FUNCTION may(action text, project integer, VARIADIC who text[]) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
    key text;
    answer boolean;
BEGIN
    FOREACH key IN ARRAY who LOOP
        PERFORM clearance.set_actor(key => key);
        EXECUTE 'SELECT clearance.can($1, $2)' INTO answer USING action, project;
        RETURN NEXT format('%s: %s', key, answer);
    END LOOP;
    PERFORM clearance.reset_actor();
END $$;

-- vendor
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.add_member('ann', roles => '{account_admin}') AS ann \gset
SELECT clearance.add_member('sue', roles => '{super_user}') AS sue \gset
SELECT clearance.add_member('cole', roles => '{collaborator}') AS cole \gset
-- partners, each with an admin, who reaches all its projects; one has a collaborator as well
SELECT clearance.create_partner('Perm', 'permissive') AS perm \gset
SELECT clearance.create_partner('Mod', 'moderate') AS mod \gset
SELECT clearance.create_partner('Rest', 'restricted') AS rest \gset
SELECT clearance.add_member('pat', partner => :perm, partner_admin => true) AS pat \gset
SELECT clearance.add_member('pia', partner => :perm) AS pia \gset
SELECT clearance.add_member('max', partner => :mod, partner_admin => true) AS max \gset
SELECT clearance.add_member('rex', partner => :rest, partner_admin => true) AS rex \gset
-- a customer with a contact
SELECT clearance.create_customer('Cafe') AS cafe \gset
SELECT clearance.add_member('cleo', customer => :cafe) AS cleo \gset
-- two projects, the companies on the first
SELECT clearance.create_project(1) > 0, clearance.create_project(2) > 0;
SELECT clearance.set_project(p, portal => true) FROM generate_series(1, 2) p;
SELECT clearance.add_partner_to_project(1, partner) FROM unnest(ARRAY[:perm, :mod, :rest]) partner;
SELECT clearance.add_customer_to_project(1, :cafe);

CREATE TABLE task (name text PRIMARY KEY, project integer, is_private boolean DEFAULT false, assignee text, kind text);
INSERT INTO task VALUES ('private1', 1, true, NULL), ('rex1', 1, true, 'rex'), ('shared1', 1, false, NULL),
    ('private2', 2, true, NULL), ('shared2', 2, false, NULL);
SELECT clearance.protect('task', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}',
    kind => 'kind') > 0;
SELECT clearance.relate('task', 'assigned', member_column => 'assignee');
GRANT USAGE ON SCHEMA regress_select TO regress_select;
GRANT SELECT ON task TO regress_select;

-- a row is seen by those for whom every step holds
SELECT seen('task', 'ann', 'sue', 'cole', 'pat', 'pia', 'max', 'rex', 'cleo');

--
-- 1. Standing. The member is active, and so are its account and its company.
--
SELECT clearance.disable_member(:pat);
SELECT seen('task', 'pat');
SELECT clearance.enable_member(:pat);
SELECT seen('task', 'pat');
SELECT clearance.add_member('ivy', partner => :perm, partner_admin => true, status => 'invited') AS ivy \gset
SELECT seen('task', 'ivy');
SELECT clearance.enable_member(:ivy);
SELECT seen('task', 'ivy');
SELECT clearance.disable_partner(:perm);
SELECT seen('task', 'pat', 'ivy', 'max');
SELECT clearance.enable_partner(:perm);
SELECT clearance.disable_customer(:cafe);
SELECT seen('task', 'cleo');
SELECT clearance.enable_customer(:cafe);
SELECT seen('task', 'pat', 'cleo');
SELECT clearance.set_account(:account, active => false);
SELECT seen('task', 'ann', 'sue', 'pat', 'max', 'cleo');
SELECT clearance.set_account(:account, active => true);
SELECT seen('task', 'ann', 'cleo');

--
-- 2. Project.
--
-- Vendor: as far as the grant reaches. Cells without a scope reach as far as
-- project.view: the account for a super_user, a collaborator's own projects.
SELECT clearance.add_member_to_project(1, :cole);
SELECT seen('task', 'cole');
SELECT clearance.add_member_to_project(2, :cole, owner => true);
SELECT seen('task', 'cole');
SELECT clearance.remove_member_from_project(p, :cole) FROM generate_series(1, 2) p;
-- a grant may reach further (here built in: timesheets, "Global") …
CREATE TABLE timesheet (name text PRIMARY KEY, project integer);
INSERT INTO timesheet VALUES ('hours1', 1), ('hours2', 2);
SELECT clearance.protect('timesheet', 'time_tracking', project => 'project', view_action => 'view_timesheets') > 0;
GRANT SELECT ON timesheet TO regress_select;
SELECT seen('timesheet', 'cole', 'pat');
SELECT seen('task', 'cole');
-- … or less far: owned projects only; grants of several reaches add up
SELECT clearance.create_level('lead', 'vendor') > 0;
SELECT clearance.allow('lead', 'project', 'view', reach => 'member');
SELECT clearance.allow('lead', 'task', 'view', reach => 'owned');
SELECT clearance.create_role('Lead', access_level => 'lead') > 0;
SELECT clearance.add_member('lou', roles => '{Lead}') AS lou \gset
SELECT clearance.add_member_to_project(1, :lou), clearance.add_member_to_project(2, :lou, owner => true);
SELECT seen('task', 'lou');
SELECT clearance.allow('lead', 'task', 'view', 'shared', reach => 'member');
SELECT seen('task', 'lou');
SELECT clearance.remove_member_from_project(1, :lou);
SELECT seen('task', 'lou');
SELECT clearance.allow('lead', 'task', 'view', 'shared', reach => 'account');
SELECT seen('task', 'lou');

-- Partner: its company is on the project, and it is an admin of it or on the project.
SELECT clearance.add_member_to_project(1, :pia);
SELECT seen('task', 'pat', 'pia');
-- being on the project helps nobody whose company has left it; members start
-- afresh when it comes back
SELECT clearance.remove_partner_from_project(1, :perm);
SELECT seen('task', 'pat', 'pia');
SELECT clearance.add_partner_to_project(1, :perm);
SELECT seen('task', 'pat', 'pia');

-- Customer: its company is on the project, and the portal of the account and of
-- the project is on.
SELECT clearance.set_account(:account, portal => false);
SELECT seen('task', 'cleo', 'pat');
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.set_project(1, portal => false);
SELECT seen('task', 'cleo', 'pat');
SELECT clearance.set_project(1, portal => true);
SELECT clearance.remove_customer_from_project(1, :cafe);
SELECT seen('task', 'cleo');
SELECT clearance.add_customer_to_project(1, :cafe);
SELECT seen('task', 'cleo');

-- Windows: starts ≤ now < ends, now being the statement's time.
SELECT clearance_internal.in_force(statement_timestamp(), 'infinity', statement_timestamp()), clearance_internal.in_force('-infinity', statement_timestamp(), statement_timestamp());
SELECT clearance.add_partner_to_project(2, :perm, starts_at => now() + interval '1 day');
SELECT clearance.add_partner_to_project(2, :mod, ends_at => now() - interval '1 day');
SELECT clearance.add_partner_to_project(2, :rest, 'permissive', starts_at => now() - interval '1 day', ends_at => now() + interval '1 day');
SELECT clearance.add_customer_to_project(2, :cafe, starts_at => now() + interval '1 day');
SELECT seen('task', 'pat', 'max', 'rex', 'cleo');
SELECT clearance.remove_customer_from_project(2, :cafe);
SELECT clearance.add_customer_to_project(2, :cafe, ends_at => now() - interval '1 day');
SELECT seen('task', 'cleo');
-- a member's window, while its company stays
SELECT clearance.add_member_to_project(1, :pia, ends_at => now() - interval '1 day');
SELECT seen('task', 'pia');
SELECT clearance.add_member_to_project(1, :pia, starts_at => now() - interval '1 day', ends_at => 'infinity');
SELECT seen('task', 'pia');
SELECT clearance.add_member_to_project(2, :cole, starts_at => now() + interval '1 day');
SELECT seen('task', 'cole');
SELECT clearance.remove_member_from_project(2, :cole);
-- it ends by the clock alone
SELECT clearance.add_member_to_project(1, :pia, ends_at => clock_timestamp() + interval '3 seconds');
SELECT seen('task', 'pia');
SELECT pg_sleep(3);
SELECT seen('task', 'pia');
-- an ended membership holds no level either: the company's own is in force again
SELECT clearance.add_member_to_project(1, :max, 'permissive', ends_at => now() + interval '1 day');
SELECT seen('task', 'max');
SELECT clearance.add_member_to_project(1, :max, 'permissive', ends_at => now() - interval '1 day');
SELECT seen('task', 'max');
SELECT clearance.remove_member_from_project(1, :max), clearance.remove_member_from_project(1, :pia);
SELECT clearance.remove_partner_from_project(2, partner) FROM unnest(ARRAY[:perm, :mod, :rest]) partner;
SELECT clearance.remove_customer_from_project(2, :cafe);

-- By phase: partner members, admins too, come in through a phase only.
SELECT clearance.set_project(1, by_phase => true);
SELECT clearance.add_member_to_project(1, :pia);
SELECT seen('task', 'pat', 'pia', 'sue', 'cleo');
SELECT clearance.add_member_to_project(1, :pia, source => 'phase', through_phase => true);
SELECT seen('task', 'pat', 'pia');
SELECT clearance.remove_member_from_project(1, :pia, 'phase');
SELECT seen('task', 'pia');
SELECT clearance.remove_member_from_project(1, :pia), clearance.set_project(1, by_phase => false);

-- Open projects give their level to members of its audience who have no other
-- way in; to those who have one they change nothing.
SELECT clearance.set_project(2, open_level => 'moderate');
SELECT seen('task', 'pat', 'pia', 'rex', 'cole', 'cleo');
SELECT clearance.set_project(1, open_level => 'permissive');
SELECT seen('task', 'pia', 'max', 'rex');
SELECT clearance.set_project(1, open_level => ''), clearance.set_project(2, open_level => 'client');
SELECT seen('task', 'pat', 'cole', 'cleo');
SELECT clearance.set_project(2, portal => false);
SELECT seen('task', 'cleo');
SELECT clearance.set_project(2, open_level => 'collaborator', portal => true);
SELECT seen('task', 'cole', 'sue', 'pat', 'cleo');
-- lou is the owner of project 2 already: its own level counts there
SELECT clearance.deny('lead', 'task', 'view');
SELECT seen('task', 'lou', 'cole');
SELECT clearance.remove_member_from_project(2, :lou);
SELECT seen('task', 'lou');
SELECT clearance.set_project(2, open_level => '');
SELECT seen('task', 'lou', 'cole');

-- Archived: closed to all but those with project.view_archived.
SELECT clearance.add_member_to_project(1, :cole);
SELECT seen('task', 'cole', 'sue');
SELECT clearance.set_project(1, archived => true);
SELECT seen('task', 'ann', 'sue', 'cole', 'pat', 'cleo');
-- and read-only even for them, but for opening it again
SELECT may('task.view', 1, 'ann', 'sue', 'cole');
SELECT may('task.edit', 1, 'ann', 'sue', 'cole');
SELECT may('project.unarchive', 1, 'ann', 'sue', 'cole');
SELECT clearance.set_project(1, archived => false);
SELECT may('task.edit', 1, 'ann', 'sue', 'cole');

-- A feature switched off for a project has no rows there but for those who may
-- manage the switches; other features and projects keep theirs.
INSERT INTO task VALUES ('cole2', 2);
SELECT clearance.add_member_to_project(2, :cole), clearance.set_project_feature(1, 'task', false);
SELECT seen('task', 'ann', 'sue', 'cole', 'pat', 'cleo');
SELECT seen('timesheet', 'cole');
SELECT clearance.set_project_feature(1, 'task', true);
SELECT seen('task', 'cole', 'pat');
DELETE FROM task WHERE name = 'cole2';
SELECT clearance.remove_member_from_project(2, :cole);

--
-- 3. Level: the most specific place that names any.
--
INSERT INTO task VALUES ('bo1', 1, true, 'bo');
SELECT clearance.create_role('Adviser', available_to_partners => true, access_level => 'restricted') AS adviser \gset
SELECT clearance.create_role('Fellow', available_to_partners => true, access_level => 'moderate') > 0;
SELECT clearance.create_partner('Bare', roles => '{Adviser,Fellow}') AS bare \gset
SELECT clearance.add_partner_to_project(1, :bare);
SELECT clearance.add_member('bo', partner => :bare, partner_admin => true, roles => '{Adviser}') AS bo \gset
SELECT clearance.add_member('bea', partner => :bare, partner_admin => true) AS bea \gset
-- no place: nothing
SELECT seen('task', 'bea');
-- the account's default, unless a role names one
SELECT clearance.set_account(:account, default_external_level => 'moderate');
SELECT seen('task', 'bea', 'bo');
-- the partner's own before both
SELECT clearance.update_partner(:bare, access_level => 'permissive');
SELECT seen('task', 'bea', 'bo');
-- the partner's on the project before it
SELECT clearance.remove_partner_from_project(1, :bare), clearance.add_partner_to_project(1, :bare, 'moderate');
SELECT seen('task', 'bea', 'bo');
-- the member's on the project before all
SELECT clearance.add_member_to_project(1, :bo, 'restricted');
SELECT seen('task', 'bea', 'bo');
-- levels of one place add up: two memberships …
SELECT clearance.add_member_to_project(1, :bo, 'moderate', source => 'phase');
SELECT seen('task', 'bo');
SELECT clearance.remove_member_from_project(1, :bo, 'direct');
SELECT seen('task', 'bo');
SELECT clearance.remove_member_from_project(1, :bo);
-- … or two roles
SELECT clearance.update_partner(:bare, access_level => '');
SELECT clearance.remove_partner_from_project(1, :bare), clearance.add_partner_to_project(1, :bare);
SELECT clearance.add_member('ben', partner => :bare, partner_admin => true, roles => '{Adviser,Fellow}') > 0;
UPDATE task SET assignee = 'ben' WHERE name = 'bo1';
SELECT seen('task', 'bo', 'ben');
SELECT clearance.remove_partner_from_project(1, :bare);
DELETE FROM task WHERE name = 'bo1';
-- a vendor member's level on a project replaces its role's there, up or down …
SELECT clearance.add_member_to_project(1, :sue, 'lead'), clearance.add_member_to_project(1, :lou, 'collaborator');
SELECT seen('task', 'sue', 'lou');
-- … but nothing demotes an account_admin
SELECT clearance.add_member_to_project(1, :ann, 'lead');
SELECT seen('task', 'ann');
SELECT clearance.remove_member_from_project(1, m) FROM unnest(ARRAY[:ann, :sue, :lou]) m;

--
-- 4. Grant.
--
-- A level holds what it was allowed, until it is denied.
SELECT clearance.create_level('light', 'partner') > 0;
SELECT clearance.remove_partner_from_project(1, :mod), clearance.add_partner_to_project(1, :mod, 'light');
SELECT seen('task', 'max');
SELECT clearance.allow('light', 'task', 'view', 'shared');
SELECT seen('task', 'max');
-- listed kinds only; several grants add up, but each must be met as a whole
UPDATE task SET kind = CASE name WHEN 'private1' THEN 'form' WHEN 'shared1' THEN 'call' END WHERE project = 1;
SELECT clearance.deny('light', 'task', 'view'), clearance.allow('light', 'task', 'view', kinds => '{form}');
SELECT seen('task', 'max');
SELECT clearance.allow('light', 'task', 'view', 'shared', kinds => '{call,mail}');
SELECT seen('task', 'max');
SELECT clearance.deny('light', 'task', 'view'), clearance.allow('light', 'task', 'view', 'shared', kinds => '{form}');
SELECT clearance.allow('light', 'task', 'view', relation => 'assigned', kinds => '{call}');
SELECT seen('task', 'max');
-- on a table without a kind column such a grant opens nothing
SELECT clearance.allow('light', 'time_tracking', 'view_timesheets', kinds => '{form}');
SELECT seen('timesheet', 'max');
SELECT clearance.allow('light', 'time_tracking', 'view_timesheets');
SELECT seen('timesheet', 'max');
SELECT clearance.remove_partner_from_project(1, :mod), clearance.add_partner_to_project(1, :mod);

-- A switch of the member's own adds to its level: any row where it has a way in.
SELECT clearance.switch_on(:rex, 'task', 'view'), clearance.switch_on(:lou, 'task', 'view');
SELECT clearance.add_member_to_project(2, :lou);
SELECT seen('task', 'rex', 'lou');
SELECT clearance.switch_off(:rex, 'task', 'view'), clearance.switch_off(:lou, 'task', 'view');
SELECT seen('task', 'rex', 'lou');
-- what is not available to a level in force stays off
SELECT clearance.switch_on(:lou, 'account_field', 'create_fields');
SELECT may('account_field.create_fields', 1, 'lou'), may('account_field.create_fields', 2, 'lou');
SELECT clearance.add_member_to_project(2, :lou, 'collaborator');
SELECT may('account_field.create_fields', 2, 'lou');
SELECT clearance.remove_member_from_project(2, :lou);

-- Visibility: a shared grant reaches shared rows. Which values mean shared is
-- said by the table; NULL is private, and a table that says nothing is shared.
CREATE TYPE audience AS ENUM ('team', 'partners', 'everybody');
CREATE TABLE sharing (name text PRIMARY KEY, project integer DEFAULT 1, is_shared boolean);
CREATE TABLE listed (name text PRIMARY KEY, project integer DEFAULT 1, audience audience);
CREATE TABLE plain (name text PRIMARY KEY, project integer DEFAULT 1);
INSERT INTO task VALUES ('null1', 1, NULL);
INSERT INTO sharing (name, is_shared) VALUES ('true', true), ('false', false), ('null', NULL);
INSERT INTO listed (name, audience) VALUES ('team', 'team'), ('partners', 'partners'), ('everybody', 'everybody'), ('null', NULL);
INSERT INTO plain VALUES ('plain');
SELECT clearance.protect('sharing', 'task', 'project', visibility => 'is_shared', shared_values => '{true}') > 0,
    clearance.protect('listed', 'task', 'project', visibility => 'audience', shared_values => '{partners,everybody}') > 0,
    clearance.protect('plain', 'task', 'project') > 0;
GRANT SELECT ON sharing, listed, plain TO regress_select;
SELECT tab, seen(tab, 'max', 'pat') FROM unnest('{task,sharing,listed,plain}'::regclass[]) WITH ORDINALITY AS t (tab, n) ORDER BY n;
DELETE FROM task WHERE name = 'null1';

-- Relation: the grant reaches rows to which the member is related in this way,
-- by a column, an array column or a link table. Several of one kind add up.
SELECT clearance.create_feature('memo', '{view,create,edit,delete,open,stamp}');
CREATE TABLE memo (name text PRIMARY KEY, project integer DEFAULT 1, is_private boolean DEFAULT true,
    author text, assignee text, helpers text[], followers text[]);
CREATE TABLE memo_helper (memo text, member text, PRIMARY KEY (memo, member));
CREATE TABLE memo_guest (memo text, member text, PRIMARY KEY (memo, member));
INSERT INTO memo (name, author, assignee, helpers, followers) VALUES
    ('owned', 'rex', NULL, NULL, NULL), ('assigned', 'pat', 'rex', '{}', '{}'), ('helped', 'pat', 'pat', '{pat,NULL,rex}', NULL),
    ('linked', NULL, NULL, NULL, NULL), ('followed', NULL, 'pat', NULL, '{rex}'), ('guest', 'pat', NULL, NULL, '{pat}'),
    ('foreign', 'pat', 'pat', '{pat}', '{NULL}');
INSERT INTO memo_helper VALUES ('linked', 'rex'), ('foreign', 'pat');
INSERT INTO memo_guest VALUES ('guest', 'rex'), ('foreign', 'pat');
SELECT clearance.protect('memo', 'memo', 'project', 'is_private', '{f}', owner => 'author') > 0;
SELECT clearance.relate('memo', 'assigned', 'assignee'), clearance.relate('memo', 'assigned', 'helpers'),
    clearance.relate('memo', 'assigned', 'member', link => 'memo_helper', link_column => 'memo');
SELECT clearance.relate('memo', 'followed', 'followers'),
    clearance.relate('memo', 'invited', 'member', link => 'memo_guest', link_column => 'memo');
GRANT SELECT ON memo, memo_helper, memo_guest TO regress_select;
SELECT clearance.create_level('reader', 'partner') > 0;
SELECT clearance.remove_partner_from_project(1, :rest), clearance.add_partner_to_project(1, :rest, 'reader');
SELECT seen('memo', 'ann', 'rex');
SELECT clearance.allow('reader', 'memo', 'view', relation => 'own');
SELECT seen('memo', 'rex');
SELECT clearance.deny('reader', 'memo', 'view'), clearance.allow('reader', 'memo', 'view', relation => 'assigned');
SELECT seen('memo', 'rex');
SELECT clearance.deny('reader', 'memo', 'view'), clearance.allow('reader', 'memo', 'view', relation => 'followed');
SELECT seen('memo', 'rex');
-- the owner counts as invited
SELECT clearance.deny('reader', 'memo', 'view'), clearance.allow('reader', 'memo', 'view', relation => 'invited');
SELECT seen('memo', 'rex');
-- one grant must fit as a whole; several add up
SELECT clearance.deny('reader', 'memo', 'view'), clearance.allow('reader', 'memo', 'view', 'shared', 'assigned');
SELECT seen('memo', 'rex');
UPDATE memo SET is_private = false WHERE name IN ('helped', 'foreign');
SELECT seen('memo', 'rex');
SELECT clearance.allow('reader', 'memo', 'view', relation => 'own');
SELECT seen('memo', 'rex');
-- a link row is seen with the row that it links to
CREATE VIEW helper AS SELECT memo || '-' || member AS name FROM memo_helper;
ALTER VIEW helper SET (security_invoker = on);
GRANT SELECT ON helper TO regress_select;
SELECT seen('helper', 'rex', 'ann');
SELECT clearance.allow('reader', 'memo', 'view', relation => 'assigned');
SELECT seen('helper', 'rex', 'ann');

-- The assigned_task relation: the row names its task …
CREATE TABLE file (name text PRIMARY KEY, project integer DEFAULT 1, is_private boolean DEFAULT true, task text);
INSERT INTO file (name, task) VALUES ('of-rex1', 'rex1'), ('of-private1', 'private1'), ('of-none', NULL);
SELECT clearance.protect('file', 'file', 'project', 'is_private', '{false}') > 0;
SELECT clearance.relate('file', 'assigned_task', link => 'task', row_column => 'task');
-- … or the task names the row
CREATE TABLE phase (name text PRIMARY KEY, project integer DEFAULT 1, is_private boolean DEFAULT true);
INSERT INTO phase (name) VALUES ('with-rex1'), ('with-private1'), ('empty');
ALTER TABLE task ADD phase text;
UPDATE task SET phase = 'with-' || name WHERE name IN ('rex1', 'private1');
SELECT clearance.protect('phase', 'phase', 'project', 'is_private', '{false}') > 0;
SELECT clearance.relate('phase', 'assigned_task', link => 'task', link_column => 'phase');
GRANT SELECT ON file, phase TO regress_select;
SELECT clearance.remove_partner_from_project(1, :rest), clearance.add_partner_to_project(1, :rest);
SELECT seen('file', 'rex', 'max', 'pat');
SELECT seen('phase', 'rex', 'max', 'pat');
-- it follows the assignment
UPDATE task SET assignee = CASE name WHEN 'private1' THEN 'rex' END WHERE name IN ('rex1', 'private1');
SELECT seen('file', 'rex'), seen('phase', 'rex');
UPDATE task SET assignee = CASE name WHEN 'rex1' THEN 'rex' END WHERE name IN ('rex1', 'private1');

-- Gates: an action needs them as well, of the row acted on; gates have gates.
SELECT clearance.remove_partner_from_project(1, :rest), clearance.add_partner_to_project(1, :rest, 'reader');
SELECT clearance.deny('reader', 'memo', 'view'), clearance.allow('reader', 'memo', 'view');
SELECT seen('memo', 'rex');
SELECT clearance.add_gate('memo.view', 'memo.open');
SELECT seen('memo', 'rex');
SELECT clearance.allow('reader', 'memo', 'open', 'shared');
SELECT seen('memo', 'rex');
SELECT clearance.add_gate('memo.open', 'memo.stamp'), clearance.allow('reader', 'memo', 'stamp', relation => 'assigned');
SELECT seen('memo', 'rex');
-- for the audiences that it names
SELECT clearance.remove_gate('memo.view', 'memo.open'), clearance.add_gate('memo.view', 'memo.open', '{customer,vendor}');
SELECT seen('memo', 'rex');
SELECT clearance.remove_gate('memo.view', 'memo.open');
-- A gate about the feature of a parent, or of one further up, is judged on that row.
CREATE TABLE remark (name text PRIMARY KEY, memo text, author text);
CREATE TABLE reply (name text PRIMARY KEY, remark text);
INSERT INTO remark SELECT 're-' || name, name, 'rex' FROM memo;
INSERT INTO reply SELECT 're-' || name, name FROM remark;
SELECT clearance.create_feature('remark'), clearance.create_feature('reply');
SELECT clearance.protect('remark', 'remark', owner => 'author') > 0, clearance.protect('reply', 'reply') > 0;
SELECT clearance.add_parent('remark', 'memo', 'memo'), clearance.add_parent('reply', 'remark', 'remark');
GRANT SELECT ON remark, reply TO regress_select;
SELECT clearance.allow('reader', 'remark', 'view'), clearance.allow('reader', 'reply', 'view');
SELECT seen('remark', 'rex'), seen('reply', 'rex');
SELECT clearance.add_gate('remark.view', 'memo.open'), clearance.add_gate('reply.view', 'memo.open');
SELECT seen('remark', 'rex'), seen('reply', 'rex');
SELECT clearance.remove_gate('memo.open', 'memo.stamp');
SELECT seen('remark', 'rex'), seen('reply', 'rex');
SELECT clearance.remove_gate('remark.view', 'memo.open'), clearance.remove_gate('reply.view', 'memo.open');

--
-- 5. Parents: each parent row is visible. A table without a project column
-- takes the project of its parent.
--
SELECT clearance.deny('reader', 'memo', 'view'), clearance.allow('reader', 'memo', 'view', relation => 'own');
SELECT seen('remark', 'rex', 'ann');
SELECT seen('reply', 'rex', 'ann');
-- the company left the project: the rows below go with those above
SELECT clearance.remove_partner_from_project(1, :rest);
SELECT seen('reply', 'rex');
SELECT clearance.add_partner_to_project(1, :rest);
-- a required parent that is NULL, or does not exist, closes the row for everybody
INSERT INTO reply VALUES ('orphan', NULL), ('stray', 'no such remark');
SELECT seen('reply', 'ann');
-- several parents: each must be visible
CREATE TABLE dependency (name text PRIMARY KEY, before text, after text);
INSERT INTO dependency VALUES ('both-shared', 'shared1', 'shared1'), ('before-private', 'private1', 'shared1'),
    ('after-private', 'shared1', 'private1'), ('after-null', 'shared1', NULL);
SELECT clearance.protect('dependency', 'task') > 0;
SELECT clearance.add_parent('dependency', 'before', 'task'), clearance.add_parent('dependency', 'after', 'task');
GRANT SELECT ON dependency TO regress_select;
SELECT seen('dependency', 'max', 'pat', 'ann');
-- one of several tables, by a type column: a type that is NULL or names none of them closes the row
CREATE TABLE attachment (name text PRIMARY KEY, about text, about_type text);
INSERT INTO attachment VALUES ('task-shared', 'shared1', 'task'), ('task-private', 'private1', 'task'),
    ('file-private', 'of-none', 'file'), ('wrong-type', 'shared1', 'file'), ('unknown-type', 'shared1', 'letter'),
    ('no-type', 'shared1', NULL), ('no-key', NULL, 'task');
SELECT clearance.protect('attachment', 'task') > 0;
SELECT clearance.add_parent('attachment', 'about', 'task', 'about_type', 'task'),
    clearance.add_parent('attachment', 'about', 'file', 'about_type', 'file');
GRANT SELECT ON attachment TO regress_select;
SELECT seen('attachment', 'max', 'pat', 'ann');
-- of two such columns each names what it must, whatever the other one says; one type may be in need of a parent, and another not
CREATE TABLE reference (name text PRIMARY KEY, project integer DEFAULT 1, src_type text, src text, dst_type text, dst text);
INSERT INTO reference (name, src_type, src, dst_type, dst) VALUES ('both', 'task', 'shared1', 'task', 'shared1'),
    ('private', 'task', 'shared1', 'task', 'private1'), ('unknown', 'task', 'shared1', 'letter', 'shared1'), ('no-key', 'task', 'shared1', 'task', NULL),
    ('no-type', 'task', 'shared1', NULL, NULL), ('file', 'task', 'shared1', 'file', NULL), ('no-src', 'file', 'of-none', 'task', 'shared1');
SELECT clearance.protect('reference', 'task', 'project') > 0;
SELECT clearance.add_parent('reference', 'src', 'task', 'src_type', 'task'), clearance.add_parent('reference', 'dst', 'task', 'dst_type', 'task');
GRANT SELECT, INSERT ON reference TO regress_select;
SELECT seen('reference', 'max', 'pat', 'ann');
SELECT clearance.add_parent('reference', 'dst', 'file', 'dst_type', 'file', optional => true);
SELECT seen('reference', 'max', 'pat', 'ann');
SELECT name, code, found FROM unnest('{unknown,no-key,no-type,no-src}'::text[]) name, clearance.explain('reference', name, 'view', member => 'ann') WHERE step = 'verdict';
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SET LOCAL ROLE regress_select;
INSERT INTO reference (name, src_type, src, dst_type, dst) VALUES ('new', 'task', 'shared1', 'letter', 'shared1');
INSERT INTO reference (name, src_type, src, dst_type, dst) VALUES ('new', 'task', 'shared1', 'file', NULL);
RESET ROLE;
SELECT clearance.reset_actor();
-- an optional parent may be NULL; where there is one it must be visible, and in the row's project
CREATE TABLE note (name text PRIMARY KEY, project integer DEFAULT 1, task text);
INSERT INTO note (name, task) VALUES ('free', NULL), ('of-shared', 'shared1'), ('of-private', 'private1'), ('stray', 'no such task');
INSERT INTO note VALUES ('elsewhere', 2, 'shared1');
SELECT clearance.protect('note', 'task', 'project') > 0;
SELECT clearance.add_parent('note', 'task', 'task', optional => true);
GRANT SELECT ON note TO regress_select;
SELECT seen('note', 'max', 'pat', 'ann');
-- rows of its own table: visible up to the root; a cycle stays closed
CREATE TABLE tree (name text PRIMARY KEY, project integer DEFAULT 1, is_private boolean DEFAULT false, above text);
INSERT INTO tree (name, above, is_private) VALUES ('root', NULL, false), ('twig', 'root', false), ('leaf', 'twig', false),
    ('hidden', 'root', true), ('below', 'hidden', false), ('self', 'self', false), ('one', 'two', false),
    ('two', 'three', false), ('three', 'one', false), ('on-cycle', 'one', false);
SELECT clearance.protect('tree', 'task', 'project', 'is_private', '{false}') > 0;
SELECT clearance.add_parent('tree', 'above', 'tree', optional => true);
GRANT SELECT ON tree TO regress_select;
SELECT seen('tree', 'max', 'pat', 'ann');
-- a statement that meets many parents reads them in one pass: it judges them as look-ups by key do
INSERT INTO tree (name, above, is_private) SELECT format('p%s', i), 'root', i % 2 = 1 FROM generate_series(100, 199) i;
INSERT INTO tree (name, above) SELECT format('c%s', i), format('p%s', i) FROM generate_series(100, 199) i;
CREATE TABLE leaf (name text PRIMARY KEY, above text);
CREATE TABLE bud (name text PRIMARY KEY, above text);
INSERT INTO leaf SELECT format('l%s', i), format('c%s', i) FROM generate_series(100, 199) i;
INSERT INTO bud SELECT format('b%s-%s', i, j), format('l%s', i) FROM generate_series(100, 199) i, generate_series(1, 3) j;
SELECT clearance.protect('leaf', 'task') > 0, clearance.protect('bud', 'task') > 0;
SELECT clearance.add_parent('leaf', 'above', 'tree'), clearance.add_parent('bud', 'above', 'leaf');
GRANT SELECT ON leaf, bud TO regress_select;
-- rows seen, those of them with an even number, and rows seen by a hundred statements, a parent each
CREATE FUNCTION many(tab regclass, who text, OUT total bigint, OUT even bigint, OUT one_by_one bigint)
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM clearance.set_actor(key => who);
    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE substr(name, 2, 3)::integer %% 2 = 0) FROM %s', tab) INTO total, even;
    one_by_one := 0;
    FOR i IN 100 .. 199 LOOP
        EXECUTE format('SELECT count(*) FROM %s WHERE name IN (''l%s'', ''b%2$s-1'', ''b%2$s-2'', ''b%2$s-3'')', tab, i) INTO n;
        one_by_one := one_by_one + n;
    END LOOP;
    PERFORM clearance.reset_actor();
END $$;
ALTER FUNCTION many OWNER TO regress_select;
SELECT tab, who, many.* FROM unnest('{leaf,bud}'::regclass[]) tab, unnest('{ann,pat,max,cole,rex}'::text[]) who, many(tab, who)
ORDER BY tab::text, who;

--
-- 6. Client visibility: customers go by it alone where the table carries it.
--
CREATE TABLE portal_task (name text PRIMARY KEY, project integer DEFAULT 1, is_private boolean, client text);
INSERT INTO portal_task (name, is_private, client) VALUES ('hidden', false, 'hidden'), ('read', true, 'read'), ('edit', true, 'edit'),
    ('null', false, NULL), ('odd', false, 'Edit');
SELECT clearance.protect('portal_task', 'task', 'project', 'is_private', '{false}', client_visibility => 'client') > 0;
GRANT SELECT ON portal_task TO regress_select;
SELECT seen('portal_task', 'cleo', 'max', 'pat');
-- read: view; edit: what the level grants
SET LOCAL ROLE regress_select;
SELECT clearance.set_actor(key => 'cleo') AS acting \gset
SELECT name, clearance.can_row('edit', p) AS edit, clearance.can_row('delete', p) AS delete FROM portal_task p ORDER BY name;
RESET ROLE;
SELECT clearance.reset_actor();
-- so a grant for shared rows is no limit here; where no client visibility is carried it is
SELECT clearance.create_level('visitor', 'customer') > 0;
SELECT clearance.allow('visitor', 'task', 'view', 'shared');
SELECT clearance.add_member_to_project(1, :cleo, 'visitor');
SELECT seen('portal_task', 'cleo');
SELECT seen('task', 'cleo');
SELECT clearance.remove_member_from_project(1, :cleo);
-- a file that a contact uploaded it sees, even if hidden
CREATE TABLE upload (name text PRIMARY KEY, project integer DEFAULT 1, uploader text, client text);
INSERT INTO upload (name, uploader, client) VALUES ('mine', 'cleo', 'hidden'), ('theirs', 'sue', 'hidden'), ('read', 'sue', 'read');
SELECT clearance.protect('upload', 'file', 'project', owner => 'uploader', client_visibility => 'client') > 0;
GRANT SELECT ON upload TO regress_select;
SELECT seen('upload', 'cleo');

--
-- Drafts: until it is published a row is seen by its owner and by vendor members
-- who may publish it, as far as the rule shows it to them at all.
--
CREATE TABLE update_ (name text PRIMARY KEY, project integer DEFAULT 1, author text, published_at timestamptz);
INSERT INTO update_ (name, author, published_at) VALUES ('draft', 'pat', NULL), ('future', 'pat', 'infinity'),
    ('past', 'pat', '2000-01-01'), ('max-draft', 'max', NULL);
SELECT clearance.protect('update_', 'status_update', 'project', owner => 'author', published => 'published_at') > 0;
GRANT SELECT ON update_ TO regress_select;
SELECT seen('update_', 'pat', 'max', 'sue', 'cole', 'lou');
-- a sign-off is the customer's from the moment it is sent
CREATE TABLE sign_off (name text PRIMARY KEY, project integer DEFAULT 1, author text, sent_at timestamptz);
INSERT INTO sign_off (name, author, sent_at) VALUES ('draft', 'sue', NULL), ('sent', 'sue', '2000-01-01');
SELECT clearance.protect('sign_off', 'sign_off', 'project', owner => 'author', published => 'sent_at', publish_action => 'send') > 0;
GRANT SELECT ON sign_off TO regress_select;
SELECT seen('sign_off', 'sue', 'cole', 'cleo', 'pat');
-- a boolean may say it too, NULL being no
CREATE TABLE notice (name text PRIMARY KEY, project integer DEFAULT 1, author text, released boolean);
INSERT INTO notice (name, author, released) VALUES ('no', 'pat', false), ('yes', 'pat', true), ('null', 'pat', NULL);
SELECT clearance.protect('notice', 'status_update', 'project', owner => 'author', published => 'released') > 0;
GRANT SELECT ON notice TO regress_select;
SELECT seen('notice', 'max', 'pat');

--
-- Rows of no project belong to an account: its vendor members reach them, as
-- their levels say. Nothing crosses an account.
--
CREATE TABLE invoice (name text PRIMARY KEY, account text);
INSERT INTO invoice VALUES ('ours', 'regress'), ('theirs', 'other'), ('nobodys', NULL);
SELECT clearance.protect('invoice', 'invoicing', account => 'account', view_action => 'access_invoices',
    create_action => 'create_invoices', edit_action => 'edit_invoices', delete_action => 'delete_invoices') > 0;
GRANT SELECT ON invoice TO regress_select;
SELECT seen('invoice', 'ann', 'sue', 'cole', 'lou', 'pat', 'cleo');
SELECT clearance.switch_on(:pat, 'invoicing', 'access_invoices'), clearance.switch_on(:lou, 'invoicing', 'access_invoices');
SELECT seen('invoice', 'lou', 'pat');
SELECT clearance.create_account('Regress other', key => 'other') AS other \gset
SELECT clearance.add_member('olga', roles => '{account_admin}', account => :other) > 0;
SELECT clearance.create_project(3, :other) > 0;
INSERT INTO task VALUES ('shared3', 3);
SELECT seen('task', 'ann', 'olga');
SELECT seen('invoice', 'ann', 'olga');
-- a row of no project, or of an unknown one, is nobody's
INSERT INTO task VALUES ('projectless', NULL), ('unknown', 404);
SELECT seen('task', 'ann', 'olga');
DELETE FROM task WHERE project IS NULL OR project > 2;
DELETE FROM clearance.account WHERE id = :other;

--
-- A login for a whole partner: what an admin without a role would see; assigned,
-- own and invited mean: of any of its active members.
--
CREATE ROLE regress_select_bi;
GRANT USAGE ON SCHEMA regress_select TO regress_select_bi;
GRANT SELECT ON task, memo, file, update_ TO regress_select_bi;
CREATE VIEW bi AS
    SELECT 'task' AS tab, string_agg(name, ' ' ORDER BY name) AS names FROM task
    UNION ALL SELECT 'file', string_agg(name, ' ' ORDER BY name) FROM file
    UNION ALL SELECT 'update', string_agg(name, ' ' ORDER BY name) FROM update_ ORDER BY 1;
ALTER VIEW bi SET (security_invoker = on);
GRANT SELECT ON bi TO regress_select_bi;
SELECT clearance.map_role('regress_select_bi', partner => :perm);
SET LOCAL SESSION AUTHORIZATION regress_select_bi;
SELECT * FROM bi;
RESET SESSION AUTHORIZATION;
SELECT clearance.add_member('ria', partner => :rest) AS ria \gset
UPDATE task SET assignee = 'ria' WHERE name = 'private1';
SELECT clearance.map_role('regress_select_bi', partner => :rest);
SET LOCAL SESSION AUTHORIZATION regress_select_bi;
SELECT * FROM bi;
RESET SESSION AUTHORIZATION;
SELECT clearance.disable_member(:ria);
SET LOCAL SESSION AUTHORIZATION regress_select_bi;
SELECT * FROM bi;
RESET SESSION AUTHORIZATION;
-- by phase: through the phase of any of its members
SELECT clearance.set_project(1, by_phase => true);
SET LOCAL SESSION AUTHORIZATION regress_select_bi;
SELECT * FROM bi;
RESET SESSION AUTHORIZATION;
SELECT clearance.add_member_to_project(1, :rex, source => 'phase', through_phase => true);
SET LOCAL SESSION AUTHORIZATION regress_select_bi;
SELECT * FROM bi;
RESET SESSION AUTHORIZATION;
SELECT clearance.remove_member_from_project(1, :rex), clearance.set_project(1, by_phase => false);
-- an open project is open to the company as to an admin of it
SELECT clearance.set_project(2, open_level => 'permissive');
SET LOCAL SESSION AUTHORIZATION regress_select_bi;
SELECT * FROM bi;
RESET SESSION AUTHORIZATION;
SELECT seen('task', 'rex');
SELECT clearance.set_project(2, open_level => ''), clearance.disable_partner(:rest);
SET LOCAL SESSION AUTHORIZATION regress_select_bi;
SELECT * FROM bi;
RESET SESSION AUTHORIZATION;
SELECT clearance.enable_partner(:rest);
UPDATE task SET assignee = NULL WHERE name = 'private1';

--
-- Every form of statement shows the same rows.
--
GRANT CREATE ON SCHEMA regress_select TO regress_select;
SET LOCAL ROLE regress_select;
-- prepared: the actor is that of each execution, generic plan or not
PREPARE names AS SELECT string_agg(name, ' ' ORDER BY name) FROM task;
PREPARE of_project (integer) AS SELECT string_agg(name, ' ' ORDER BY name) FROM task WHERE project = $1;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT clearance.set_actor(key => 'pat') AS acting \gset
EXECUTE names;
EXECUTE of_project (1);
SELECT clearance.set_actor(key => 'max') AS acting \gset
EXECUTE names;
EXECUTE of_project (1);
EXECUTE of_project (2);
SELECT clearance.reset_actor();
EXECUTE names;
EXECUTE of_project (1);
-- and what it lost is gone at once
SELECT clearance.set_actor(key => 'max') AS acting \gset
EXECUTE names;
:as_operator
SELECT clearance.disable_partner(:mod);
:as_member
EXECUTE names;
:as_operator
SELECT clearance.enable_partner(:mod), clearance.remove_partner_from_project(1, :mod);
:as_member
EXECUTE names;
:as_operator
SELECT clearance.add_partner_to_project(1, :mod);
:as_member
EXECUTE names;
RESET plan_cache_mode;
-- a function keeps its plans, not its actor
CREATE FUNCTION count_tasks() RETURNS bigint LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT count(*) FROM task); END $$;
SELECT clearance.set_actor(key => 'pat') AS acting \gset
SELECT count_tasks();
SELECT clearance.set_actor(key => 'max') AS acting \gset
SELECT count_tasks();
-- a cursor stays with the actor that opened it
DECLARE c CURSOR FOR SELECT name FROM task ORDER BY name;
SELECT clearance.set_actor(key => 'pat') AS acting \gset
FETCH ALL FROM c;
CLOSE c;
-- joins, subqueries, WITH, set operations, whole rows, aggregates
SELECT clearance.set_actor(key => 'max') AS acting \gset
SELECT t.name, d.name FROM task t LEFT JOIN dependency d ON d.before = t.name ORDER BY 1, 2;
SELECT n.name, (SELECT t.name FROM task t WHERE t.name = n.task) FROM note n ORDER BY 1;
WITH t AS MATERIALIZED (SELECT * FROM task) SELECT t FROM t ORDER BY name;
SELECT name FROM task INTERSECT SELECT name FROM task ORDER BY 1;
SELECT name FROM note WHERE task NOT IN (SELECT name FROM task) ORDER BY 1;
SELECT count(*), count(DISTINCT project), max(name) FROM task;
SELECT project, count(*) FROM task GROUP BY ROLLUP (project) ORDER BY 1;
SELECT name, row_number() OVER (ORDER BY name) FROM task ORDER BY name;
SELECT name FROM task TABLESAMPLE system (100) ORDER BY name;
SELECT count(*) FROM task WHERE ctid = ANY (ARRAY(SELECT format('(0,%s)', i)::tid FROM generate_series(1, 200) i));
SELECT count(*) FROM task WHERE tableoid = 'task'::regclass AND xmin IS NOT NULL;
SET LOCAL enable_seqscan = off;
SELECT name FROM task WHERE name IN ('private1', 'shared1') ORDER BY name;
RESET enable_seqscan;
CREATE TABLE copied AS SELECT name FROM task;
TABLE copied;
-- COPY TO reads as a SELECT does
COPY task (name, project) TO STDOUT;
COPY (SELECT name FROM file ORDER BY name) TO STDOUT;
-- a view shows what its owner, or with security_invoker its reader, may see
CREATE VIEW of_owner AS SELECT name FROM task;
RESET ROLE;
CREATE ROLE regress_select_reader;
GRANT USAGE ON SCHEMA regress_select TO regress_select_reader;
GRANT SELECT ON of_owner, helper TO regress_select_reader;
SET LOCAL ROLE regress_select_reader;
SELECT name FROM of_owner ORDER BY name;
SELECT name FROM helper;
SELECT name FROM task;
RESET ROLE;
-- PostgreSQL itself exempts superusers, and so the views that they own without security_invoker
CREATE VIEW of_superuser AS SELECT name FROM task WHERE project = 1;
GRANT SELECT ON of_superuser TO regress_select;
SET LOCAL ROLE regress_select;
SELECT name FROM of_superuser ORDER BY name;
RESET ROLE;
ALTER VIEW of_superuser SET (security_invoker = on);
SET LOCAL ROLE regress_select;
SELECT name FROM of_superuser ORDER BY name;

--
-- No expression of a query meets a hidden row before the rule does, however
-- cheap it says it is; and no error tells of one.
--
CREATE FUNCTION leak(value text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
    $$ BEGIN RAISE WARNING 'met %', value; RETURN true; END $$;
CREATE OPERATOR ## (RIGHTARG = text, FUNCTION = leak);
SELECT name FROM task WHERE leak(name) ORDER BY name;
SELECT name FROM task WHERE ## name AND project = 1 ORDER BY name;
SELECT t.name FROM task t JOIN note n ON leak(t.name) AND n.task = t.name ORDER BY 1;
SELECT count(*) FILTER (WHERE leak(name)) FROM task;
SELECT name FROM of_superuser WHERE leak(name);
SELECT 1 / (length(name) - length('private1')) FROM task;
SELECT name FROM task WHERE 1 / (length(name) - length('private1')) <> 0;
SELECT name::integer FROM task WHERE name <> 'shared1';
RESET ROLE;
ROLLBACK;
