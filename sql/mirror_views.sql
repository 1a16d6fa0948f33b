-- Views of the application say who is a member, what levels grant, how projects
-- are and who is on them; they are followed as their tables change.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET datestyle = 'ISO';
BEGIN;
CREATE ROLE regress_views_app;
CREATE ROLE regress_views_owner;
CREATE SCHEMA regress_views AUTHORIZATION regress_views_owner;
GRANT USAGE ON SCHEMA regress_views TO regress_views_app;
SET LOCAL search_path = regress_views;
SELECT clearance.create_account('Northwind') AS north \gset
SELECT clearance.create_account('Southwind') AS south \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :north) AS acme, clearance.create_customer('Ember', account => :north) AS ember \gset
SELECT clearance.create_role('Planner', true, account => :north) > 0, clearance.set_partner_roles(:acme, '{Planner}');
SELECT clearance.create_project(7, :north) > 0, clearance.create_project(8, :north) > 0, clearance.create_project(9, :south) > 0;
SELECT clearance.add_partner_to_project(7, :acme);
SELECT clearance.add_member(9, account => :south) > 0;
CREATE VIEW pg_temp.people AS
SELECT m.key, m.name, m.email, m.kind, m.partner_admin, m.status, (SELECT string_agg(r.name, ',' ORDER BY r.name) FROM clearance.member_role x JOIN clearance.role r ON r.id = x.role_id WHERE x.member_id = m.id) AS roles
FROM clearance.member m JOIN clearance.account a ON a.id = m.account_id AND a.name = 'Northwind';
CREATE VIEW pg_temp.grants AS
SELECT l.name, l.audience, g.feature || '.' || g.action AS action, g.visibility, g.relation, g.reach, g.kinds
FROM clearance.level l JOIN clearance.account a ON a.id = l.account_id AND a.name = 'Northwind' LEFT JOIN clearance.level_grant g ON g.level_id = l.id;
CREATE VIEW pg_temp.projects AS
SELECT p.key, p.archived, p.read_only, p.portal, l.name AS open_level, (SELECT string_agg(o.feature, ',' ORDER BY o.feature) FROM clearance.project_feature_off o WHERE o.project_id = p.id) AS off
FROM clearance.project p LEFT JOIN clearance.level l ON l.id = p.open_level_id;
CREATE VIEW pg_temp.memberships AS
SELECT p.key AS project, m.key AS member, l.name AS level, pm.through_phase, (nullif(pm.ends_at, 'infinity') AT TIME ZONE 'UTC')::date AS ends, starts_with(pm.source, 'mirror:') AS mirrored
FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id JOIN clearance.member m ON m.id = pm.member_id LEFT JOIN clearance.level l ON l.id = pm.level_id;

--
-- People: of the vendor, of companies, with roles or without a word about them.
--
SET LOCAL ROLE regress_views_owner;
CREATE TABLE person (unused text, id bigint PRIMARY KEY, name text, mail text, firm text, client text, boss boolean, locked boolean, roles text[], seen timestamptz, note text);
ALTER TABLE person DROP COLUMN unused;
INSERT INTO person (id, name, mail, firm, client, boss, locked, roles) VALUES
    (1, 'Ann', 'ann@north.example', NULL, NULL, NULL, false, '{account_admin}'), (2, 'Pat', NULL, 'acme', NULL, true, NULL, '{Planner}'),
    (3, 'Cleo', 'cleo@ember.example', NULL, 'Ember', NULL, false, NULL), (4, ' ', '', NULL, NULL, NULL, true, '{}');
CREATE VIEW members AS SELECT id AS key, mail AS email, name, firm AS partner, client AS customer, boss AS partner_admin, NOT locked AS active, roles FROM person;
RESET ROLE;
SELECT clearance.mirror('members', 'member', '{"regress_views.person": "key"}', :north) > 0;
SELECT * FROM pg_temp.people ORDER BY key;
UPDATE person SET name = 'Anna', roles = '{super_user,collaborator}' WHERE id = 1;
UPDATE person SET roles = '{}', boss = false WHERE id = 2;
UPDATE person SET locked = NOT locked WHERE id IN (3, 4);
INSERT INTO person (id, roles) VALUES (5, '{collaborator}');
SELECT * FROM pg_temp.people ORDER BY key;
-- who is gone is disabled, and may come back
DELETE FROM person WHERE id IN (4, 5);
INSERT INTO person (id, name) VALUES (5, 'Eve');
UPDATE person SET id = 6 WHERE id = 5;
SELECT * FROM pg_temp.people WHERE key IN ('4', '5', '6') ORDER BY key;
-- what no function would take is an error for who writes it, and undoes that
INSERT INTO person (id, mail) VALUES (10, 'no address');
INSERT INTO person (id, mail) VALUES (10, 'ANN@north.example');
INSERT INTO person (id, roles) VALUES (10, '{no such role}');
INSERT INTO person (id, firm) VALUES (10, 'Nobody Ltd');
INSERT INTO person (id, firm, roles) VALUES (10, 'Acme', '{collaborator}');
INSERT INTO person (id, client, roles) VALUES (10, 'Ember', '{Planner}');
INSERT INTO person (id, firm, client) VALUES (10, 'Acme', 'Ember');
UPDATE person SET firm = 'Acme' WHERE id = 1;
SELECT count(*) FROM person WHERE id = 10;
-- nothing that the view does not read counts
UPDATE person SET seen = now(), note = 'x';
SELECT count(*) FROM clearance.mirrored_row WHERE said <> '{}';

--
-- Levels: the account's own, just what rows say, and what follows from it.
--
SET LOCAL ROLE regress_views_owner;
CREATE TABLE role (id integer PRIMARY KEY, name text, may text[], kinds text[]);
INSERT INTO role VALUES (1, 'Editor', '{see,edit}'), (2, 'Idle', '{}'), (3, NULL, '{see}');
CREATE VIEW levels AS
SELECT r.id AS source, r.name AS level, a.action, a.visibility, a.relation, a.reach, r.kinds, a.may = 'not' AS denied
FROM role r LEFT JOIN (VALUES ('see', 'project.view', 'any', 'any', NULL), ('see', 'task.view', 'shared', 'any', NULL), ('edit', 'task.edit', 'any', 'own', 'owned'), ('odd', 'task.odd', 'any', 'any', NULL), ('not', 'task.edit', NULL, NULL, NULL), ('create', 'task.create', 'any', 'any', NULL),
    ('twisted', 'task.view', 'any', 'upside down', NULL)) a (may, action, visibility, relation, reach) ON a.may = ANY (r.may);
RESET ROLE;
SELECT clearance.mirror('levels', 'level', '{"regress_views.role": "source"}', :north) > 0;
SELECT * FROM pg_temp.grants ORDER BY 1, 3, 4;
UPDATE role SET may = '{see}', kinds = '{bug,feature}' WHERE id = 1;
UPDATE role SET name = 'Reader' WHERE id = 2;
INSERT INTO role VALUES (4, 'Editor', '{edit}');
SELECT * FROM pg_temp.grants ORDER BY 1, 3, 4;
-- what follows from a grant, unless it is denied
UPDATE role SET may = '{create}', kinds = NULL WHERE id = 1;
SELECT h.action, h.relation FROM clearance.held_grant h JOIN clearance.level l ON l.id = h.level_id WHERE l.name = 'Editor' AND h.action = 'edit' ORDER BY 2;
DELETE FROM role WHERE id = 4;
SELECT h.action, h.relation FROM clearance.held_grant h JOIN clearance.level l ON l.id = h.level_id WHERE l.name = 'Editor' AND h.action = 'edit' ORDER BY 2;
UPDATE role SET may = '{create,not}' WHERE id = 1;
SELECT h.action, h.relation FROM clearance.held_grant h JOIN clearance.level l ON l.id = h.level_id WHERE l.name = 'Editor' AND h.action = 'edit' ORDER BY 2;
INSERT INTO role VALUES (4, 'Editor', '{edit}');
DELETE FROM role WHERE name = 'Editor';
SELECT * FROM pg_temp.grants ORDER BY 1, 3, 4;
INSERT INTO role VALUES (5, 'Wrong', '{odd}');
INSERT INTO role VALUES (5, 'Wrong', '{twisted}');
INSERT INTO role VALUES (5, 'moderate', '{see}');
SELECT count(*) FROM clearance.level WHERE name = 'Wrong';
UPDATE role SET may = '{see}', name = 'Editor' WHERE id = 2;

--
-- Projects, what is off there, and who is on them: by several tables, also
-- where the tables know them before the extension does.
--
SET LOCAL ROLE regress_views_owner;
CREATE TABLE project (id integer PRIMARY KEY, state text, public boolean);
CREATE TABLE module (project integer, name text);
CREATE TABLE crew (id integer PRIMARY KEY, project integer, person bigint, until date, phase boolean);
CREATE TABLE duty (crew integer, role integer);
INSERT INTO project VALUES (7, 'open', true), (8, 'closed', false), (9, 'gone', false);
INSERT INTO module VALUES (7, 'tasks');
INSERT INTO crew VALUES (1, 7, 1), (2, 7, 2), (3, 9, 9), (4, 77, 1);
INSERT INTO duty VALUES (1, 2), (3, 2), (4, 2);
CREATE VIEW states AS SELECT p.id AS project, p.state = 'gone' AS archived, p.state = 'closed' AS read_only, CASE WHEN p.public THEN 'Editor' END AS open_level FROM project p;
CREATE VIEW off AS SELECT p.id AS project, f.feature FROM project p CROSS JOIN (VALUES ('tasks', 'task'), ('files', 'file')) f (module, feature)
WHERE NOT EXISTS (SELECT FROM module m WHERE (m.project, m.name) = (p.id, f.module));
CREATE VIEW crews AS SELECT c.* FROM crew c;
CREATE VIEW on_project AS SELECT c.id AS source, c.project, c.person AS member, r.name AS access_level, c.until AS ends_at, c.phase AS through_phase FROM crews c LEFT JOIN duty d ON d.crew = c.id LEFT JOIN role r ON r.id = d.role;
RESET ROLE;
SELECT clearance.mirror('states', 'project', '{"regress_views.project": "project"}', :north) > 0;
SELECT clearance.mirror('off', 'feature_off', '{"regress_views.project": "project", "regress_views.module": "project"}', :north) > 0;
SELECT clearance.mirror('on_project', 'membership', '{"regress_views.crew": "source", "regress_views.duty": "source"}', :north) > 0;
-- nothing crosses an account: 9 is Southwind's
SELECT * FROM pg_temp.projects ORDER BY key;
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
UPDATE crew SET until = '2100-01-01', phase = true WHERE id = 2;
INSERT INTO duty SELECT 1, 99;
INSERT INTO module VALUES (8, 'files'), (8, 'tasks');
UPDATE project SET state = 'gone' WHERE id = 7;
UPDATE project SET state = 'open', public = true WHERE id = 8;
SELECT * FROM pg_temp.projects ORDER BY key;
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
-- all of the view, by a table that nothing is named for
UPDATE role SET name = 'Senior', may = '{see,edit}' WHERE name = 'Editor';
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
-- projects and people who come later
SELECT clearance.create_project(77, :north) > 0;
INSERT INTO project VALUES (78, 'closed', false);
INSERT INTO crew VALUES (5, 78, 11), (6, 77, 11);
SELECT clearance.create_project(78, :north) > 0;
INSERT INTO person (id) VALUES (11);
SELECT * FROM pg_temp.projects WHERE key >= '77' ORDER BY key;
SELECT * FROM pg_temp.memberships WHERE project >= '77' ORDER BY 1, 2, 3;
-- by another key, what is said of the former one is not said of it
UPDATE clearance.project SET key = 79 WHERE key = '78';
SELECT count(*) FROM pg_temp.memberships WHERE project = '79';
SELECT archived, off FROM pg_temp.projects WHERE key = '79';
UPDATE project SET id = 79 WHERE id = 78;
SELECT archived, off FROM pg_temp.projects WHERE key = '79';
-- a project of which nothing is said any more is closed
DELETE FROM project WHERE id = 8;
SELECT * FROM pg_temp.projects WHERE key = '8';
-- a company that leaves takes its people along; all is said anew on request
SELECT clearance.remove_partner_from_project(7, :acme), clearance.add_partner_to_project(7, :acme);
UPDATE clearance.project SET archived = false WHERE key = '7';
SELECT clearance.refresh_mirror('on_project'), clearance.refresh_mirror('states');
SELECT * FROM pg_temp.memberships WHERE project = '7' ORDER BY 1, 2, 3;
SELECT key, archived FROM pg_temp.projects WHERE key = '7';
-- beside what others say, and no more than that
SELECT clearance.add_member_to_project(7, m.id) FROM clearance.member m WHERE m.key = '1';
TRUNCATE duty, crew;
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
SAVEPOINT undone;
INSERT INTO crew VALUES (1, 7, 1), (2, 7, 11);
SELECT count(*) FROM pg_temp.memberships;
ROLLBACK TO undone;
SELECT count(*) FROM pg_temp.memberships;

--
-- Whoever writes the tables, whoever acts: no rights in the extension are asked,
-- and none are given.
--
SELECT clearance.trust_role('regress_views_app');
GRANT ALL ON ALL TABLES IN SCHEMA regress_views TO regress_views_app;
SET LOCAL ROLE regress_views_app;
SELECT clearance.set_actor(key => 11, account => :north) > 0;
INSERT INTO crew VALUES (7, 7, 11);
SELECT * FROM clearance.mirrored_row;
SELECT clearance.mirror('crews', 'membership');
SELECT clearance.refresh_mirror('on_project');
SELECT clearance.unmirror('on_project');
SELECT clearance.reset_actor();
RESET ROLE;
SELECT * FROM pg_temp.memberships WHERE member = '11';

--
-- A read-only project: everybody sees, nobody writes.
--
CREATE TABLE task (id integer PRIMARY KEY, project integer, title text);
INSERT INTO task VALUES (1, 77, 'one'), (2, 79, 'two');
SELECT clearance.protect('task', 'task', project => 'project') > 0;
GRANT ALL ON task TO regress_views_app;
UPDATE person SET roles = '{account_admin}' WHERE id = 1;
SET LOCAL ROLE regress_views_app;
SELECT clearance.set_actor(key => 1, account => :north) > 0;
SELECT id FROM task ORDER BY id;
UPDATE task SET title = title || '!' RETURNING id;
INSERT INTO task VALUES (3, 79, 'three');
SELECT clearance.can('task.view', 79), clearance.can('task.edit', 79), clearance.can('task.edit', 77), clearance.can('project.unarchive', 79);
SELECT clearance.set_project(79, portal => true);
SELECT clearance.set_project(79, read_only => false);
UPDATE task SET title = title || '!' WHERE id = 2 RETURNING id;
SELECT clearance.set_project(79, read_only => true);
UPDATE task SET title = title || '!' WHERE id = 2 RETURNING id;
SELECT clearance.reset_actor();
RESET ROLE;

--
-- Tables that are protected, and masked, are read as their owner all the same.
--
SELECT clearance.protect('project', 'project', project => 'id') > 0;
SELECT clearance.mask_column('project', 'state', 'edit');
SELECT clearance.set_actor(key => 1, account => :north) > 0;
INSERT INTO project VALUES (80, 'closed', true);
UPDATE project SET public = false WHERE id = 80;
SELECT clearance.reset_actor();
SELECT * FROM pg_temp.projects WHERE key = '80';
-- so an application that may create projects, and nothing else, has them registered
-- and kept in step by its own tables, and cannot do what nobody declared
GRANT ALL ON project TO regress_views_app;
SELECT clearance.create_level('Founder', 'vendor', account => :north) > 0, clearance.create_role('Founder', access_level => 'Founder', account => :north) > 0;
SELECT clearance.allow('Founder', 'project', 'create', account => :north);
UPDATE person SET roles = '{Founder}' WHERE id = 11;
SET LOCAL ROLE regress_views_app;
SELECT clearance.set_actor(key => 11, account => :north) > 0;
SELECT clearance.set_project(77, open_level => 'Editor');
SELECT clearance.add_member_to_project(77, clearance.actor());
INSERT INTO project VALUES (81, 'closed', true);
INSERT INTO crew VALUES (81, 81, 1);
INSERT INTO duty VALUES (81, 2);
SELECT clearance.set_project(81, open_level => '');
SELECT clearance.set_actor(key => 2, account => :north) > 0;
INSERT INTO project VALUES (82, 'open', true);
SELECT clearance.reset_actor();
INSERT INTO project VALUES (82, 'open', true);
RESET ROLE;
SELECT * FROM pg_temp.projects WHERE key IN ('81', '82');
SELECT * FROM pg_temp.memberships WHERE project = '81' ORDER BY member;

--
-- What is renamed is followed; what views need stays, and what follows them; a
-- view that is replaced is read anew.
--
ALTER TABLE crew RENAME person TO who;
ALTER TABLE crew RENAME TO team;
INSERT INTO team VALUES (8, 77, 1);
SELECT count(*) FROM pg_temp.memberships WHERE member = '1' AND project = '77' AND mirrored;
-- no rows come to its tables by others
CREATE TABLE team_2026 () INHERITS (team);
CREATE TABLE base (id integer NOT NULL, project integer);
ALTER TABLE team INHERIT base;
CREATE TABLE teams (LIKE team) PARTITION BY LIST (id);
ALTER TABLE teams ATTACH PARTITION team DEFAULT;
CREATE TABLE others () INHERITS (base);
ALTER TABLE team DROP COLUMN who;
DROP TABLE team;
DROP TRIGGER clearance_view_insert ON team;
ALTER TABLE team DISABLE TRIGGER clearance_view_delete;
ALTER TRIGGER clearance_view_insert ON team RENAME TO mine;
CREATE OR REPLACE VIEW crews AS SELECT c.id, c.project, c.who AS person, c.until, c.phase FROM team c WHERE c.who <> 1;
SELECT count(*) FROM pg_temp.memberships WHERE member = '1' AND project = '77' AND mirrored;
CREATE TABLE blocked (who bigint);
ALTER TABLE blocked OWNER TO regress_views_owner;
CREATE OR REPLACE VIEW crews AS SELECT c.id, c.project, c.who AS person, c.until, c.phase FROM team c WHERE NOT EXISTS (SELECT FROM blocked b WHERE b.who = c.who);
INSERT INTO blocked VALUES (11);
SELECT * FROM pg_temp.memberships WHERE mirrored ORDER BY 1, 2;
DELETE FROM blocked;
SELECT * FROM pg_temp.memberships WHERE mirrored ORDER BY 1, 2;
ALTER VIEW on_project RENAME member TO who;
ALTER VIEW on_project OWNER TO regress_views_app;
CREATE OR REPLACE VIEW crews AS SELECT c.id, c.project, c.who AS person, c.until, c.phase FROM team c, clearance.member;
CREATE FUNCTION looks() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
CREATE OR REPLACE VIEW crews AS SELECT c.id, c.project, c.who AS person, c.until, c.phase FROM team c WHERE looks();

--
-- The configuration carries them.
--
SELECT jsonb_pretty(clearance.export()::jsonb -> 'views');
SELECT clearance.export()::jsonb AS doc \gset
SELECT count(*) FROM clearance.diff(:'doc');
SELECT class, kind, object, becomes FROM clearance.import(:'doc'::jsonb #- '{views,regress_views.on_project,tables}');
SELECT class, kind, object, becomes FROM clearance.import(:'doc'::jsonb #- '{views,regress_views.on_project}');
SELECT count(*) FROM pg_temp.memberships WHERE mirrored;
SELECT class, kind, object, was FROM clearance.import(:'doc');
SELECT count(*) FROM pg_temp.memberships WHERE mirrored;
SELECT clearance.import(:'doc'::jsonb || '{"views": {"regress_views.nothing": {"kind": "member"}}}');
SELECT clearance.import(:'doc'::jsonb || '{"views": {"regress_views.crews": {"kind": "member", "account": "Northwind"}}}');
SELECT clearance.import(:'doc'::jsonb || '{"views": {"regress_views.crews": {"kind": "people"}}}');
SELECT clearance.import(:'doc'::jsonb || '{"views": {"regress_views.on_project": {"kind": "membership"}}}');

--
-- Projects that are open with several levels, or with one, as the row says.
--
SELECT clearance.create_project(p, :north) > 0 FROM generate_series(90, 91) p;
SET LOCAL ROLE regress_views_owner;
CREATE TABLE door (id integer PRIMARY KEY, one text, several text[]);
CREATE VIEW doors AS SELECT id AS project, one AS open_level, several AS open_levels FROM door;
INSERT INTO door VALUES (90, NULL, '{moderate,client,moderate,collaborator}'), (91, 'moderate', NULL), (92, NULL, '{"not yet"}');
RESET ROLE;
SELECT clearance.mirror('doors', 'project', '{"regress_views.door": "project"}', :north) > 0;
CREATE VIEW pg_temp.opened AS
SELECT p.key, string_agg(l.name, ', ' ORDER BY l.name) AS levels, count(*) - 1 AS further
FROM clearance_internal.open_levels() o JOIN clearance.project p ON p.id = o.project_id JOIN clearance.level l ON l.id = o.level_id WHERE p.key LIKE '9_' GROUP BY p.key;
SELECT * FROM pg_temp.opened ORDER BY key;
UPDATE door SET several = '{client,restricted}' WHERE id = 90;
UPDATE door SET one = NULL, several = '{moderate,client}' WHERE id = 91;
SELECT * FROM pg_temp.opened ORDER BY key;
UPDATE door SET several = NULL WHERE id = 91;
UPDATE door SET several = '{restricted}' WHERE id = 90;
SELECT * FROM pg_temp.opened ORDER BY key;
SELECT count(*) FROM clearance.project_open_level;
-- what no function would take
UPDATE door SET one = 'moderate', several = '{moderate}' WHERE id = 91;
UPDATE door SET several = '{moderate,nothing}' WHERE id = 91;
UPDATE door SET several = '{moderate,NULL}' WHERE id = 91;
SELECT clearance.create_project(92, :north);
SELECT * FROM pg_temp.opened ORDER BY key;
SELECT clearance.unmirror('doors');

--
-- The end: said, or the view's own. Memberships end, the rest stays.
--
SELECT clearance.unmirror('states');
DROP VIEW on_project;
SELECT count(*) FROM pg_temp.memberships WHERE mirrored;
SELECT key, archived, read_only FROM pg_temp.projects WHERE key = '80';
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname LIKE 'clearance\_view%' ORDER BY 1, 2;
DROP VIEW members, levels, off;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'clearance\_view%';
SELECT (SELECT count(*) FROM clearance.view_mirror), (SELECT count(*) FROM clearance.mirror_table), (SELECT count(*) FROM clearance.mirrored_row);
SELECT clearance.unmirror('crews');
SELECT clearance.unmirror(NULL);
SELECT clearance.refresh_mirror(NULL);

--
-- What cannot be mirrored.
--
CREATE VIEW good AS SELECT id AS key FROM person;
CREATE VIEW typed AS SELECT id AS key, id AS name FROM person;
CREATE VIEW more AS SELECT id AS key, note FROM person;
CREATE VIEW keyless AS SELECT note AS name FROM person;
CREATE VIEW timed AS SELECT id AS project, id AS member, note AS starts_at FROM person;
CREATE VIEW system AS SELECT oid::bigint AS key FROM pg_class;
CREATE MATERIALIZED VIEW stored AS SELECT id AS key FROM person;
CREATE VIEW of_stored AS SELECT key FROM stored;
CREATE TEMP VIEW fleeting AS SELECT id AS key FROM regress_views.person;
CREATE TABLE parts (id bigint) PARTITION BY RANGE (id);
CREATE VIEW of_parts AS SELECT id AS key FROM parts;
CREATE TABLE of_app (id bigint);
ALTER TABLE of_app OWNER TO regress_views_app;
CREATE VIEW mixed AS SELECT id AS key FROM of_app;
ALTER VIEW mixed OWNER TO regress_views_owner;
SELECT clearance.mirror(NULL, 'member', account => :north);
SELECT clearance.mirror('person', 'member', account => :north);
SELECT clearance.mirror('stored', 'member', account => :north);
SELECT clearance.mirror('of_stored', 'member', account => :north);
SELECT clearance.mirror('fleeting', 'member', account => :north);
SELECT clearance.mirror('of_parts', 'member', account => :north);
SELECT clearance.mirror('system', 'member', account => :north);
SELECT clearance.mirror('mixed', 'member', account => :north);
SELECT clearance.mirror('typed', 'member', account => :north);
SELECT clearance.mirror('more', 'member', account => :north);
SELECT clearance.mirror('keyless', 'member', account => :north);
SELECT clearance.mirror('timed', 'membership', account => :north);
SELECT clearance.mirror('good', 'person', account => :north);
SELECT clearance.mirror('good', 'member');
SELECT clearance.mirror('good', 'member', account => 0);
SELECT clearance.mirror('good', 'member', '[]', :north);
SELECT clearance.mirror('good', 'member', NULL, :north);
SELECT clearance.mirror('good', 'member', '{"regress_views.role": "key"}', :north);
SELECT clearance.mirror('good', 'member', '{"regress_views.person": "name"}', :north);
SELECT clearance.mirror('good', 'member', '{"regress_views.person": "source"}', :north);
SELECT clearance.mirror('good', 'member', account => :south) > 0;
SELECT clearance.mirror('good', 'member', account => :south);
-- two rows about one
CREATE TABLE alias (id bigint, name text);
CREATE VIEW twice AS SELECT id AS key, name FROM alias;
SELECT clearance.mirror('twice', 'member', account => :south) > 0;
INSERT INTO alias VALUES (21, 'Ida');
INSERT INTO alias VALUES (21, 'Ada');
INSERT INTO alias VALUES (21, 'Ida');
SELECT count(*) FROM alias;
-- values are compared in one form, whatever that of the session is which writes
CREATE TABLE gauge (id bytea PRIMARY KEY, project bigint, member bigint, load float8);
CREATE VIEW gauged AS SELECT id::text AS source, project, member FROM gauge WHERE load > 1;
SELECT clearance.mirror('gauged', 'membership', '{"regress_views.gauge": "source"}', :south) > 0;
INSERT INTO gauge VALUES ('\x0001', 9, 9, 1.4), ('\x0002', 9, 9, 2);
SET LOCAL extra_float_digits = -15;
UPDATE gauge SET load = 1 WHERE load < 2;
SELECT pm.source LIKE '%0002%' FROM clearance.project_member pm WHERE pm.source LIKE 'mirror:%x000%';
SET LOCAL bytea_output = escape;
DELETE FROM gauge;
SELECT count(*) FROM clearance.project_member pm WHERE pm.source LIKE 'mirror:%x000%';
RESET extra_float_digits;
RESET bytea_output;
-- values are values, and columns have any name
CREATE TABLE "Odd ""case""" ("columns" text, m text, x text, "v;--" text, clearance_new text);
CREATE VIEW "Odd; view" AS SELECT "columns" AS source, x AS key, "v;--" AS name FROM "Odd ""case""";
SELECT clearance.mirror('"Odd; view"', 'member', '{"regress_views.\"Odd \"\"case\"\"\"": "source"}', :south) > 0;
INSERT INTO "Odd ""case""" VALUES ('{"a', 'b', 'it''s "7"; --', E'n\\ame', '');
UPDATE "Odd ""case""" SET m = 'c', "v;--" = '{NULL}';
SELECT m.key, m.name FROM clearance.member m WHERE m.key LIKE 'it%';
ROLLBACK;
