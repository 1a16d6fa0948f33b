-- Who supervises somebody may see what is theirs (relation reports), so whoever
-- manages the team makes nobody a resource who is beyond it.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_supervisors;
CREATE SCHEMA regress_supervisors;
SET LOCAL search_path = regress_supervisors;
SELECT clearance.trust_role('regress_supervisors');
SELECT clearance.create_account('Regress supervisors', key => 'regress-supervisors') AS account \gset
SELECT clearance.create_level('lead', 'vendor', account => :account) > 0;
SELECT clearance.set_level('lead', '{"grants": [{"action": "project.view", "reach": "member"}, {"action": "task.view", "relation": "reports", "reach": "account"},
    {"action": "settings.manage_team_members"}]}', account => :account) IS NOT NULL;
SELECT clearance.create_role('lead', access_level => 'lead', account => :account) > 0;
SELECT clearance.add_member('meg', roles => '{lead}', account => :account) AS meg, clearance.add_member('vera', name => 'Vera', roles => '{super_user}', account => :account) AS vera,
       clearance.add_member('carl', roles => '{collaborator}', account => :account) AS carl, clearance.add_member('ada', roles => '{account_admin}', account => :account) AS ada \gset
SELECT clearance.create_project('one', :account) > 0;
CREATE TABLE task (id integer PRIMARY KEY, project text, own text);
INSERT INTO task VALUES (1, 'one', 'vera'), (2, 'one', 'carl');
SELECT clearance.protect('task', 'task', 'project', owner => 'own') > 0;
GRANT USAGE ON SCHEMA regress_supervisors TO regress_supervisors;
GRANT SELECT ON task TO regress_supervisors;
SET LOCAL ROLE regress_supervisors;
SELECT clearance.set_actor('meg') IS NOT NULL;
SELECT id FROM task;
SAVEPOINT s;
SELECT clearance.set_resource(:vera, :meg);
ROLLBACK TO s;
-- collaborators are within everybody's reach who manages the team
SELECT clearance.set_resource(:carl, :meg);
SELECT id FROM task;
-- nothing is beyond an account admin
SELECT clearance.set_actor('ada') IS NOT NULL;
SELECT clearance.set_resource(:vera, :meg);
SELECT clearance.set_actor('meg') IS NOT NULL;
SELECT id FROM task;
ROLLBACK;
