-- Requirements about plans, access levels, ways into a project, fields and the
-- vendor's own roles. A description begins with the ids that the test proves;
-- test/requirements.txt says what they ask for.
\set ECHO none
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
\o /dev/null
\ir ../harness/scene.sql
\o
SELECT no_plan();

-- Plans: nothing depends on one, because nothing knows of any.
SELECT is_empty($$
    SELECT c.oid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'clearance'::regnamespace AND a.attnum > 0
        AND (c.relname ~ '(^|_)(plan|edition|tier)' OR a.attname ~ '(^|_)(plan|edition|tier)')$$,
    'R001 R060 R069 R141 no table of the extension knows of a price plan');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace IN ('clearance'::regnamespace, 'clearance_internal'::regnamespace) AND 'plan' = ANY (p.proargnames)$$,
    'R001 R060 R069 R141 no function of the extension asks for a price plan');
SELECT results_eq($$SELECT count(*) FROM clearance.matrix WHERE audience = 'vendor' AND verdict = 'can' AND level = 'account_admin'$$,
    $$SELECT count(*) FROM clearance.action$$,
    'R069 every account-level permission can be held in every account');
SELECT is(pg_temp.sees('Pia', 'SELECT count(*) FROM app.project'), '2',
    'R001 R060 partners work in an account about which no plan was ever said');
SELECT is(pg_temp.sees('Cora', 'SELECT id FROM app.project'), '7001, 7002',
    'R141 the portal works in an account about which no plan was ever said');

-- Nothing outside of the rules.
SELECT is(pg_temp.sees('nobody', 'SELECT id FROM app.task'), '', 'R002 without an actor there is nothing');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.task'), 'of Ria', 'R002 a partner sees what its level names');
SELECT is(pg_temp.does('dba', $$SELECT clearance.deny('restricted', 'task', 'view')$$), '1', 'R002 the vendor takes the rule away');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.task'), '', 'R002 and nothing else shows it');
SELECT is(pg_temp.does('dba', $$SELECT clearance.allow('restricted', 'task', 'view', 'any', 'assigned')$$), '1', 'R002 and gives it back');
SELECT is(pg_temp.sees('Pit', 'SELECT 1 FROM app.task t JOIN app.project p ON p.id = t.project_id WHERE p.account <> ''acme'''), '',
    'R002 nothing of another account is visible');

-- Access levels.
SELECT is((SELECT string_agg(name, ', ' ORDER BY id) FROM clearance.level WHERE built_in AND audience = 'partner'),
    'permissive, moderate, restricted', 'R018 R068 there are exactly three built-in levels for partners');
SELECT is((SELECT string_agg(p.name || ' ' || p.access_level, ', ' ORDER BY p.id) FROM clearance.partners p, scene s WHERE p.account_id = s.account),
    'Pine permissive, Maple moderate, Rush restricted', 'R018 a partner has one of them');
SELECT col_type_is('clearance', 'partner', 'level_id', 'integer', 'R018 a partner has a place for one level only');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.update_partner(%s, access_level => 'super_user')$$, pg_temp.partner('Rush'))),
    '22023 level "super_user" is of audience vendor, not partner', 'R018 a level that is not for partners is refused');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.update_partner(%s, access_level => 'secret')$$, pg_temp.partner('Rush'))),
    '42704 level "secret" does not exist', 'R018 an unknown level is refused');
SELECT hasnt_column('clearance', 'member', 'level_id', 'R019 a member has no level of its own');
SELECT is(pg_temp.sees('Pia', 'SELECT count(*) FROM app.task WHERE project_id = 7001'), pg_temp.sees('Pit', 'SELECT count(*) FROM app.task WHERE project_id = 7001'),
    'R019 R085 all members of a partner have its level');

SELECT is(pg_temp.sees('Pit', 'SELECT title FROM app.task'),
    'of Cole, of Ria, private edit, private hidden, private read, shared edit, shared hidden, shared read',
    'R020 R063 permissive members see shared and private tasks');
SELECT is(pg_temp.sees('Pit', 'SELECT name FROM app.file'),
    'of Cole, of Ria, private edit, private hidden, private read, shared edit, shared hidden, shared read',
    'R020 R063 permissive members see shared and private files');
SELECT is(pg_temp.does('Pit', $$UPDATE app.task SET status = 'done' WHERE title = 'private read'$$), '1',
    'R020 R063 permissive members work on private tasks');
SELECT is(pg_temp.sees('Moe', 'SELECT title FROM app.task'), 'shared edit, shared hidden, shared read',
    'R021 R064 moderate members see shared tasks and no private ones');
SELECT is(pg_temp.sees('Moe', 'SELECT name FROM app.file'), 'shared edit, shared hidden, shared read',
    'R021 R064 moderate members see shared files and no private ones');
SELECT is(pg_temp.does('Moe', $$UPDATE app.task SET status = 'done' WHERE title = 'shared read'$$), '1', 'R021 R064 moderate members work on shared tasks');
SELECT is(pg_temp.does('Moe', $$UPDATE app.task SET status = 'done' WHERE title = 'private read'$$), '0', 'R021 R064 moderate members change no private task');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.task UNION ALL SELECT name FROM app.file'), 'of Ria, of Ria',
    'R022 R065 restricted members see what is assigned to them');
SELECT is(pg_temp.does('Ria', $$UPDATE app.task SET status = 'done' WHERE title = 'of Ria'$$), '1', 'R022 R065 restricted members work on what is assigned to them');
SELECT is(pg_temp.does('Ria', $$UPDATE app.task SET status = 'done' WHERE title = 'shared read'$$), '0', 'R022 R065 restricted members change nothing else');
SELECT is((SELECT count(DISTINCT (feature, action)) FROM clearance.matrix m WHERE level IN ('permissive', 'moderate', 'restricted')
           AND (feature, action) IN (('task', 'create'), ('task', 'view'), ('document', 'view'), ('file', 'create')) AND verdict IS NOT NULL), 4::bigint,
    'R068 the permission table is in the matrix (each cell is proven in matrix.sql)');
SELECT is(pg_temp.does('Pit', $$INSERT INTO app.task (project_id, title) VALUES (7001, 'by Pit')$$), '1', 'R068 permissive adds tasks');
SELECT is(pg_temp.does('Moe', $$INSERT INTO app.task (project_id, title, is_private) VALUES (7001, 'by Moe', false)$$),
    '42501 insert into app.task is not permitted', 'R068 moderate does not');

-- A change of level counts at once, for those who are there already.
SELECT is(pg_temp.does('dba', format($$SELECT clearance.update_partner(%s, access_level => 'moderate')$$, pg_temp.partner('Rush'))), '1', 'R034 a level is edited');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.task'), 'shared edit, shared hidden, shared read', 'R034 an edited level holds for existing members from then on');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.update_partner(%s, access_level => 'restricted')$$, pg_temp.partner('Rush'))), '1', 'R034 and back');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.task'), 'of Ria', 'R034 as before');

-- Ways into a project.
SELECT is(pg_temp.sees('Pia', 'SELECT id FROM app.project'), '7001, 7002', 'R043 R061 R066 R084 a partner admin is on every project of the partner, and on no other');
SELECT is(pg_temp.sees('Pit', 'SELECT id FROM app.project'), '7001', 'R044 R067 R084 a partner collaborator is on those it is invited to');
SELECT is(pg_temp.does('Pit', $$INSERT INTO app.task (project_id, title) VALUES (7002, 'not mine')$$),
    '42501 insert into app.task is not permitted', 'R044 R067 a partner collaborator writes to no other project');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.add_member_to_project(7002, %s)$$, pg_temp.member('Pit'))), '1', 'R059 a partner''s member is added to a project');
SELECT is(pg_temp.sees('Pit', 'SELECT id FROM app.project'), '7001, 7002', 'R044 R059 R067 a member who is added to a project sees it');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.add_member_to_project(7003, %s)$$, pg_temp.member('Pit'))),
    '55000 the partner of member "Pit" is not on project "7003"', 'R061 R101 no member is added without its company');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.remove_partner_from_project(7002, %s)$$, pg_temp.partner('Pine'))), '1', 'R062 a partner is removed from a project');
SELECT is(pg_temp.sees(who, 'SELECT id FROM app.task WHERE project_id = 7002 UNION ALL SELECT id FROM app.project WHERE id = 7002'), '',
    'R061 R062 members of a removed partner have lost the project: ' || who) FROM unnest('{Pia,Pit}'::text[]) AS who;
SELECT is(pg_temp.does('dba', format($$SELECT clearance.add_partner_to_project(7002, %s)$$, pg_temp.partner('Pine'))), '1', 'R058 a partner is added to an existing project');
SELECT is(pg_temp.sees('Pia', 'SELECT id FROM app.project'), '7001, 7002', 'R058 an admin of a partner that was added sees the project at once');
SELECT is(pg_temp.sees('Pit', 'SELECT id FROM app.project'), '7001', 'R062 those who were removed with it stay out');
SELECT is(pg_temp.does('Sue', $$INSERT INTO app.project (id, account, name) VALUES (7004, 'acme', 'A new one')$$), '1', 'R058 a new project');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.add_partner_to_project(7004, %s)$$, pg_temp.partner('Maple'))), '1', 'R058 takes a partner as well');
SELECT is(pg_temp.sees('Mae', 'SELECT id FROM app.project'), '7001, 7004', 'R058 a new project is seen by the admin of a partner that was added');
SELECT is(pg_temp.sees('Mae', 'SELECT id FROM app.project WHERE id = 7003'), '', 'R061 R084 a project the company is not on stays closed');

-- Through phases alone, where the project says so.
SELECT is(pg_temp.does('dba', 'SELECT clearance.set_project(7004, by_phase => true)'), '1', 'R125 a project is reached through phases');
SELECT is(pg_temp.sees('Mae', 'SELECT id FROM app.project WHERE id = 7004'), '', 'R125 where phases decide, a partner without one has no access, admins included');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.add_member_to_project(7004, %s, source => 'phase:1', through_phase => true)$$, pg_temp.member('Moe'))), '1',
    'R124 a member takes part in a phase');
SELECT is(pg_temp.sees('Moe', 'SELECT id FROM app.project'), '7001, 7004', 'R124 a member who takes part in a phase gains access');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.remove_member_from_project(7004, %s, source => 'phase:1')$$, pg_temp.member('Moe'))), '1', 'R125 it leaves the phase');
SELECT is(pg_temp.sees('Moe', 'SELECT id FROM app.project'), '7001', 'R125 who left the phase has lost the project');

-- Which level counts in a project.
SELECT is(pg_temp.does('dba', format($$SELECT clearance.add_member_to_project(7001, %s, access_level => 'moderate')$$, pg_temp.member('Ria'))), '1',
    'R085 R121 a participant gets a project access level');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.task'), 'shared edit, shared hidden, shared read', 'R085 R121 the level of a participant decides in the project');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.add_member_to_project(7001, %s)$$, pg_temp.member('Ria'))), '1', 'R121 it may be left out');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.task'), 'of Ria', 'R121 then the partner''s level decides');

SELECT lives_ok(format($$SELECT clearance.create_role('lead', available_to_partners => true, access_level => 'moderate', account => %s)$$, account),
    'R122 a role names a default level') FROM scene;
SELECT lives_ok(format($$SELECT clearance.create_partner('Free', roles => '{lead,engineer}', account => %s)$$, account), 'R122 a partner has none') FROM scene;
SELECT clearance.add_member(key => key, name => name, roles => roles, partner => pg_temp.partner('Free'), account => account) IS NOT NULL AS added
FROM scene, (VALUES (7061, 'Lea', '{lead}'::text[]), (7062, 'Eve', '{engineer}')) AS m (key, name, roles) \g /dev/null
SELECT clearance.add_partner_to_project(7001, pg_temp.partner('Free')) \g /dev/null
SELECT clearance.add_member_to_project(7001, pg_temp.member(name)) FROM unnest('{Lea,Eve}'::text[]) AS name \g /dev/null
SELECT is(pg_temp.sees('Lea', 'SELECT title FROM app.task WHERE title LIKE ''shared%'''), 'shared edit, shared hidden, shared read', 'R122 holders of a role have its default level');
SELECT is(pg_temp.sees('Eve', 'SELECT title FROM app.task'), '', 'R122 R123 holders of a role without one have nothing yet');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.set_account(%s, default_external_level => 'moderate')$$, account)), '1',
    'R123 a default level for all external participants') FROM scene;
SELECT is(pg_temp.sees('Eve', 'SELECT title FROM app.task WHERE title LIKE ''shared%'''), 'shared edit, shared hidden, shared read', 'R123 the default for external participants applies where the role has none');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.set_account(%s, default_external_level => 'permissive')$$, account)), '1',
    'R123 another default') FROM scene;
SELECT is(pg_temp.sees('Lea', 'SELECT title FROM app.task WHERE title LIKE ''private%'''), '', 'R122 R123 the default for external participants leaves the role''s level alone');
SELECT is(pg_temp.sees('Ria', 'SELECT title FROM app.task'), 'of Ria', 'R123 and the partner''s');

-- Fields.
SELECT is(pg_temp.does('Pit', $$UPDATE app.project SET business_goals = 'more' WHERE id = 7001$$), '1', 'R087 a field that may be edited is changed');
SELECT matches(pg_temp.does('Pit', $$UPDATE app.project SET hours = 1 WHERE id = 7001$$), '^42501', 'R087 a field that may not be edited is not changed');
SELECT matches(pg_temp.does('Pit', $$UPDATE app.task SET completed_on = '2020-01-01' WHERE title = 'shared read'$$), '^42501', 'R087 neither is a date of record');
SELECT is(pg_temp.sees('dba', $$SELECT hours FROM app.project WHERE id = 7001$$), '', 'R087 and it keeps its value');

-- The vendor's own roles.
SELECT is((SELECT string_agg(name, ', ' ORDER BY id) FROM clearance.role WHERE built_in), 'account_admin, super_user, collaborator',
    'R070 the vendor''s team has three built-in roles');
SELECT is((SELECT string_agg(m.name || ' ' || r.name, ', ' ORDER BY m.key) FROM clearance.member m JOIN clearance.member_role mr ON mr.member_id = m.id
           JOIN clearance.role r ON r.id = mr.role_id JOIN scene s ON s.account = m.account_id WHERE m.kind = 'vendor'),
    'Ann account_admin, Sue super_user, Cole collaborator', 'R070 its members hold them');
SELECT is((SELECT count(DISTINCT (a.feature, a.name, l.name)) FROM clearance.action a CROSS JOIN clearance.level l
           JOIN clearance.matrix m ON (m.level, m.feature, m.action) = (l.name, a.feature, a.name) AND m.verdict IN ('can', 'cannot', 'not_available')
           WHERE l.built_in AND l.audience = 'vendor'),
          (SELECT 3 * count(*) FROM clearance.action),
    'R071 every action has a verdict for each of the three (each cell is proven in account_matrix.sql)');
SELECT is(pg_temp.sees('Sue', $$SELECT clearance.can('project.create')$$), 'true', 'R071 R072 a super user creates projects');
SELECT is(pg_temp.sees('Cole', $$SELECT clearance.can('project.create')$$), 'false', 'R071 R072 a collaborator does not');
SELECT is(pg_temp.sees('Sue', $$SELECT clearance.can('financials.view_cost')$$), 'false', 'R071 a super user sees no costs');
SELECT lives_ok(format($$SELECT clearance.add_member(key => 7004, name => 'Nia', roles => '{collaborator}', account => %s)$$, account),
    'R072 a new member') FROM scene;
SELECT is((SELECT count(*) FROM clearance.member_switch WHERE member_id = pg_temp.member('Nia')), 0::bigint, 'R072 a new member starts with the verdicts of its role and no others');
SELECT is(pg_temp.sees('Ann', (SELECT format('SELECT a FROM unnest(%L::text[]) AS a WHERE NOT clearance.can(a)', array_agg(feature || '.' || name)) FROM clearance.action)),
    '', 'R073 an account admin may do everything');
SELECT is(pg_temp.sees('Nia', $$SELECT clearance.can('settings.manage_automations')$$), 'false', 'R074 settings are off for a collaborator');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.switch_on(%s, 'settings', 'manage_automations')$$, pg_temp.member('Nia'))), '1', 'R074 each can be switched on');
SELECT is(pg_temp.sees('Nia', $$SELECT clearance.can('settings.manage_automations')$$), 'true', 'R074 what was switched on for one collaborator is on');
SELECT is(pg_temp.sees('Cole', $$SELECT clearance.can('settings.manage_automations')$$), 'false', 'R074 what was switched on for one collaborator is off for others');
SELECT is_empty(format($$SELECT action FROM clearance.not_available n JOIN clearance.level l ON l.id = n.level_id
    WHERE l.name = 'collaborator' AND n.feature = 'settings'$$), 'R074 every settings permission is available to collaborators');
SELECT is(pg_temp.does('dba', format($$SELECT clearance.switch_on(%s, 'report', 'create_custom')$$, pg_temp.member('Nia'))),
    '42501 report.create_custom is not available to member "Nia"', 'R075 what is N/A for a role cannot be switched on');
SELECT is(pg_temp.does('dba', $$SELECT clearance.allow('collaborator', 'report', 'create_custom')$$),
    '42501 report.create_custom is not available to level "collaborator"', 'R075 neither for the level');

SELECT * FROM finish();
ROLLBACK;
