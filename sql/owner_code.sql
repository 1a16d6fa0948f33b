-- Nobody's code runs with more rights than its author has. Tables hold code of
-- their owners, evaluated as soon as a query on them is planned; and whoever runs
-- a statement says by search_path where operators are looked up.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_owner_code;
CREATE ROLE regress_owner_code_ada;
CREATE ROLE regress_owner_code_moe;
CREATE SCHEMA regress_owner_code AUTHORIZATION regress_owner_code;
GRANT USAGE ON SCHEMA regress_owner_code TO PUBLIC;
-- what ran, on which road, as whom; each road is another session's, for the server evaluates constants of an index once
CREATE TABLE public.regress_seen (road text, what text, role name, UNIQUE (road, what, role));
GRANT SELECT, INSERT ON public.regress_seen TO PUBLIC;
SET regress.road = 'set up';

--
-- Tables of an ordinary role. Wherever the server lets it, its code looks who it
-- runs as.
--
SET SESSION AUTHORIZATION regress_owner_code;
SET search_path = regress_owner_code;
CREATE FUNCTION look(what text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO public.regress_seen VALUES (pg_catalog.current_setting('regress.road'), what, current_user) ON CONFLICT DO NOTHING;
END $$;
CREATE FUNCTION spy(what text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM regress_owner_code.look(what); RETURN true; END $$;
CREATE FUNCTION spy(what text, value bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM regress_owner_code.look(what); RETURN value; END $$;
CREATE DOMAIN member_key AS bigint CHECK (regress_owner_code.spy('domain', VALUE) > 0);
CREATE TYPE mood AS ENUM ('open', 'secret');
CREATE FUNCTION mood_eq(mood, mood) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM regress_owner_code.look('operator'); RETURN $1::text = $2::text; END $$;
CREATE OPERATOR = (LEFTARG = mood, RIGHTARG = mood, FUNCTION = mood_eq);
CREATE FUNCTION mood_text(mood) RETURNS json LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM regress_owner_code.look('cast'); RETURN '1'; END $$;
CREATE CAST (mood AS json) WITH FUNCTION mood_text(mood);
CREATE FUNCTION spy_on(tab regclass, key name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE INDEX ON %s (%I) WHERE regress_owner_code.spy(''index predicate'')', tab, key);
    EXECUTE format('CREATE INDEX ON %s ((%I + regress_owner_code.spy(''index expression'', 0)))', tab, key);
    EXECUTE format('CREATE STATISTICS %s_stat ON (%I + regress_owner_code.spy(''statistics'', 0)), (%I %% 2) FROM %s', tab, key, key, tab);
    EXECUTE format('ALTER TABLE %s ADD CHECK (regress_owner_code.spy(''check''))', tab);
    EXECUTE format('ALTER TABLE %s ADD computed bigint GENERATED ALWAYS AS (%I + regress_owner_code.spy(''generated column'', 0)) STORED', tab, key);
END $$;
CREATE TABLE project (id bigint PRIMARY KEY, name text, owner_id bigint);
INSERT INTO project VALUES (7, 'Bridge', 1), (8, 'Tunnel', 1);
CREATE TABLE task (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES project ON DELETE CASCADE, mood mood, title text, assignee_id member_key);
INSERT INTO task VALUES (1, 7, 'open', 'Survey', 21), (2, 7, 'secret', 'Budget', 1), (3, 8, 'open', 'Dig', NULL);
CREATE TABLE guest (task_id bigint REFERENCES task, member_id member_key, note text, PRIMARY KEY (task_id, member_id));
INSERT INTO guest VALUES (1, 21);
CREATE TABLE memo (id bigint PRIMARY KEY, project_id bigint NOT NULL, body text);
INSERT INTO memo VALUES (1, 7, 'for Moe'), (2, 7, 'for others');
CREATE TABLE helper (memo_id bigint REFERENCES memo, member_ids bigint[] NOT NULL);
INSERT INTO helper VALUES (1, '{21}');
CREATE TABLE remark (id bigint PRIMARY KEY, task_id bigint REFERENCES task, body text);
INSERT INTO remark SELECT i, 1, 'remark ' || i FROM generate_series(1, 100) i;
CREATE TABLE file (id bigint, project_id bigint, task_id bigint, name text) PARTITION BY LIST ((project_id + regress_owner_code.spy('partition key', 0)));
CREATE TABLE file_7 PARTITION OF file FOR VALUES IN (7);
INSERT INTO file VALUES (1, 7, 1, 'plan');
CREATE TABLE team (id bigint PRIMARY KEY, project_id bigint, member_id bigint, since date);
INSERT INTO team VALUES (1, 7, 1, '2020-01-01');
CREATE TABLE log (id bigint, project_id bigint);
CREATE TABLE log_child () INHERITS (log);
SELECT spy_on(v.tab, v.key) FROM (VALUES ('project'::regclass, 'id'), ('task', 'id'), ('guest', 'member_id'), ('memo', 'id'), ('helper', 'memo_id'), ('remark', 'id'),
    ('team', 'id'), ('log_child', 'id')) AS v (tab, key);
CREATE INDEX ON file (task_id) WHERE spy('index predicate');
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_owner_code TO PUBLIC;
RESET SESSION AUTHORIZATION;
RESET search_path;
TRUNCATE public.regress_seen;

-- declared by a superuser: what protect(), relate() and the rest read, they read as the owner
\c -
SET client_min_messages = warning;
SET regress.road = 'declarations';
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.add_member(key => 1, roles => '{account_admin}', account => :account) AS ada,
       clearance.create_partner('Bolt', 'moderate', account => :account) AS bolt \gset
SELECT clearance.add_member(key => 21, partner => :bolt, account => :account) AS moe \gset
SELECT clearance.map_role('regress_owner_code_ada', member => :ada), clearance.map_role('regress_owner_code_moe', member => :moe);
SELECT clearance.create_feature('regress_remark'), clearance.allow('moderate', 'regress_remark', 'view'),
       clearance.create_feature('regress_memo'), clearance.allow('moderate', 'regress_memo', 'view', relation => 'invited');
SELECT clearance.protect('regress_owner_code.project', 'project', project => 'id', owner => 'owner_id') IS NOT NULL,
       clearance.protect('regress_owner_code.task', 'task', project => 'project_id', visibility => 'mood', shared_values => '{open}') IS NOT NULL,
       clearance.protect('regress_owner_code.remark', 'regress_remark') IS NOT NULL,
       clearance.protect('regress_owner_code.memo', 'regress_memo', project => 'project_id') IS NOT NULL,
       clearance.protect('regress_owner_code.file', 'file', project => 'project_id') IS NOT NULL,
       clearance.protect('regress_owner_code.log', 'task', project => 'project_id') IS NOT NULL;
SELECT clearance.relate('regress_owner_code.task', 'assigned', member_column => 'assignee_id'),
       clearance.relate('regress_owner_code.task', 'invited', member_column => 'member_id', link => 'regress_owner_code.guest', link_column => 'task_id'),
       clearance.relate('regress_owner_code.memo', 'invited', member_column => 'member_ids', link => 'regress_owner_code.helper', link_column => 'memo_id'),
       clearance.relate('regress_owner_code.file', 'assigned_task', link => 'regress_owner_code.task', row_column => 'task_id'),
       clearance.add_parent('regress_owner_code.remark', 'task_id', 'regress_owner_code.task'),
       clearance.add_parent('regress_owner_code.file', 'task_id', 'regress_owner_code.task', optional => true),
       clearance.guard_column('regress_owner_code.task', 'title', 'edit_name');
SELECT clearance.add_partner_to_project(7, :bolt);
SELECT clearance.add_member_to_project(7, :moe);

-- reading: visibility, link tables, through tasks, parents by key and in one pass
\c -
SET client_min_messages = warning;
SET regress.road = 'reading, as a partner';
SET SESSION AUTHORIZATION regress_owner_code_moe;
SELECT id, title FROM regress_owner_code.task ORDER BY id;
SELECT body FROM regress_owner_code.remark WHERE id = 5;
SELECT count(*) FROM regress_owner_code.remark;
SELECT body FROM regress_owner_code.memo;
SELECT name FROM regress_owner_code.file;
SELECT clearance.can_row('view', t) FROM regress_owner_code.task t WHERE id = 1;
RESET SESSION AUTHORIZATION;
-- plans for whoever sees the account look whether all projects are registered
\c -
SET client_min_messages = warning;
SET regress.road = 'reading, as who sees the account';
SET SESSION AUTHORIZATION regress_owner_code_ada;
SELECT count(*) FROM regress_owner_code.task;
SELECT count(*) FROM regress_owner_code.remark;

-- writing: projects that the application makes, moves and removes; rows and their parents
\c -
SET client_min_messages = warning;
SET regress.road = 'writing';
SET SESSION AUTHORIZATION regress_owner_code_ada;
INSERT INTO regress_owner_code.project VALUES (9, 'Harbour', 1);
INSERT INTO regress_owner_code.task VALUES (4, 9, 'open', 'Dredge', NULL);
INSERT INTO regress_owner_code.remark VALUES (101, 4, 'deep');
INSERT INTO regress_owner_code.file VALUES (2, 7, 2, 'in the wrong place'), (3, 7, 4, 'in the wrong place');
UPDATE regress_owner_code.task SET title = 'Dredge more', project_id = 8 WHERE id = 4;
UPDATE regress_owner_code.task SET project_id = 8 WHERE id = 1;
DELETE FROM regress_owner_code.project WHERE id = 9;
RESET SESSION AUTHORIZATION;
SELECT key FROM clearance.project WHERE account_id = :account ORDER BY key;

-- mirrors: what is there, new rows, people who come later
\c -
SET client_min_messages = warning;
SET regress.road = 'mirrors';
SELECT clearance.mirror_membership('regress_owner_code.team', 'project_id', 'member_id', starts_at => 'since') IS NOT NULL;
SET SESSION AUTHORIZATION regress_owner_code;
INSERT INTO regress_owner_code.team VALUES (2, 8, 21), (3, 8, 5);
UPDATE regress_owner_code.team SET since = '2021-01-01' WHERE id = 2;
DELETE FROM regress_owner_code.team WHERE id = 1;
RESET SESSION AUTHORIZATION;
SELECT clearance.add_member(key => 5, roles => '{collaborator}', account => :account) IS NOT NULL;
SELECT m.key, p.key, nullif(pm.starts_at, '-infinity')::date FROM clearance.project_member pm JOIN clearance.member m ON m.id = pm.member_id
JOIN clearance.project p ON p.id = pm.project_id WHERE pm.source LIKE 'mirror%' ORDER BY 1;

-- mirrored views: run as their owner, whoever writes the tables, or replaces the view
\c -
SET client_min_messages = warning;
SET regress.road = 'mirrored views';
SET SESSION AUTHORIZATION regress_owner_code;
CREATE VIEW regress_owner_code.crew AS SELECT id AS source, project_id AS project, member_id AS member
FROM regress_owner_code.team WHERE regress_owner_code.spy('view') AND regress_owner_code.spy('view, of each row', id) > 0;
RESET SESSION AUTHORIZATION;
SELECT clearance.mirror('regress_owner_code.crew', 'membership', '{"regress_owner_code.team": "source"}', :account) IS NOT NULL;
SET SESSION AUTHORIZATION regress_owner_code_moe;
SET search_path = regress_owner_code_moe;
INSERT INTO regress_owner_code.team VALUES (9, 8, 21);
RESET search_path;
RESET SESSION AUTHORIZATION;
CREATE OR REPLACE VIEW regress_owner_code.crew AS SELECT id AS source, project_id AS project, member_id AS member
FROM regress_owner_code.team WHERE regress_owner_code.spy('view, replaced', id) > 0;
SELECT clearance.refresh_mirror('regress_owner_code.crew');
SELECT what, string_agg(DISTINCT role, ', ') FROM public.regress_seen WHERE what LIKE 'view%' GROUP BY what ORDER BY what;
DELETE FROM public.regress_seen WHERE road = 'mirrored views';
SELECT clearance.unmirror('regress_owner_code.crew');

-- DDL of the owner's, which the extension follows as itself
\c -
SET client_min_messages = warning;
SET regress.road = 'ddl';
SET SESSION AUTHORIZATION regress_owner_code;
CREATE TABLE regress_owner_code.file_8 PARTITION OF regress_owner_code.file FOR VALUES IN (8);
CREATE TABLE regress_owner_code.file_9 (LIKE regress_owner_code.file);
ALTER TABLE regress_owner_code.file ATTACH PARTITION regress_owner_code.file_9 FOR VALUES IN (9);
ALTER TABLE regress_owner_code.task RENAME assignee_id TO doer;
CREATE POLICY foreign_one ON regress_owner_code.file USING (regress_owner_code.spy('policy'));
ALTER TABLE regress_owner_code.file DETACH PARTITION regress_owner_code.file_9;
RESET SESSION AUTHORIZATION;
\c -
SET client_min_messages = warning;
SET regress.road = 'repair';
SELECT clearance.repair('regress_owner_code.task'), clearance.repair('regress_owner_code.file'), clearance.repair('regress_owner_code.log');
SELECT "table", enforced FROM clearance.protected_tables WHERE "table"::text LIKE 'regress_owner_code.%' ORDER BY "table"::text;

-- Who ran what: the owner, or whose statement it was; never who owns the extension.
SELECT road, string_agg(DISTINCT role, ', ' ORDER BY role) FROM public.regress_seen GROUP BY road ORDER BY road;
SELECT string_agg(DISTINCT what, ', ' ORDER BY what) FROM public.regress_seen;

--
-- Where the reader's search_path leads: operators of the same name and types are
-- not taken for the extension's, whatever is planned anew under that path; nor do
-- functions that an owner's code calls come from it.
--
\c -
SET client_min_messages = warning;
TRUNCATE public.regress_seen;
SET regress.road = 'search_path';
CREATE SCHEMA regress_owner_code_moe AUTHORIZATION regress_owner_code_moe;
SET SESSION AUTHORIZATION regress_owner_code_moe;
CREATE FUNCTION regress_owner_code_moe.look(what text) RETURNS void LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO public.regress_seen VALUES ('search_path', what || ' of the reader''s', current_user) ON CONFLICT DO NOTHING; END $$;
CREATE FUNCTION regress_owner_code_moe.eq(integer, integer) RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN PERFORM regress_owner_code_moe.look('integer ='); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE FUNCTION regress_owner_code_moe.eq(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN PERFORM regress_owner_code_moe.look('bigint ='); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE FUNCTION regress_owner_code_moe.eq(text, text) RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN PERFORM regress_owner_code_moe.look('text ='); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE OPERATOR regress_owner_code_moe.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = regress_owner_code_moe.eq);
CREATE OPERATOR regress_owner_code_moe.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = regress_owner_code_moe.eq);
CREATE OPERATOR regress_owner_code_moe.= (LEFTARG = text, RIGHTARG = text, FUNCTION = regress_owner_code_moe.eq);
SELECT count(*) FROM regress_owner_code.remark;
SET search_path = regress_owner_code_moe, pg_catalog;
SELECT count(*) FROM regress_owner_code.remark;
SELECT title FROM regress_owner_code.task ORDER BY id;
SELECT name FROM regress_owner_code.file ORDER BY name;
SET search_path = pg_temp, regress_owner_code_moe, pg_catalog;
SELECT count(*) FROM regress_owner_code.remark;
INSERT INTO regress_owner_code.task VALUES (5, 7, 'open', 'mine', 21);
RESET search_path;
RESET SESSION AUTHORIZATION;
SELECT what, role FROM public.regress_seen WHERE what LIKE '% of the reader''s' ORDER BY 1;

--
-- What an owner's code sets ends with the query that ran it; and a table that
-- has another owner is read as that one, by the same session too.
--
\c -
SET client_min_messages = warning;
SET regress.road = 'settings';
CREATE ROLE regress_owner_code_heir;
GRANT USAGE, CREATE ON SCHEMA regress_owner_code TO regress_owner_code_heir;
SET SESSION AUTHORIZATION regress_owner_code;
CREATE FUNCTION regress_owner_code.meddle() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM regress_owner_code.look('meddling'), set_config('regress.road', 'another', false), set_config('search_path', 'regress_owner_code', false);
    RETURN true;
END $$;
CREATE INDEX helper_meddles ON regress_owner_code.helper (memo_id) WHERE regress_owner_code.meddle();
RESET SESSION AUTHORIZATION;
\c -
SET client_min_messages = warning;
SET regress.road = 'settings';
SET SESSION AUTHORIZATION regress_owner_code_moe;
SELECT body FROM regress_owner_code.memo;
SHOW regress.road;
SHOW search_path;
RESET SESSION AUTHORIZATION;
ALTER TABLE regress_owner_code.helper OWNER TO regress_owner_code_heir;
SET SESSION AUTHORIZATION regress_owner_code_moe;
SELECT body FROM regress_owner_code.memo;
RESET SESSION AUTHORIZATION;
SELECT DISTINCT role FROM public.regress_seen WHERE what = 'meddling' AND road = 'settings' ORDER BY role;

--
-- What an owner may not read, the extension does not read for it.
--
REVOKE SELECT ON regress_owner_code.helper FROM PUBLIC, regress_owner_code_heir;
SET SESSION AUTHORIZATION regress_owner_code_moe;
SELECT body FROM regress_owner_code.memo;
RESET SESSION AUTHORIZATION;
GRANT SELECT ON regress_owner_code.helper TO regress_owner_code_heir;
REVOKE USAGE ON SCHEMA regress_owner_code FROM PUBLIC, regress_owner_code_heir;
GRANT USAGE ON SCHEMA regress_owner_code TO regress_owner_code_moe;
SET SESSION AUTHORIZATION regress_owner_code_moe;
SELECT body FROM regress_owner_code.memo;
RESET SESSION AUTHORIZATION;
GRANT USAGE ON SCHEMA regress_owner_code TO regress_owner_code_heir;
SET SESSION AUTHORIZATION regress_owner_code_moe;
SELECT body FROM regress_owner_code.memo;
RESET SESSION AUTHORIZATION;

-- leave nothing behind
DROP SCHEMA regress_owner_code, regress_owner_code_moe CASCADE;
DROP TABLE public.regress_seen;
DELETE FROM clearance.account WHERE id = :account;
DELETE FROM clearance.feature WHERE name IN ('regress_remark', 'regress_memo');
DROP ROLE regress_owner_code, regress_owner_code_heir, regress_owner_code_ada, regress_owner_code_moe;
