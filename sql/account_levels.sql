-- Levels of an account: made and changed by its members with the right
-- settings.manage_roles, within what they hold, and known in that account alone.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_clearance;
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\set VERBOSITY default
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE ROLE regress_levels;
SELECT clearance.create_account('North', key => 'north') AS north \gset
SELECT clearance.create_account('South', key => 'south') AS south \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :north) AS acme \gset
SELECT clearance.create_customer('Cafe', :north) AS cafe \gset
SELECT clearance.add_member('ann', name => 'Ann', roles => '{account_admin}', account => :north) AS ann,
       clearance.add_member('sue', name => 'Sue', roles => '{super_user}', account => :north) AS sue,
       clearance.add_member('col', name => 'Col', roles => '{collaborator}', account => :north) AS col,
       clearance.add_member('pat', name => 'Pat', partner => :acme, partner_admin => true, account => :north) AS pat,
       clearance.add_member('cleo', name => 'Cleo', customer => :cafe, account => :north) AS cleo,
       clearance.add_member('sam', name => 'Sam', roles => '{account_admin}', account => :south) AS sam \gset
CREATE TABLE project (id uuid PRIMARY KEY, account text);
CREATE TABLE task (id text PRIMARY KEY, project_id uuid NOT NULL REFERENCES project, hidden boolean NOT NULL, title text);
INSERT INTO project VALUES ('00000000-0000-0000-0000-000000000001', 'north'), ('00000000-0000-0000-0000-000000000002', 'south');
INSERT INTO task VALUES ('shared', '00000000-0000-0000-0000-000000000001', false, 'one'), ('hidden', '00000000-0000-0000-0000-000000000001', true, 'two'),
                        ('other', '00000000-0000-0000-0000-000000000002', false, 'three');
SELECT clearance.create_project(id, CASE account WHEN 'north' THEN :north ELSE :south END) > 0 FROM project;
SELECT clearance.protect('project', 'project', 'id') > 0;
SELECT clearance.protect('task', 'task', 'project_id', visibility => 'hidden', shared_values => '{false}') > 0;
SELECT clearance.add_partner_to_project('00000000-0000-0000-0000-000000000001', :acme);
GRANT ALL ON project, task TO regress_levels;
-- what an actor sees, and the levels that it knows of
CREATE FUNCTION sees(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ids text;
BEGIN
    PERFORM clearance.set_actor(key => who);
    SET LOCAL ROLE regress_levels;
    SELECT string_agg(id, ' ' ORDER BY id) INTO ids FROM task;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN coalesce(ids, 'nothing');
END $$;
CREATE FUNCTION knows(who text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    known text;
BEGIN
    PERFORM clearance.set_actor(key => who);
    SET LOCAL ROLE regress_levels;
    SELECT string_agg(name, ' ' ORDER BY id) INTO known FROM clearance.levels;
    RESET ROLE;
    PERFORM clearance.reset_actor();
    RETURN coalesce(known, 'none');
END $$;
-- the SQLSTATE and message with which a call by somebody ends; done: it is undone
CREATE FUNCTION try(who text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    IF who IS NOT NULL THEN
        PERFORM clearance.set_actor(key => who);
    END IF;
    EXECUTE 'SELECT clearance.' || call;
    RAISE EXCEPTION 'done' USING ERRCODE = 'ZZ000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN CASE SQLSTATE WHEN 'ZZ000' THEN 'done' ELSE SQLSTATE || ' ' || SQLERRM || coalesce(' / ' || nullif(detail, ''), '') END;
END $$;
SELECT sees('ann'), sees('sue'), sees('pat'), sees('sam');

--
-- Made for an account: by default the actor's. An operator names it, else the level is for all.
--
SELECT clearance.set_actor(key => 'ann') = :ann;
SELECT clearance.create_level('reviewer', 'partner', based_on => 'moderate', description => 'reads') > 0;
SELECT clearance.set_actor(key => 'sam') = :sam;
-- another account has a level of that name of its own
SELECT clearance.create_level('reviewer', 'partner') > 0;
SELECT clearance.reset_actor();
SELECT clearance.create_level('auditor', 'vendor', account => :south) > 0, clearance.create_level('everywhere', 'partner', based_on => 'restricted') > 0;
SELECT a.name, l.name, l.audience, l.description, (SELECT count(*) > 0 FROM clearance.level_grant g WHERE g.level_id = l.id)
FROM clearance.level l LEFT JOIN clearance.account a ON a.id = l.account_id WHERE NOT l.built_in ORDER BY l.id;

-- A name means one level in an account: those for all, built in or not, are taken.
SELECT try('ann', $$create_level('reviewer', 'partner')$$);
SELECT try('ann', $$create_level('account_admin', 'vendor')$$);
SELECT try('ann', $$create_level('everywhere', 'vendor')$$);
-- nor is one made for all whose name an account has given
SELECT try(NULL, $$create_level('auditor', 'vendor')$$);
-- a copy is one of what is known in the account: its own, or one for all
SELECT try('ann', $$create_level('x', 'vendor', based_on => 'auditor')$$);
SELECT try('sam', $$create_level('x', 'vendor', based_on => 'auditor')$$);
SELECT try('ann', $$create_level('x', 'vendor', based_on => 'reviewer')$$);
SELECT try('ann', $$create_level('x', 'vendor', based_on => 'super_user')$$);

--
-- Known in that account alone, and there to who manages roles.
--
SELECT knows('ann');
SELECT knows('sue') = knows('ann');
SELECT knows('sam');
SELECT knows('col'), knows('pat'), knows('cleo');
-- operators see all, and the views of grants tell which is whose
SELECT count(*) FROM clearance.levels WHERE name = 'reviewer';
SELECT level, account_id = :north, level_id = clearance_internal.require_level('reviewer', account => :north)
FROM clearance.matrix WHERE level = 'reviewer' AND verdict = 'can' AND action = 'edit' AND feature = 'task';
-- for others it reads as what does not exist, in the same words
SELECT try('ann', $$level_document('auditor')$$);
SELECT try('ann', $$level_document('nobody')$$);
SELECT try('ann', $$allow('auditor', 'task', 'view')$$);
SELECT try('ann', $$set_level('auditor', '{"grants": []}')$$);
SELECT try('ann', $$drop_level('auditor')$$);
SELECT try('ann', $$compare_levels('auditor', 'reviewer')$$);
SELECT try('ann', $$drop_level('reviewer', replacement => 'auditor')$$);
SELECT try('ann', $$update_partner(p.id, access_level => 'auditor') FROM clearance.partner p$$);
SELECT try('ann', $$create_role('x', access_level => 'auditor')$$);
SELECT try('ann', $$set_project('00000000-0000-0000-0000-000000000001', open_level => 'auditor')$$);
SELECT try('ann', $$set_project('00000000-0000-0000-0000-000000000001', open_levels => '{moderate,auditor}')$$);
SELECT try('ann', format($$set_account(%s, default_external_level => 'auditor')$$, :north));
-- neither does the other account
SELECT try('ann', format($$create_level('x', 'partner', account => %s)$$, :south));
SELECT try('ann', format($$level_document('auditor', %s)$$, :south));
SELECT try('ann', format($$drop_level('auditor', account => %s)$$, :south));
-- whose names these are is nothing for outsiders: they are refused before a level is looked up
SELECT try('pat', format($$add_member_to_project('00000000-0000-0000-0000-000000000001', %s, 'nobody')$$, :pat));
SELECT try('pat', format($$update_partner(%s, access_level => 'nobody')$$, :acme));
SELECT try('pat', $$set_project('00000000-0000-0000-0000-000000000001', open_level => 'nobody')$$);
SELECT try('pat', $$set_project('00000000-0000-0000-0000-000000000001', open_levels => '{nobody}')$$);

--
-- Who may: members with settings.manage_roles, in their account; operators.
--
SELECT who, call, try(who, call)
FROM (VALUES ('col'), ('pat'), ('cleo')) w (who),
     (VALUES ($$create_level('x', 'partner')$$), ($$allow('reviewer', 'task', 'view')$$), ($$deny('reviewer', 'task', 'view')$$),
             ($$set_level('reviewer', '{"grants": []}')$$), ($$drop_level('reviewer')$$), ($$level_document('reviewer')$$),
             ($$compare_levels('reviewer', 'moderate')$$)) c (call)
WHERE try(who, call) NOT LIKE '42501 member%lacks the right settings.manage_roles%';
SELECT who, try(who, call) FROM (VALUES ('ann'), ('sue'), (NULL)) w (who),
    (VALUES (format($$allow('reviewer', 'task', 'view', account => %s)$$, :north)), (format($$drop_level('reviewer', account => %s)$$, :north)),
            (format($$deny('reviewer', 'task', 'view', account => %s)$$, :north)), (format($$set_level('reviewer', '{"grants": []}', account => %s)$$, :north))) c (call);
-- somebody for whom nobody acts, and who is no operator
SET LOCAL ROLE regress_levels;
SAVEPOINT refused;
SELECT clearance.create_level('x', 'partner', account => :north);
ROLLBACK TO refused;
SELECT count(*) FROM clearance.levels;
RESET ROLE;
-- levels for all are the operators', who name no account: an account's would be changed for everybody
SELECT try('ann', $$allow('moderate', 'task', 'create')$$);
SELECT try('ann', $$drop_level('everywhere')$$);
SELECT try(NULL, format($$set_level('moderate', '{"grants": []}', account => %s)$$, :north));
SELECT try(NULL, $$allow('reviewer', 'task', 'create')$$);
SELECT try(NULL, $$deny('moderate', 'task', 'edit')$$);

--
-- In force like every other level, wherever it is named.
--
SELECT clearance.set_actor(key => 'ann') = :ann;
SELECT clearance.update_partner(:acme, access_level => 'reviewer');
SELECT clearance.reset_actor();
SELECT sees('pat');
SELECT clearance.set_actor(key => 'ann') = :ann;
SELECT clearance.allow('reviewer', 'task', 'view');
SELECT clearance.reset_actor();
SELECT sees('pat');
SELECT clearance.set_actor(key => 'ann') = :ann;
SELECT clearance.deny('reviewer', 'task', 'view');
SELECT clearance.reset_actor();
SELECT sees('pat');
SELECT clearance.set_actor(key => 'pat') = :pat;
SELECT levels FROM clearance.whoami();
SELECT clearance.reset_actor();

--
-- Within what they hold. Sue, a super user, does not manage the vault.
--
SELECT clearance.set_actor(key => 'sue') = :sue;
SELECT clearance.can('task.edit'), clearance.can('settings.manage_vault');
SELECT clearance.create_level('helper', 'vendor') > 0;
SELECT clearance.allow('helper', 'task', 'edit'), clearance.allow('helper', 'settings', 'manage_roles'), clearance.allow('helper', 'project', 'view');
SELECT clearance.reset_actor();
SELECT try('sue', $$allow('helper', 'settings', 'manage_vault')$$);
SELECT try('sue', $$set_level('helper', '{"grants": [{"action": "task.edit"}, {"action": "settings.manage_vault"}]}')$$);
SELECT try('sue', $$create_level('x', 'vendor', based_on => 'account_admin')$$);
SELECT try('sue', $$create_level('x', 'vendor', based_on => 'super_user')$$);
SELECT try('ann', $$create_level('x', 'vendor', based_on => 'account_admin')$$);
SELECT try('ann', $$allow('helper', 'settings', 'manage_vault')$$);
-- what goes beyond her is not hers to change, take from or drop either
SELECT clearance.allow('helper', 'settings', 'manage_vault', account => :north);
SELECT try('sue', $$deny('helper', 'settings', 'manage_vault')$$);
SELECT try('sue', $$set_level('helper', '{"grants": []}')$$);
SELECT try('sue', $$drop_level('helper')$$);
SELECT clearance.deny('helper', 'settings', 'manage_vault', account => :north);
-- nor does a level take the place of another that goes beyond her
SELECT clearance.create_level('lead', 'vendor', based_on => 'account_admin', account => :north) > 0;
SELECT try('sue', $$drop_level('helper', replacement => 'lead')$$);
SELECT try('ann', $$drop_level('helper', replacement => 'lead')$$);
-- What follows from a grant counts: who may edit a column may edit, which Ned was denied.
SELECT clearance.create_level('narrow', 'vendor', based_on => 'super_user', account => :north) > 0, clearance.create_level('clerk', 'vendor', account => :north) > 0;
SELECT clearance.deny('narrow', 'language_configuration', 'edit', account => :north), clearance.deny('narrow', 'language_configuration', 'assign', account => :north);
SELECT clearance.create_role('narrow', access_level => 'narrow', account => :north) > 0;
SELECT clearance.add_member('ned', name => 'Ned', roles => '{narrow}', account => :north) AS ned \gset
SELECT try('ned', $$allow('clerk', 'language_configuration', 'edit_translated_content', reach => 'account')$$);
SELECT try('sue', $$allow('clerk', 'language_configuration', 'edit_translated_content', reach => 'account')$$);
SELECT try('ned', $$set_level('clerk', '{"grants": [{"action": "language_configuration.edit_translated_content", "reach": "account"}]}')$$);
SELECT try('ned', $$set_level('clerk', '{"grants": [{"action": "language_configuration.edit_translated_content", "reach": "account"}], "denials": ["language_configuration.edit"]}')$$);
SELECT try('ned', $$set_level('clerk', '{"grants": [{"action": "language_configuration.edit_translated_content", "reach": "account"}], "denials": ["language_configuration.edit", "language_configuration.assign"]}')$$);
-- taking a denial back can give more, too
SELECT clearance.set_level('clerk', '{"grants": [{"action": "language_configuration.edit_translated_content", "reach": "account"}], "denials": ["language_configuration.edit"]}', :north);
SELECT try('ned', $$set_level('clerk', '{"grants": [{"action": "language_configuration.edit_translated_content", "reach": "account"}]}')$$);

-- So does how far it reaches: Ned voids invoices of projects that he owns, and nothing without a project.
SELECT clearance.deny('narrow', 'invoicing', 'void_invoices', account => :north), clearance.allow('narrow', 'invoicing', 'void_invoices', reach => 'owned', account => :north);
SELECT try('ned', $$allow('clerk', 'invoicing', 'void_invoices', reach => 'owned')$$);
SELECT try('ned', $$allow('clerk', 'invoicing', 'void_invoices', reach => 'member')$$);
SELECT try('ned', $$allow('clerk', 'invoicing', 'void_invoices')$$);
SELECT clearance.deny('narrow', 'invoicing', 'void_invoices', account => :north), clearance.allow('narrow', 'invoicing', 'void_invoices', reach => 'member', account => :north);
SELECT try('ned', $$allow('clerk', 'invoicing', 'void_invoices', reach => 'member')$$);
SELECT try('ned', $$allow('clerk', 'invoicing', 'void_invoices')$$);
SELECT clearance.create_level('outside', 'partner', account => :north) > 0;
SELECT try('ned', $$allow('outside', 'invoicing', 'void_invoices')$$);
-- and what one level grants without a reach of its own grows with its project.view
SELECT clearance.deny('narrow', 'project', 'view', account => :north), clearance.allow('narrow', 'project', 'view', reach => 'member', account => :north),
       clearance.set_level('clerk', '{"grants": [{"action": "language_configuration.edit_translated_content"}], "denials": ["language_configuration.edit"]}', :north);
SELECT try('ned', $$allow('clerk', 'project', 'view', reach => 'member')$$);
SELECT try('ned', $$allow('clerk', 'project', 'view', reach => 'account')$$);
SELECT clearance.set_level('clerk', '{"grants": []}', :north);

--
-- Nobody changes what it holds itself: by a role, on a project, now or later.
--
SELECT clearance.create_role('helper', access_level => 'helper', account => :north) > 0;
SELECT clearance.add_member('hal', name => 'Hal', roles => '{helper}', account => :north) AS hal \gset
SELECT try('hal', $$allow('helper', 'task', 'delete')$$);
SELECT try('hal', $$allow('helper', 'task', 'view')$$);
SELECT try('hal', $$deny('helper', 'task', 'edit')$$);
SELECT try('hal', $$set_level('helper', clearance.level_document('moderate'))$$);
SELECT try('hal', $$drop_level('helper')$$);
SELECT try('hal', $$create_level('mine', 'vendor', based_on => 'helper')$$);
-- it gives what every collaborator holds, and nothing else that it lacks
SELECT clearance.set_actor(key => 'hal') = :hal;
SELECT clearance.create_level('little', 'vendor') > 0;
SELECT clearance.reset_actor();
SELECT try('hal', $$allow('little', 'task', 'create', reach => 'member')$$);
SELECT try('hal', $$allow('little', 'task', 'create', reach => 'account')$$);
SELECT try('sue', $$allow('little', 'task', 'create', reach => 'account')$$);
-- Sue on a project, with less than her role, and from next year on
SELECT clearance.add_member_to_project('00000000-0000-0000-0000-000000000001', :sue, 'little', starts_at => '2999-01-01');
SELECT try('sue', $$allow('little', 'task', 'create')$$);
SELECT clearance.remove_member_from_project('00000000-0000-0000-0000-000000000001', :sue);
SELECT try('sue', $$allow('little', 'task', 'create')$$);
-- an account_admin holds everything whatever its other levels say
SELECT clearance.set_member_roles(:ann, '{account_admin,helper}');
SELECT try('ann', $$allow('helper', 'task', 'delete')$$);
-- but then the level is one of somebody who is beyond Sue
SELECT try('sue', $$deny('helper', 'task', 'edit')$$);
SELECT try('sue', $$drop_level('helper', replacement => 'little')$$);
SELECT clearance.set_member_roles(:ann, '{account_admin}');
SELECT try('sue', $$deny('helper', 'task', 'edit')$$);

--
-- Dropped: refused while something names it, unless another one takes its place.
--
SELECT try('ann', $$drop_level('reviewer')$$);
SELECT try('ann', $$drop_level('reviewer', replacement => 'reviewer')$$);
SELECT try('ann', $$drop_level('reviewer', replacement => 'helper')$$);
SELECT try('ann', $$drop_level('reviewer', replacement => 'nobody')$$);
SELECT try('ann', $$drop_level('reviewer', replacement => '')$$);
SELECT try('ann', $$drop_level('nobody')$$);
SELECT try('ann', $$drop_level(NULL)$$);
SELECT try(NULL, $$drop_level('moderate', replacement => 'restricted')$$);
-- each place that can name one
SELECT clearance.set_actor(key => 'ann') = :ann;
SELECT clearance.set_account(:north, default_external_level => 'reviewer');
SELECT clearance.create_role('tester', available_to_partners => true, access_level => 'reviewer') AS tester \gset
SELECT clearance.set_project('00000000-0000-0000-0000-000000000001', open_levels => '{reviewer,moderate}');
SELECT clearance.update_partner_on_project('00000000-0000-0000-0000-000000000001', :acme, access_level => 'reviewer');
SELECT clearance.add_member_to_project('00000000-0000-0000-0000-000000000001', :pat, 'reviewer');
SELECT clearance.drop_level('reviewer', replacement => 'permissive');
SELECT clearance.reset_actor();
CREATE VIEW named AS
SELECT 'account' AS place, default_external_level_id AS level_id FROM clearance.account WHERE id = :north
UNION ALL SELECT 'role', level_id FROM clearance.role WHERE id = :tester
UNION ALL SELECT 'partner', level_id FROM clearance.partner WHERE id = :acme
UNION ALL SELECT 'project', level_id FROM clearance_internal.open_levels() WHERE account_id = :north
UNION ALL SELECT 'project_partner', level_id FROM clearance.project_partner WHERE partner_id = :acme
UNION ALL SELECT 'project_member', level_id FROM clearance.project_member WHERE member_id = :pat;
SELECT n.place, l.name FROM named n JOIN clearance.level l ON l.id = n.level_id ORDER BY 1;
-- these are all places: whatever refers to levels, but for what they hold
SELECT conrelid::regclass FROM pg_constraint WHERE confrelid = 'clearance.level'::regclass AND confdeltype = 'a' ORDER BY conrelid::regclass::text;
SELECT sees('pat');
SELECT count(*) FROM clearance.level WHERE name = 'reviewer' AND account_id = :north;
-- South's is still there
SELECT count(*) FROM clearance.level WHERE name = 'reviewer' AND account_id = :south;
-- a level for all is replaced by one for all, everywhere
SELECT clearance.update_partner(:acme, access_level => 'everywhere');
SELECT try(NULL, $$drop_level('everywhere', replacement => 'reviewer')$$);
SELECT clearance.drop_level('everywhere', replacement => 'restricted');
SELECT access_level FROM clearance.partners WHERE id = :acme;
-- where the application's own rows name it, those go first
CREATE TABLE staff (id integer PRIMARY KEY, project uuid, member text, level text);
SELECT clearance.mirror_membership('staff', 'project', 'member', access_level => 'level') > 0;
SELECT clearance.create_level('crew', 'partner', account => :north) > 0;
INSERT INTO staff VALUES (1, '00000000-0000-0000-0000-000000000001', 'pat', 'crew');
SELECT try('ann', $$drop_level('crew', replacement => 'restricted')$$);
UPDATE staff SET level = 'restricted';
SELECT try('ann', $$drop_level('crew', replacement => 'restricted')$$);
-- names in mirrored rows mean levels of the project's account
SAVEPOINT refused;
UPDATE staff SET level = 'auditor';
ROLLBACK TO refused;
-- so do those of its views, whether or not they are of somebody who is known, or say that there is the level
CREATE TABLE posted (id integer PRIMARY KEY, project uuid, member text, level text);
CREATE VIEW posting AS SELECT id AS source, project, member, level AS access_level FROM posted;
CREATE TABLE duty (level text PRIMARY KEY);
CREATE VIEW duties AS SELECT level FROM duty;
CREATE TABLE opening (project uuid PRIMARY KEY, levels text[]);
CREATE VIEW opened AS SELECT project, levels AS open_levels FROM opening;
SELECT clearance.mirror('posting', 'membership', account => :north) > 0, clearance.mirror('duties', 'level', account => :north) > 0,
       clearance.mirror('opened', 'project', account => :north) > 0;
INSERT INTO posted VALUES (1, '00000000-0000-0000-0000-000000000001', 'pat', 'crew');
SELECT try('ann', $$drop_level('crew', replacement => 'restricted')$$);
UPDATE posted SET member = 'somebody who comes';
SELECT try('ann', $$drop_level('crew')$$);
UPDATE posted SET level = 'restricted';
INSERT INTO opening VALUES ('00000000-0000-0000-0000-000000000009', '{moderate,crew}');
SELECT try('ann', $$drop_level('crew')$$);
UPDATE opening SET levels = '{moderate}';
SELECT try('ann', $$drop_level('crew')$$);
INSERT INTO duty VALUES ('watch');
SELECT try('ann', $$drop_level('watch', replacement => 'helper')$$);
DELETE FROM duty;
SELECT try('ann', $$drop_level('watch')$$);
-- South's views mean South's
SELECT clearance.create_level('crew', 'partner', account => :south) > 0;
CREATE VIEW posting_south AS SELECT id AS source, project, member, 'crew' AS access_level FROM posted;
SELECT clearance.mirror('posting_south', 'membership', account => :south) > 0;
SELECT try('ann', $$drop_level('crew')$$);
-- roles are known to views by name, too
CREATE TABLE hired (key text PRIMARY KEY, roles text[]);
CREATE VIEW hires AS SELECT key, roles FROM hired;
SELECT clearance.mirror('hires', 'member', account => :north) > 0;
INSERT INTO hired VALUES ('hugo', '{collaborator,helper}');
SELECT try('ann', $$update_role('helper', name => 'aide')$$);
SELECT try('ann', $$update_role('helper', access_level => 'helper')$$);
UPDATE hired SET roles = '{collaborator}';
SELECT try('ann', $$update_role('helper', name => 'aide')$$);

--
-- Nothing crosses an account, by direct writes of a superuser neither.
--
SELECT clearance_internal.require_level('reviewer', account => :south) AS foreign \gset
\set ON_ERROR_ROLLBACK on
\set VERBOSITY terse
UPDATE clearance.account SET default_external_level_id = :foreign WHERE id = :north;
UPDATE clearance.role SET level_id = :foreign WHERE id = :tester;
UPDATE clearance.partner SET level_id = :foreign WHERE id = :acme;
UPDATE clearance.project SET open_level_id = :foreign WHERE account_id = :north;
INSERT INTO clearance.project_open_level SELECT id, :foreign FROM clearance.project WHERE account_id = :north;
UPDATE clearance.project_partner SET level_id = :foreign WHERE partner_id = :acme;
UPDATE clearance.project_member SET level_id = :foreign WHERE member_id = :pat;
INSERT INTO clearance.role (account_id, name, level_id) VALUES (:north, 'x', :foreign);
INSERT INTO clearance.role (account_id, name, level_id, built_in) VALUES (NULL, 'x', :foreign, true);
UPDATE clearance.level SET account_id = :north WHERE id = :foreign;
UPDATE clearance.level SET account_id = NULL WHERE id = :foreign;
UPDATE clearance.level SET account_id = :north WHERE name = 'moderate';
INSERT INTO clearance.level (name, audience, account_id, built_in) VALUES ('x', 'vendor', :north, true);
INSERT INTO clearance.level (name, audience, account_id) VALUES ('crew', 'vendor', :north);
INSERT INTO clearance.level (name, audience) VALUES ('moderate', 'vendor');
-- what names a level does not leave its account with it
INSERT INTO clearance.role (account_id, name, level_id) VALUES (:south, 'x', :foreign);
UPDATE clearance.role SET account_id = :north WHERE name = 'x';
-- the triggers are there for replicas and for loads, too
SET LOCAL session_replication_role = replica;
UPDATE clearance.partner SET level_id = :foreign WHERE id = :acme;
-- a load without foreign keys may bring the level later: it is never in force
UPDATE clearance.partner SET level_id = 99999 WHERE id = :acme;
UPDATE clearance.project_member SET level_id = NULL WHERE member_id = :pat;
UPDATE clearance.project_partner SET level_id = NULL WHERE partner_id = :acme;
UPDATE clearance.project SET open_level_id = NULL;
INSERT INTO clearance.project_member (account_id, project_id, member_id, level_id) SELECT p.account_id, p.id, :sue, 99999 FROM clearance.project p WHERE p.account_id = :north;
INSERT INTO clearance.level (id, name, audience, account_id) VALUES (99999, 'late', 'partner', :south);
INSERT INTO clearance.level_grant (level_id, feature, action, visibility, relation)
VALUES (99999, 'task', 'view', 'any', 'any'), (99999, 'project', 'view', 'any', 'any');
RESET session_replication_role;
SELECT sees('pat');
-- nor does the next place count, where a level is named
SELECT sees('sue');
DELETE FROM clearance.project_member WHERE member_id = :sue;
SET LOCAL session_replication_role = replica;
DELETE FROM clearance.level WHERE id = 99999;
INSERT INTO clearance.level (id, name, audience, account_id) VALUES (99999, 'late', 'partner', :north);
RESET session_replication_role;
SELECT sees('pat');
-- two of one name, which direct writes can bring about, are none: an error rather than a guess
INSERT INTO clearance.level (name, audience) VALUES ('crew', 'partner');
\set VERBOSITY default
SELECT clearance.update_partner(:acme, access_level => 'crew');
SELECT clearance.allow('crew', 'task', 'view', account => :north);
DELETE FROM clearance.level WHERE name = 'crew' AND account_id IS NULL;

--
-- An account's levels go with it.
--
SELECT clearance.create_role('y', access_level => 'auditor', account => :south) > 0;
SELECT clearance.set_project('00000000-0000-0000-0000-000000000002', open_level => 'reviewer');
SELECT clearance.add_member_to_project('00000000-0000-0000-0000-000000000002', :sam, 'auditor');
DELETE FROM clearance.member_role WHERE member_id = :sam;
DELETE FROM task WHERE id = 'other';
DELETE FROM clearance.account WHERE id = :south;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT count(*) FROM clearance.level WHERE account_id = :south;
SELECT count(*) > 0 FROM clearance.level WHERE account_id = :north;
TRUNCATE clearance.account CASCADE;
SELECT count(*) FROM clearance.level WHERE account_id IS NOT NULL;
SELECT count(*) FROM clearance.level WHERE built_in;
ROLLBACK;
