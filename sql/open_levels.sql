-- A project is open with several levels: each counts for its audience, those of one
-- audience add up, and for whoever has another way in none does.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_open;
SELECT clearance.trust_role('regress_open');
CREATE SCHEMA regress_open;
SET LOCAL search_path = regress_open;
CREATE FUNCTION sees(VARIADIC who text[]) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    key text;
BEGIN
    FOREACH key IN ARRAY who LOOP
        PERFORM clearance.set_actor(key => key);
        RETURN NEXT format('%s: %s', key, (SELECT coalesce(string_agg(name, ' ' ORDER BY name), '-') FROM regress_open.task));
    END LOOP;
    PERFORM clearance.reset_actor();
END $$;
ALTER FUNCTION sees OWNER TO regress_open;
CREATE VIEW opened AS
SELECT p.key, l.name AS level, o.further
FROM clearance.project p
JOIN LATERAL (SELECT p.open_level_id AS level_id, false AS further UNION ALL SELECT x.level_id, true FROM clearance.project_open_level x WHERE x.project_id = p.id) o ON true
JOIN clearance.level l ON l.id = o.level_id ORDER BY 1, o.further, l.id;

SELECT clearance.create_account('Regress open', key => 'regress-open') AS account \gset
SELECT clearance.set_account(:account, portal => true, default_external_level => 'restricted');
SELECT clearance.create_level(n, a) > 0 FROM (VALUES ('bugs', 'partner'), ('own', 'partner'), ('read', 'customer'), ('look', 'vendor'), ('lead', 'vendor')) v (n, a);
SELECT clearance.allow(l, 'project', 'view') FROM unnest('{bugs,own,read,look,lead}'::text[]) l;
SELECT clearance.allow('bugs', 'task', 'view', kinds => '{bug}'), clearance.allow('own', 'task', 'view', relation => 'own'), clearance.allow('own', 'task', 'edit', relation => 'own'),
       clearance.allow('read', 'task', 'view', kinds => '{plan}'), clearance.allow('look', 'task', 'view', 'shared'), clearance.allow('lead', 'task', 'view', kinds => '{plan}');
SELECT clearance.create_partner('Ash', account => :account) AS ash, clearance.create_customer('Bay', :account) AS bay \gset
SELECT clearance.create_role('Lead', access_level => 'lead', account => :account) > 0;
SELECT clearance.add_member('ann', roles => '{account_admin}') AS ann, clearance.add_member('sue', roles => '{super_user}') AS sue,
       clearance.add_member('cole', roles => '{collaborator}') AS cole, clearance.add_member('lea', roles => '{Lead}') AS lea,
       clearance.add_member('pat', partner => :ash) AS pat, clearance.add_member('pam', partner => :ash, partner_admin => true) AS pam,
       clearance.add_member('cleo', customer => :bay) AS cleo \gset
SELECT clearance.create_project(n) > 0 FROM generate_series(1, 3) n;
CREATE TABLE task (name text PRIMARY KEY, project integer, is_private boolean, kind text, author text);
INSERT INTO task SELECT kind || p, p, private, kind, author FROM generate_series(1, 3) p, (VALUES ('bug', true, NULL), ('plan', true, NULL), ('open', false, NULL), ('mine', true, 'pat')) k (kind, private, author);
SELECT clearance.protect('task', 'task', project => 'project', visibility => 'is_private', shared_values => '{false}', kind => 'kind', owner => 'author') > 0;
GRANT USAGE ON SCHEMA regress_open TO regress_open;
GRANT SELECT, UPDATE ON task TO regress_open;

--
-- One level, two of one audience, levels of several audiences
--
SELECT clearance.set_project(1, open_level => 'bugs');
SELECT sees('pat', 'pam', 'cleo', 'cole', 'lea');
SELECT clearance.set_project(1, open_levels => '{own,bugs}');
SELECT sees('pat', 'pam', 'cleo', 'cole', 'lea');
SELECT clearance.set_project(1, open_levels => '{own,bugs,read,look}', portal => true);
SELECT sees('pat', 'pam', 'cleo', 'cole', 'lea', 'sue');
SELECT * FROM opened;
-- what one of them grants on some rows, the other does not spoil
SELECT clearance.set_actor(key => 'pat') = :pat;
SELECT name, clearance.can_row('edit', t) FROM task t ORDER BY name;
SELECT clearance.reset_actor();
-- two of the vendor's
SELECT clearance.set_project(1, open_levels => '{look,lead}');
SELECT sees('cole', 'lea', 'pat', 'cleo');
-- contacts need the portal
SELECT clearance.set_project(1, open_levels => '{read,bugs}', portal => false);
SELECT sees('cleo', 'pat', 'cole');
SELECT clearance.set_project(1, portal => true);
SELECT sees('cleo');

--
-- Whoever has another way in has what it has there, whichever levels it opens with
--
SELECT clearance.set_project(1, open_levels => '{own,bugs,read,look,lead}');
SELECT clearance.add_partner_to_project(1, :ash), clearance.add_customer_to_project(1, :bay), clearance.add_member_to_project(1, :cole);
SELECT sees('pam', 'cleo', 'cole');
-- a partner's member who was not invited has none of its own
SELECT sees('pat');
SELECT clearance.remove_partner_from_project(1, :ash), clearance.remove_customer_from_project(1, :bay), clearance.remove_member_from_project(1, :cole);
-- of the vendor's team that is who sees the project by a level of its own, be it one of those
SELECT clearance.add_member_to_project(1, :lea);
SELECT sees('lea', 'ann');
SELECT clearance.remove_member_from_project(1, :lea);
SELECT sees('lea');
-- a grant that is for owners is nobody's by an open project
SELECT clearance.allow('look', 'task', 'view', reach => 'owned');
SELECT sees('cole');
SELECT clearance.deny('look', 'task', 'view'), clearance.allow('look', 'task', 'view', 'shared');

--
-- Closing, and one level in place of several
--
SELECT clearance.set_project(1, archived => false);
SELECT count(*) FROM opened;
SELECT clearance.set_project(1, open_level => 'bugs');
SELECT * FROM opened;
SELECT sees('pat', 'cole', 'cleo');
SELECT clearance.set_project(1, open_levels => '{own,bugs,own}'), clearance.set_project(1, open_levels => '{bugs,own}');
SELECT * FROM opened;
SELECT clearance.set_project(1, open_levels => '{}');
SELECT count(*) FROM opened;
SELECT sees('pat');
SELECT clearance.set_project(1, open_levels => '{bugs,own}'), clearance.set_project(1, open_level => '');
SELECT count(*) FROM opened;
-- further levels alone open nothing
INSERT INTO clearance.project_open_level SELECT p.id, l.id FROM clearance.project p, clearance.level l WHERE p.key = '1' AND l.name IN ('bugs', 'look');
SELECT sees('pat', 'cole');
SELECT member_key FROM clearance.who_can('task', 'bug1') ORDER BY 1;
SELECT m, verdict FROM unnest('{pat,cole}'::text[]) m, clearance.explain('task', 'open1', member => m) WHERE step = 'verdict';
SELECT clearance.create_level('nothing', 'vendor') > 0;
SELECT clearance.add_member_to_project(1, :cole, 'nothing');
SELECT sees('cole');
SELECT clearance.remove_member_from_project(1, :cole);
SELECT clearance.set_project(1, open_level => 'read');
SELECT sees('pat', 'cole', 'cleo');
SELECT * FROM opened;

--
-- What it refuses
--
SELECT clearance.set_project(1, open_level => 'bugs', open_levels => '{own}');
SELECT clearance.set_project(1, open_level => '', open_levels => '{}');
SELECT clearance.set_project(1, open_levels => '{bugs,nobody}');
SELECT clearance.set_project(1, open_levels => '{bugs,NULL}');
SELECT clearance.set_project(1, open_levels => '{bugs,""}');
SELECT clearance.create_level('empty', 'partner') > 0;
SET LOCAL client_min_messages = notice;
SELECT clearance.set_project(1, open_levels => '{bugs,empty}');
SET LOCAL client_min_messages = warning;
-- the right, and nothing of the vendor's that one does not hold
SET LOCAL ROLE regress_open;
SELECT clearance.set_actor(key => 'cole') = :cole;
SELECT clearance.set_project(1, open_levels => '{bugs}');
SELECT clearance.set_actor(key => 'sue') = :sue;
SELECT clearance.set_project(1, open_levels => '{bugs,account_admin}');
SELECT clearance.set_project(1, open_levels => '{bugs,look,permissive}');
SELECT clearance.reset_actor();
RESET ROLE;
SELECT * FROM opened;

--
-- Levels that a project opens with are in use
--
SELECT clearance.set_project(1, open_levels => '{bugs,own}'), clearance.set_project(2, open_levels => '{bugs,own}'), clearance.set_project(3, open_levels => '{own,empty}');
SELECT clearance.drop_level('own');
SELECT clearance.drop_level('bugs');
SELECT clearance.drop_level('own', replacement => 'empty');
SELECT * FROM opened;
SELECT clearance.drop_level('bugs', replacement => 'empty');
SELECT * FROM opened;
-- and of the account, also where the project moves
SELECT clearance.create_account('Regress elsewhere') AS elsewhere \gset
SELECT clearance.create_level('theirs', 'partner', account => :elsewhere) AS theirs, clearance.create_level('ours', 'partner', account => :account) AS ours \gset
INSERT INTO clearance.project_open_level SELECT id, :theirs FROM clearance.project WHERE key = '1';
SELECT clearance.set_project(1, open_levels => '{empty,theirs}');
SELECT clearance.allow('ours', 'project', 'view', account => :account), clearance.allow('ours', 'task', 'view', account => :account);
SELECT clearance.set_project(1, open_levels => '{empty,ours}');
SELECT sees('pat');
UPDATE clearance.project SET account_id = :elsewhere WHERE key = '1';
SELECT clearance.set_project(1, open_level => 'empty');
UPDATE clearance.project SET account_id = :elsewhere WHERE key = '1';
UPDATE clearance.project SET account_id = :account WHERE key = '1';
-- rows that come before their project, as a load may bring them, are looked at with it; nor is such a level ever in force
SET LOCAL session_replication_role = replica;
INSERT INTO clearance.project_open_level VALUES (999999, :theirs);
INSERT INTO clearance.project (id, account_id, key, open_level_id) SELECT 999999, :account, '99', id FROM clearance.level WHERE name = 'empty';
INSERT INTO clearance.project (id, account_id, key) VALUES (999999, :account, '99');
UPDATE clearance.project SET open_level_id = l.id FROM clearance.level l WHERE key = '99' AND l.name = 'empty';
DELETE FROM clearance.project_open_level WHERE project_id = 999999;
RESET session_replication_role;
DELETE FROM clearance.project WHERE key = '99';

--
-- Answers: each names all that count
--
SELECT clearance.create_level('bugs', 'partner') > 0;
SELECT clearance.allow('bugs', 'project', 'view'), clearance.allow('bugs', 'task', 'view', kinds => '{bug}'), clearance.allow('ours', 'task', 'edit', relation => 'own', account => :account);
SELECT clearance.set_project(1, open_levels => '{bugs,ours,look,lead,read}');
SELECT member_key, way, levels, place, given_by FROM clearance.who_can('task', 'bug1') ORDER BY 1;
SELECT depth, step, subject, verdict, found FROM clearance.explain('task', 'bug1', member => 'pat') WHERE step IN ('project', 'level', 'grant', 'verdict');
SELECT depth, step, subject, verdict, found FROM clearance.explain('task', 'bug1', member => 'cole') WHERE step IN ('project', 'level', 'grant', 'verdict');
SELECT relation, visible, editable FROM clearance.what_can(:pat);
SELECT line, member, action, gained, lost FROM clearance.preview($$SELECT clearance.set_project(1, open_levels => '{ours,read}')$$) WHERE line IN ('actor', 'rows') ORDER BY 1, 2, 3;
SELECT member_key, visible FROM clearance.access_matrix('task') WHERE member IS NOT NULL ORDER BY 1;
-- who is on no project sees those that are open to it, by a further level too
SELECT clearance.set_project(p, open_level => '') FROM generate_series(2, 3) p;
SELECT count(*) FROM clearance.lint() WHERE object LIKE 'partner Ash%' AND code = 'on_no_project';
SELECT clearance.set_project(1, open_levels => '{read,look}');
SELECT count(*) FROM clearance.lint() WHERE object LIKE 'partner Ash%' AND code = 'on_no_project';
-- what a level of an open project has never to be switched on
SELECT clearance.switch_on(:cole, 'task', 'edit');
SELECT clearance.set_actor(key => 'cole') = :cole;
SELECT clearance.can('task.edit', 1);
SELECT clearance.reset_actor();
SELECT clearance.set_project(1, open_levels => '{look,lead}');
INSERT INTO clearance.not_available SELECT id, 'task', 'edit' FROM clearance.level WHERE name = 'lead';
SELECT clearance.set_actor(key => 'cole') = :cole;
SELECT clearance.can('task.edit', 1);
SELECT clearance.reset_actor();

--
-- The log says of whom, and of which level
--
SELECT l.operation, l.table_name, clearance_internal.audit_subject(l.table_name, coalesce(l.after, l.before)::jsonb)
FROM clearance.audit_log l WHERE l.table_name = 'project_open_level' ORDER BY l.chain, l.seq DESC LIMIT 3;

-- A project takes them with it.
DELETE FROM clearance.project WHERE key = '1';
SELECT key, level FROM opened;
ROLLBACK;
