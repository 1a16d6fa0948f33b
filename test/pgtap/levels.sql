-- The built-in levels are what the matrices and the rules about them say.
-- Needs the source tree: run psql at its top, or set CLEARANCE_SRCDIR.
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\set partner_csv `cat "${CLEARANCE_SRCDIR:-.}/src/data/partner_matrix.csv"`
\set account_csv `cat "${CLEARANCE_SRCDIR:-.}/src/data/account_matrix.csv"`

BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
SELECT no_plan();

-- The files as tables, with canonical names; visibility none: the cell says no.
CREATE TEMP TABLE partner_cell AS
SELECT f[3] AS level, coalesce(n.canonical_feature, f[1]) AS feature, coalesce(n.canonical_action, f[2]) AS action,
       f[4] AS visibility, f[5] AS relation, f[6] AS gate
FROM regexp_split_to_table(:'partner_csv', '\n') WITH ORDINALITY line (text, nr)
CROSS JOIN LATERAL string_to_array(line.text, ',') f
LEFT JOIN clearance.action_alias n ON (n.source, n.feature, n.action) = ('partner', f[1], f[2])
WHERE nr > 1 AND line.text <> '';

CREATE TEMP TABLE account_cell AS
SELECT f[3] AS level, coalesce(n.canonical_feature, f[1]) AS feature, coalesce(n.canonical_action, f[2]) AS action,
       f[4] AS verdict, f[5] AS scope
FROM regexp_split_to_table(:'account_csv', '\n') WITH ORDINALITY line (text, nr)
CROSS JOIN LATERAL string_to_array(line.text, ',') f
LEFT JOIN clearance.action_alias n ON (n.source, n.feature, n.action) = ('account', f[1], f[2])
WHERE nr > 1 AND line.text <> '';

-- What the built-in levels hold, one text for each grant; not what somebody added.
DELETE FROM clearance.level_grant WHERE NOT built_in;
DELETE FROM clearance.level_denial WHERE NOT built_in;
CREATE TEMP VIEW held AS
SELECT l.name AS level, l.audience, g.feature, g.action, concat_ws('/', g.visibility, g.relation, g.reach) AS held
FROM clearance.effective_grant g JOIN clearance.level l ON l.id = g.level_id;

-- Every cell is there, once under its canonical name.
SELECT is(count(*), 261::bigint, 'partner matrix has 87 actions x 3 levels') FROM partner_cell;
SELECT is(count(*), 1044::bigint, 'account matrix has 348 actions x 3 roles') FROM account_cell;
SELECT is_empty('SELECT level, feature, action FROM partner_cell GROUP BY 1, 2, 3 HAVING count(*) > 1',
    'no two partner cells share a canonical name');
SELECT is_empty('SELECT level, feature, action FROM account_cell GROUP BY 1, 2, 3 HAVING count(*) > 1',
    'no two account cells share a canonical name');
SELECT is_empty($$SELECT feature, action FROM partner_cell UNION SELECT feature, action FROM account_cell
    EXCEPT SELECT feature, name FROM clearance.action WHERE built_in$$,
    'every action of the matrices exists');
SELECT is_empty('SELECT name FROM clearance.feature WHERE built_in AND description IS NULL',
    'every built-in feature is described');

-- Partner levels: the cells as they stand.
SELECT set_eq(
    $$SELECT level, feature, action, held FROM held JOIN (SELECT DISTINCT level, feature, action FROM partner_cell) c
      USING (level, feature, action)$$,
    $$SELECT level, feature, action, visibility || '/' || relation FROM partner_cell WHERE visibility <> 'none'$$,
    'partner levels hold their cells and nothing else for the same actions');

-- Vendor levels: the cells with their reach.
SELECT set_eq(
    $$SELECT level, feature, action, held FROM held JOIN (SELECT DISTINCT level, feature, action FROM account_cell) c
      USING (level, feature, action)$$,
    $$SELECT level, feature, action,
             concat_ws('/', 'any', 'any',
                 CASE WHEN scope IN ('global', 'all') THEN 'account'
                      WHEN scope IN ('own_projects_and_all_team_members', 'own_projects_and_non_project') THEN 'owned'
                      WHEN (level, feature, action) = ('collaborator', 'project', 'view') THEN 'member' END)
      FROM account_cell WHERE verdict = 'can' AND level <> 'account_admin'$$,
    'super_user and collaborator hold their cells and nothing else for the same actions');
SELECT set_eq(
    'SELECT l.name, n.feature, n.action FROM clearance.not_available n JOIN clearance.level l ON l.id = n.level_id WHERE n.built_in',
    $$SELECT level, feature, action FROM account_cell WHERE verdict = 'not_available'$$,
    'not available is what the account matrix says is not available');
SELECT is(count(*), 62::bigint, 'which are 15 for super_user and 47 for collaborator') FROM clearance.not_available WHERE built_in;
SELECT is_empty('SELECT FROM clearance.level_grant JOIN clearance.not_available USING (level_id, feature, action)',
    'nothing not available is granted');

-- account_admin holds everything, and none of it is stored.
SELECT is_empty('SELECT FROM clearance.level_grant WHERE level_id = 1', 'no grant of account_admin is stored');
SELECT is_empty($$SELECT FROM clearance.matrix WHERE level = 'account_admin'
    AND (verdict, visibility, relation, reach) IS DISTINCT FROM ('can', 'any', 'any', 'account')$$,
    'account_admin can do everything in the account');

-- Only where the account matrix has no cell, the vendor holds the permissive one.
SELECT set_eq(
    $$SELECT h.level, h.feature, h.action, h.held
      FROM held h JOIN partner_cell p ON p.level = 'permissive' AND (p.feature, p.action) = (h.feature, h.action)
      WHERE h.audience = 'vendor'
        AND NOT EXISTS (SELECT FROM account_cell a WHERE (a.feature, a.action) = (h.feature, h.action))$$,
    $$SELECT v.level, p.feature, p.action, p.visibility || '/' || p.relation
      FROM partner_cell p, (VALUES ('super_user'), ('collaborator')) v (level)
      WHERE p.level = 'permissive' AND p.visibility <> 'none'
        AND NOT EXISTS (SELECT FROM account_cell a WHERE (a.feature, a.action) = (p.feature, p.action))$$,
    'without a cell of their own, super_user and collaborator hold the permissive cell');

-- Everything else that a level holds follows from a rule; here it is in full.
CREATE TEMP VIEW beside_the_cells AS
SELECT level, audience, feature, string_agg(action || ' ' || held, ', ' ORDER BY action, held) AS held
FROM held h
WHERE NOT EXISTS (SELECT FROM partner_cell p WHERE (p.feature, p.action) = (h.feature, h.action)
                  AND (p.level = h.level OR h.audience = 'vendor'))
  AND NOT EXISTS (SELECT FROM account_cell a WHERE (a.level, a.feature, a.action) = (h.level, h.feature, h.action))
GROUP BY level, audience, feature;

SELECT set_eq($$SELECT feature, held FROM beside_the_cells WHERE level = 'client'$$, $$VALUES
    ('project', 'view any/any'),
    ('task', 'edit any/any, view any/any'),
    ('file', 'create any/any, edit any/any, view any/any, view any/own'),
    ('sign_off', 'sign any/any, view any/any')$$,
    'client holds exactly what the portal shows');

SELECT set_eq($$SELECT feature, held FROM beside_the_cells WHERE level = 'restricted'$$, $$VALUES
    ('conversation', 'send_messages shared/invited'),
    ('document_approval', 'edit shared/own'),
    ('file', 'edit any/own'),
    ('folder', 'view any/assigned_task'),
    ('milestone', 'edit any/assigned, view any/assigned'),
    ('raid_item', 'edit any/assigned, view any/assigned'),
    ('task', 'edit_description any/assigned, edit_due_date any/assigned, edit_effort any/assigned, edit_name any/assigned, '
             'edit_priority any/assigned, edit_progress any/assigned, edit_start_date any/assigned, edit_status any/assigned, '
             'send_messages any/assigned')$$,
    'restricted assigns nothing; columns and own rows go with its cells');

SELECT set_eq($$SELECT feature, held FROM beside_the_cells WHERE level = 'moderate'$$, $$VALUES
    ('conversation', 'edit shared/own, edit_description shared/own, edit_name shared/own, send_messages shared/any'),
    ('document', 'assign shared/any'),
    ('document_approval', 'assign shared/any, edit shared/own'),
    ('file', 'edit shared/own'),
    ('folder', 'view shared/any'),
    ('milestone', 'assign shared/any, edit shared/any, view shared/any'),
    ('raid_item', 'assign shared/any, create shared/any, edit shared/any, view shared/any'),
    ('sign_off', 'view shared/any'),
    ('space', 'assign shared/any, edit_embedded_document_urls shared/any'),
    ('status_update', 'edit shared/own'),
    ('task', 'assign shared/any, edit_assignee shared/any, edit_description shared/any, edit_due_date shared/any, '
             'edit_effort shared/any, edit_name shared/any, edit_priority shared/any, edit_progress shared/any, '
             'edit_start_date shared/any, edit_status shared/any, send_messages shared/any')$$,
    'moderate assigns what it edits, and makes nothing private');

SELECT set_eq($$SELECT feature, held FROM beside_the_cells WHERE level = 'permissive'$$, $$VALUES
    ('conversation', 'edit any/own, edit_description any/own, edit_name any/own, send_messages any/any'),
    ('document', 'assign any/any'),
    ('document_approval', 'assign any/any, edit any/own'),
    ('document_task', 'edit any/own'),
    ('file', 'edit any/own'),
    ('folder', 'view any/any'),
    ('form_response', 'assign any/any'),
    ('milestone', 'assign any/any, create any/any, delete any/any, edit any/any, view any/any'),
    ('phase', 'assign any/any, edit_dates any/any, edit_effort any/any, edit_name any/any'),
    ('project', 'assign any/any'),
    ('raid_item', 'assign any/any, create any/any, delete any/any, edit any/any, view any/any'),
    ('sign_off', 'view any/any'),
    ('space', 'assign any/any, edit_embedded_document_urls any/any'),
    ('status_update', 'edit any/own'),
    ('task', 'assign any/any, edit_assignee any/any, edit_description any/any, edit_due_date any/any, '
             'edit_effort any/any, edit_name any/any, edit_priority any/any, edit_progress any/any, '
             'edit_start_date any/any, edit_status any/any, mark_private any/any, send_messages any/any')$$,
    'permissive assigns what it edits');

-- Vendor, project rows: what the rules add beside the cells.
SELECT results_eq($$SELECT feature, held FROM beside_the_cells
    WHERE level = 'collaborator' AND feature IN ('task', 'phase', 'file', 'conversation', 'sign_off', 'status_update',
        'document_approval', 'space', 'project', 'credit_note', 'form_task') ORDER BY feature$$, $$VALUES
    ('conversation', 'assign any/any'),
    ('credit_note', 'assign any/any'),
    ('document_approval', 'assign any/any, edit any/own'),
    ('file', 'assign any/own, edit any/own'),
    ('form_task', 'assign any/any, create any/any, delete any/any, edit any/any'),
    ('phase', 'assign any/any'),
    ('sign_off', 'assign any/any, create any/any, delete any/own, edit any/any, send any/any, view any/any'),
    ('space', 'assign any/any'),
    ('status_update', 'assign any/own, edit any/own'),
    ('task', 'assign any/any')$$,
    'collaborator edits where it edits a column, assigns where it edits, and gets nothing on projects');
-- (task.edit and phase.edit are cells of the partner matrix and were compared above.)
SELECT is_empty($$SELECT FROM held c WHERE level = 'super_user' AND action LIKE 'edit\_%'
    AND NOT EXISTS (SELECT FROM held e WHERE (e.level, e.feature, e.action) = (c.level, c.feature, 'edit'))$$,
    'super_user edits every feature of which it edits a column');
SELECT is_empty($$SELECT FROM held WHERE audience <> 'vendor' AND held LIKE '%/%/%'$$, 'only vendor levels have a reach');
SELECT is_empty($$SELECT FROM held WHERE action IN ('change_owner', 'unarchive')$$,
    'changing owners and unarchiving are left to account_admin');
SELECT is_empty($$SELECT FROM held WHERE action = 'assign' AND (level = 'restricted' OR audience = 'customer')$$,
    'restricted and customers never assign');

-- Any feature can be a table's.
SELECT is_empty($$SELECT f.name, a FROM clearance.feature f CROSS JOIN
    unnest('{view,create,edit,delete,assign,invite,change_owner}'::text[]) a
    WHERE f.built_in EXCEPT SELECT feature, name FROM clearance.action$$, 'every feature has the actions that SQL commands ask for');
SELECT is_empty($$SELECT feature, name FROM clearance.action WHERE built_in AND reads <> (name ~ '^(view|access|export)')$$,
    'actions that view, access or export read; all others do not');

-- Gates, level-independent and under canonical names.
SELECT set_eq(
    $$SELECT feature, action, gate_feature || '.' || gate_action FROM clearance.gate
      WHERE built_in AND audiences = '{partner}'$$,
    $$SELECT DISTINCT p.feature, p.action,
             coalesce(n.canonical_feature || '.' || n.canonical_action, g)
      FROM partner_cell p CROSS JOIN LATERAL regexp_split_to_table(nullif(p.gate, ''), ' ') g
      LEFT JOIN clearance.action_alias n ON n.source = 'partner' AND n.feature || '.' || n.action = g$$,
    'the gates are those of the partner matrix');
SELECT is(count(*), 51::bigint, 'which are 51') FROM clearance.gate WHERE built_in;

-- Levels and roles.
SELECT results_eq('SELECT id, name, audience FROM clearance.level WHERE built_in ORDER BY id', $$VALUES
    (1, 'account_admin', 'vendor'), (2, 'super_user', 'vendor'), (3, 'collaborator', 'vendor'),
    (4, 'permissive', 'partner'), (5, 'moderate', 'partner'), (6, 'restricted', 'partner'),
    (7, 'client', 'customer')$$, 'the built-in levels');
SELECT results_eq(
    'SELECT r.id, r.name, l.name FROM clearance.role r JOIN clearance.level l ON l.id = r.level_id WHERE r.built_in ORDER BY 1',
    $$VALUES (1::bigint, 'account_admin', 'account_admin'), (2, 'super_user', 'super_user'), (3, 'collaborator', 'collaborator')$$,
    'the built-in roles');
SELECT is_empty($$SELECT FROM pg_class WHERE relnamespace = 'clearance'::regnamespace AND relname LIKE 'staged%'$$,
    'nothing is left of the staging tables');

-- Refusals: each with its SQLSTATE, and nothing changed.
CREATE TEMP VIEW everything AS
SELECT md5(string_agg(t.line, E'\n' ORDER BY t.line)) AS digest
FROM (SELECT g::text FROM clearance.level_grant g UNION ALL SELECT d::text FROM clearance.level_denial d
      UNION ALL SELECT l::text FROM clearance.level l UNION ALL SELECT g::text FROM clearance.gate g
      UNION ALL SELECT f::text FROM clearance.feature f UNION ALL SELECT a::text FROM clearance.action a) t (line);
CREATE TEMP TABLE untouched AS SELECT digest FROM everything;
SELECT throws_ok($$SELECT clearance.allow('nobody', 'task', 'edit')$$, '42704', 'level "nobody" does not exist', 'unknown level');
SELECT throws_ok($$SELECT clearance.allow('moderate', 'chore', 'edit')$$, '42704', 'feature "chore" does not exist', 'unknown feature');
SELECT throws_ok($$SELECT clearance.allow('moderate', 'task', 'eat')$$, '42704', 'feature "task" has no action "eat"', 'unknown action');
SELECT throws_ok($$SELECT clearance.allow('moderate', 'task', 'edit', 'public')$$, '22023', 'unknown visibility "public"', 'unknown visibility');
SELECT throws_ok($$SELECT clearance.allow('moderate', 'task', 'edit', relation => 'liked')$$, '22023', 'unknown relation "liked"', 'unknown relation');
SELECT throws_ok($$SELECT clearance.allow('moderate', 'task', 'edit', reach => 'member')$$, '22023', 'level "moderate" cannot have a reach', 'reach for a partner level');
SELECT throws_ok($$SELECT clearance.allow('super_user', 'credit_note', 'create')$$, '42501', 'credit_note.create is not available to level "super_user"', 'not available');
SELECT throws_ok($$SELECT clearance.allow('moderate', NULL, 'edit')$$, '22004', 'feature is null', 'null feature');
SELECT throws_ok($$SELECT clearance.deny('account_admin', 'task', 'edit')$$, '42501', 'level "account_admin" cannot be denied anything', 'account_admin is not demoted');
SELECT throws_ok($$SELECT clearance.create_level('x', 'public')$$, '22023', 'unknown audience "public"', 'unknown audience');
SELECT throws_ok($$SELECT clearance.create_level('x', 'customer', 'moderate')$$, '22023', 'level "moderate" is of audience partner, not customer', 'based on another audience');
SELECT throws_ok($$SELECT clearance.create_level('moderate', 'partner')$$, '42710', 'level "moderate" already exists', 'level exists');
SELECT throws_ok($$SELECT clearance.drop_level('moderate')$$, '22023', 'level "moderate" is built in and cannot be dropped', 'built-in level');
SELECT throws_ok($$SELECT clearance.create_feature('task')$$, '42710', 'feature "task" already exists', 'feature exists');
SELECT throws_ok($$SELECT clearance.create_feature('Bad Name')$$, '22023', 'feature "Bad Name" is not an identifier', 'feature name');
SELECT throws_ok($$SELECT clearance.create_action('task', 'edit')$$, '42710', 'feature "task" already has an action "edit"', 'action exists');
SELECT throws_ok($$SELECT clearance.add_gate('task.view', 'task.edit')$$, '22023', 'task.edit cannot be a gate of task.view', 'a circle of gates');
SELECT throws_ok($$SELECT clearance.add_gate('task.edit', 'task.view')$$, '42710', 'task.view is a gate of task.edit already', 'gate exists');
SELECT throws_ok($$SELECT clearance.remove_gate('task.edit', 'task.view')$$, '22023', 'gate task.view of task.edit is built in and cannot be removed', 'built-in gate');
SELECT throws_ok($$SELECT clearance.remove_gate('task.view', 'task.edit')$$, '42704', 'task.edit is not a gate of task.view', 'no such gate');
SELECT results_eq('SELECT digest FROM everything', 'SELECT digest FROM untouched', 'refusals changed nothing');

-- deny() empties a cell, allow() adds to what is in force, also a part of what was denied.
DO $$BEGIN PERFORM clearance.deny('client', 'file', 'view'); END$$;
SELECT is_empty($$SELECT FROM clearance.effective_grant WHERE level_id = 7 AND (feature, action) = ('file', 'view')$$,
    'deny takes built-in grants');
DO $$BEGIN PERFORM clearance.allow('client', 'file', 'view', relation => 'own'); END$$;
DO $$BEGIN PERFORM clearance.allow('client', 'file', 'view', relation => 'own'); END$$;
SELECT results_eq($$SELECT relation FROM clearance.effective_grant WHERE level_id = 7 AND (feature, action) = ('file', 'view')$$,
    $$VALUES ('own')$$, 'allow gives one of them back, once');
DO $$BEGIN PERFORM clearance.allow('client', 'task', 'view'); END$$;
SELECT is(count(*), 1::bigint, 'a grant that is in force is not stored again')
FROM clearance.level_grant WHERE level_id = 7 AND (feature, action) = ('task', 'view');

-- A level in use stays.
DO $$BEGIN PERFORM clearance.create_level('guests', 'partner', 'restricted'); END$$;
SELECT set_eq($$SELECT feature, action, visibility, relation FROM clearance.effective_grant
    WHERE level_id = clearance_internal.require_level('guests')$$,
    'SELECT feature, action, visibility, relation FROM clearance.effective_grant WHERE level_id = 6',
    'a level based on another holds the same');
INSERT INTO clearance.account (id, name, default_external_level_id) VALUES (-1, 'levels test', clearance_internal.require_level('guests'));
SELECT throws_ok($$SELECT clearance.drop_level('guests')$$, '55006', 'level "guests" is in use', 'level in use');
DELETE FROM clearance.account WHERE id = -1;
SELECT lives_ok($$SELECT clearance.drop_level('guests')$$, 'level no longer in use');

-- A copy of account_admin can be denied; a copy keeps what is not available.
DO $$BEGIN PERFORM clearance.create_level('auditor', 'vendor', 'account_admin'); END$$;
DO $$BEGIN PERFORM clearance.deny('auditor', 'task', 'edit'); END$$;
SELECT is((SELECT count(*) FROM clearance.action) - 1, count(*), 'a copy of account_admin holds every action but the denied one')
FROM clearance.effective_grant WHERE level_id = clearance_internal.require_level('auditor');
DO $$BEGIN PERFORM clearance.create_level('manager', 'vendor', 'super_user'); END$$;
SELECT throws_ok($$SELECT clearance.allow('manager', 'credit_note', 'create')$$, '42501', NULL, 'a copy keeps what is not available');

SELECT * FROM finish();
ROLLBACK;
