-- Vendor members whose level reaches the account for some actions only: their
-- scope lists the projects that they are on. The others are found one by one, as
-- somebody asks for them, and their keys are read where an action reaches them all,
-- once for everybody.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE DATABASE regress_reached;
\c regress_reached
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_reached;
SELECT clearance.trust_role('regress_reached');
SELECT clearance.create_account('North') AS north \gset
SELECT clearance.create_account('South', key => 'south') AS south \gset
-- a watcher sees the tasks of all projects, everything else of those that it is on
SELECT clearance.create_level('watcher', 'vendor') > 0;
SELECT clearance.allow('watcher', 'project', 'view', reach => 'member');
SELECT clearance.allow('watcher', 'task', 'view', reach => 'account');
SELECT clearance.allow('watcher', 'task', 'edit', reach => 'account', relation => 'own');
SELECT clearance.allow('watcher', 'document', 'view');
SELECT clearance.create_level('tasks', 'vendor') > 0, clearance.create_level('papers', 'vendor') > 0;
SELECT clearance.allow('tasks', 'task', 'view'), clearance.allow('papers', 'document', 'view'), clearance.allow('papers', 'project', 'view');
SELECT clearance.create_role('watcher', access_level => 'watcher', account => :north) > 0;
SELECT count(clearance.add_member(m.key, roles => ARRAY[m.role], account => :north))
FROM (VALUES ('col', 'collaborator'), ('wim', 'watcher'), ('wes', 'watcher'), ('sue', 'super_user'), ('ada', 'account_admin')) AS m (key, role);
SELECT clearance.add_member('zoe', roles => '{account_admin}', account => :south) > 0;

-- The same projects by an integer of three sizes, a text, and a uuid; the last for
-- projects that have such keys.
CREATE TABLE task (id integer PRIMARY KEY, project_id integer NOT NULL, owner text);
CREATE TABLE small_task (id integer PRIMARY KEY, project_id smallint NOT NULL);
CREATE TABLE big_task (id integer PRIMARY KEY, project_id bigint NOT NULL);
CREATE TABLE text_task (id integer PRIMARY KEY, project_id varchar NOT NULL);
CREATE TABLE uuid_task (id integer PRIMARY KEY, project_id uuid NOT NULL);
CREATE TABLE document (id integer PRIMARY KEY, project_id integer NOT NULL);
INSERT INTO clearance.project (account_id, key) SELECT :north, n FROM generate_series(1, 3000) n;
INSERT INTO clearance.project (account_id, key) SELECT :north, '00000000-0000-0000-0000-' || lpad(n::text, 12, '0') FROM generate_series(1, 5) n;
INSERT INTO clearance.project (account_id, key) VALUES (:north, 'x-1'), (:north, '007'), (:north, 'ABCDEF00-0000-0000-0000-000000000001'), (:south, '4001'), (:south, 's-1');
INSERT INTO task SELECT n, n, CASE n % 100 WHEN 0 THEN 'wim' END FROM generate_series(1, 3010) n;
INSERT INTO task VALUES (4001, 4001);
INSERT INTO small_task SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO big_task SELECT n, n FROM generate_series(1, 20) n;
INSERT INTO text_task VALUES (1, '1'), (2, 'x-1'), (3, 's-1'), (4, '007'), (5, '0'), (6, 'nowhere');
INSERT INTO uuid_task SELECT n, ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid FROM generate_series(1, 7) n;
INSERT INTO uuid_task VALUES (8, 'abcdef00-0000-0000-0000-000000000001');
INSERT INTO document SELECT n, n FROM generate_series(1, 3010) n;
SELECT clearance.protect(t.name::regclass, t.feature, 'project_id', owner => t.owner) > 0
FROM (VALUES ('task', 'task', 'owner'), ('small_task', 'task', NULL), ('big_task', 'task', NULL), ('text_task', 'task', NULL),
             ('uuid_task', 'task', NULL), ('document', 'document', NULL)) AS t (name, feature, owner);
SELECT count(clearance.add_member_to_project(p.key, m.id)) FROM clearance.project p, clearance.member m
WHERE (p.key, m.key) IN (('1', 'col'), ('2', 'col'), ('1', 'wim'), ('3', 'wim'), ('5', 'sue'));
GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO regress_reached;
GRANT SET ON PARAMETER clearance.simplify TO regress_reached;
ANALYZE;

-- Rows of a table that a member sees: by sets of keys, and (simplify off) each project looked up.
CREATE PROCEDURE act(member text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => member, local => false);
    SET ROLE regress_reached;
END $$;
CREATE FUNCTION sees(name text, OUT seen bigint, OUT looked_up bigint) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT count(*) FROM %I', name) INTO seen;
    SET LOCAL clearance.simplify = off;
    EXECUTE format('SELECT count(*) FROM %I', name) INTO looked_up;
    SET LOCAL clearance.simplify = on;
END $$;

-- A collaborator on two projects is small, whatever the account has, and reads none of its other projects.
SELECT FROM clearance.level_grant g JOIN clearance.level l ON l.id = g.level_id WHERE l.name = 'collaborator' AND g.reach = 'account' LIMIT 1;
CALL act('col');
SELECT count(*) FROM task;
SELECT count(*) FROM document;
RESET ROLE;
SELECT key, projects, bytes < 30000 FROM clearance.cached_actor;
SELECT projects_bytes < 30000 FROM clearance.cache_stats;

-- Who reaches all projects sees them all, by every type of key; keys that are written in
-- another way than their type does are no keys of it, and the other account's are closed.
CALL act('wim');
SELECT t, seen, looked_up FROM unnest('{task,small_task,big_task,text_task,uuid_task,document}'::text[]) t, sees(t);
SELECT array_agg(id ORDER BY id) FROM text_task;
SELECT array_agg(id ORDER BY id) FROM uuid_task;
SELECT clearance.can('task.view', '2'), clearance.can('task.view', 'x-1'), clearance.can('task.view', '4001'), clearance.can('task.view', 'nowhere'),
       clearance.can('document.view', '1'), clearance.can('document.view', '2');
CALL act('sue');
SELECT t, seen, looked_up FROM unnest('{task,small_task,big_task,text_task,uuid_task,document}'::text[]) t, sees(t);
CALL act('ada');
SELECT t, seen, looked_up FROM unnest('{task,small_task,big_task,text_task,uuid_task,document}'::text[]) t, sees(t);
CALL act('zoe');
SELECT t, seen, looked_up FROM unnest('{task,small_task,big_task,text_task,uuid_task,document}'::text[]) t, sees(t);
RESET ROLE;

-- Keys of one account are no keys of another: they are said once in the database.
INSERT INTO clearance.project (account_id, key) VALUES (:south, '2');

-- The keys of all projects are kept once for all who reach them, and all tables of a type of key.
CREATE PROCEDURE read_all(member text) LANGUAGE plpgsql AS $$
BEGIN
    CALL act(member);
    PERFORM count(*) FROM task;
    PERFORM count(*) FROM small_task;
    PERFORM count(*) FROM big_task;
    PERFORM count(*) FROM document;
    RESET ROLE;
END $$;
\c regress_reached
CALL read_all('wim');
SELECT projects_bytes > 300000 FROM clearance.cache_stats;
CREATE TABLE kept AS SELECT projects_bytes FROM clearance.cache_stats;
CALL read_all('wes');
CALL read_all('sue');
CALL read_all('ada');
SELECT key, projects, bytes < 40000 FROM clearance.cached_actor;
SELECT c.projects_bytes - k.projects_bytes < 10000 FROM clearance.cache_stats c, kept k;

-- One project of many is found alone, and that there is none costs no more.
\c regress_reached
CALL act('wim');
SELECT clearance.can('task.view', n::text) FROM unnest('{17,18,9999,17}'::integer[]) n;
RESET ROLE;
SELECT key, projects, bytes < 30000 FROM clearance.cached_actor;
SELECT projects_bytes < 30000 FROM clearance.cache_stats;

-- What was looked up holds as long as it is so: each step is followed by what the
-- watcher may, sees by the set of keys, and sees by its look-up.
CREATE FUNCTION now_is(project integer, OUT may boolean, OUT sees boolean, OUT finds boolean) LANGUAGE plpgsql AS $$
BEGIN
    CALL act('wim');
    may := clearance.can('task.view', project::text);
    sees := EXISTS (SELECT FROM task t WHERE t.project_id = project);
    SET LOCAL clearance.simplify = off;
    finds := EXISTS (SELECT FROM task t WHERE t.project_id = project);
    SET LOCAL clearance.simplify = on;
    RESET ROLE;
END $$;
SELECT now_is(3005);
-- made
INSERT INTO clearance.project (account_id, key) VALUES (:north, '3005');
SELECT now_is(3005);
-- archived: closed to those who may not view archived ones; and back
UPDATE clearance.project SET archived = true WHERE key = '3005';
SELECT now_is(3005);
UPDATE clearance.project SET archived = false WHERE key = '3005';
SELECT now_is(3005);
-- with the feature switched off
INSERT INTO clearance.project_feature_off (project_id, feature) SELECT id, 'task' FROM clearance.project WHERE key = '3005';
SELECT now_is(3005);
DELETE FROM clearance.project_feature_off;
SELECT now_is(3005);
-- renamed
UPDATE clearance.project SET key = '3006' WHERE key = '3005';
SELECT now_is(3005), now_is(3006);
-- moved to another account, and back
UPDATE clearance.project SET account_id = :south WHERE key = '3006';
SELECT now_is(3006);
UPDATE clearance.project SET account_id = :north WHERE key = '3006';
SELECT now_is(3006);
-- deleted
DELETE FROM clearance.project WHERE key = '3006';
SELECT now_is(3006);
-- in a transaction that is rolled back, and by a savepoint
BEGIN;
INSERT INTO clearance.project (account_id, key) VALUES (:north, '3007');
SELECT now_is(3007);
SAVEPOINT s;
UPDATE clearance.project SET archived = true WHERE key = '3007';
SELECT now_is(3007);
ROLLBACK TO s;
SELECT now_is(3007);
ROLLBACK;
SELECT now_is(3007);

-- A project that differs from the others of its kind for who is on it: a level of
-- its own there, which grants less than the role, closes it alone.
SELECT clearance.reset_actor();
SELECT clearance.create_level('blind', 'vendor') > 0;
UPDATE clearance.project_member pm SET level_id = l.id FROM clearance.level l, clearance.project p, clearance.member m
WHERE l.name = 'blind' AND p.id = pm.project_id AND p.key = '1' AND m.id = pm.member_id AND m.key = 'wim';
CALL act('wim');
SELECT t, seen, looked_up FROM unnest('{task,small_task,big_task,text_task,document}'::text[]) t, sees(t);
SELECT min(project_id) FROM task;
-- on which somebody else sees what it saw
CALL act('wes');
SELECT t, seen, looked_up FROM unnest('{task,small_task,big_task,text_task,document}'::text[]) t, sees(t);
RESET ROLE;

-- Projects of several kinds: archived, with features off, and open ones.
UPDATE clearance.project SET archived = true WHERE key ~ '^[0-9]{1,4}$' AND key::integer BETWEEN 10 AND 19;
INSERT INTO clearance.project_feature_off (project_id, feature) SELECT id, f FROM clearance.project, unnest('{document,task}'::text[]) f WHERE key IN ('20', '21', '22');
INSERT INTO clearance.project_feature_off (project_id, feature) SELECT id, 'document' FROM clearance.project WHERE key IN ('23', '24');
UPDATE clearance.project SET open_level_id = (SELECT id FROM clearance.level WHERE name = 'watcher') WHERE key IN ('25', '26');
-- one level shows tasks, a further one documents: 29 has that alone, and is not open
UPDATE clearance.project SET open_level_id = (SELECT id FROM clearance.level WHERE name = 'tasks') WHERE key IN ('27', '28');
INSERT INTO clearance.project_open_level (project_id, level_id) SELECT p.id, l.id FROM clearance.project p, clearance.level l WHERE p.key IN ('28', '29') AND l.name = 'papers';
CALL act('wim');
SELECT t, seen, looked_up FROM unnest('{task,document}'::text[]) t, sees(t);
CALL act('wes');
SELECT t, seen, looked_up FROM unnest('{task,document}'::text[]) t, sees(t);
CALL act('sue');
SELECT t, seen, looked_up FROM unnest('{task,document}'::text[]) t, sees(t);
CALL act('ada');
SELECT t, seen, looked_up FROM unnest('{task,document}'::text[]) t, sees(t);
CALL act('col');
SELECT t, seen, looked_up FROM unnest('{task,document}'::text[]) t, sees(t);
RESET ROLE;

-- Answers about all of them count them all.
CREATE FUNCTION ways(member text, OUT projects bigint, OUT archived bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM clearance.set_actor(key => member, local => false);
    SELECT w.projects, w.archived INTO projects, archived FROM clearance_internal.ways_in() w;
END $$;
SELECT m, projects, archived FROM unnest('{wim,wes,sue,ada,col,zoe}'::text[]) m, ways(m);

-- nothing stays behind
SELECT clearance.reset_actor();
SELECT clearance.distrust_role('regress_reached');
REVOKE SET ON PARAMETER clearance.simplify FROM regress_reached;
DROP OWNED BY regress_reached;
\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_reached;
DROP ROLE regress_reached;
