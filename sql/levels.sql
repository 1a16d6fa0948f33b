-- Levels: what they hold, and how a DBA changes it.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_clearance;
RESET client_min_messages;
\set SHOW_CONTEXT never

-- The built-in levels. account_admin holds every action.
SELECT level, audience, count(*) FILTER (WHERE verdict = 'can') AS can,
       count(*) FILTER (WHERE verdict = 'cannot') AS cannot,
       count(*) FILTER (WHERE verdict = 'not_available') AS not_available
FROM clearance.matrix GROUP BY level, audience ORDER BY min(array_position(
    '{account_admin,super_user,collaborator,permissive,moderate,restricted,client}', level));

-- One line for each grant, with the gates that must be met too.
SELECT level, visibility, relation, reach, verdict, gates
FROM clearance.matrix WHERE (feature, action) = ('task', 'edit') ORDER BY level;
SELECT level, visibility, relation, reach, verdict, gates
FROM clearance.matrix WHERE (feature, action) = ('file', 'view') ORDER BY level, relation;
SELECT level, verdict FROM clearance.matrix
WHERE (feature, action) = ('credit_note', 'create') AND audience = 'vendor' ORDER BY level;

-- A level of one's own starts empty or as a copy.
SELECT clearance.create_level('regress_guest', 'partner') > 99 AS ok;
SELECT clearance.create_level('regress_trusted', 'partner', 'moderate', 'moderate, and creates tasks') > 99 AS ok;
SELECT clearance.allow('regress_trusted', 'task', 'create', 'shared');
-- the same grant twice is one; kinds are a set
SELECT clearance.allow('regress_trusted', 'task', 'create', 'shared');
SELECT clearance.allow('regress_trusted', 'task', 'create', kinds => '{task,bug,task}');
SELECT clearance.allow('regress_trusted', 'task', 'create', kinds => '{bug,task}');
SELECT clearance.deny('regress_trusted', 'task', 'delete');
SELECT level, action, visibility, relation, kinds, verdict FROM clearance.matrix
WHERE feature = 'task' AND action IN ('create', 'delete', 'edit') AND level IN ('regress_guest', 'regress_trusted')
ORDER BY level, action, visibility;

-- Copies are independent: moderate is as it was.
SELECT action, visibility, relation, verdict FROM clearance.matrix
WHERE level = 'moderate' AND feature = 'task' AND action IN ('create', 'delete') ORDER BY action;

-- Built-in levels can be changed too; deny takes what was built in, allow gives it back.
SELECT clearance.deny('moderate', 'task', 'delete');
SELECT clearance.deny('moderate', 'task', 'delete');
SELECT verdict FROM clearance.matrix WHERE level = 'moderate' AND feature = 'task' AND action = 'delete';
SELECT clearance.allow('moderate', 'task', 'delete', 'shared');
SELECT visibility, relation, verdict FROM clearance.matrix WHERE level = 'moderate' AND feature = 'task' AND action = 'delete';

-- Vendor grants have a reach; project.view always one of its own.
SELECT clearance.create_level('regress_staff', 'vendor') > 99 AS ok;
SELECT clearance.allow('regress_staff', 'project', 'view');
SELECT clearance.allow('regress_staff', 'task', 'view');
SELECT clearance.allow('regress_staff', 'task', 'edit', reach => 'owned');
SELECT feature, action, visibility, relation, reach FROM clearance.matrix
WHERE level = 'regress_staff' AND verdict = 'can' ORDER BY feature, action;

-- Features and actions of one's own. Only account_admin holds them at first.
SELECT clearance.create_feature('regress_survey', '{view,create,edit,delete,export_csv}', 'surveys');
SELECT clearance.create_action('regress_survey', 'close');
SELECT name, reads, built_in FROM clearance.action WHERE feature = 'regress_survey' ORDER BY name;
SELECT DISTINCT level, verdict FROM clearance.matrix WHERE feature = 'regress_survey' AND verdict = 'can';

-- Gates: an action needs another one as well.
SELECT clearance.add_gate('regress_survey.view', 'project.view_form_responses', '{vendor,partner}');
SELECT clearance.add_gate('regress_survey.close', 'regress_survey.view');
SELECT DISTINCT audience, action, gates FROM clearance.matrix
WHERE feature = 'regress_survey' AND action IN ('view', 'close') ORDER BY audience, action;
-- no circles
SELECT clearance.add_gate('regress_survey.view', 'regress_survey.close');
SELECT clearance.add_gate('regress_survey.view', 'regress_survey.view');
SELECT clearance.add_gate('regress_survey.close', 'regress_survey.view');
SELECT clearance.add_gate('regress_survey.edit', 'survey');
SELECT clearance.add_gate('regress_survey.edit', 'regress_survey.view', '{public}');
SELECT clearance.add_gate('regress_survey.edit', 'regress_survey.view', '{}');
SELECT clearance.remove_gate('regress_survey.close', 'regress_survey.view');
SELECT clearance.remove_gate('regress_survey.close', 'regress_survey.view');
SELECT clearance.remove_gate('task.edit', 'task.view');

-- Bad input gets a clear error.
SELECT clearance.create_level(NULL, 'partner');
SELECT clearance.create_level('  ', 'partner');
SELECT clearance.create_level('regress_x', NULL);
SELECT clearance.create_level('regress_x', 'public');
SELECT clearance.create_level('regress_x', 'partner', 'nobody');
SELECT clearance.create_level('regress_x', 'customer', 'client_x');
SELECT clearance.create_level('regress_x', 'customer', 'moderate');
SELECT clearance.create_level('regress_guest', 'partner');
SELECT clearance.allow('regress_guest', 'chat', 'view_conversations');
SELECT clearance.allow('regress_guest', 'space', 'view_documents');
SELECT clearance.allow('regress_guest', 'chore', 'view');
SELECT clearance.allow('regress_guest', 'regress_survey', 'burn');
SELECT clearance.allow('regress_guest', 'task', 'view', 'public');
SELECT clearance.allow('regress_guest', 'task', 'view', 'any', 'liked');
SELECT clearance.allow('regress_guest', 'task', 'view', NULL);
SELECT clearance.allow('regress_guest', 'task', 'view', reach => 'account');
SELECT clearance.allow('regress_staff', 'task', 'view', reach => 'world');
SELECT clearance.allow('regress_guest', 'task', 'view', kinds => '{}');
SELECT clearance.allow('super_user', 'credit_note', 'create');
SELECT clearance.deny('regress_guest', NULL, 'view');
SELECT clearance.deny('account_admin', 'task', 'view');
SELECT clearance.create_feature('Survey');
SELECT clearance.create_feature('task');
SELECT clearance.create_feature('regress_y', '{view,NULL}');
SELECT clearance.create_action('regress_y', 'view');
SELECT clearance.create_action('task', 'view');
SELECT clearance.drop_level('moderate');
SELECT clearance.drop_level('nobody');
-- … and changes nothing
SELECT count(*) AS grants FROM clearance.level_grant g JOIN clearance.level l ON l.id = g.level_id WHERE l.name = 'regress_guest';
SELECT name FROM clearance.feature WHERE NOT built_in ORDER BY name;

-- A level that something names stays.
INSERT INTO clearance.role (id, account_id, name, level_id, built_in)
    VALUES (-1, NULL, 'regress_role', clearance_internal.require_level('regress_guest', 'partner'), true);
SELECT clearance.drop_level('regress_guest');
DELETE FROM clearance.role WHERE id = -1;

-- Ordinary roles change nothing.
CREATE ROLE regress_levels_user;
GRANT USAGE ON SCHEMA clearance TO regress_levels_user;
SET ROLE regress_levels_user;
SELECT clearance.allow('regress_guest', 'task', 'view');
SELECT count(*) FROM clearance.matrix;
RESET ROLE;
SELECT visibility, relation FROM clearance.matrix WHERE level = 'regress_guest' AND verdict = 'can';

-- Clean up: moderate as it was built.
DROP OWNED BY regress_levels_user;
DROP ROLE regress_levels_user;
SELECT clearance.drop_level(name) FROM clearance.level WHERE name LIKE 'regress\_%';
DELETE FROM clearance.feature WHERE name = 'regress_survey';
DELETE FROM clearance.level_denial WHERE NOT built_in;
DELETE FROM clearance.level_grant WHERE NOT built_in;
SELECT visibility, relation, verdict FROM clearance.matrix WHERE level = 'moderate' AND feature = 'task' AND action = 'delete';
