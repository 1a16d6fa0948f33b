-- Commands that would lead around protection: tables above a protected one and
-- below it, and triggers that mirrors rest on.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_roads;
CREATE ROLE regress_roads_owner;
CREATE ROLE regress_roads_moe;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_roads_owner', current_database()) \gexec
SELECT clearance.create_account('regress_roads') AS account \gset
SELECT clearance.create_partner('regress_roads_bolt', access_level => 'moderate', account => :account) AS partner \gset
SELECT clearance.add_member(key => 'rr-moe', partner => :partner, account => :account) AS moe \gset
SELECT clearance.map_role('regress_roads_moe', member => :moe);
SELECT count(clearance.create_project(k, :account)) FROM unnest('{rr-open,rr-hidden}'::text[]) k;
SELECT clearance.add_partner_to_project('rr-open', :partner), clearance.add_member_to_project('rr-open', :moe);
CREATE TABLE regress_roads.task (id integer PRIMARY KEY, project_id text, title text);
CREATE TABLE regress_roads."Event Log" (id integer, project_id text, title text) PARTITION BY LIST (id);
INSERT INTO regress_roads.task VALUES (1, 'rr-open', 'open'), (2, 'rr-hidden', 'hidden');
ALTER SCHEMA regress_roads OWNER TO regress_roads_owner;
ALTER TABLE regress_roads.task OWNER TO regress_roads_owner;
ALTER TABLE regress_roads."Event Log" OWNER TO regress_roads_owner;
SELECT clearance.protect('regress_roads.task', 'task', project => 'project_id') > 0 AS ok,
       clearance.protect('regress_roads."Event Log"', 'task', project => 'project_id') > 0 AS ok;
SET search_path = regress_roads;
SET ROLE regress_roads_owner;

--
-- A protected table comes below no table that is open: a query of that one would
-- read its rows by that one's policies.
--
CREATE TABLE open_parent (id integer, project_id text, title text);
CREATE TABLE open_whole (id integer, project_id text, title text) PARTITION BY LIST (id);
ALTER TABLE task INHERIT open_parent;
ALTER TABLE "Event Log" INHERIT open_parent;
ALTER TABLE open_whole ATTACH PARTITION task DEFAULT;
ALTER TABLE open_whole ATTACH PARTITION "Event Log" DEFAULT;
CREATE TABLE child () INHERITS (task, open_parent);
CREATE TABLE child () INHERITS (task);
ALTER TABLE child INHERIT open_parent;
DROP TABLE child;
-- nor is one protected that is there already, or has a child there
CREATE TABLE below () INHERITS (open_parent);
CREATE TABLE above (id integer, project_id text, title text);
ALTER TABLE below INHERIT above;
RESET ROLE;
SELECT clearance.protect('below', 'task', project => 'project_id');
SELECT clearance.protect('above', 'task', project => 'project_id');
SELECT clearance.relate('task', 'followed', member_column => 'title', link => 'below', link_column => 'id');
SET ROLE regress_roads_owner;
DROP TABLE below;
-- below a protected one it is judged by one declaration or the other, not by both
RESET ROLE;
SELECT clearance.protect('above', 'task', project => 'project_id') > 0 AS ok;
SET ROLE regress_roads_owner;
ALTER TABLE task INHERIT above;
RESET ROLE;
SELECT clearance.unprotect('above');
SET ROLE regress_roads_owner;
DROP TABLE above, open_parent, open_whole;

--
-- Partitions and children are protected also where they are made with their schema.
--
CREATE SCHEMA regress_roads_more
    CREATE TABLE child () INHERITS (regress_roads.task)
    CREATE TABLE one PARTITION OF regress_roads."Event Log" FOR VALUES IN (1)
    CREATE TABLE task (LIKE regress_roads.task)
    GRANT ALL ON child, one TO regress_roads_moe;
INSERT INTO regress_roads_more.child VALUES (3, 'rr-open', 'child'), (4, 'rr-hidden', 'hidden child');
RESET ROLE;
INSERT INTO regress_roads_more.child VALUES (3, 'rr-open', 'child'), (4, 'rr-hidden', 'hidden child');
INSERT INTO regress_roads_more.one VALUES (1, 'rr-hidden', 'hidden one');
SELECT relname, relrowsecurity, relforcerowsecurity, (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
FROM pg_class c WHERE relnamespace = 'regress_roads_more'::regnamespace ORDER BY relname;
GRANT USAGE ON SCHEMA regress_roads_more TO regress_roads_moe;
SET SESSION AUTHORIZATION regress_roads_moe;
SELECT title FROM regress_roads_more.child;
SELECT title FROM regress_roads_more.one;
RESET SESSION AUTHORIZATION;
-- one that is open under the name of one that was protected is told of there, too
BEGIN;
ALTER SCHEMA regress_roads RENAME TO regress_roads_old;
CREATE SCHEMA regress_roads CREATE TABLE task (id integer);
ROLLBACK;
DROP SCHEMA regress_roads_more CASCADE;

--
-- A temporary child would be one session's, and in the way of all declarations.
--
SET ROLE regress_roads_owner;
CREATE TEMP TABLE child () INHERITS (task);
RESET ROLE;

--
-- The triggers that a mirror rests on stay: without them, what was taken away
-- would stay in force.
--
CREATE TABLE crew (project_id text, user_id text, PRIMARY KEY (project_id, user_id));
ALTER TABLE crew OWNER TO regress_roads_owner;
SELECT clearance.mirror_membership('crew', 'project_id', 'user_id') > 0 AS ok;
SET ROLE regress_roads_owner;
INSERT INTO crew VALUES ('rr-hidden', 'rr-moe');
ALTER TABLE crew DISABLE TRIGGER "0_clearance_mirror";
ALTER TABLE crew DISABLE TRIGGER "0_clearance_mirror_change";
ALTER TABLE crew DISABLE TRIGGER clearance_mirror_truncate;
ALTER TABLE crew DISABLE TRIGGER USER;
ALTER TABLE crew DISABLE TRIGGER ALL;
ALTER TABLE crew ENABLE REPLICA TRIGGER "0_clearance_mirror";
ALTER TRIGGER "0_clearance_mirror" ON crew RENAME TO mine;
CREATE OR REPLACE TRIGGER "0_clearance_mirror" AFTER INSERT ON crew FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
DROP TRIGGER "0_clearance_mirror" ON crew;
-- others are the owner's
CREATE TRIGGER mine BEFORE UPDATE ON crew FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
ALTER TABLE crew DISABLE TRIGGER mine;
ALTER TABLE crew ENABLE ALWAYS TRIGGER "0_clearance_mirror";
DELETE FROM crew;
RESET ROLE;
SELECT count(*) FROM clearance.project_member WHERE account_id = :account AND source LIKE 'mirror:%';
SELECT clearance.unmirror_membership('crew');
SET ROLE regress_roads_owner;
CREATE TRIGGER "0_clearance_mirror" AFTER INSERT ON crew FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
ALTER TABLE crew DISABLE TRIGGER "0_clearance_mirror";
RESET ROLE;

--
-- Names are taken as they are, whatever they spell.
--
CREATE TABLE "a DEFERRABLE %s" ("id \ %I" integer PRIMARY KEY, "project DEFERRABLE x" text, "o'wn""er" text, parent integer);
SELECT clearance.protect('"a DEFERRABLE %s"', 'task', project => 'project DEFERRABLE x', owner => 'o''wn"er') > 0 AS ok;
SELECT clearance.add_parent('"a DEFERRABLE %s"', 'parent', '"a DEFERRABLE %s"', optional => true);
SELECT clearance.repair('"a DEFERRABLE %s"');
SELECT tgname, tgdeferrable FROM pg_trigger WHERE tgrelid = '"a DEFERRABLE %s"'::regclass ORDER BY tgname COLLATE "C";

-- leave nothing behind
RESET search_path;
DROP SCHEMA regress_roads CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP OWNED BY regress_roads_owner, regress_roads_moe;
DROP ROLE regress_roads_owner, regress_roads_moe;
