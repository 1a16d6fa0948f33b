-- Membership kept in tables of the application is followed as they change.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET datestyle = 'ISO';
BEGIN;
CREATE SCHEMA regress_mirror;
SET LOCAL search_path = regress_mirror;
CREATE VIEW pg_temp.memberships AS
SELECT p.key AS project, m.key AS member, regexp_replace(pm.source, '^mirror:\d+:', 'mirror:') AS source, pm.through_phase, l.name AS level,
    (nullif(pm.starts_at, '-infinity') AT TIME ZONE 'UTC')::date AS starts, (nullif(pm.ends_at, 'infinity') AT TIME ZONE 'UTC')::date AS ends
FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id
JOIN clearance.member m ON m.id = pm.member_id LEFT JOIN clearance.level l ON l.id = pm.level_id;
SELECT clearance.create_account('Northwind') AS north \gset
SELECT clearance.create_account('Southwind') AS south \gset
SELECT clearance.create_partner('Acme', 'permissive', account => :north) AS acme \gset
SELECT clearance.add_member(key => 1, roles => '{collaborator}', account => :north) AS col \gset
SELECT clearance.add_member(key => 2, partner => :acme, account => :north) AS pat \gset
SELECT clearance.add_member(key => 9, roles => '{collaborator}', account => :south) AS sam \gset
SELECT clearance.create_project(7, :north) > 0, clearance.create_project(8, :north) > 0;
SELECT clearance.add_partner_to_project(7, :acme);

--
-- A table with what it takes: rows that were there count at once, others as
-- they come, change and go.
--
CREATE TABLE team (project_id integer, user_id bigint, role text, since date, until timestamptz, note text,
    PRIMARY KEY (project_id, user_id, role));
INSERT INTO team VALUES (7, 1, 'collaborator', NULL, NULL), (7, 2, 'restricted', '2020-01-01', '2100-01-01');
SELECT clearance.mirror_membership('team', 'project_id', 'user_id', access_level => 'role', starts_at => 'since', ends_at => 'until') > 0;
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
INSERT INTO team VALUES (8, 1, 'super_user'), (7, 2, 'moderate');
UPDATE team SET role = 'permissive' WHERE role = 'moderate';
UPDATE team SET until = NULL WHERE role = 'restricted';
UPDATE team SET note = 'nothing to do with it';
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
-- a membership lasts as long as one row, or anybody else, says it
DELETE FROM team WHERE role = 'restricted';
SELECT clearance.add_member_to_project(7, :pat);
DELETE FROM team WHERE role = 'permissive';
SELECT * FROM pg_temp.memberships WHERE member = '2';
UPDATE team SET project_id = 7, role = 'collaborator2' WHERE project_id = 8;
UPDATE team SET project_id = 7, role = 'super_user' WHERE project_id = 8;
SELECT * FROM pg_temp.memberships WHERE member = '1' ORDER BY 3;
-- several rows at once, all or nothing; nothing stays when it is undone
SAVEPOINT undone;
DELETE FROM team;
SELECT count(*) FROM pg_temp.memberships WHERE source LIKE 'mirror:%';
ROLLBACK TO undone;
SELECT count(*) FROM pg_temp.memberships WHERE source LIKE 'mirror:%';
INSERT INTO team VALUES (8, 1, 'collaborator'), (8, 1, 'no such level');
INSERT INTO team VALUES (8, 1, 'client');
\set VERBOSITY terse
INSERT INTO team VALUES (8, 1, 'collaborator', '2020-01-02', '2020-01-01');
\set VERBOSITY default
SELECT count(*) FROM team WHERE project_id = 8;
-- nothing crosses an account
INSERT INTO team VALUES (7, 9, 'collaborator');
SELECT count(*) FROM pg_temp.memberships WHERE member = '9';
DELETE FROM team WHERE user_id = 9;

--
-- Who is not known yet counts as soon as it is: members, invited ones too, and
-- projects.
--
INSERT INTO team VALUES (7, 3, 'collaborator'), (5, 1, 'collaborator'), (7, 4, 'restricted');
SELECT count(*) FROM pg_temp.memberships WHERE member = '3' OR project = '5';
SELECT clearance.add_member(key => 3, roles => '{collaborator}', account => :north) AS new \gset
SELECT clearance.create_project(5, :north) > 0;
SELECT token FROM clearance.invite_partner_member(:acme, 'ida@acme.example') \gset
SELECT clearance.accept_invitation(:'token', 4) > 0;
SELECT * FROM pg_temp.memberships WHERE member IN ('3', '4') OR project = '5' ORDER BY 1, 2;
-- another key says something else
UPDATE clearance.member SET key = 33 WHERE id = :new;
SELECT count(*) FROM pg_temp.memberships WHERE member = '33';
UPDATE clearance.member SET key = 3 WHERE id = :new;
UPDATE clearance.project SET key = 55 WHERE key = '5';
SELECT count(*) FROM pg_temp.memberships WHERE project = '55';

--
-- A company that leaves a project takes along what tables said; it counts
-- again when a row says it anew.
--
SELECT clearance.remove_partner_from_project(7, :acme);
SELECT clearance.add_partner_to_project(7, :acme);
SELECT count(*) FROM pg_temp.memberships WHERE member IN ('2', '4');
UPDATE team SET role = role WHERE user_id = 4;
SELECT * FROM pg_temp.memberships WHERE member IN ('2', '4');

--
-- Without levels, and through phases; a second table says it beside the first.
--
CREATE TABLE phase_participant (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), project text, member text, phase text);
SELECT clearance.mirror_membership('phase_participant', 'project', 'member', through_phase => true) > 0;
INSERT INTO phase_participant (project, member, phase) VALUES ('7', '2', 'a'), ('7', '2', 'b'), (NULL, '2', 'c'), ('7', NULL, 'd');
SELECT project, member, through_phase, level, count(*) FROM pg_temp.memberships WHERE member = '2' GROUP BY 1, 2, 3, 4;
DELETE FROM phase_participant WHERE phase = 'a';
SELECT count(*) FROM pg_temp.memberships WHERE member = '2';
TRUNCATE phase_participant;
SELECT count(*) FROM pg_temp.memberships WHERE member = '2';
SELECT count(*) > 0 FROM pg_temp.memberships WHERE source LIKE 'mirror:%';

--
-- What triggers of the application change counts, whatever the SET names, and
-- what is generated of it; so do ON CONFLICT and keys that follow others.
--
CREATE TABLE crowd (code text COLLATE pg_catalog."C" PRIMARY KEY);
CREATE TABLE shift (id integer PRIMARY KEY, project integer, person text REFERENCES crowd ON UPDATE CASCADE, state text, until timestamptz, role text);
CREATE FUNCTION mind_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE NEW.state WHEN 'left' THEN NEW.until := '2020-01-01'; WHEN 'nobody' THEN NEW.person := NULL; WHEN 'other' THEN NEW.person := '3';
        WHEN 'moved' THEN NEW.project := 8; WHEN 'leads' THEN NEW.role := 'super_user'; WHEN 'renumbered' THEN NEW.id := NEW.id + 100; ELSE END CASE;
    RETURN NEW;
END
$$;
CREATE TRIGGER mind_state BEFORE UPDATE ON shift FOR EACH ROW EXECUTE FUNCTION mind_state();
INSERT INTO crowd VALUES ('1'), ('3'), ('33');
SELECT clearance.mirror_membership('shift', 'project', 'person', access_level => 'role', ends_at => 'until') > 0;
INSERT INTO shift SELECT i, 7, '1', 'in' FROM generate_series(1, 6) i;
UPDATE shift SET state = (ARRAY['left', 'nobody', 'other', 'moved', 'leads', 'renumbered'])[id];
SELECT * FROM pg_temp.memberships WHERE source ~ '{[0-9]+}' ORDER BY source;
-- told once, and not at all where nothing that counts changes
SELECT count(*) AS lines FROM clearance.audit_log \gset
UPDATE shift SET state = 'other', person = '33' WHERE id = 5;
SELECT count(*) - :lines FROM clearance.audit_log;
UPDATE shift SET state = 'other' WHERE id = 5;
SELECT count(*) - :lines FROM clearance.audit_log;
INSERT INTO shift VALUES (4, 7, '1', 'in') ON CONFLICT (id) DO UPDATE SET state = 'nobody';
UPDATE crowd SET code = '34' WHERE code = '33';
SELECT source, member FROM pg_temp.memberships WHERE source IN ('mirror:{4}', 'mirror:{5}') ORDER BY source;
ALTER TABLE shift ADD rank integer, ADD generated text GENERATED ALWAYS AS (CASE rank WHEN 9 THEN 'super_user' ELSE 'collaborator' END) STORED;
SELECT clearance.unmirror_membership('shift');
SELECT clearance.mirror_membership('shift', 'project', 'person', access_level => 'generated') > 0;
UPDATE shift SET rank = 9, state = 'in' WHERE id = 3;
SELECT level FROM pg_temp.memberships WHERE source = 'mirror:{3}';
-- triggers of the application that come after, and have the last word
CREATE TABLE stint (id integer PRIMARY KEY, project integer, person text, state text, role text);
SELECT clearance.mirror_membership('stint', 'project', 'person', access_level => 'role') > 0;
CREATE FUNCTION ends_or_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'left' THEN
        DELETE FROM stint WHERE id = NEW.id;
    ELSIF NEW.role IS NULL THEN
        UPDATE stint SET role = 'super_user' WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER archive AFTER INSERT OR UPDATE ON stint FOR EACH ROW EXECUTE FUNCTION ends_or_leads();
INSERT INTO stint VALUES (101, 7, '1', 'in'), (102, 7, '1', 'in');
UPDATE stint SET project = 7, person = '1', state = 'left' WHERE id = 101;
SELECT s.id, m.level FROM stint s FULL JOIN pg_temp.memberships m ON m.source = format('mirror:{%s}', s.id) WHERE s.id IS NOT NULL OR m.source ~ '^mirror:[{]10[1-3]';
-- for logical replication, one trigger alone fires always; a change of the key is one change all the same
ALTER TABLE stint ENABLE ALWAYS TRIGGER "0_clearance_mirror";
UPDATE stint SET id = 103, project = 8 WHERE id = 102;
SELECT project, member, source FROM pg_temp.memberships WHERE source ~ '^mirror:[{]10[1-3]' ORDER BY source;
SELECT clearance.unmirror_membership('stint');
-- as an earlier version had it: what a SET names is followed, and all after a repair
SELECT clearance.unmirror_membership('shift'), clearance.mirror_membership('shift', 'project', 'person') > 0;
ALTER EVENT TRIGGER clearance_follow_mirror_drop DISABLE;
DROP TRIGGER "0_clearance_mirror_change" ON shift;
DROP TRIGGER "0_clearance_mirror" ON shift;
CREATE TRIGGER clearance_mirror AFTER INSERT OR DELETE OR UPDATE OF id, project, person ON shift FOR EACH ROW EXECUTE FUNCTION clearance_internal.follow_membership();
ALTER EVENT TRIGGER clearance_follow_mirror_drop ENABLE ALWAYS;
DROP TRIGGER clearance_mirror ON shift;
UPDATE shift SET project = 8 WHERE id = 3;
UPDATE shift SET state = 'nobody' WHERE id = 1;
SELECT project, member, source FROM pg_temp.memberships WHERE source IN ('mirror:{1}', 'mirror:{3}') ORDER BY source;
SELECT object, why, mend FROM clearance.lint() WHERE code = 'extension_behind';
SELECT clearance.repair('shift');
SELECT object FROM clearance.lint() WHERE code = 'extension_behind';
SELECT tgname FROM pg_trigger WHERE tgrelid = 'shift'::regclass AND tgname ~ 'clearance' ORDER BY 1;
SELECT project, member, source FROM pg_temp.memberships WHERE source IN ('mirror:{1}', 'mirror:{3}') ORDER BY source;
UPDATE shift SET state = 'nobody' WHERE id = 3;
SELECT count(*) FROM pg_temp.memberships WHERE source IN ('mirror:{1}', 'mirror:{3}');
SELECT clearance.repair('crowd');
SELECT clearance.unmirror_membership('shift');
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'shift'::regclass AND tgname LIKE '%clearance%';
UPDATE shift SET state = 'other';
SELECT count(*) FROM pg_temp.memberships WHERE source ~ '{[0-9]+}';

--
-- Columns are renamed, not dropped; triggers stay; the end is explicit, or
-- the table's.
--
ALTER TABLE team RENAME user_id TO person;
ALTER TABLE team RENAME TO crew;
INSERT INTO crew VALUES (8, 3, 'collaborator');
SELECT * FROM pg_temp.memberships WHERE member = '3' AND project = '8';
SELECT relation, key_columns, member_column FROM clearance.mirror ORDER BY id;
ALTER TABLE crew DROP COLUMN since;
ALTER TABLE crew ALTER COLUMN project_id TYPE numeric;
DROP TRIGGER "0_clearance_mirror" ON crew;
DROP TRIGGER "0_clearance_mirror_change" ON crew;
-- so does the primary key, which may be another constraint
ALTER TABLE crew DROP CONSTRAINT team_pkey;
ALTER TABLE crew DROP CONSTRAINT team_pkey, ADD PRIMARY KEY (person, project_id, role);
ALTER TABLE crew DROP CONSTRAINT team_pkey, ADD PRIMARY KEY (project_id, person, role) DEFERRABLE;
ALTER TABLE crew DROP CONSTRAINT team_pkey, ADD PRIMARY KEY (project_id, person, role);
-- and it has no children, whose rows no trigger would follow
CREATE TABLE crew_2026 () INHERITS (crew);
CREATE TABLE crew_2026 (LIKE crew);
ALTER TABLE crew_2026 INHERIT crew;
CREATE SCHEMA regress_mirror_2026 CREATE TABLE crew () INHERITS (regress_mirror.crew);
CREATE FOREIGN DATA WRAPPER regress_mirror_wrapper;
CREATE SERVER regress_mirror_server FOREIGN DATA WRAPPER regress_mirror_wrapper;
CREATE FOREIGN TABLE crew_elsewhere () INHERITS (crew) SERVER regress_mirror_server;
CREATE FOREIGN TABLE crew_elsewhere (project_id integer NOT NULL, person bigint NOT NULL, role text NOT NULL, since date, until timestamptz, note text) SERVER regress_mirror_server;
ALTER FOREIGN TABLE crew_elsewhere INHERIT crew;
ALTER TABLE crew_elsewhere INHERIT crew;
-- its own rows are followed when it is one
CREATE TABLE crews (LIKE crew) PARTITION BY LIST (project_id);
ALTER TABLE crews ATTACH PARTITION crew DEFAULT;
UPDATE crews SET role = 'super_user' WHERE person = 3 AND project_id = 8;
SELECT * FROM pg_temp.memberships WHERE member = '3' AND project = '8';
ALTER TABLE crews DETACH PARTITION crew;
SELECT clearance.unmirror_membership('crew');
SELECT count(*) FROM pg_temp.memberships WHERE source LIKE 'mirror:%';
INSERT INTO crew VALUES (8, 1, 'collaborator');
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'crew'::regclass;
SELECT clearance.unmirror_membership('crew');
SELECT clearance.unmirror_membership(NULL);
INSERT INTO phase_participant (project, member) VALUES ('7', '2');
DROP TABLE phase_participant;
SELECT count(*) FROM clearance.mirror;
SELECT count(*) FROM pg_temp.memberships WHERE source LIKE 'mirror:%';

--
-- What cannot be mirrored
--
CREATE TABLE keyless (project integer, member integer);
CREATE TABLE deferred (id integer PRIMARY KEY DEFERRABLE, project integer, member integer);
CREATE TYPE rank AS ENUM ('collaborator');
CREATE TABLE odd (id integer PRIMARY KEY, project integer, member jsonb, level jsonb, at text, rank rank);
CREATE TABLE parts (id integer PRIMARY KEY, project integer, member integer) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parts DEFAULT;
CREATE VIEW v AS SELECT * FROM odd;
CREATE TEMP TABLE t (id integer PRIMARY KEY, project integer, member integer);
SELECT clearance.mirror_membership(r, 'project', 'member') FROM unnest('{parts}'::regclass[]) r;
SELECT clearance.mirror_membership('part', 'project', 'member');
SELECT clearance.mirror_membership('v', 'project', 'member');
SELECT clearance.mirror_membership('t', 'project', 'member');
SELECT clearance.mirror_membership(NULL, 'project', 'member');
SELECT clearance.mirror_membership('keyless', 'project', 'member');
SELECT clearance.mirror_membership('deferred', 'project', 'member');
SELECT clearance.mirror_membership('odd', 'project', 'member');
SELECT clearance.mirror_membership('odd', 'project', NULL);
SELECT clearance.mirror_membership('odd', 'project', 'id', access_level => 'level');
-- not an enum either: its owner may define casts, and they would run here
SELECT clearance.mirror_membership('odd', 'project', 'id', access_level => 'rank');
SELECT clearance.mirror_membership('odd', 'project', 'id', access_level => 'project');
SELECT clearance.mirror_membership('odd', 'project', 'id', starts_at => 'at');
SELECT clearance.mirror_membership('odd', 'project', 'nobody');
SELECT clearance.mirror_membership('odd', 'project', 'id') > 0;
SELECT clearance.mirror_membership('odd', 'project', 'id');
-- keys and levels are values, whatever they look like
CREATE TABLE "Mixed ""case"" team" ("Project" text, "Member;--" text, level text, PRIMARY KEY ("Project", "Member;--"));
SELECT clearance.create_project('it''s "7"; --', :north) > 0;
SELECT clearance.mirror_membership('"Mixed ""case"" team"', 'Project', 'Member;--', 'level') > 0;
INSERT INTO "Mixed ""case"" team" VALUES ('it''s "7"; --', '1', 'collaborator');
SELECT project, member, source, level FROM pg_temp.memberships WHERE project LIKE 'it%';
INSERT INTO "Mixed ""case"" team" VALUES ('7', '1', '''; DROP TABLE clearance.member; --');
-- who writes the table needs no rights in the extension, and gets none
CREATE ROLE regress_mirror_app;
GRANT USAGE ON SCHEMA regress_mirror TO regress_mirror_app;
GRANT SELECT, INSERT, DELETE ON odd TO regress_mirror_app;
SET LOCAL ROLE regress_mirror_app;
INSERT INTO odd (id, project) VALUES (1, 7);
SELECT * FROM clearance.project_member;
SELECT clearance.mirror_membership('odd', 'project', 'id');
RESET ROLE;
SELECT project, member, source FROM pg_temp.memberships WHERE source = 'mirror:{1}';
ROLLBACK;
