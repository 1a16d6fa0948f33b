-- What is declared may be empty: tables without rows, accounts without people,
-- companies, levels or projects, views that say nothing. Nothing is open then,
-- questions have answers, and what is missing is named.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE ROLE regress_empty;
CREATE SCHEMA regress_empty;
GRANT USAGE ON SCHEMA regress_empty TO regress_empty;
SET LOCAL search_path = regress_empty;
SELECT clearance.trust_role('regress_empty');
CREATE TABLE project (id integer PRIMARY KEY);
CREATE TABLE task (id integer PRIMARY KEY, project integer, owner integer);
GRANT ALL ON project, task TO regress_empty;

--
-- No account at all.
--
SELECT count(*) FROM clearance.account;
SELECT clearance.protect('project', 'project', project => 'id') > 0, clearance.protect('task', 'task', project => 'project', owner => 'owner') > 0;
SELECT clearance.set_actor(1);
SELECT clearance.create_project(1);
INSERT INTO project VALUES (1);
SELECT clearance.explain('task', 1, member => 1);
SELECT count(*) FROM clearance.who_can('task', 1);
SELECT what, verdict FROM clearance.preview('SELECT 1') AS p (what, verdict);
SELECT length(clearance.report()) > 0, (SELECT count(*) >= 0 FROM clearance.lint()), (SELECT count(*) FROM clearance.partners), (SELECT count(*) FROM clearance.companies);
SELECT count(*) FROM clearance.diff(clearance.export(people => true)::jsonb);
SET LOCAL ROLE regress_empty;
SELECT count(*) FROM project;
SELECT count(*) FROM task;
SELECT clearance.set_actor(1);
INSERT INTO project VALUES (1);
RESET ROLE;

--
-- An account without anybody, and one member without a level.
--
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.set_actor(1);
SELECT length(clearance.report()) > 0, (SELECT count(*) FROM clearance.diff(clearance.export(people => true)::jsonb));
INSERT INTO project VALUES (1);
INSERT INTO task VALUES (1, 1, 5);
SELECT count(*) FROM clearance.who_can('task', 1);
SELECT clearance.create_level('Nil', 'vendor', account => :account) > 0, clearance.create_role('Nil', access_level => 'Nil') > 0, clearance.add_member(5, roles => '{Nil}') > 0;
SET LOCAL ROLE regress_empty;
SELECT clearance.set_actor(5) > 0;
SELECT (SELECT count(*) FROM project), (SELECT count(*) FROM task);
INSERT INTO task VALUES (2, 1, 5);
RESET ROLE;
SELECT clearance.reset_actor();

--
-- Views that say nothing, and say something later.
--
CREATE TABLE said (id integer PRIMARY KEY, level text, action text, off text);
CREATE VIEW levels AS SELECT level, action FROM said;
CREATE VIEW members AS SELECT id AS key FROM said;
CREATE VIEW states AS SELECT id AS project, off IS NOT NULL AS read_only FROM said;
CREATE VIEW off AS SELECT id AS project, off AS feature FROM said WHERE off IS NOT NULL;
CREATE VIEW crew AS SELECT id AS source, id AS project, id AS member, level AS access_level FROM said;
CREATE VIEW never AS SELECT id AS source, id AS project, id AS member FROM said WHERE false;
SELECT count(clearance.mirror(v::regclass, k)) FROM (VALUES ('levels', 'level'), ('members', 'member'), ('states', 'project'), ('off', 'feature_off'),
    ('crew', 'membership'), ('never', 'membership')) AS x (v, k);
SELECT count(clearance.refresh_mirror(v.view)) FROM clearance.view_mirror v;
INSERT INTO said SELECT 1, 'x', 'y' WHERE false;
UPDATE said SET level = 'z';
DELETE FROM said;
TRUNCATE said;
SELECT count(*) FROM clearance.diff(clearance.export(people => true)::jsonb);
SELECT count(*) FROM clearance.mirrored_row WHERE said <> '{}';
INSERT INTO said VALUES (1, 'Reader', 'task.view'), (2, 'Idle', NULL);
CREATE VIEW pg_temp.now AS
SELECT (SELECT string_agg(m.key || ' ' || m.status, ', ' ORDER BY m.key) FROM clearance.member m) AS members,
    (SELECT string_agg(concat_ws(' ', p.key, CASE WHEN p.read_only THEN 'read-only' END, CASE WHEN p.archived THEN 'archived' END), ', ') FROM clearance.project p) AS projects,
    (SELECT count(*) FROM clearance.project_feature_off) AS off, (SELECT count(*) FROM clearance.project_member) AS memberships,
    (SELECT string_agg(concat_ws(' ', l.name, g.feature), ', ' ORDER BY l.name) FROM clearance.level l LEFT JOIN clearance.level_grant g ON g.level_id = l.id
     WHERE l.account_id = (SELECT a.id FROM clearance.account a)) AS levels;
SELECT * FROM pg_temp.now;
UPDATE said SET off = 'file' WHERE id = 1;
SELECT * FROM pg_temp.now;
TRUNCATE said;
SELECT * FROM pg_temp.now;
-- columns of its own that hold nothing
CREATE VIEW nothing AS SELECT NULL::integer AS key, NULL::text AS name FROM said;
SELECT clearance.mirror('nothing', 'member') > 0;
INSERT INTO said VALUES (3, NULL, NULL, NULL);
SELECT members FROM pg_temp.now;

--
-- Tables of which nothing is named.
--
CREATE TABLE bare ();
CREATE TABLE keyless (x text);
CREATE TABLE parts (id integer) PARTITION BY RANGE (id);
SELECT clearance.protect('bare', 'task');
SELECT clearance.protect('keyless', 'task');
SELECT clearance.protect('parts', 'task');
SELECT clearance.protect('parts', 'task', project => 'id') > 0;
ROLLBACK;
