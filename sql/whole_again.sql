-- What was found about constraints is remembered, so that a plan for who sees
-- the whole account starts quickly. It is found anew when something of it
-- changed, also where no message tells.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_again;
\c regress_again
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_again;
SELECT clearance.trust_role('regress_again');
SELECT clearance.create_account('Regress');
SELECT clearance.add_member('1', name => 'Ada', roles => '{account_admin}') AS ada \gset

CREATE SCHEMA app AUTHORIZATION regress_again;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY);
CREATE TABLE document (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES project);
CREATE TABLE remark (id integer PRIMARY KEY, document_id integer NOT NULL CONSTRAINT its_document REFERENCES document);
INSERT INTO project VALUES (1), (2);
INSERT INTO document VALUES (1, 1), (2, 2);
INSERT INTO remark SELECT n, n % 2 + 1 FROM generate_series(1, 6) n;
-- so that triggers made later stand far from the beginning of pg_trigger
CREATE TABLE filler ();
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE TRIGGER t%s BEFORE INSERT ON filler EXECUTE FUNCTION nothing()', i); END LOOP; END $$;
SELECT clearance.protect('project', 'project', 'id') > 0, clearance.protect('document', 'document', 'project_id') > 0,
    clearance.protect('remark', 'document_comment') > 0;
SELECT clearance.add_parent('remark', 'document_id', 'document');
GRANT ALL ON project, document, remark TO regress_again;
ANALYZE;
CREATE FUNCTION tests() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    tested text := 'nothing';
BEGIN
    FOR line IN EXPLAIN SELECT count(*) FROM app.remark LOOP
        tested := coalesce(substring(line FROM '(in_set|set_keys|permitted|visible)\('), tested);
    END LOOP;
    RETURN tested;
END $$;
\set ask 'SET SESSION AUTHORIZATION regress_again; EXECUTE counted; SELECT tests(); RESET SESSION AUTHORIZATION'
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
PREPARE counted AS SELECT count(*) FROM remark;
-- found, and remembered
:ask;
:ask;

--
-- Triggers that note new projects: whoever writes into the catalog by hand sends
-- no message, but the plan that is there does not start.
--
SET allow_system_table_mods = on;
UPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = 'project'::regclass AND tgname = '00_clearance_note_insert';
:ask;
UPDATE pg_trigger SET tgenabled = 'A' WHERE tgrelid = 'project'::regclass AND tgname = '00_clearance_note_insert';
:ask;
-- the same triggers in other places
DROP TABLE filler;
VACUUM FULL pg_trigger;
:ask;
:ask;
RESET allow_system_table_mods;

--
-- Tables above the one that is read: what refers to them may lose its row.
--
ALTER TABLE document DROP CONSTRAINT document_project_id_fkey;
:ask;
ALTER TABLE document ADD FOREIGN KEY (project_id) REFERENCES project;
:ask;
ALTER TABLE document DISABLE TRIGGER ALL;
:ask;
ALTER TABLE document ENABLE TRIGGER ALL;
SELECT clearance.repair('document');
:ask;
-- in a transaction that is taken back
BEGIN;
ALTER TABLE remark DROP CONSTRAINT its_document;
:ask;
ROLLBACK;
:ask;
BEGIN;
ALTER TABLE remark DROP CONSTRAINT its_document;
ALTER TABLE remark ADD CONSTRAINT its_document FOREIGN KEY (document_id) REFERENCES document;
:ask;
ROLLBACK;
:ask;

--
-- While keys are yet to be checked, as in a trigger that comes before, rows may
-- be there that belong to nothing.
--
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE WARNING 'a trigger counts %, and tests %', (SELECT count(*) FROM app.remark), tests(); RETURN NULL; END $$;
CREATE TRIGGER "00_before_keys" AFTER INSERT ON remark FOR EACH ROW EXECUTE FUNCTION look();
SET SESSION AUTHORIZATION regress_again;
EXECUTE counted;
INSERT INTO remark VALUES (7, 1);
BEGIN;
INSERT INTO remark VALUES (8, 1);
EXECUTE counted;
SELECT tests();
ROLLBACK;
RESET SESSION AUTHORIZATION;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_again;
DROP ROLE regress_again;
