-- What INSERT, UPDATE, DELETE and their kin may do: the same rule, on the row
-- before and after. Everything happens in transactions that leave nothing.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
-- who administers is an operator: between the two, nobody acts
\set as_operator 'RESET ROLE; DO $$ BEGIN PERFORM set_config(''regress.actor'', current_setting(''clearance.actor''), true), set_config(''clearance.actor'', '''', true); END $$;'
\set as_member 'DO $$ BEGIN PERFORM set_config(''clearance.actor'', current_setting(''regress.actor''), true); END $$; SET LOCAL ROLE regress_write;'
BEGIN;
CREATE ROLE regress_write;
SELECT clearance.trust_role('regress_write');
CREATE SCHEMA regress_write;
SET LOCAL search_path = regress_write;

SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.set_account(:account, portal => true);
SELECT clearance.add_member('ann', roles => '{account_admin}') AS ann \gset
SELECT clearance.add_member('sue', roles => '{super_user}') AS sue \gset
SELECT clearance.add_member('cole', roles => '{collaborator}') AS cole \gset
SELECT clearance.create_partner('Perm', 'permissive') AS perm \gset
SELECT clearance.create_partner('Mod', 'moderate') AS mod \gset
SELECT clearance.create_partner('Rest', 'restricted') AS rest \gset
SELECT clearance.add_member('pat', partner => :perm, partner_admin => true) AS pat \gset
SELECT clearance.add_member('max', partner => :mod, partner_admin => true) AS max \gset
SELECT clearance.add_member('rex', partner => :rest, partner_admin => true) AS rex \gset
SELECT clearance.create_customer('Cafe') AS cafe \gset
SELECT clearance.add_member('cleo', customer => :cafe) AS cleo \gset
SELECT clearance.create_project(1) > 0, clearance.create_project(2) > 0;
SELECT clearance.set_project(1, portal => true), clearance.add_customer_to_project(1, :cafe);
SELECT clearance.add_partner_to_project(1, partner) FROM unnest(ARRAY[:perm, :mod, :rest]) partner;

CREATE TABLE task (name text PRIMARY KEY, project integer DEFAULT 1, is_private boolean DEFAULT false, creator text,
    assignee text, followers text[], kind text, frozen boolean DEFAULT false, at_risk boolean, notes text);
INSERT INTO task (name, project, is_private, creator, assignee) VALUES ('shared1', 1, false, 'ann', NULL),
    ('private1', 1, true, 'ann', NULL), ('rex1', 1, true, 'ann', 'rex'), ('shared2', 2, false, 'ann', NULL);
SELECT clearance.protect('task', 'task', 'project', 'is_private', '{false}', owner => 'creator', kind => 'kind') > 0;
SELECT clearance.relate('task', 'assigned', 'assignee'), clearance.relate('task', 'followed', 'followers');
GRANT USAGE ON SCHEMA regress_write TO regress_write;
GRANT SELECT, INSERT, UPDATE, DELETE ON task TO regress_write;
SET LOCAL ROLE regress_write;

--
-- INSERT needs the create action for the new row, in its project.
--
SELECT clearance.set_actor(key => 'pat') AS acting \gset
INSERT INTO task (name, is_private) VALUES ('pat1', true) RETURNING name, project, is_private, creator;
INSERT INTO task (name, project) VALUES ('pat2', 2);
INSERT INTO task (name, project) VALUES ('unknown', 404);
INSERT INTO task (name, project) VALUES ('projectless', NULL);
SELECT clearance.set_actor(key => 'max') AS acting \gset
INSERT INTO task (name) VALUES ('max1');
-- one bad row refuses the statement
SELECT clearance.set_actor(key => 'pat') AS acting \gset
INSERT INTO task (name, project) SELECT 'row' || p, p FROM generate_series(1, 2) p;
-- An owner column is filled with the actor; naming somebody else needs change_owner.
INSERT INTO task (name, creator) VALUES ('mine', 'pat') RETURNING creator;
INSERT INTO task (name, creator) VALUES ('foisted', 'max');
UPDATE task SET creator = 'max' WHERE name = 'mine';
UPDATE task SET creator = NULL WHERE name = 'mine' RETURNING creator;
SELECT clearance.set_actor(key => 'ann') AS acting \gset
INSERT INTO task (name, creator) VALUES ('imported', 'max') RETURNING creator;
UPDATE task SET creator = 'pat' WHERE name = 'imported' RETURNING creator;
DELETE FROM task WHERE name IN ('mine', 'imported', 'pat1');
-- RETURNING shows the new row, so it needs sight of it as well
:as_operator
SELECT clearance.create_level('writer', 'partner') > 0;
SELECT clearance.allow('writer', 'task', 'create'), clearance.allow('writer', 'task', 'view', 'shared');
SELECT clearance.add_member_to_project(1, :max, 'writer');
:as_member
SELECT clearance.set_actor(key => 'max') AS acting \gset
INSERT INTO task (name, is_private) VALUES ('blind1', true) RETURNING name;
INSERT INTO task (name, is_private) VALUES ('blind1', true);
SELECT name FROM task ORDER BY name;
:as_operator
DELETE FROM task WHERE name = 'blind1';
SELECT clearance.remove_member_from_project(1, :max);
:as_member

--
-- UPDATE needs the edit action on the row as it was and on the row as changed;
-- the error says on which of the two it is missing.
--
SELECT clearance.set_actor(key => 'max') AS acting \gset
UPDATE task SET notes = 'by max' WHERE name = 'shared1' RETURNING name, notes;
-- what one cannot see cannot be touched, and is passed over in silence
UPDATE task SET notes = 'by max' WHERE name IN ('private1', 'shared2') RETURNING name;
UPDATE task SET notes = 'by max' RETURNING name;
-- nor can a row leave what one may edit
UPDATE task SET is_private = true WHERE name = 'shared1';
UPDATE task SET project = 2 WHERE name = 'shared1';
UPDATE task SET project = NULL WHERE name = 'shared1';
-- nor be brought into it
UPDATE task SET is_private = false WHERE name = 'private1';
UPDATE task SET project = 1 WHERE name = 'shared2';
SELECT clearance.set_actor(key => 'pat') AS acting \gset
UPDATE task SET is_private = true WHERE name = 'shared1' RETURNING name, is_private;
UPDATE task SET is_private = false WHERE name = 'shared1' RETURNING name, is_private;
UPDATE task SET project = 2 WHERE name = 'shared1';
-- who sees a row but may not edit it is told so where it might change some other
-- column (here: follow), else the row is passed over
SELECT clearance.set_actor(key => 'rex') AS acting \gset
UPDATE task SET notes = 'by rex' RETURNING name;
:as_operator
SELECT clearance.switch_on(:rex, 'task', 'view');
CREATE TABLE milestone (name text PRIMARY KEY, project integer DEFAULT 1, reached boolean);
INSERT INTO milestone VALUES ('first');
SELECT clearance.protect('milestone', 'task', 'project') > 0;
GRANT SELECT, INSERT, UPDATE, DELETE ON milestone TO regress_write;
:as_member
SELECT name FROM task ORDER BY name;
UPDATE task SET notes = 'by rex again' RETURNING name;
SELECT name FROM milestone;
UPDATE milestone SET reached = true RETURNING name;
:as_operator
SELECT clearance.switch_off(:rex, 'task', 'view');
-- the final row is judged, whatever triggers of the application made of it
CREATE FUNCTION elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.project := 2; RETURN NEW; END $$;
CREATE TRIGGER elsewhere BEFORE INSERT OR UPDATE ON task FOR EACH ROW EXECUTE FUNCTION elsewhere();
:as_member
SELECT clearance.set_actor(key => 'pat') AS acting \gset
UPDATE task SET notes = 'moved' WHERE name = 'shared1';
INSERT INTO task (name) VALUES ('moved');
:as_operator
DROP TRIGGER elsewhere ON task;

--
-- A guarded column needs its own action instead of edit; an UPDATE needs the
-- actions of exactly the columns that it changes.
--
SELECT clearance.guard_column('task', 'at_risk', 'mark_at_risk');
SELECT clearance.guard_column('task', 'frozen', 'convert_to_milestone', new_value => 'true');
SELECT clearance.allow('moderate', 'task', 'mark_at_risk', kinds => '{call}');
:as_member
SELECT clearance.set_actor(key => 'max') AS acting \gset
UPDATE task SET at_risk = true WHERE name = 'shared1';
-- on the row as it was and as it becomes
UPDATE task SET at_risk = true, kind = 'call' WHERE name = 'shared1';
UPDATE task SET kind = 'call' WHERE name = 'shared1';
UPDATE task SET at_risk = true, kind = 'mail' WHERE name = 'shared1';
UPDATE task SET at_risk = true, notes = 'risky' WHERE name = 'shared1' RETURNING at_risk, notes;
-- naming a column without changing it needs nothing
UPDATE task SET frozen = frozen, creator = creator, assignee = assignee, notes = 'same' WHERE name = 'shared1' RETURNING notes;
-- a guard for one new value leaves the others to edit
UPDATE task SET frozen = true WHERE name = 'shared1';
UPDATE task SET frozen = NULL WHERE name = 'shared1' RETURNING frozen;
UPDATE task SET frozen = false WHERE name = 'shared1' RETURNING frozen;
-- the action of a column alone opens that column alone
:as_operator
SELECT clearance.create_level('marker', 'partner') > 0;
SELECT clearance.allow('marker', 'task', 'view', 'shared'), clearance.allow('marker', 'task', 'mark_at_risk', 'shared');
SELECT clearance.add_member_to_project(1, :max, 'marker');
:as_member
UPDATE task SET at_risk = false WHERE name = 'shared1' RETURNING at_risk;
UPDATE task SET notes = 'by marker' WHERE name = 'shared1';
UPDATE task SET at_risk = true, notes = 'by marker' WHERE name = 'shared1';
:as_operator
SELECT clearance.remove_member_from_project(1, :max);
:as_member
-- a new row is not born with what a guard would refuse later, unless by default
SELECT clearance.set_actor(key => 'pat') AS acting \gset
INSERT INTO task (name, frozen) VALUES ('born', true);
INSERT INTO task (name, frozen) VALUES ('born', false) RETURNING frozen;
INSERT INTO task (name, at_risk) VALUES ('born at risk', true);
DELETE FROM task WHERE name = 'born';
RESET ROLE;
ALTER TABLE task ALTER frozen SET DEFAULT true;
SET LOCAL ROLE regress_write;
INSERT INTO task (name) VALUES ('born') RETURNING frozen;
DELETE FROM task WHERE name = 'born';
RESET ROLE;
ALTER TABLE task ALTER frozen DROP DEFAULT;
SET LOCAL ROLE regress_write;

--
-- Nobody grants itself a relation. Setting an assignee needs assign.
--
SELECT clearance.set_actor(key => 'rex') AS acting \gset
UPDATE task SET assignee = 'max' WHERE name = 'rex1';
UPDATE task SET assignee = NULL WHERE name = 'rex1';
SELECT clearance.set_actor(key => 'max') AS acting \gset
UPDATE task SET assignee = 'max' WHERE name = 'shared1' RETURNING assignee;
UPDATE task SET assignee = NULL WHERE name = 'shared1' RETURNING assignee;
:as_operator
SELECT clearance.add_member_to_project(1, :max, 'writer');
:as_member
INSERT INTO task (name, assignee) VALUES ('self', 'max');
INSERT INTO task (name) VALUES ('plain') RETURNING name;
-- an array that names nobody asks for nothing: not of who creates a row, nor, beside edit, of who changes one to that
:as_operator
CREATE TABLE todo (name text PRIMARY KEY, project integer DEFAULT 1, helper text, assignees text[] NOT NULL DEFAULT '{}', guests text[]);
INSERT INTO todo (name, helper) VALUES ('rex''s', 'rex');
SELECT clearance.protect('todo', 'task', 'project') > 0, clearance.relate('todo', 'assigned', 'helper'),
    clearance.relate('todo', 'assigned', 'assignees'), clearance.relate('todo', 'invited', 'guests');
GRANT SELECT, INSERT, UPDATE ON todo TO regress_write;
:as_member
INSERT INTO todo (name) VALUES ('of nobody') RETURNING assignees;
INSERT INTO todo (name, assignees, guests) VALUES ('of nulls', '{NULL,NULL}', '{}') RETURNING assignees, guests;
INSERT INTO todo (name, assignees) VALUES ('self', '{NULL,max}');
INSERT INTO todo (name, guests) VALUES ('self', '{max}');
SELECT clearance.set_actor(key => 'rex') AS acting \gset
UPDATE todo SET guests = '{}' RETURNING name, guests;
UPDATE todo SET guests = NULL, assignees = '{NULL}' RETURNING name, assignees;
UPDATE todo SET guests = '{rex}';
UPDATE todo SET assignees = '{max}';
SELECT clearance.editable_columns(t, 'todo') FROM todo t;
:as_operator
SELECT code, found FROM clearance.explain('todo', 'rex''s', 'edit', member => 'rex', changes => '{"guests": []}') WHERE step IN ('verdict', 'columns');
SELECT code, found FROM clearance.explain('todo', 'rex''s', 'edit', member => 'rex', changes => '{"guests": ["rex"]}') WHERE step IN ('verdict', 'columns');
UPDATE todo SET assignees = '{pat}';
:as_member
UPDATE todo SET assignees = '{}';
SELECT clearance.set_actor(key => 'max') AS acting \gset
:as_operator
SELECT clearance.remove_member_from_project(1, :max);
DELETE FROM task WHERE name = 'plain';
:as_member
-- Following is for everybody who sees the row, and for oneself only.
SELECT clearance.set_actor(key => 'rex') AS acting \gset
UPDATE task SET followers = followers || '{rex}'::text[] WHERE name = 'rex1' RETURNING followers;
UPDATE task SET followers = followers || '{max}'::text[] WHERE name = 'rex1';
UPDATE task SET followers = '{}' WHERE name = 'rex1' RETURNING followers;
:as_operator
SELECT clearance.add_member_to_project(1, :rex, 'marker');
UPDATE task SET followers = '{pat}' WHERE name = 'shared1';
:as_member
UPDATE task SET followers = '{pat,rex}' WHERE name = 'shared1' RETURNING followers;
UPDATE task SET followers = '{rex}' WHERE name = 'shared1';
UPDATE task SET followers = '{rex,pat}' WHERE name = 'private1' RETURNING followers;
SELECT clearance.set_actor(key => 'pat') AS acting \gset
INSERT INTO task (name, followers) VALUES ('follow', '{max}');
INSERT INTO task (name, followers) VALUES ('follow', '{pat}') RETURNING followers;
DELETE FROM task WHERE name = 'follow';
:as_operator
SELECT clearance.remove_member_from_project(1, :rex);

-- Link tables are protected with the table that they link to: assign on that
-- row for assignees, invite for guests (its owner holds it), sight for followers.
CREATE TABLE task_helper (task text, member text, PRIMARY KEY (task, member));
CREATE TABLE task_guest (task text, member text, PRIMARY KEY (task, member));
CREATE TABLE task_fan (task text, member text, PRIMARY KEY (task, member));
INSERT INTO task_helper VALUES ('rex1', 'rex'), ('private1', 'pat');
SELECT clearance.relate('task', 'assigned', 'member', 'task_helper', 'task'),
    clearance.relate('task', 'invited', 'member', 'task_guest', 'task'),
    clearance.relate('task', 'followed', 'member', 'task_fan', 'task');
GRANT SELECT, INSERT, UPDATE, DELETE ON task_helper, task_guest, task_fan TO regress_write;
:as_member
SELECT clearance.set_actor(key => 'rex') AS acting \gset
SELECT * FROM task_helper ORDER BY task;
INSERT INTO task_helper VALUES ('shared1', 'rex');
INSERT INTO task_helper VALUES ('rex1', 'max');
UPDATE task_helper SET member = 'max' RETURNING *;
DELETE FROM task_helper RETURNING *;
SELECT clearance.set_actor(key => 'max') AS acting \gset
INSERT INTO task_helper VALUES ('shared1', 'max') RETURNING *;
UPDATE task_helper SET task = 'private1' WHERE task = 'shared1';
INSERT INTO task_helper VALUES ('private1', 'max');
DELETE FROM task_helper RETURNING *;
INSERT INTO task_guest VALUES ('shared1', 'max');
INSERT INTO task_fan VALUES ('shared1', 'pat');
INSERT INTO task_fan VALUES ('private1', 'max');
INSERT INTO task_fan VALUES ('shared1', 'max') RETURNING *;
UPDATE task_fan SET member = 'pat';
SELECT clearance.set_actor(key => 'pat') AS acting \gset
DELETE FROM task_fan RETURNING *;
INSERT INTO task (name) VALUES ('pats') RETURNING creator;
INSERT INTO task_guest VALUES ('pats', 'max') RETURNING *;
INSERT INTO task_guest VALUES ('shared1', 'max');
DELETE FROM task_guest RETURNING *;
DELETE FROM task WHERE name = 'pats';
SELECT clearance.set_actor(key => 'max') AS acting \gset
DELETE FROM task_fan RETURNING *;

--
-- DELETE needs the delete action and sight of the row.
--
SELECT clearance.set_actor(key => 'rex') AS acting \gset
DELETE FROM task RETURNING name;
SELECT clearance.set_actor(key => 'max') AS acting \gset
DELETE FROM task RETURNING name;
RESET ROLE;
INSERT INTO task (name, creator) VALUES ('shared1', 'ann');
SET LOCAL ROLE regress_write;
SELECT clearance.set_actor(key => 'pat') AS acting \gset
DELETE FROM task WHERE name IN ('private1', 'shared2') RETURNING name;
:as_operator
INSERT INTO task (name, creator, is_private) VALUES ('private1', 'ann', true);
-- Sight is needed even where the statement reads nothing of the row.
SELECT clearance.create_feature('memo');
CREATE TABLE memo (name text PRIMARY KEY, project integer DEFAULT 1, author text, notes text);
INSERT INTO memo (name, author) VALUES ('of ann', 'ann'), ('of max', 'max');
SELECT clearance.protect('memo', 'memo', 'project', owner => 'author') > 0;
GRANT SELECT, INSERT, UPDATE, DELETE ON memo TO regress_write;
SELECT clearance.allow('moderate', 'memo', 'view', relation => 'own');
SELECT clearance.allow('moderate', 'memo', 'edit'), clearance.allow('moderate', 'memo', 'delete');
:as_member
SELECT clearance.set_actor(key => 'max') AS acting \gset
UPDATE memo SET notes = 'by max';
DELETE FROM memo;
RESET ROLE;
SELECT name, notes FROM memo;

--
-- MERGE and ON CONFLICT need what their parts need.
--
SET LOCAL ROLE regress_write;
SELECT clearance.set_actor(key => 'pat') AS acting \gset
MERGE INTO task t USING (VALUES ('shared1'), ('private1'), ('new1')) v (name) ON t.name = v.name
    WHEN MATCHED AND t.is_private THEN DELETE
    WHEN MATCHED THEN UPDATE SET notes = 'merged'
    WHEN NOT MATCHED THEN INSERT (name) VALUES (v.name);
SELECT name, notes, creator FROM task ORDER BY name;
RESET ROLE;
INSERT INTO task (name, creator, is_private) VALUES ('private1', 'ann', true);
SET LOCAL ROLE regress_write;
SELECT clearance.set_actor(key => 'max') AS acting \gset
MERGE INTO task t USING (VALUES ('shared1'), ('private1')) v (name) ON t.name = v.name
    WHEN MATCHED THEN UPDATE SET notes = 'merged by max';
SELECT name, notes FROM task ORDER BY name;
MERGE INTO task t USING (VALUES ('new2')) v (name) ON t.name = v.name
    WHEN NOT MATCHED THEN INSERT (name) VALUES (v.name);
MERGE INTO task t USING (VALUES ('shared1')) v (name) ON t.name = v.name
    WHEN MATCHED THEN UPDATE SET is_private = true;
SELECT clearance.set_actor(key => 'rex') AS acting \gset
MERGE INTO task t USING (VALUES ('rex1')) v (name) ON t.name = v.name WHEN MATCHED THEN DELETE;
-- DO NOTHING tells only that a key is taken, hidden or not, as a unique index does
SELECT clearance.set_actor(key => 'pat') AS acting \gset
INSERT INTO task (name) VALUES ('shared2'), ('new3') ON CONFLICT DO NOTHING RETURNING name;
INSERT INTO task (name) VALUES ('shared2');
-- DO UPDATE on a row that one may not edit is an error, and shows nothing of it
INSERT INTO task (name, notes) VALUES ('shared1', 'excluded') ON CONFLICT (name) DO UPDATE SET notes = excluded.notes RETURNING name, notes;
INSERT INTO task (name, notes) VALUES ('shared2', 'excluded') ON CONFLICT (name) DO UPDATE SET notes = excluded.notes;
INSERT INTO task (name, notes) VALUES ('shared1', 'excluded') ON CONFLICT (name) DO UPDATE SET project = 2;
CREATE FUNCTION pg_temp.leak(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
    $$ BEGIN RAISE WARNING 'met %', $1; RETURN true; END $$;
-- old minor releases compute the WHERE of DO UPDATE for a hidden row: nothing that an extension could mend
CREATE TEMP SEQUENCE met;
CREATE FUNCTION pg_temp.meet(text) RETURNS boolean LANGUAGE sql COST 0.0000001 AS 'SELECT nextval(''met'') > 0';
INSERT INTO task (name) VALUES ('shared2') ON CONFLICT (name) DO UPDATE SET notes = 'leak' WHERE pg_temp.meet(task.name);
SELECT NOT is_called OR v % 10000 < (ARRAY[20, 16, 12, 6])[v / 10000 - 14] AS nothing_met FROM met, current_setting('server_version_num') s, CAST(s AS integer) v;
UPDATE task SET notes = 'leak' WHERE pg_temp.leak(name) AND project = 2;
DELETE FROM task WHERE pg_temp.leak(name) AND project = 2;
SELECT clearance.set_actor(key => 'max') AS acting \gset
INSERT INTO task (name) VALUES ('shared1') ON CONFLICT DO NOTHING;
-- parts of one statement
SELECT clearance.set_actor(key => 'pat') AS acting \gset
WITH added AS (INSERT INTO task (name) VALUES ('new4') RETURNING name),
     changed AS (UPDATE task SET notes = 'with' WHERE name IN ('shared1', 'shared2') RETURNING name),
     gone AS (DELETE FROM task WHERE name = 'new1' RETURNING name)
SELECT * FROM added UNION ALL TABLE changed UNION ALL TABLE gone ORDER BY 1;
DELETE FROM task WHERE name IN ('new3', 'new4') RETURNING name;

--
-- COPY FROM is refused by PostgreSQL itself.
--
\copy task (name, project) FROM /dev/null
-- TRUNCATE is not about rows: it needs its own privilege, which members should not have.
TRUNCATE task;
-- Locking a row needs the right to edit it; others are passed over.
SELECT clearance.set_actor(key => 'pat') AS acting \gset
SELECT name FROM task WHERE project = 1 ORDER BY name FOR UPDATE;
SELECT name FROM task ORDER BY name FOR NO KEY UPDATE SKIP LOCKED;
:as_operator
SELECT clearance.add_member_to_project(1, :max, 'writer');
:as_member
SELECT clearance.set_actor(key => 'max') AS acting \gset
SELECT name FROM milestone;
SELECT name FROM milestone FOR UPDATE;
SELECT name FROM milestone FOR SHARE SKIP LOCKED;
SELECT t.name, m.name FROM task t, milestone m FOR UPDATE OF t;
:as_operator
SELECT clearance.remove_member_from_project(1, :max);

--
-- Drafts: publishing needs its action; who creates rows may write drafts.
--
CREATE TABLE news (name text PRIMARY KEY, project integer DEFAULT 1, author text, body text, published_at timestamptz);
SELECT clearance.protect('news', 'status_update', 'project', owner => 'author', published => 'published_at') > 0;
GRANT SELECT, INSERT, UPDATE, DELETE ON news TO regress_write;
SELECT clearance.create_level('drafter', 'partner') > 0;
SELECT clearance.allow('drafter', 'status_update', a) FROM unnest('{create,view,delete}'::text[]) a;
SELECT clearance.allow('drafter', 'status_update', 'edit', relation => 'own');
SELECT clearance.allow('drafter', 'project', 'view_status_updates');
SELECT clearance.add_member_to_project(1, :max, 'drafter');
:as_member
SELECT clearance.set_actor(key => 'max') AS acting \gset
INSERT INTO news (name, published_at) VALUES ('max', now());
INSERT INTO news (name) VALUES ('max') RETURNING name, author;
UPDATE news SET body = 'more' RETURNING body;
UPDATE news SET published_at = now();
-- a draft of somebody else is not there
SELECT clearance.set_actor(key => 'pat') AS acting \gset
SELECT name FROM news;
UPDATE news SET published_at = now() RETURNING name;
DELETE FROM news RETURNING name;
INSERT INTO news (name, published_at) VALUES ('pat', '2000-01-01') RETURNING name;
-- but to the vendor's people who may publish it
SELECT clearance.set_actor(key => 'sue') AS acting \gset
UPDATE news SET published_at = '2000-01-01' WHERE name = 'max' RETURNING name;
SELECT clearance.set_actor(key => 'pat') AS acting \gset
SELECT name, body FROM news ORDER BY name;
-- what says that a row is published never asks for nothing, as NULL does
:as_operator
CREATE TABLE bulletin (name text PRIMARY KEY, project integer DEFAULT 1, author text, published boolean DEFAULT false);
CREATE TABLE poster (name text PRIMARY KEY, project integer DEFAULT 1, author text, published date DEFAULT 'infinity');
SELECT clearance.protect(tab, 'status_update', 'project', owner => 'author', published => 'published') > 0 FROM unnest('{bulletin,poster}'::regclass[]) tab;
GRANT SELECT, INSERT, UPDATE, DELETE ON bulletin, poster TO regress_write;
:as_member
SELECT clearance.set_actor(key => 'max') AS acting \gset
INSERT INTO bulletin (name) VALUES ('draft') RETURNING published;
INSERT INTO bulletin (name, published) VALUES ('no draft', true);
INSERT INTO bulletin (name, published) VALUES ('undecided', NULL);
UPDATE bulletin SET published = false WHERE name = 'undecided' RETURNING published;
UPDATE bulletin SET published = true WHERE name = 'draft';
INSERT INTO poster (name) VALUES ('draft') RETURNING published;
INSERT INTO poster (name, published) VALUES ('some day', '2999-01-01');
UPDATE poster SET published = NULL RETURNING published;
UPDATE poster SET published = '2999-01-01';
SELECT clearance.set_actor(key => 'pat') AS acting \gset
SELECT name FROM bulletin;
SELECT clearance.set_actor(key => 'sue') AS acting \gset
UPDATE bulletin SET published = true WHERE name = 'draft' RETURNING published;
:as_operator
SELECT clearance.remove_member_from_project(1, :max);

--
-- Customers: client visibility edit is what they may change; uploads go by the
-- project's switch alone, and the uploader sees its own file.
--
CREATE TABLE file (name text PRIMARY KEY, project integer DEFAULT 1, uploader text, client text DEFAULT 'hidden', notes text);
INSERT INTO file (name, uploader, client) VALUES ('hidden', 'sue', 'hidden'), ('read', 'sue', 'read'), ('edit', 'sue', 'edit');
SELECT clearance.protect('file', 'file', 'project', owner => 'uploader', client_visibility => 'client') > 0;
GRANT SELECT, INSERT, UPDATE, DELETE ON file TO regress_write;
:as_member
SELECT clearance.set_actor(key => 'cleo') AS acting \gset
UPDATE file SET notes = 'by cleo' RETURNING name;
UPDATE file SET client = 'read' WHERE name = 'edit';
DELETE FROM file RETURNING name;
INSERT INTO file (name) VALUES ('upload');
:as_operator
SELECT clearance.set_project(1, client_upload => true);
:as_member
INSERT INTO file (name) VALUES ('upload') RETURNING name, uploader, client;
INSERT INTO file (name, project) VALUES ('elsewhere', 2);
INSERT INTO file (name, uploader) VALUES ('foisted', 'sue');
INSERT INTO task (name) VALUES ('no task');
:as_operator
SELECT clearance.set_project(1, client_upload => false);

-- Owners invite to their rows; customers where client visibility lets them edit.
CREATE TABLE shared_file (name text PRIMARY KEY, project integer DEFAULT 1, uploader text, client text, guests text[]);
INSERT INTO shared_file (name, uploader, client) VALUES ('hidden', 'cleo', 'hidden'), ('read', 'cleo', 'read'), ('edit', 'cleo', 'edit');
SELECT clearance.protect('shared_file', 'file', 'project', owner => 'uploader', client_visibility => 'client') > 0;
SELECT clearance.relate('shared_file', 'invited', 'guests');
GRANT SELECT, UPDATE ON shared_file TO regress_write;
:as_member
SELECT name FROM shared_file ORDER BY name;
UPDATE shared_file SET guests = '{sue}' RETURNING name;
:as_operator

-- Signing changes the signature and nothing else, once the sign-off is sent.
CREATE TABLE sign_off (name text PRIMARY KEY, project integer DEFAULT 1, author text, body text, sent_at timestamptz, signed_by text);
INSERT INTO sign_off (name, author, sent_at) VALUES ('draft', 'sue', NULL), ('sent', 'sue', '2000-01-01');
SELECT clearance.protect('sign_off', 'sign_off', 'project', owner => 'author', published => 'sent_at', publish_action => 'send') > 0;
SELECT clearance.guard_column('sign_off', 'signed_by', 'sign');
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_off TO regress_write;
:as_member
UPDATE sign_off SET signed_by = 'cleo' RETURNING name;
UPDATE sign_off SET signed_by = 'cleo!', body = 'other terms';
UPDATE sign_off SET sent_at = NULL;
SELECT clearance.set_actor(key => 'sue') AS acting \gset
UPDATE sign_off SET signed_by = 'sue' WHERE name = 'sent';
UPDATE sign_off SET body = 'terms', sent_at = '2000-01-01' WHERE name = 'draft' RETURNING name, body;
SELECT clearance.set_actor(key => 'cleo') AS acting \gset
SELECT name, signed_by FROM sign_off ORDER BY name;
:as_operator

--
-- Archived projects are read-only, also for those who see them.
--
SELECT clearance.set_project(1, archived => true);
:as_member
SELECT clearance.set_actor(key => 'ann') AS acting \gset
SELECT count(*) > 0 FROM task WHERE project = 1;
UPDATE task SET notes = 'archived' WHERE project = 1 RETURNING name;
UPDATE task SET followers = '{ann}' WHERE project = 1 RETURNING name;
INSERT INTO task_fan VALUES ('shared1', 'ann');
DELETE FROM task WHERE project = 1 RETURNING name;
INSERT INTO task (name) VALUES ('archived');
:as_operator
SELECT clearance.set_project(1, archived => false);
:as_member
UPDATE task SET notes = 'open again' WHERE name = 'shared1' RETURNING name;
RESET ROLE;

--
-- A row and its parents are in one project, whoever writes: the child's side is
-- checked at once, the parent's when the transaction ends.
--
CREATE TABLE remark (name text PRIMARY KEY, project integer DEFAULT 1, task text);
INSERT INTO remark (name, task) VALUES ('re1', 'shared1');
SELECT clearance.protect('remark', 'document_comment', 'project') > 0;
SELECT clearance.add_parent('remark', 'task', 'task');
GRANT SELECT, INSERT, UPDATE, DELETE ON remark TO regress_write;
SET LOCAL ROLE regress_write;
SELECT clearance.set_actor(key => 'ann') AS acting \gset
INSERT INTO remark VALUES ('re2', 2, 'shared1');
INSERT INTO remark VALUES ('re2', 2, 'shared2'), ('re3', 1, 'shared1');
UPDATE remark SET project = 2 WHERE name = 're3';
UPDATE remark SET task = 'shared2' WHERE name = 're3';
UPDATE remark SET task = 'shared2', project = 2 WHERE name = 're3' RETURNING *;
DELETE FROM remark WHERE name IN ('re2', 're3');
RESET ROLE;
INSERT INTO remark VALUES ('re4', 2, 'shared1');
UPDATE remark SET project = 2;
-- the parent goes first, its children in the same transaction
UPDATE task SET project = 2 WHERE name = 'shared1';
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE remark SET project = 2 WHERE task = 'shared1';
SET CONSTRAINTS ALL IMMEDIATE;
SELECT r.name, r.project, t.project FROM remark r JOIN task t ON t.name = r.task;
SET CONSTRAINTS ALL DEFERRED;
UPDATE task SET project = 1 WHERE name = 'shared1';
UPDATE remark SET project = 1;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
-- a parent that one does not see takes no children
SET LOCAL ROLE regress_write;
SELECT clearance.set_actor(key => 'pat') AS acting \gset
INSERT INTO remark VALUES ('re5', 1, 'private1') RETURNING name;
INSERT INTO remark VALUES ('re6', 2, 'shared2');
INSERT INTO remark VALUES ('re6', 1, 'no such task');
INSERT INTO remark VALUES ('re6', 1, NULL);
SELECT clearance.set_actor(key => 'max') AS acting \gset
INSERT INTO remark VALUES ('re6', 1, 'private1');
RESET ROLE;

--
-- A row of the application's project table is a project: adding it needs
-- project.create, and whoever adds it is its owner, in the same statement.
--
SELECT clearance.reset_actor();
SELECT clearance.create_account('Regress other') AS other \gset
SELECT clearance.create_project(p, :other) > 0 FROM generate_series(30, 31) p;
INSERT INTO task (name, project) VALUES ('theirs', 30);
CREATE TABLE project (id integer PRIMARY KEY, name text);
INSERT INTO project VALUES (1, 'one'), (2, 'two'), (30, 'thirty');
SELECT clearance.protect('project', 'project', 'id') > 0;
GRANT SELECT, INSERT, UPDATE, DELETE ON project TO regress_write;
SELECT clearance.create_level('founder', 'vendor') > 0;
SELECT clearance.allow('founder', 'project', a) FROM unnest('{view,create,edit,view_default_fields}'::text[]) a;
SELECT clearance.allow('founder', 'task', a) FROM unnest('{view,create}'::text[]) a;
SELECT clearance.create_role('Founder', access_level => 'founder', account => :account) > 0;
SELECT clearance.add_member('fay', roles => '{Founder}', account => :account) AS fay \gset
SET LOCAL ROLE regress_write;
SELECT clearance.set_actor(key => 'cole') AS acting \gset
INSERT INTO project VALUES (10, 'of cole');
SELECT clearance.set_actor(key => 'pat') AS acting \gset
INSERT INTO project VALUES (10, 'of pat');
SELECT clearance.set_actor(key => 'fay') AS acting \gset
SELECT name FROM project ORDER BY id;
INSERT INTO project VALUES (10, 'ten') RETURNING id, name;
SELECT name FROM project ORDER BY id;
UPDATE project SET name = 'ten!' WHERE id = 10 RETURNING name;
WITH p AS (INSERT INTO project VALUES (11, 'eleven') RETURNING id)
INSERT INTO task (name, project) SELECT 'first of ' || id, id FROM p RETURNING name, creator;
SELECT name FROM task ORDER BY name;
RESET ROLE;
SELECT p.key, m.key, pm.is_owner FROM clearance.project p JOIN clearance.project_member pm ON pm.project_id = p.id
JOIN clearance.member m ON m.id = pm.member_id WHERE p.key IN ('10', '11') ORDER BY 1;
-- a key that somebody else has opens nothing
SET LOCAL ROLE regress_write;
INSERT INTO project VALUES (2, 'mine') ON CONFLICT DO NOTHING;
INSERT INTO project VALUES (2, 'mine') ON CONFLICT (id) DO UPDATE SET name = excluded.name;
INSERT INTO project VALUES (2, 'mine');
WITH p AS (INSERT INTO project VALUES (2, 'mine') ON CONFLICT DO NOTHING RETURNING id)
SELECT name FROM task WHERE project = 2;
WITH p AS (INSERT INTO project VALUES (2, 'mine') ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO task (name, project) VALUES ('intruder', 2);
SELECT name FROM project ORDER BY id;
RESET ROLE;
-- nor has it while the statement runs, in whatever order its parts do
SET LOCAL ROLE regress_write;
INSERT INTO project VALUES (30, 'mine') ON CONFLICT DO NOTHING;
WITH p AS (INSERT INTO project VALUES (30, 'mine') ON CONFLICT DO NOTHING), t AS (INSERT INTO task (name, project) VALUES ('intruder', 30)) SELECT;
WITH t AS (INSERT INTO task (name, project) VALUES ('intruder', 30)), p AS (INSERT INTO project VALUES (30, 'mine') ON CONFLICT DO NOTHING) SELECT;
INSERT INTO project VALUES (31, 'of another account');
:as_operator
-- a project that was registered before its row stays as it is
SELECT clearance.create_project(32, :account) > 0;
:as_member
INSERT INTO project VALUES (32, 'registered');
SELECT name FROM project ORDER BY id;
RESET ROLE;
-- a new key keeps the memberships, a deleted project is forgotten
UPDATE project SET id = 12 WHERE id = 10;
DELETE FROM project WHERE id = 11;
SET LOCAL ROLE regress_write;
SELECT id, name FROM project ORDER BY id;
SELECT name FROM task ORDER BY name;
RESET ROLE;

--
-- A login for a whole partner only views.
--
CREATE ROLE regress_write_bi;
GRANT USAGE ON SCHEMA regress_write TO regress_write_bi;
GRANT SELECT, INSERT, UPDATE, DELETE ON task, task_fan, milestone TO regress_write_bi;
SELECT clearance.reset_actor(), clearance.map_role('regress_write_bi', partner => :perm);
SET LOCAL SESSION AUTHORIZATION regress_write_bi;
SELECT name FROM task ORDER BY name;
INSERT INTO task (name) VALUES ('bi');
UPDATE task SET notes = 'bi' RETURNING name;
UPDATE task SET followers = '{pat}' RETURNING name;
UPDATE milestone SET reached = true RETURNING name;
DELETE FROM task RETURNING name;
INSERT INTO task_fan VALUES ('rex1', 'pat');
SELECT name FROM task ORDER BY name FOR UPDATE;
RESET SESSION AUTHORIZATION;

ROLLBACK;

-- A parent that moved alone stops its transaction from committing, a superuser's too.
BEGIN;
CREATE SCHEMA regress_write;
CREATE TABLE regress_write.task (id integer PRIMARY KEY, project integer);
CREATE TABLE regress_write.remark (id integer PRIMARY KEY, project integer, task integer);
SELECT clearance.create_account('Regress') > 0;
SELECT clearance.protect('regress_write.task', 'task', 'project') > 0, clearance.protect('regress_write.remark', 'document_comment', 'project') > 0;
SELECT clearance.add_parent('regress_write.remark', 'task', 'regress_write.task');
INSERT INTO regress_write.task VALUES (1, 1);
INSERT INTO regress_write.remark VALUES (1, 1, 1);
UPDATE regress_write.task SET project = 2;
COMMIT;
SELECT count(*) FROM clearance.account WHERE name = 'Regress';
