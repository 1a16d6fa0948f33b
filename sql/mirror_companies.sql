-- Views of the application say which partners and customers there are, and which
-- are on which project. Everything happens in one transaction that is rolled back.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET datestyle = 'ISO';
BEGIN;
CREATE ROLE regress_companies_app;
CREATE SCHEMA regress_companies;
GRANT USAGE ON SCHEMA regress_companies TO regress_companies_app;
SET LOCAL search_path = regress_companies;
SELECT clearance.create_account('Northwind') AS north \gset
SELECT clearance.create_account('Southwind') AS south \gset
SELECT clearance.create_partner('Dove', account => :south) > 0, clearance.create_customer('Finch', account => :south) > 0;
SELECT clearance.create_role('Planner', true, account => :north) > 0, clearance.create_role('Fitter', true, account => :north) > 0,
    clearance.create_role('Clerk', false, account => :north) > 0;
SELECT clearance.create_project(p, :north) > 0 FROM generate_series(7, 8) p;
SELECT clearance.create_project(9, :south) > 0;
CREATE VIEW pg_temp.companies AS
SELECT 'partner' AS kind, p.name, l.name AS level, p.active, p.can_track_time AS tracks, (SELECT string_agg(r.name, ',' ORDER BY r.name) FROM clearance.partner_role x JOIN clearance.role r ON r.id = x.role_id WHERE x.partner_id = p.id) AS roles
FROM clearance.partner p JOIN clearance.account a ON a.id = p.account_id AND a.name = 'Northwind' LEFT JOIN clearance.level l ON l.id = p.level_id
UNION ALL
SELECT 'customer', c.name, NULL, c.active, NULL, NULL FROM clearance.customer c JOIN clearance.account a ON a.id = c.account_id AND a.name = 'Northwind';
CREATE VIEW pg_temp.on_projects AS
SELECT p.key AS project, c.name, l.name AS level, (nullif(x.starts_at, '-infinity') AT TIME ZONE 'UTC')::date AS starts, (nullif(x.ends_at, 'infinity') AT TIME ZONE 'UTC')::date AS ends
FROM clearance.project_partner x JOIN clearance.project p ON p.id = x.project_id JOIN clearance.partner c ON c.id = x.partner_id LEFT JOIN clearance.level l ON l.id = x.level_id
UNION ALL
SELECT p.key, c.name, NULL, (nullif(x.starts_at, '-infinity') AT TIME ZONE 'UTC')::date, (nullif(x.ends_at, 'infinity') AT TIME ZONE 'UTC')::date
FROM clearance.project_customer x JOIN clearance.project p ON p.id = x.project_id JOIN clearance.customer c ON c.id = x.customer_id;
CREATE VIEW pg_temp.memberships AS
SELECT p.key AS project, m.key AS member, CASE WHEN starts_with(pm.source, 'mirror:') THEN 'mirrored' ELSE pm.source END AS source, num_nonnulls(pm.partner_id, pm.customer_id) AS by_company
FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id JOIN clearance.member m ON m.id = pm.member_id;

--
-- Partners and customers: with all that a row can say, or little of it.
--
CREATE TABLE firm (id bigint PRIMARY KEY, name text, kind text DEFAULT 'p', terms text, ended boolean, times boolean, jobs text[]);
INSERT INTO firm VALUES (1, 'Acme', 'p', 'moderate', NULL, true, '{Planner,Fitter}'), (2, 'Bolt', 'p', NULL, true, NULL, NULL), (3, 'Ember', 'c', NULL, NULL, NULL, NULL), (4, NULL, 'p', NULL, NULL, NULL, NULL), (5, '', 'c', NULL, NULL, NULL, NULL);
CREATE VIEW partners AS SELECT id AS source, name AS partner, terms AS access_level, NOT ended AS active, times AS can_track_time, jobs AS roles FROM firm WHERE kind = 'p';
CREATE VIEW customers AS SELECT id AS source, name AS customer FROM firm WHERE kind = 'c';
SELECT clearance.mirror('partners', 'partner', '{"regress_companies.firm": "source"}', :north) > 0;
SELECT clearance.mirror('customers', 'customer', '{"regress_companies.firm": "source"}', :north) > 0;
SELECT * FROM pg_temp.companies ORDER BY 1 DESC, 2;
-- a NULL of roles and times leaves them to others, one of the level does not
UPDATE firm SET terms = NULL, times = NULL, jobs = '{Fitter}' WHERE id = 1;
UPDATE firm SET ended = false WHERE id = 2;
SELECT * FROM pg_temp.companies ORDER BY 1 DESC, 2;
SELECT clearance.update_partner(p.id, can_track_time => true), clearance.set_partner_roles(p.id, '{Planner}') FROM clearance.partner p WHERE p.name = 'Bolt';
UPDATE firm SET terms = 'restricted' WHERE id = 2;
-- a source that names another company renames it: its people stay its people
SELECT clearance.add_member(20, partner => p.id, roles => '{Planner}', account => :north) > 0 FROM clearance.partner p WHERE p.name = 'Bolt';
UPDATE firm SET name = 'Bolt & Sons' WHERE id = 2;
UPDATE firm SET name = 'EMBER' WHERE id = 3;
SELECT p.name, m.key FROM clearance.member m JOIN clearance.partner p ON p.id = m.partner_id;
SELECT * FROM pg_temp.companies ORDER BY 1 DESC, 2;
-- who is gone is disabled, and may come back
DELETE FROM firm WHERE id IN (1, 3);
SELECT name, active FROM pg_temp.companies ORDER BY 1;
INSERT INTO firm (id, name, kind) VALUES (11, 'acme', 'p'), (13, 'Ember', 'c');
SELECT name, active FROM pg_temp.companies ORDER BY 1;
-- nothing crosses an account, and a name may be in both
INSERT INTO firm (id, name, kind) VALUES (6, 'Dove', 'p'), (7, 'Finch', 'c');
DELETE FROM firm WHERE id IN (6, 7);
SELECT p.active FROM clearance.partner p WHERE p.account_id = :south UNION ALL SELECT c.active FROM clearance.customer c WHERE c.account_id = :south;
-- what no function would take
INSERT INTO firm (id, name) VALUES (20, 'bolt & sons');
UPDATE firm SET name = 'acme' WHERE id = 2;
UPDATE firm SET terms = 'no such level' WHERE id = 2;
UPDATE firm SET terms = 'collaborator' WHERE id = 2;
UPDATE firm SET jobs = '{Clerk}' WHERE id = 2;
UPDATE firm SET jobs = '{Fitter}' WHERE id = 2;
UPDATE firm SET name = E'two\nlines' WHERE id = 2;
UPDATE firm SET name = repeat('x', 300) WHERE id = 11;
UPDATE firm SET name = 'Finch' WHERE id = 13;
INSERT INTO firm (id, name) VALUES (20, 'Twice'), (21, 'twice');
UPDATE firm f SET name = g.name FROM firm g WHERE (f.id, g.id) IN ((2, 11), (11, 2));
SELECT name, level, roles FROM pg_temp.companies ORDER BY 1;

--
-- Which are on which project, also one that comes later, and until when.
--
CREATE TABLE contract (id bigint PRIMARY KEY, firm bigint, project integer, terms text, since date, until date);
CREATE VIEW partners_on AS SELECT f.id AS source, c.project, f.name AS partner, c.terms AS access_level, c.since AS starts_at, c.until AS ends_at FROM contract c JOIN firm f ON f.id = c.firm WHERE f.kind = 'p';
CREATE VIEW customers_on AS SELECT f.id AS source, c.project, f.name AS customer FROM contract c JOIN firm f ON f.id = c.firm WHERE f.kind = 'c';
INSERT INTO contract VALUES (1, 2, 7, 'moderate', '2020-01-01', '2100-01-01');
INSERT INTO contract VALUES (2, 11, 7), (3, 13, 7), (4, 2, 9), (5, 2, 77), (6, 13, 77);
SELECT clearance.mirror('partners_on', 'project_partner', '{"regress_companies.firm": "source", "regress_companies.contract": "source"}', :north) > 0;
SELECT clearance.mirror('customers_on', 'project_customer', '{"regress_companies.firm": "customer", "regress_companies.contract": "source"}', :north) > 0;
SELECT * FROM pg_temp.on_projects ORDER BY 1, 2;
SELECT clearance.create_project(77, :north) > 0;
UPDATE contract SET terms = 'restricted', since = NULL WHERE id = 1;
UPDATE firm SET name = 'Emberling' WHERE id = 13;
SELECT * FROM pg_temp.on_projects ORDER BY 1, 2;
-- names that views know are changed in their tables
SELECT clearance.update_partner(p.id, name => 'Zeta') FROM clearance.partner p WHERE p.name = 'Bolt & Sons';
SELECT clearance.update_customer(c.id, name => 'Zeta') FROM clearance.customer c WHERE c.name = 'Emberling';
SELECT clearance.update_partner(p.id, name => 'Eagle') FROM clearance.partner p WHERE p.name = 'Dove' AND p.account_id = :north;
-- times of customers are others' to say, where the view has no column
SELECT clearance.update_customer_on_project(7, c.id, ends_at => '2099-01-01') FROM clearance.customer c WHERE c.name = 'Emberling';
UPDATE contract SET terms = 'x' WHERE id = 3;
SELECT clearance.refresh_mirror('customers_on');
SELECT * FROM pg_temp.on_projects WHERE name = 'Emberling' ORDER BY 1;
-- what no function would take
INSERT INTO contract VALUES (10, 2, 7, 'permissive');
-- the same said twice is no other
INSERT INTO contract SELECT 10, firm, project, terms, since, until FROM contract WHERE id = 1;
DELETE FROM contract WHERE id = 1;
UPDATE contract SET id = 1 WHERE id = 10;
SELECT * FROM pg_temp.on_projects WHERE project = '7' ORDER BY 1, 2;
INSERT INTO contract VALUES (10, 2, 8, 'no such level');
INSERT INTO contract VALUES (10, 2, 8, NULL, '2021-01-01', '2020-01-01');
SELECT count(*) FROM contract WHERE id = 10;

--
-- Taken off, a company's people are not on the project; what mirrors say of them
-- counts when it is back, what somebody else said does not.
--
CREATE TABLE person (id bigint PRIMARY KEY, firm bigint);
CREATE TABLE crew (project integer, person bigint, PRIMARY KEY (project, person));
CREATE TABLE shift (project integer, person bigint, PRIMARY KEY (project, person));
CREATE VIEW people AS SELECT p.id AS key, CASE WHEN f.kind = 'p' THEN f.name END AS partner, CASE WHEN f.kind = 'c' THEN f.name END AS customer FROM person p JOIN firm f ON f.id = p.firm;
CREATE VIEW crews AS SELECT project, person AS member FROM crew;
SELECT clearance.mirror('people', 'member', '{"regress_companies.person": "key"}', :north) > 0;
SELECT clearance.mirror('crews', 'membership', '{"regress_companies.crew": "project"}', :north) > 0;
SELECT clearance.mirror_membership('shift', 'project', 'person') > 0;
INSERT INTO person VALUES (20, 2), (21, 2), (30, 13);
INSERT INTO crew VALUES (7, 20), (7, 30), (8, 20);
INSERT INTO shift VALUES (7, 21);
SELECT clearance.add_member_to_project(7, m.id) FROM clearance.member m WHERE m.key IN ('21', '30');
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
CREATE TABLE task (id integer PRIMARY KEY, project integer);
INSERT INTO task VALUES (1, 7), (2, 8);
SELECT clearance.protect('task', 'task', project => 'project') > 0;
GRANT SELECT ON task TO regress_companies_app;
SELECT clearance.trust_role('regress_companies_app'), clearance.allow('restricted', 'task', 'view');
CREATE FUNCTION pg_temp.seen(who integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seen text;
BEGIN
    SET LOCAL ROLE regress_companies_app;
    PERFORM clearance.set_actor(key => who, account => (SELECT current_setting('regress.north')::bigint));
    SELECT string_agg(t.id::text, ',' ORDER BY t.id) INTO seen FROM regress_companies.task t;
    PERFORM clearance.reset_actor();
    RESET ROLE;
    RETURN coalesce(seen, 'nothing');
END
$$;
SELECT set_config('regress.north', :'north', true) > '';
SELECT pg_temp.seen(20), pg_temp.seen(21);
DELETE FROM contract WHERE id IN (1, 3);
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
SELECT pg_temp.seen(20), pg_temp.seen(21);
INSERT INTO contract VALUES (1, 2, 7), (3, 13, 7), (7, 2, 8);
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
SELECT pg_temp.seen(20), pg_temp.seen(21);
UPDATE firm SET ended = true WHERE id = 2;
SELECT pg_temp.seen(20), pg_temp.seen(21);
-- a new name in the same statement that others join: nothing of it ends
UPDATE firm SET ended = false, name = 'Bolt' WHERE id = 2;
SELECT pg_temp.seen(20), pg_temp.seen(21);
-- a statement that says it otherwise, or says the same, ends nothing
UPDATE contract SET until = '2100-01-01', id = id + 100 WHERE id = 1;
SELECT count(*) FROM pg_temp.memberships WHERE project = '7';
-- by another key of the project, what is said of the former one is not said of it; what comes back is as before
SELECT clearance.add_member_to_project(7, m.id) FROM clearance.member m WHERE m.key = '21';
UPDATE clearance.project SET key = 70 WHERE key = '7';
SELECT * FROM pg_temp.on_projects WHERE project IN ('7', '70');
UPDATE contract SET project = 70 WHERE id = 101;
SELECT * FROM pg_temp.on_projects WHERE project = '70';
SELECT * FROM pg_temp.memberships WHERE project = '70';
UPDATE clearance.project SET key = 7 WHERE key = '70';
UPDATE contract SET project = 7 WHERE id = 101;
SELECT * FROM pg_temp.memberships WHERE project = '7' ORDER BY 2, 3;
TRUNCATE contract;
SELECT * FROM pg_temp.on_projects ORDER BY 1, 2;
SELECT * FROM pg_temp.memberships ORDER BY 1, 2, 3;
SELECT pg_temp.seen(20), pg_temp.seen(21);

--
-- The configuration carries them, and what ends does not take companies along.
--
INSERT INTO contract VALUES (1, 2, 7);
SELECT clearance.export()::jsonb AS doc \gset
SELECT o, v ->> 'kind' FROM jsonb_each(:'doc'::jsonb -> 'views') x (o, v) ORDER BY 1;
SELECT i.class, i.object FROM clearance.import(:'doc'::jsonb - 'views' #- '{accounts}') i WHERE i.kind = 'view' ORDER BY 2;
SELECT * FROM pg_temp.on_projects ORDER BY 1, 2;
SELECT i.class, i.object FROM clearance.import(:'doc') i WHERE i.kind = 'view' ORDER BY 2;
SELECT count(*) FROM clearance.diff(:'doc');
SELECT clearance.unmirror('partners_on'), clearance.unmirror('partners');
TRUNCATE firm, contract;
SELECT * FROM pg_temp.on_projects ORDER BY 1, 2;
SELECT name, active FROM pg_temp.companies ORDER BY 1;

--
-- What cannot be mirrored.
--
CREATE VIEW nameless AS SELECT id AS source FROM firm;
CREATE VIEW numbered AS SELECT id AS partner FROM firm;
CREATE VIEW lone AS SELECT project FROM contract;
SELECT clearance.mirror('nameless', 'partner', account => :north);
SELECT clearance.mirror('numbered', 'partner', account => :north);
SELECT clearance.mirror('lone', 'project_customer', account => :north);
SELECT clearance.mirror('partners', 'customer', account => :north);
SELECT clearance.mirror('partners', 'company', account => :north);
-- one source is one company: else a name would be another's
CREATE TABLE org (org integer, name text);
INSERT INTO org VALUES (1, 'Left'), (1, 'Right'), (NULL, 'Far'), (NULL, 'Near');
CREATE VIEW one_source AS SELECT org AS source, name AS partner FROM org;
SELECT clearance.mirror('one_source', 'partner', account => :south);
UPDATE org SET org = NULL;
SELECT clearance.mirror('one_source', 'partner', account => :south) > 0;
ROLLBACK;
