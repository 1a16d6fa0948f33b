-- What rows belong to need not be looked up by who sees the account, one of
-- several, where foreign keys of the account say that it is of the same; nor by
-- who sees every row of its projects, where foreign keys of the project say that it
-- is in the same. Plans look again when they start. In a database of its own, since
-- what a transaction changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_whole_parents;
\c regress_whole_parents
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_whole_parents;
\o /dev/null
SELECT clearance.trust_role('regress_whole_parents');
SELECT clearance.create_account('One', key => '1') AS one, clearance.create_account('Two', key => '2') AS two \gset
SELECT clearance.add_member('ada', name => 'Ada', roles => '{account_admin}', account => :one), clearance.add_member('bea', name => 'Bea', roles => '{super_user}', account => :two),
       clearance.add_member('cole', name => 'Cole', roles => '{collaborator}', account => :one);
SELECT clearance.create_partner('Acme', 'permissive', account => :one) AS acme, clearance.create_partner('Mod', 'moderate', account => :one) AS mod \gset
SELECT clearance.add_member('pat', name => 'Pat', partner => :acme, partner_admin => true, account => :one), clearance.add_member('max', name => 'Max', partner => :mod, partner_admin => true, account => :one);
CREATE SCHEMA app AUTHORIZATION regress_whole_parents;
SET search_path = app;
\o
-- two accounts with three projects each; folders in folders, papers in folders, notes on papers
CREATE TABLE project (id integer PRIMARY KEY, account text NOT NULL, UNIQUE (account, id));
CREATE TABLE folder (id integer PRIMARY KEY, account text NOT NULL, project_id integer NOT NULL, above integer, hidden boolean NOT NULL DEFAULT false,
    UNIQUE (account, project_id, id), CONSTRAINT folder_project FOREIGN KEY (account, project_id) REFERENCES project (account, id) ON DELETE CASCADE,
    CONSTRAINT folder_above FOREIGN KEY (account, project_id, above) REFERENCES folder (account, project_id, id));
CREATE INDEX ON folder (above);
CREATE TABLE paper (id integer PRIMARY KEY, account text NOT NULL, project_id integer NOT NULL, folder_id integer NOT NULL, hidden boolean NOT NULL DEFAULT false,
    UNIQUE (account, id), CONSTRAINT paper_project FOREIGN KEY (account, project_id) REFERENCES project (account, id),
    CONSTRAINT paper_folder FOREIGN KEY (account, project_id, folder_id) REFERENCES folder (account, project_id, id));
CREATE TABLE note (id integer PRIMARY KEY, account text NOT NULL, project_id integer NOT NULL, paper_id integer,
    CONSTRAINT note_project FOREIGN KEY (account, project_id) REFERENCES project (account, id), CONSTRAINT note_paper FOREIGN KEY (account, paper_id) REFERENCES paper (account, id));
INSERT INTO project SELECT n, (1 + n / 4)::text FROM generate_series(1, 6) n;
INSERT INTO folder SELECT 10 * p.id + n, p.account, p.id, CASE WHEN n > 1 THEN 10 * p.id + n / 2 END, n = 3 FROM project p, generate_series(1, 7) n;
INSERT INTO paper SELECT 100 + f.id, f.account, f.project_id, f.id, f.id % 10 = 4 FROM folder f;
INSERT INTO note SELECT 1000 + p.id, p.account, p.project_id, CASE WHEN p.id % 10 <> 1 THEN p.id END FROM paper p;
\o /dev/null
SELECT clearance.protect('project', 'project', 'id', account => 'account');
SELECT clearance.protect(t, 'task', 'project_id', account => 'account', visibility => 'hidden', shared_values => '{false}') FROM unnest('{folder,paper}'::regclass[]) t;
SELECT clearance.protect('note', 'task', 'project_id', account => 'account');
SELECT clearance.add_parent('folder', 'above', 'folder', optional => true), clearance.add_parent('paper', 'folder_id', 'folder'), clearance.add_parent('note', 'paper_id', 'paper', optional => true);
SELECT clearance.add_member_to_project('1', m.id) FROM clearance.member m WHERE m.key = 'cole';
SELECT clearance.add_partner_to_project(p.key, v.id) FROM clearance.project p, (VALUES (:acme), (:mod)) v (id) WHERE p.key < '3';
\o
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_whole_parents;
VACUUM ANALYZE;
CREATE TABLE who (no integer, key text);
INSERT INTO who VALUES (1, 'ada'), (2, 'bea'), (3, 'cole'), (4, 'pat'), (5, 'max'), (6, NULL);
GRANT SELECT ON who TO regress_whole_parents;

CREATE FUNCTION rows_seen(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n text;
BEGIN
    EXECUTE query INTO n;
    RETURN n;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlerrm;
END $$;
CREATE FUNCTION digest_of(tab text) RETURNS text LANGUAGE sql AS
$$ SELECT format('SELECT count(*) || coalesce(md5(string_agg(id::text, '','' ORDER BY id)), '''') FROM app.%s', tab) $$;
SELECT format('CREATE FUNCTION app.%I() RETURNS text LANGUAGE plpgsql AS %L', 'seen_' || t, format('BEGIN RETURN (%s); END', digest_of(t))) FROM unnest('{folder,paper,note}'::text[]) t \gexec
-- what plans test beside the rows' own columns
CREATE FUNCTION tested(tab text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    tests text[] := '{}';
BEGIN
    FOR line IN EXECUTE format('EXPLAIN SELECT count(*) FROM app.%s', tab) LOOP
        tests := tests || ARRAY(SELECT concat_ws(' ', m[1], nullif(m[2], '')) FROM regexp_matches(line, '(in_set|set_keys|own_account|permitted|visible)\(([a-z_]*)', 'g') m);
    END LOOP;
    RETURN coalesce((SELECT string_agg(DISTINCT t, ', ') FROM unnest(tests) t), 'nothing');
END $$;
-- What everybody sees of a table by a kept plan, by a new one, and by the rule row
-- by row: how many rows it is, or where they differ; what plans of some test.
CREATE PROCEDURE see(tab text, INOUT seen text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    query text := app.digest_of(tab);
    tests text;
    w record;
    kept text;
    new text;
    judged text;
BEGIN
    FOR w IN SELECT * FROM app.who ORDER BY no DESC LOOP
        SET clearance.external_explain = on;
        SET SESSION AUTHORIZATION regress_whole_parents;
        PERFORM clearance.reset_actor();
        IF w.key IS NOT NULL THEN
            PERFORM clearance.set_actor(key => w.key, local => false);
        END IF;
        kept := app.rows_seen(format('SELECT app.%I()', 'seen_' || tab));
        new := app.rows_seen(query);
        IF w.key IN ('ada', 'pat') THEN
            tests := concat_ws('; ', app.tested(tab), tests);
        END IF;
        RESET SESSION AUTHORIZATION;
        SET clearance.simplify = off;
        SET SESSION AUTHORIZATION regress_whole_parents;
        judged := app.rows_seen(query);
        RESET SESSION AUTHORIZATION;
        RESET clearance.simplify;
        seen := concat_ws(' ', CASE WHEN new = judged AND kept = judged THEN regexp_replace(judged, '.{32}$', '')
                                    ELSE format('%s: %s, %s, but by the rule %s', w.key, kept, new, judged) END, seen);
    END LOOP;
    seen := concat_ws(': ', seen, tests);
END $$;

--
-- Admins are tested for their account alone, a partner who sees every row of its
-- projects for the project alone, as far as keys reach: those of notes and papers
-- are of the account.
--
CALL see('folder');
CALL see('paper');
CALL see('note');
SET clearance.external_explain = on;
SET SESSION AUTHORIZATION regress_whole_parents;
SELECT clearance.set_actor(key => 'pat', local => false) > 0;
-- not where rows are locked, or joins may put nulls in their place
SELECT tested('folder WHERE project_id = 1');
SELECT tested('folder f, LATERAL (SELECT FROM app.folder g WHERE g.id > f.id FOR UPDATE) x');
SELECT tested('project p LEFT JOIN app.folder f ON f.project_id = p.id');
RESET SESSION AUTHORIZATION;
RESET clearance.external_explain;
-- rows that are moved, with what is in them
BEGIN;
UPDATE folder SET project_id = 2, above = CASE id WHEN 13 THEN 21 ELSE above END WHERE id IN (13, 16, 17);
ROLLBACK;
BEGIN;
DELETE FROM note WHERE paper_id IN (113, 116, 117);
DELETE FROM paper WHERE folder_id IN (13, 16, 17);
UPDATE folder SET project_id = 2, above = CASE id WHEN 13 THEN 21 ELSE above END WHERE id IN (13, 16, 17);
COMMIT;
CALL see('folder');
CALL see('paper');
CALL see('note');

--
-- A circle ends it for all of them, and for plans that are kept.
--
SELECT clearance.set_actor(key => 'pat', local => false) > 0;
\set try 'SET SESSION AUTHORIZATION regress_whole_parents; EXECUTE kept; RESET SESSION AUTHORIZATION'
SET SESSION AUTHORIZATION regress_whole_parents;
PREPARE kept AS SELECT (SELECT count(*) FROM folder) AS folders, (SELECT count(*) FROM paper) AS papers;
:try;
:try;
UPDATE folder SET above = 17 WHERE id = 13;
:try;
UPDATE folder SET above = 21 WHERE id = 13;
SELECT clearance.repair('folder');
:try;
ALTER TABLE paper DROP CONSTRAINT paper_folder;
INSERT INTO paper VALUES (200, '1', 1, 999, false);
:try;
DELETE FROM paper WHERE id = 200;
ALTER TABLE paper ADD CONSTRAINT paper_folder FOREIGN KEY (account, project_id, folder_id) REFERENCES folder (account, project_id, id);
:try;
UPDATE folder SET above = 17 WHERE id = 13;
CALL see('folder');
CALL see('paper');
CALL see('note');
UPDATE folder SET above = 21 WHERE id = 13;
CALL see('folder');
SELECT clearance.repair('folder');
CALL see('folder');
CALL see('paper');
CALL see('note');

--
-- Keys that do not say so.
--
-- of the parent alone: it may be of another account, or project
ALTER TABLE note DROP CONSTRAINT note_paper, ADD CONSTRAINT note_paper FOREIGN KEY (paper_id) REFERENCES paper;
CALL see('note');
SET session_replication_role = replica;
UPDATE note SET paper_id = 141 WHERE id = 1112;
RESET session_replication_role;
CALL see('note');
UPDATE note SET paper_id = 112 WHERE id = 1112;
ALTER TABLE paper DROP CONSTRAINT paper_folder, ADD CONSTRAINT paper_folder FOREIGN KEY (folder_id) REFERENCES folder;
CALL see('paper');
-- of the project, but not of the account, and the other way round
ALTER TABLE folder ADD UNIQUE (project_id, id), ADD UNIQUE (account, id);
ALTER TABLE paper DROP CONSTRAINT paper_folder, ADD CONSTRAINT paper_folder FOREIGN KEY (project_id, folder_id) REFERENCES folder (project_id, id);
CALL see('paper');
ALTER TABLE paper DROP CONSTRAINT paper_folder, ADD CONSTRAINT paper_folder FOREIGN KEY (account, folder_id) REFERENCES folder (account, id);
CALL see('paper');
-- of all, but not sure to be asked, or valid, or that changes rows
ALTER TABLE folder ADD code integer DEFAULT 1, ADD UNIQUE (account, project_id, id, code);
ALTER TABLE paper ADD code integer;
ALTER TABLE paper DROP CONSTRAINT paper_folder, ADD CONSTRAINT paper_folder FOREIGN KEY (account, project_id, folder_id, code) REFERENCES folder (account, project_id, id, code);
CALL see('paper');
UPDATE paper SET code = 1;
ALTER TABLE paper ALTER code SET NOT NULL;
CALL see('paper');
ALTER TABLE paper DROP CONSTRAINT paper_folder, ADD CONSTRAINT paper_folder FOREIGN KEY (account, project_id, folder_id) REFERENCES folder (account, project_id, id) NOT VALID;
CALL see('paper');
ALTER TABLE paper VALIDATE CONSTRAINT paper_folder;
CALL see('paper');
ALTER TABLE paper ALTER CONSTRAINT paper_folder DEFERRABLE;
CALL see('paper');
ALTER TABLE paper DROP CONSTRAINT paper_folder, ADD CONSTRAINT paper_folder FOREIGN KEY (account, project_id, folder_id) REFERENCES folder (account, project_id, id) ON DELETE CASCADE;
CALL see('paper');
ALTER TABLE paper DROP CONSTRAINT paper_folder, ADD CONSTRAINT paper_folder FOREIGN KEY (account, project_id, folder_id) REFERENCES folder (account, project_id, id);
CALL see('paper');
ALTER TABLE paper DISABLE TRIGGER ALL;
CALL see('paper');
ALTER TABLE paper ENABLE TRIGGER ALL;
CALL see('paper');
-- triggers of folders, switched off and on
ALTER TABLE folder DISABLE TRIGGER ALL;
CALL see('folder');
ALTER TABLE folder ENABLE TRIGGER ALL;
CALL see('folder');
CALL see('paper');
SELECT clearance.repair('folder');
CALL see('folder');
CALL see('paper');
-- a parent that may be anywhere
SELECT clearance.unprotect('note');
SELECT clearance.unprotect('paper'), clearance.protect('paper', 'task', 'project_id', account => 'account') > 0;
SELECT clearance.add_parent('paper', 'folder_id', 'folder', same_project => false);
CALL see('paper');

--
-- What permissions say: the plan for who sees every row is none for who does not.
--
SELECT clearance.unprotect('paper'), clearance.protect('paper', 'task', 'project_id', account => 'account') > 0;
SELECT clearance.add_parent('paper', 'folder_id', 'folder');
CALL see('paper');
SELECT clearance.create_level('reader', 'partner') > 0;
SELECT clearance.allow('reader', 'project', 'view'), clearance.allow('reader', 'task', 'view', visibility => 'shared');
UPDATE clearance.project_partner pp SET level_id = (SELECT id FROM clearance.level WHERE name = 'reader') FROM clearance.project p
WHERE p.id = pp.project_id AND p.key = '2' AND pp.partner_id = :acme;
CALL see('folder');
CALL see('paper');
-- every row of a table in more projects than of the other one
\o /dev/null
SELECT clearance.unprotect('paper'), clearance.unprotect('folder');
SELECT clearance.reset_actor();
SELECT clearance.create_feature('binder');
SELECT clearance.allow(v, 'binder', 'view') FROM unnest('{permissive,moderate,collaborator,super_user}'::text[]) v;
SELECT clearance.protect('folder', 'binder', 'project_id', account => 'account'), clearance.protect('paper', 'task', 'project_id', account => 'account');
SELECT clearance.add_parent('folder', 'above', 'folder', optional => true), clearance.add_parent('paper', 'folder_id', 'folder');
SELECT clearance.create_level('worker', 'partner'), clearance.allow('worker', 'project', 'view'), clearance.allow('worker', 'task', 'view');
UPDATE clearance.project_partner pp SET level_id = (SELECT id FROM clearance.level WHERE name = 'worker') FROM clearance.project p
WHERE p.id = pp.project_id AND p.key = '2' AND pp.partner_id = :acme;
\o
CALL see('folder');
CALL see('paper');
SELECT clearance.reset_actor(), clearance.allow('worker', 'binder', 'view');
CALL see('folder');
CALL see('paper');

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_whole_parents;
DROP ROLE regress_whole_parents;
