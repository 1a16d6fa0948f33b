-- When a row is published, and when a mirrored membership counts, is the same for every reader.
-- Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO';
BEGIN;
CREATE ROLE regress_reader LOGIN;
CREATE SCHEMA regress_moments;
GRANT USAGE ON SCHEMA regress_moments TO regress_reader;
SET LOCAL search_path = regress_moments;
\o /dev/null
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.create_partner('Readers', 'moderate', account => :account) AS partner \gset
SELECT clearance.add_member(1, partner => :partner, partner_admin => true, account => :account) AS reader \gset
SELECT clearance.map_role('regress_reader', member => :reader);
SELECT clearance.create_project(7, :account), clearance.add_partner_to_project(7, :partner);
SELECT clearance.create_feature('news', '{view,create,edit,delete,publish}'), clearance.allow('moderate', 'news', 'view');
CREATE DOMAIN day AS date;
CREATE TABLE dated (id int PRIMARY KEY, project int, title text, at date);
CREATE TABLE local (id int PRIMARY KEY, project int, title text, at timestamp);
CREATE TABLE exact (id int PRIMARY KEY, project int, title text, at timestamptz);
CREATE TABLE flagged (id int PRIMARY KEY, project int, title text, at boolean);
CREATE TABLE domained (id int PRIMARY KEY, project int, title text, at day);
SELECT clearance.protect(t, 'news', 'project', published => 'at') FROM unnest('{dated,local,exact,flagged,domained}'::regclass[]) t;
GRANT SELECT ON ALL TABLES IN SCHEMA regress_moments TO regress_reader;
\o

--
-- A time without zone is read in one zone, whatever the reader's own.
--
INSERT INTO local VALUES (1, 7, 'an hour ago', now() AT TIME ZONE 'UTC' - interval '1 hour'), (2, 7, 'in an hour', now() AT TIME ZONE 'UTC' + interval '1 hour');
INSERT INTO dated VALUES (1, 7, 'the day before yesterday', current_date - 2), (2, 7, 'in two days', current_date + 2);
INSERT INTO domained TABLE dated;
INSERT INTO exact SELECT id, project, title, at AT TIME ZONE 'UTC' FROM local;
INSERT INTO flagged VALUES (1, 7, 'yes', true), (2, 7, 'no', false), (3, 7, 'unknown', NULL);
PREPARE published AS SELECT string_agg(title, ', ' ORDER BY title COLLATE "C") FROM (TABLE dated UNION ALL TABLE domained) d;
PREPARE published_at AS SELECT 'local', string_agg(title, ', ') FROM local UNION ALL SELECT 'exact', string_agg(title, ', ') FROM exact;
SET LOCAL SESSION AUTHORIZATION regress_reader;
EXECUTE published;
EXECUTE published_at;
SET LOCAL timezone = '<x>-167';
EXECUTE published;
EXECUTE published_at;
SET LOCAL timezone = '<x>+167';
EXECUTE published;
EXECUTE published_at;
SELECT string_agg(title, ', ') FROM local WHERE clearance.can_row('view', local);
SELECT clearance.can_row('view', ROW(2, 7, 'made up', now() + interval '1 hour')::local), clearance.can_row('view', ROW(2, 7, 'made up', 'infinity')::local);
SELECT string_agg(title, ', ') FROM flagged;
RESET SESSION AUTHORIZATION;
SET LOCAL timezone = 'UTC';

--
-- Which zone is a superuser's to say, in the server's own words.
--
SHOW clearance.time_zone;
SET LOCAL SESSION AUTHORIZATION regress_reader;
SET clearance.time_zone = '<x>-167';
SELECT set_config('clearance.time_zone', '<x>-167', true);
ALTER ROLE regress_reader SET clearance.time_zone = '<x>-167';
RESET SESSION AUTHORIZATION;
SET clearance.time_zone = 'Mars/Phobos';
SET clearance.time_zone = '';
SET LOCAL clearance.time_zone = '<x>+3';
SELECT clearance_internal.values_of(ROW(0, 7, '', '2024-01-01 12:00')::local, '{at}'), clearance_internal.values_of(ROW(0, 7, '', '2024-01-01')::dated, '{at}'), clearance_internal.values_of(ROW(0, 7, '', '2024-01-01 12:00+00')::exact, '{at}');
SET LOCAL SESSION AUTHORIZATION regress_reader;
EXECUTE published_at;
RESET SESSION AUTHORIZATION;
SET LOCAL clearance.time_zone = 'Europe/Berlin';
SELECT clearance_internal.values_of(ROW(0, 7, '', t)::local, '{at}') FROM unnest('{2024-01-01,2024-07-01,2024-03-31 02:30,2024-10-27 02:30}'::timestamp[]) t;
SET LOCAL clearance.time_zone = DEFAULT;

--
-- What no timestamp can hold is infinitely far away: never published, or ever since.
--
INSERT INTO dated SELECT 10 + i, 7, v, v::date FROM unnest('{5874897-01-01,294277-01-01,294276-12-31,infinity,-infinity,4713-01-01 BC,4714-12-31 BC}'::text[]) WITH ORDINALITY AS u (v, i);
INSERT INTO local SELECT 10 + i, 7, v, v::timestamp FROM unnest('{294276-12-31 23:59,infinity,-infinity,4713-01-01 BC}'::text[]) WITH ORDINALITY AS u (v, i);
INSERT INTO exact SELECT 10 + i, 7, v, v::timestamptz FROM unnest('{infinity,-infinity}'::text[]) WITH ORDINALITY AS u (v, i);
SET LOCAL SESSION AUTHORIZATION regress_reader;
SELECT title, clearance.can_row('view', dated) FROM dated WHERE id > 10 ORDER BY id;
SELECT title FROM local WHERE id > 10 ORDER BY id;
SELECT title FROM exact WHERE id > 10 ORDER BY id;
SELECT clearance.can_row('view', ROW(1, 7, '', '5874897-01-01')::dated), clearance.can_row('view', ROW(1, 7, '', '-infinity')::dated);
RESET SESSION AUTHORIZATION;
SET LOCAL clearance.time_zone = '<x>+167';
SELECT clearance_internal.values_of(ROW(0, 7, '', '294276-12-31 23:59')::local, '{at}'), clearance_internal.values_of(ROW(0, 7, '', '294276-12-31')::dated, '{at}');
SET LOCAL clearance.time_zone = '<x>-167';
SELECT clearance_internal.values_of(ROW(0, 7, '', '4714-11-24 00:00 BC')::local, '{at}'), clearance_internal.values_of(ROW(0, 7, '', '4714-11-24 BC')::dated, '{at}');
SET LOCAL clearance.time_zone = DEFAULT;

--
-- Memberships of a mirrored table begin and end by the same zone. One that never begins, or ended
-- before all time, is none: neither an error for whoever writes the row, nor for whoever adds the
-- member that it names.
--
CREATE TABLE team (id int PRIMARY KEY, project int, member int, since date, until timestamp);
SELECT clearance.mirror_membership('team', 'project', 'member', starts_at => 'since', ends_at => 'until') > 0;
SELECT clearance.add_member(n, roles => '{collaborator}', account => :account) > 0 FROM generate_series(11, 12) n;
CREATE VIEW pg_temp.said AS SELECT m.key, pm.starts_at, pm.ends_at FROM clearance.project_member pm JOIN clearance.member m ON m.id = pm.member_id
    WHERE starts_with(pm.source, 'mirror:') ORDER BY pm.starts_at;
SET LOCAL timezone = '<x>-167';
INSERT INTO team VALUES (1, 7, 11, '2024-01-01', '2024-02-01');
SET LOCAL timezone = 'UTC';
TABLE pg_temp.said;
INSERT INTO team VALUES (2, 7, 11, '5874897-01-01', NULL), (3, 7, 11, '5874897-01-01', 'infinity'),
    (4, 7, 11, NULL, '-infinity'), (5, 7, 11, '-infinity', '-infinity'), (6, 7, 11, '4713-01-01 BC', '294276-12-31');
TABLE pg_temp.said;
-- of a member who comes later
INSERT INTO team VALUES (7, 7, 13, '5874897-01-01', NULL), (8, 7, 13, '-infinity', 'infinity');
SELECT clearance.add_member(13, roles => '{collaborator}', account => :account) > 0;
SELECT * FROM pg_temp.said WHERE key = '13';
ROLLBACK;
