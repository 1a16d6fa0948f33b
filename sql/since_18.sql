-- PostgreSQL 18: OLD and NEW in RETURNING, columns that are computed when they are read, and constraints that
-- promise what no row was asked for. In a database of its own, since what a transaction changed itself gets no
-- plans without tests.
\set SHOW_CONTEXT never
\set VERBOSITY default
\pset format unaligned
\pset tuples_only on
\pset null (null)
SET client_min_messages = warning;
CREATE DATABASE regress_18;
\c regress_18
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_18;
CREATE ROLE regress_18_bi;
SELECT clearance.trust_role('regress_18');
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.create_action('task', 'view_price', reads => true);
SELECT clearance.create_partner('Acme', 'permissive') AS acme \gset
SELECT clearance.add_member('ada', name => 'Ada', roles => '{account_admin}') AS ada \gset
SELECT clearance.add_member('pat', name => 'Pat', partner => :acme, partner_admin => true) AS pat \gset
CREATE SCHEMA app;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY);
INSERT INTO project VALUES (1), (2);
CREATE TABLE task (id integer PRIMARY KEY, project integer, title text, price integer, word text DEFAULT 'word',
    doubled integer GENERATED ALWAYS AS (id * 2) VIRTUAL);
INSERT INTO task SELECT n, 1 + n / 4, 'task ' || n, 7770000 + n, 'MARKER ' || n FROM generate_series(1, 5) n;
SELECT clearance.protect('project', 'project', 'id') > 0, clearance.protect('task', 'task', project => 'project') > 0;
SELECT clearance.add_partner_to_project('1', :acme);
SELECT clearance.mask_column('task', 'price', 'view_price'), clearance.mask_column('task', 'word', 'view_price', mask => 'left(word, 2) || ''…''');
GRANT USAGE ON SCHEMA app TO regress_18;
GRANT ALL ON ALL TABLES IN SCHEMA app TO regress_18;
SET SESSION AUTHORIZATION regress_18;
SELECT clearance.set_actor(id => :pat, local => false) = :pat;

--
-- OLD and NEW are masked as the row itself; where there is no such row there is no mask either.
--
BEGIN;
UPDATE task SET title = 'new' WHERE id = 1 RETURNING old.id, old.title, old.price, old.word, new.id, new.title, new.price, new.word, price, word;
UPDATE task SET title = 'newer' WHERE id = 2 RETURNING old, new;
UPDATE task SET title = 'newest' WHERE id = 3 RETURNING WITH (OLD AS o, NEW AS n) o.*, n.*, o.price IS NULL, length(n.word);
INSERT INTO task (id, project, title) VALUES (10, 1, 'ten') RETURNING old.price, old.word, old, new.price, new.word, new;
INSERT INTO task (id, project, title) VALUES (10, 1, 'again') ON CONFLICT (id) DO UPDATE SET title = excluded.title
    RETURNING old.title, old.word, new.title, new.word, new.price;
DELETE FROM task WHERE id = 10 RETURNING old.price, old.word, new.price, new.word, new;
MERGE INTO task t USING (VALUES (1), (11)) v (id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET title = 'merged'
    WHEN NOT MATCHED THEN INSERT (id, project, title) VALUES (v.id, 1, 'eleven')
    RETURNING merge_action(), old.word, old.price, new.word, new.price, old IS NULL;
WITH u AS (UPDATE task SET title = 'x' WHERE id = 1 RETURNING old.word AS before, new.price AS after, (SELECT old.word)) SELECT * FROM u;
-- what was not visible is not returned as it was
UPDATE task SET title = 'other' WHERE id = 4 RETURNING old.*;
ROLLBACK;
-- who may see it
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
BEGIN;
UPDATE task SET title = 'new' WHERE id IN (1, 4) RETURNING old.id, old.title, old.price, old.word, new.title, new.price, new.word;
INSERT INTO task (id, project, title) VALUES (10, 1, 'ten') RETURNING old.word, new.word;
ROLLBACK;

--
-- What groups rows by a masked column groups by the mask.
--
SELECT clearance.set_actor(id => :pat, local => false) = :pat;
SELECT word, price, count(*) FROM task GROUP BY word, price ORDER BY 1;
SELECT upper(word), count(*) FROM task GROUP BY word HAVING word LIKE 'MARKER%';
SELECT t.word, price, count(*), grouping(word) FROM task t GROUP BY GROUPING SETS ((word), (price), ()) ORDER BY 4, 3;
SELECT DISTINCT price FROM task GROUP BY price, id HAVING max(price) IS NULL;
SELECT t, count(*) FROM task t GROUP BY t ORDER BY 1;
SELECT (SELECT count(*) FROM project p WHERE p.id < t.price) FROM task t GROUP BY t.price;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
SELECT word, price, count(*) FROM task GROUP BY word, price ORDER BY 1;

--
-- Columns that are computed when they are read: bound nowhere, masked by nothing, from nothing that is masked.
--
RESET SESSION AUTHORIZATION;
CREATE TABLE item (id integer PRIMARY KEY, project integer, base integer, secret text,
    number integer GENERATED ALWAYS AS (base) VIRTUAL, loud text GENERATED ALWAYS AS (upper(secret)) VIRTUAL);
SELECT clearance.protect('item', 'task', project => 'number');
SELECT clearance.protect('item', 'task', project => 'project', owner => 'number');
SELECT clearance.protect('item', 'task', project => 'project') > 0;
SELECT clearance.relate('item', 'assigned', member_column => 'number');
SELECT clearance.guard_column('item', 'number', 'edit');
SELECT clearance.mask_column('item', 'number', 'view_price');
SELECT clearance.mask_column('item', 'secret', 'view_price');
-- nor does a column of a masked one become there
ALTER TABLE task ADD told text GENERATED ALWAYS AS (word || '!') VIRTUAL;
ALTER TABLE item DROP loud;
SELECT clearance.mask_column('item', 'secret', 'view_price');
ALTER TABLE item ADD loud text GENERATED ALWAYS AS (upper(secret)) VIRTUAL;
-- nor are they mirrored: triggers do not see them
CREATE TABLE crew (id integer PRIMARY KEY, project integer, person text, virtual integer GENERATED ALWAYS AS (project) VIRTUAL,
    stored integer GENERATED ALWAYS AS (project) STORED);
CREATE VIEW crews AS SELECT id AS source, virtual AS project, person AS member FROM crew;
SELECT clearance.mirror_membership('crew', 'virtual', 'person');
SELECT clearance.mirror('crews', 'membership');
CREATE OR REPLACE VIEW crews AS SELECT id AS source, stored AS project, person AS member FROM crew;
SELECT clearance.mirror_membership('crew', 'stored', 'person') > 0, clearance.mirror('crews', 'membership') > 0;
CREATE OR REPLACE VIEW crews AS SELECT id AS source, virtual AS project, person AS member FROM crew;
SELECT clearance.unmirror_membership('crew'), clearance.unmirror('crews');
-- others are read as ever, whole rows too
SET SESSION AUTHORIZATION regress_18;
SELECT clearance.set_actor(id => :pat, local => false) = :pat;
SELECT id, doubled, word FROM task WHERE doubled = 4;
SELECT t FROM task t WHERE id = 2;
RESET SESSION AUTHORIZATION;

--
-- No plan without tests rests on NOT NULL that is not valid, on a key that is not enforced, or one of periods:
-- rows without a project are shown to nobody.
--
CREATE TABLE note (id integer PRIMARY KEY, project integer CONSTRAINT note_project REFERENCES project ON DELETE CASCADE);
INSERT INTO note SELECT n, 1 + n % 2 FROM generate_series(1, 6) n;
SELECT clearance.protect('note', 'task', project => 'project') > 0;
GRANT SELECT ON note TO regress_18;
INSERT INTO note VALUES (7, NULL);
ANALYZE;
CREATE FUNCTION tests() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    tested text := 'nothing';
    n bigint;
BEGIN
    FOR line IN EXPLAIN SELECT count(*) FROM app.note LOOP
        tested := coalesce(substring(line FROM '(in_set|set_keys|permitted|visible)\('), tested);
    END LOOP;
    SELECT count(*) INTO n FROM app.note;
    RETURN tested || ' ' || n;
END $$;
\set try 'SET SESSION AUTHORIZATION regress_18; SELECT app.tests(); RESET SESSION AUTHORIZATION'
SET SESSION AUTHORIZATION regress_18;
SELECT clearance.set_actor(id => :ada, local => false) = :ada;
RESET SESSION AUTHORIZATION;
:try;
\set told 'SELECT code, why, mend FROM clearance.lint() WHERE object = ''app.note.project'''
:told;
ALTER TABLE note ADD CONSTRAINT note_has NOT NULL project NOT VALID;
:try;
:told;
DELETE FROM note WHERE id = 7;
:try;
BEGIN;
SELECT mend FROM clearance.lint() WHERE object = 'app.note.project'
\gexec
:told;
ROLLBACK;
ALTER TABLE note VALIDATE CONSTRAINT note_has;
:try;
-- a snapshot from before sees the row that was there
ALTER TABLE note DROP CONSTRAINT note_has;
INSERT INTO note VALUES (7, NULL);
ALTER TABLE note ADD CONSTRAINT note_has NOT NULL project NOT VALID;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM note;
\setenv REGRESS_DATABASE regress_18
\! psql -Xqd "$REGRESS_DATABASE" -c 'DELETE FROM app.note WHERE id = 7'
\! psql -Xqd "$REGRESS_DATABASE" -c 'ALTER TABLE app.note VALIDATE CONSTRAINT note_has' 2>&1 | head -1
:try;
COMMIT;
:try;
-- a key that is not enforced
ALTER TABLE note ALTER CONSTRAINT note_project NOT ENFORCED;
INSERT INTO note VALUES (8, 77);
:try;
:told;
DELETE FROM note WHERE id = 8;
SELECT mend FROM clearance.lint() WHERE object = 'app.note.project'
\gexec
:told;
:try;
-- a key of periods says of no single row that it is the one
CREATE EXTENSION btree_gist;
CREATE TABLE era (id integer, during daterange, project integer, PRIMARY KEY (id, during WITHOUT OVERLAPS)) PARTITION BY HASH (id);
SELECT clearance.protect('era', 'task', project => 'project', key => 'id');
ALTER TABLE project ADD during daterange NOT NULL DEFAULT '[2025-01-01,)', ADD UNIQUE (id, during WITHOUT OVERLAPS);
ALTER TABLE note ADD during daterange NOT NULL DEFAULT '[2026-01-01,2027-01-01)', DROP CONSTRAINT note_project,
    ADD FOREIGN KEY (project, PERIOD during) REFERENCES project (id, PERIOD during);
:told;
-- and one that is not enforced refuses nothing, so nobody learns by it which rows are there
ALTER TABLE note ADD about integer CONSTRAINT note_about REFERENCES task;
SELECT code, object FROM clearance.lint() WHERE code = 'fk_oracle';
ALTER TABLE note ALTER CONSTRAINT note_about NOT ENFORCED;
SELECT code, object FROM clearance.lint() WHERE code = 'fk_oracle';

--
-- What an action of a foreign key reached is asked about at the commit as the table's owner, and shown if row security
-- does not bind it.
--
\set told 'SELECT severity, object, why, mend FROM clearance.lint() WHERE code = ''late_error'' ORDER BY object'
CREATE TABLE kind (id integer PRIMARY KEY);
CREATE TABLE entry (id integer PRIMARY KEY, project integer, kind integer, UNIQUE (kind, project) DEFERRABLE);
CREATE TABLE reply (entry integer CONSTRAINT "to Entry" REFERENCES entry DEFERRABLE);
SELECT clearance.protect('entry', 'task', project => 'project', force => false) > 0;
:told;
ALTER TABLE entry ADD FOREIGN KEY (kind) REFERENCES kind ON DELETE SET NULL;
:told;
ALTER TABLE entry FORCE ROW LEVEL SECURITY;
:told;
CREATE ROLE regress_18_owner;
ALTER TABLE entry OWNER TO regress_18_owner;
:told;
DROP TABLE reply, entry;
DROP ROLE regress_18_owner;

--
-- What a session's pages tell is told of, until it is closed. These functions are everybody's.
--
SELECT clearance.map_role('regress_18_bi', partner => :acme);
BEGIN;
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE proname LIKE 'pg\_stat\_get\_%' AND (proargtypes = '26'::oidvector OR proname ~ '_(io|wal|slru|alloc)$') LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;
SELECT object, why FROM clearance.lint() WHERE object = 'functions pg_stat_get_*';
GRANT EXECUTE ON FUNCTION pg_stat_get_backend_io(integer) TO PUBLIC;
SELECT object, why FROM clearance.lint() WHERE object = 'functions pg_stat_get_*';
ROLLBACK;
SELECT proname, has_function_privilege(0::oid, p.oid, 'EXECUTE') FROM pg_proc p WHERE p.proname LIKE 'pg\_stat\_get\_%' AND p.proargtypes <> '26'::oidvector AND p.proname ~ '_(io|wal|slru|alloc)$' ORDER BY 1;

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_18;
DROP ROLE regress_18, regress_18_bi;
