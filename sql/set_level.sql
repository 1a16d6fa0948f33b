-- A level made equal to a document, in one call; and the document of a level.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pg_clearance;
SET client_min_messages = notice;
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT clearance.create_account('North') AS north \gset
SELECT clearance.create_level('crew', 'partner', based_on => 'moderate', account => :north) > 0;
SELECT clearance.create_level('staff', 'vendor', account => :north) > 0;
CREATE VIEW crew AS
SELECT m.feature || '.' || m.action AS action, m.visibility, m.relation, m.reach, m.kinds FROM clearance.matrix m
WHERE m.account_id IS NOT NULL AND m.level = 'crew' AND m.verdict = 'can';

-- All that a level is given and denied: what comes from others by itself is no part of it.
SELECT jsonb_pretty(clearance.level_document('staff', :north));
SELECT clearance.set_level('crew', '{"audience": "partner",
    "grants": [{"action": "task.view", "visibility": "shared"},
               {"action": "task.view", "visibility": "any", "relation": "assigned"},
               {"action": "task.edit", "relation": "own", "kinds": ["bug", "call", "bug"]},
               {"action": "task.create"}],
    "denials": ["task.delete"]}', :north);
SELECT * FROM crew ORDER BY 1, 2, 3;
SELECT jsonb_pretty(clearance.level_document('crew', :north));
-- what it held before and the document does not say is gone
SELECT count(*) FROM clearance.level_grant g JOIN clearance.level l ON l.id = g.level_id WHERE l.name = 'crew' AND feature <> 'task';
-- the same grant twice is one; a level that grants nothing has an empty list
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.view"}, {"action": "task.view", "relation": "any", "visibility": "any"}]}', :north);
SELECT clearance.level_document('crew', :north);
SELECT clearance.set_level('crew', '{"grants": []}', :north);
SELECT clearance.level_document('crew', :north);

-- Vendor levels have a reach: project.view one of its own, which others follow.
SELECT clearance.set_level('staff', '{"grants": [{"action": "project.view"}, {"action": "task.view"}, {"action": "task.edit", "reach": "owned"}]}', :north);
SELECT clearance.level_document('staff', :north);
SELECT clearance.set_level('staff', '{"grants": [{"action": "project.view", "reach": "account"}, {"action": "task.view"}]}', :north);
SELECT clearance.level_document('staff', :north);

-- There and back is where one was: for each level, built in or not, also when it was changed.
SELECT clearance.allow('moderate', 'task', 'create', 'shared'), clearance.deny('moderate', 'task', 'delete'),
       clearance.deny('restricted', 'task', 'view'), clearance.allow('restricted', 'task', 'view', 'shared', 'own'),
       clearance.deny('staff', 'task', 'assign', :north), clearance.allow('super_user', 'task', 'view', reach => 'owned');
CREATE TEMP TABLE held AS SELECT level_id, feature, action, visibility, relation, reach, kinds FROM clearance.held_grant;
CREATE TEMP TABLE says AS SELECT DISTINCT level_id, feature, action FROM clearance_internal.level_says();
CREATE TEMP TABLE stored AS SELECT ctid AS at, * FROM clearance.level_grant;
SELECT clearance.set_level(name, clearance.level_document(name, account_id), account_id) FROM clearance.level WHERE name <> 'account_admin' ORDER BY id;
SELECT * FROM (TABLE held EXCEPT SELECT level_id, feature, action, visibility, relation, reach, kinds FROM clearance.held_grant) x;
SELECT * FROM (SELECT level_id, feature, action, visibility, relation, reach, kinds FROM clearance.held_grant EXCEPT TABLE held) x;
SELECT * FROM (TABLE says EXCEPT SELECT DISTINCT level_id, feature, action FROM clearance_internal.level_says()) x;
SELECT * FROM (SELECT DISTINCT level_id, feature, action FROM clearance_internal.level_says() EXCEPT TABLE says) x;
-- and no row was written anew
SELECT count(*) FROM (TABLE stored EXCEPT SELECT ctid, * FROM clearance.level_grant) x;
-- a copy made of the document is one
SELECT clearance.create_level('copy', 'partner', account => :north) > 0;
SELECT clearance.set_level('copy', clearance.level_document('moderate'), :north);
SELECT * FROM clearance.compare_levels('copy', 'moderate', :north);

-- A built-in level as well: its own grants come back when a document says so.
SELECT clearance.level_document('moderate') AS was \gset
SELECT clearance.set_level('moderate', jsonb_set(:'was', '{grants}', '[{"action": "task.view", "visibility": "shared", "relation": "assigned"}]'));
SELECT action, visibility, relation FROM clearance.matrix WHERE level = 'moderate' AND verdict = 'can' ORDER BY 1;
SELECT clearance.set_level('moderate', :'was');
SELECT clearance.level_document('moderate') = :'was';
-- what it is denied from the start is denied, or granted: a dump would not carry anything else
SELECT clearance.set_level('restricted', '{"grants": []}');
SELECT clearance.set_level('restricted', jsonb_set(clearance.level_document('restricted'), '{grants}', '[]'));
SELECT count(*) FROM clearance.matrix WHERE level = 'restricted' AND verdict = 'can';
-- account_admin holds everything
SELECT clearance.set_level('account_admin', '{"grants": []}');
SELECT jsonb_array_length(clearance.level_document('account_admin') -> 'grants') = (SELECT count(*) FROM clearance.action);

-- A document that is wrong in any part changes nothing, and the error says which part.
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.view"}]}', :north);
SELECT clearance.set_level('crew', NULL, :north);
SELECT clearance.set_level('crew', 'null', :north);
SELECT clearance.set_level('crew', '[]', :north);
SELECT clearance.set_level('crew', '{}', :north);
SELECT clearance.set_level('crew', '{"denials": []}', :north);
SELECT clearance.set_level('crew', '{"grants": {}}', :north);
SELECT clearance.set_level('crew', '{"grants": [], "denials": "task.view"}', :north);
SELECT clearance.set_level('crew', '{"grants": [], "grant": []}', :north);
SELECT clearance.set_level('crew', '{"grants": [], "audience": "vendor"}', :north);
SELECT clearance.set_level('crew', '{"grants": [], "audience": null}', :north);
SELECT clearance.set_level('crew', '{"grants": ["task.view"]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit"}, {}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit"}, {"action": null}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit"}, {"action": "task"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit"}, {"action": "chore.edit"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit"}, {"action": "task.burn"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "chat.view_conversations"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "visibility": "public"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "visibility": 1}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "relation": "liked"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "relation": null}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "reach": "account"}]}', :north);
SELECT clearance.set_level('staff', '{"grants": [{"action": "task.edit", "reach": "world"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "kinds": []}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "kinds": "bug"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "kinds": ["bug", null]}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "kinds": [["bug"]]}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "kind": "bug"}]}', :north);
SELECT clearance.set_level('crew', '{"grants": [], "denials": [1]}', :north);
SELECT clearance.set_level('crew', '{"grants": [], "denials": ["task.burn"]}', :north);
SELECT clearance.set_level('crew', '{"grants": [], "denials": ["task.edit", "task"]}', :north);
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.edit", "relation": "own"}], "denials": ["task.view", "task.edit"]}', :north);
SELECT clearance.set_level(NULL, '{"grants": []}', :north);
SELECT clearance.set_level('nobody', '{"grants": []}', :north);
SELECT clearance.level_document('nobody', :north);
SELECT clearance.level_document(NULL, :north);
SELECT clearance.level_document('crew');
SELECT clearance.level_document('crew', :north);
-- what is not available to a level, or to the one that it is a copy of
SELECT clearance.create_level('deputy', 'vendor', based_on => 'super_user', account => :north) > 0;
SELECT clearance.set_level('deputy', '{"grants": [{"action": "task.view"}, {"action": "credit_note.create"}]}', :north);
SELECT clearance.set_level('deputy', '{"grants": []}', :north);
SELECT verdict, count(*) FROM clearance.matrix WHERE level = 'deputy' GROUP BY 1 ORDER BY 1;

-- Two levels compared: the lines of the matrix that one of them has alone, in force or not.
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.view"}, {"action": "task.edit", "visibility": "shared"}]}', :north);
SELECT clearance.set_level('copy', '{"grants": [{"action": "task.view"}, {"action": "task.edit", "visibility": "shared", "relation": "own"}, {"action": "file.view"}]}', :north);
SELECT * FROM clearance.compare_levels('crew', 'copy', :north);
SELECT count(*) FROM clearance.compare_levels('copy', 'crew', :north);
SELECT count(*) FROM clearance.compare_levels('crew', 'crew', :north);
SELECT clearance.compare_levels('crew', 'nobody', :north);
SELECT clearance.compare_levels('crew', NULL, :north);
SELECT clearance.compare_levels('crew', 'copy');
-- of different audiences, too
SELECT level, verdict, count(*) > 0 FROM clearance.compare_levels('crew', 'deputy', :north) GROUP BY 1, 2 ORDER BY 1, 2;

-- Operators hear of kinds that no row has; members do not, for rows are of every account.
CREATE TABLE errand (id integer PRIMARY KEY, project integer, kind text);
SELECT clearance.create_project(1, :north) > 0;
INSERT INTO errand VALUES (1, 1, 'secret kind');
SELECT clearance.protect('errand', 'task', 'project', kind => 'kind') > 0;
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.view", "kinds": ["x"]}]}', :north);
SELECT clearance.add_member('ann', roles => '{account_admin}', account => :north) AS ann \gset
SELECT clearance.set_actor(key => 'ann') = :ann;
SELECT clearance.set_level('crew', '{"grants": [{"action": "task.view", "kinds": ["y"]}]}');
SELECT clearance.allow('crew', 'task', 'edit', kinds => '{z}');
SELECT clearance.level_document('crew');
ROLLBACK;
