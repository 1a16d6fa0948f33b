-- Folders in folders: who sees the account needs no test of them, while no row
-- can be in a circle of parents, which is closed to everybody. Triggers watch for
-- that, and mark the table. In a database of its own, since what a transaction
-- changed itself gets no such plans.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
\set ECHO queries
SET client_min_messages = warning;
CREATE DATABASE regress_whole_trees;
\c regress_whole_trees
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_whole_trees;
\o /dev/null
SELECT clearance.trust_role('regress_whole_trees');
SELECT clearance.create_account('Regress');
SELECT clearance.add_member('ada', name => 'Ada', roles => '{account_admin}'), clearance.add_member('sue', name => 'Sue', roles => '{super_user}'),
       clearance.add_member('cole', name => 'Cole', roles => '{collaborator}');
SELECT clearance.create_partner('Acme', 'permissive') AS acme, clearance.create_partner('Mod', 'moderate') AS mod \gset
SELECT clearance.add_member('pat', name => 'Pat', partner => :acme, partner_admin => true), clearance.add_member('max', name => 'Max', partner => :mod, partner_admin => true);
CREATE SCHEMA app AUTHORIZATION regress_whole_trees;
SET search_path = app;
CREATE TABLE project (id integer PRIMARY KEY, name text);
INSERT INTO project SELECT n, 'p' || n FROM generate_series(1, 4) n;
SELECT clearance.protect('project', 'project', 'id');
SELECT clearance.add_member_to_project('1', m.id) FROM clearance.member m WHERE m.key = 'cole';
SELECT clearance.add_partner_to_project(p.key, v.id) FROM clearance.project p, (VALUES (:acme), (:mod)) v (id) WHERE p.key < '4';
\o
GRANT ALL ON project TO regress_whole_trees;
CREATE TABLE who (no integer, key text);
INSERT INTO who VALUES (1, 'ada'), (2, 'sue'), (3, 'cole'), (4, 'pat'), (5, 'max'), (6, NULL);
GRANT SELECT ON who TO regress_whole_trees;

CREATE FUNCTION rows_seen(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n text;
BEGIN
    EXECUTE query INTO n;
    RETURN n;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlerrm;
END $$;
-- What everybody sees of a table by a kept plan, by a new one, and by the rule row
-- by row: how many rows it is, or where they differ; what plans of the admin test.
CREATE PROCEDURE see(tab text, INOUT seen text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    query text := format('SELECT count(*) || coalesce(md5(string_agg(id::text, '','' ORDER BY id)), '''') FROM app.%s', tab);
    tested text := 'nothing';
    line text;
    w record;
    kept text;
    new text;
    judged text;
BEGIN
    FOR w IN SELECT * FROM app.who ORDER BY no DESC LOOP
        SET SESSION AUTHORIZATION regress_whole_trees;
        PERFORM clearance.reset_actor();
        IF w.key IS NOT NULL THEN
            PERFORM clearance.set_actor(key => w.key, local => false);
        END IF;
        kept := app.rows_seen(format('SELECT app.%I()', 'digest_of_' || tab));
        new := app.rows_seen(query);
        RESET SESSION AUTHORIZATION;
        SET clearance.simplify = off;
        SET SESSION AUTHORIZATION regress_whole_trees;
        judged := app.rows_seen(query);
        RESET SESSION AUTHORIZATION;
        RESET clearance.simplify;
        seen := concat_ws(' ', CASE WHEN new = judged AND kept = judged THEN regexp_replace(judged, '.{32}$', '')
                                    ELSE format('%s: %s, %s, but by the rule %s', w.key, kept, new, judged) END, seen);
    END LOOP;
    SET SESSION AUTHORIZATION regress_whole_trees;
    PERFORM clearance.set_actor(key => 'ada', local => false);
    FOR line IN EXECUTE format('EXPLAIN SELECT count(*) FROM app.%s', tab) LOOP
        tested := coalesce(substring(line FROM '(in_set|set_keys|permitted|visible)\('), tested);
    END LOOP;
    RESET SESSION AUTHORIZATION;
    seen := concat_ws(' ', seen, 'tests', tested);
END $$;
-- A table of folders: below 1 are 2 to 4, below each of these two more; another tree in project 4.
CREATE PROCEDURE build(tab text, key_type text DEFAULT 'integer', key text DEFAULT '', bind boolean DEFAULT true, link text DEFAULT '',
    optional boolean DEFAULT true) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL client_min_messages = error;
    EXECUTE format('CREATE TABLE %1$I (id %2$s PRIMARY KEY, project_id integer NOT NULL REFERENCES project, above %2$s, hidden boolean NOT NULL DEFAULT false%3$s)',
        tab, key_type, link);
    IF key IS NOT NULL THEN
        EXECUTE format('ALTER TABLE %1$I ADD CONSTRAINT %2$I FOREIGN KEY (above) REFERENCES %1$I %3$s', tab, tab || '_above', key);
    END IF;
    EXECUTE format('CREATE INDEX %2$I ON %1$I (above)', tab, tab || '_below');
    EXECUTE format('INSERT INTO %1$I (id, project_id, above, hidden) SELECT app.key_of(%2$L, n)::%2$s, p, app.key_of(%2$L, a)::%2$s, n = 3
        FROM (VALUES (1, 1, NULL), (2, 1, 1), (3, 1, 1), (4, 1, 1), (5, 1, 2), (6, 1, 2), (7, 1, 3), (8, 1, 3), (9, 1, 4), (10, 1, 4), (11, 4, NULL), (12, 4, 11)) v (n, p, a)',
        tab, key_type);
    EXECUTE format('CREATE FUNCTION app.%I() RETURNS text LANGUAGE plpgsql AS %L', 'digest_of_' || tab,
        format('BEGIN RETURN (SELECT count(*) || coalesce(md5(string_agg(id::text, '','' ORDER BY id)), '''') FROM app.%I); END', tab));
    EXECUTE format('GRANT ALL ON %I TO regress_whole_trees', tab);
    IF bind THEN
        CALL app.bind(tab, optional);
    END IF;
END $$;
CREATE PROCEDURE bind(tab text, optional boolean DEFAULT true) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL client_min_messages = error;
    PERFORM clearance.protect(tab::regclass, 'task', 'project_id', visibility => 'hidden', shared_values => '{false}');
    PERFORM clearance.add_parent(tab::regclass, 'above', tab::regclass, optional => optional);
END $$;
CREATE FUNCTION key_of(key_type text, n integer) RETURNS text LANGUAGE sql AS
$$ SELECT CASE key_type WHEN 'integer' THEN n::text WHEN 'uuid' THEN md5(n::text)::uuid::text ELSE 'f' || n END $$;
CREATE VIEW marked AS SELECT coalesce(string_agg(relation::text, ', ' ORDER BY relation::text), 'none') FROM clearance.binding WHERE rows_outlived;

--
-- Admins and super users see all of a tree, and their plans test nothing;
-- those of others do.
--
CALL build('folder');
CALL see('folder');
SET SESSION AUTHORIZATION regress_whole_trees;
SELECT clearance.set_actor(key => 'ada', local => false) > 0;
EXPLAIN (COSTS OFF) SELECT count(*) FROM folder;
EXPLAIN (COSTS OFF) SELECT id FROM folder WHERE project_id = 1;
RESET SESSION AUTHORIZATION;
-- whatever the type of keys
CALL build('by_uuid', 'uuid');
CALL see('by_uuid');
CALL build('by_text', 'text');
CALL see('by_text');
-- what is in folders
CREATE TABLE doc (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES project, folder integer NOT NULL REFERENCES folder);
INSERT INTO doc SELECT 100 + id, project_id, id FROM folder;
GRANT SELECT ON doc TO regress_whole_trees;
CREATE FUNCTION digest_of_doc() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) || coalesce(md5(string_agg(id::text, ',' ORDER BY id)), '') FROM app.doc); END $$;
SELECT clearance.protect('doc', 'task', 'project_id') > 0, clearance.add_parent('doc', 'folder', 'folder');
CALL see('doc');

--
-- What ends nothing: new rows and trees, rows that go, and that are moved elsewhere.
--
INSERT INTO folder VALUES (21, 2, NULL, false), (22, 2, 21, false), (23, 2, 22, false), (24, 2, 23, true);
INSERT INTO folder VALUES (27, 2, 26, false), (26, 2, 25, false), (25, 2, 21, false);
INSERT INTO folder SELECT 30 + n, 3, nullif(30 + n / 2, 30), false FROM generate_series(1, 9) n;
COPY folder FROM STDIN;
51	3	\N	f
52	3	51	f
53	3	52	f
\.
UPDATE folder SET above = 5 WHERE id = 3;
UPDATE folder SET above = NULL WHERE id = 4;
UPDATE folder SET above = 1, hidden = true WHERE id = 4;
DELETE FROM folder WHERE id IN (9, 10) AND id NOT IN (SELECT folder FROM doc);
WITH d AS (DELETE FROM folder WHERE id = 53 RETURNING *) INSERT INTO folder SELECT 53, 3, 51, false FROM d;
UPDATE folder SET id = id + 1 WHERE id = 53;
INSERT INTO folder VALUES (2, 1, 3, false) ON CONFLICT (id) DO UPDATE SET hidden = false;
CALL see('folder');
CALL see('doc');
SELECT * FROM marked;

--
-- A circle: its rows and those below are closed to everybody, and plans test
-- from the commit that made it. repair() looks whether there still is one.
--
UPDATE folder SET above = 7 WHERE id = 2;
SELECT * FROM marked;
CALL see('folder');
CALL see('doc');
SELECT clearance.repair('folder');
CALL see('folder');
UPDATE folder SET above = 1 WHERE id = 2;
CALL see('folder');
SELECT clearance.repair('folder');
CALL see('folder');
CALL see('doc');
-- of one row, by a change or from the start; by new rows alone; on a way that leads into one
UPDATE folder SET above = id WHERE id = 54;
CALL see('folder');
DELETE FROM folder WHERE id = 54;
SELECT clearance.repair('folder');
INSERT INTO folder VALUES (61, 3, 61, false);
CALL see('folder');
DELETE FROM folder WHERE id = 61;
SELECT clearance.repair('folder');
INSERT INTO folder VALUES (61, 3, 62, false), (62, 3, 63, false), (63, 3, 61, false), (64, 3, 61, false);
CALL see('folder');
DELETE FROM folder WHERE id > 60;
SELECT clearance.repair('folder');
CALL see('folder');
-- a row that takes the key of one that goes, whose children stay
WITH d AS (DELETE FROM folder WHERE id = 22 RETURNING *) INSERT INTO folder SELECT 22, 2, 24, false FROM d;
CALL see('folder');
UPDATE folder SET above = 21 WHERE id = 22;
SELECT clearance.repair('folder');
MERGE INTO folder f USING (VALUES (22, 2), (22, 3)) v (id, n) ON f.id = v.id AND v.n = 2
WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (v.id, 2, 23, false);
CALL see('folder');
UPDATE folder SET above = 21 WHERE id = 22;
SELECT clearance.repair('folder');
CALL see('folder');
-- or of one that gets another, new or not
WITH u AS (UPDATE folder SET id = 28 WHERE id = 25 RETURNING *) INSERT INTO folder SELECT 25, 2, 27, false FROM u;
CALL see('folder');
UPDATE folder SET above = 28 WHERE id = 25;
SELECT clearance.repair('folder');
WITH i AS (INSERT INTO folder VALUES (29, 2, 27, false) RETURNING *), u AS (UPDATE folder SET id = 30 FROM i WHERE folder.id = 26 RETURNING folder.*)
UPDATE folder SET id = 26 FROM u WHERE folder.id = 24;
UPDATE folder SET above = 27 WHERE id = 26;
CALL see('folder');
UPDATE folder SET above = 30 WHERE id = 27;
UPDATE folder SET id = 24, above = 23 WHERE id = 26;
SELECT clearance.repair('folder');
CALL see('folder');
-- a member's own move
SET SESSION AUTHORIZATION regress_whole_trees;
SELECT clearance.set_actor(key => 'sue', local => false) > 0;
UPDATE folder SET above = 24 WHERE id = 22;
RESET SESSION AUTHORIZATION;
UPDATE folder SET above = 24 WHERE id = 22;
CALL see('folder');
UPDATE folder SET above = 21 WHERE id = 22;
SELECT clearance.repair('folder');

--
-- Within a transaction: what it moved is looked at when it ends, or earlier on
-- demand; until then its rows are tested. Undone, nothing was.
--
BEGIN;
UPDATE folder SET above = 24 WHERE id = 22;
SELECT * FROM marked;
CALL see('folder');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT * FROM marked;
CALL see('folder');
ROLLBACK;
CALL see('folder');
BEGIN;
SAVEPOINT s;
UPDATE folder SET above = 24 WHERE id = 22;
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO s;
UPDATE folder SET above = 24 WHERE id = 22;
UPDATE folder SET above = 21 WHERE id = 22;
COMMIT;
SELECT * FROM marked;
CALL see('folder');
BEGIN;
INSERT INTO folder VALUES (65, 3, 65, false);
CALL see('folder');
ROLLBACK;
CALL see('folder');
-- a trigger that counts for the admin before anybody looked
SET SESSION AUTHORIZATION regress_whole_trees;
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN RAISE WARNING 'a trigger counts %', (SELECT count(*) FROM app.folder); RETURN NULL; END $$;
RESET SESSION AUTHORIZATION;
CREATE TRIGGER "00_before" AFTER INSERT OR UPDATE ON folder FOR EACH ROW EXECUTE FUNCTION look();
INSERT INTO folder VALUES (66, 3, NULL, false);
INSERT INTO folder VALUES (67, 3, 67, false);
UPDATE folder SET above = 24 WHERE id = 22;
DROP TRIGGER "00_before" ON folder;
UPDATE folder SET above = 21 WHERE id = 22;
DELETE FROM folder WHERE id > 60;
SELECT clearance.repair('folder');
CALL see('folder');

--
-- Without a foreign key that has every parent be there when a statement ends,
-- and does nothing but refuse, no row with a parent is taken on trust.
--
CALL build('no_key', key => NULL);
CALL see('no_key');
INSERT INTO no_key VALUES (13, 4, 12, false);
SELECT * FROM marked;
ALTER TABLE no_key ADD CONSTRAINT no_key_above FOREIGN KEY (above) REFERENCES no_key NOT VALID;
CALL see('no_key');
ALTER TABLE no_key VALIDATE CONSTRAINT no_key_above;
CALL see('no_key');
SELECT clearance.repair('no_key');
CALL see('no_key');
-- it was dropped, the circle closed, and is there again
BEGIN;
ALTER TABLE no_key DROP CONSTRAINT no_key_above;
INSERT INTO no_key VALUES (14, 4, 15, false), (15, 4, 14, false);
ALTER TABLE no_key ADD CONSTRAINT no_key_above FOREIGN KEY (above) REFERENCES no_key;
COMMIT;
CALL see('no_key');
DELETE FROM no_key WHERE id IN (14, 15);
SELECT clearance.repair('no_key');
CALL see('no_key');
BEGIN;
ALTER TABLE no_key DROP CONSTRAINT no_key_above;
UPDATE no_key SET above = 13 WHERE id = 12;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE no_key ADD CONSTRAINT no_key_above FOREIGN KEY (above) REFERENCES no_key;
COMMIT;
CALL see('no_key');
CALL build('late', key => 'DEFERRABLE');
CALL see('late');
INSERT INTO late VALUES (13, 4, 12, false);
ALTER TABLE late ALTER CONSTRAINT late_above NOT DEFERRABLE;
CALL see('late');
SELECT clearance.repair('late');
CALL see('late');
CALL build('cascades', key => 'ON DELETE CASCADE');
CALL see('cascades');
DELETE FROM cascades WHERE id = 2;
CALL see('cascades');
CALL build('set_null', key => 'ON DELETE SET NULL');
CALL see('set_null');
-- another type of the column is refused; its values written anew are not looked at by triggers
ALTER TABLE late ALTER above TYPE integer USING CASE id WHEN 11 THEN 13 ELSE above END;
CALL see('late');
-- nor where no index finds what is below a row
CALL build('no_index');
CALL see('no_index');
DROP INDEX no_index_below;
CALL see('no_index');
INSERT INTO no_index VALUES (13, 4, NULL, false);
CALL see('no_index');
INSERT INTO no_index VALUES (14, 4, 13, false);
CALL see('no_index');
CREATE INDEX no_index_below ON no_index (above) WHERE above > 0;
SELECT clearance.repair('no_index');
INSERT INTO no_index VALUES (15, 4, 13, false);
CALL see('no_index');
-- or the way up is too long
CALL build('deep');
INSERT INTO deep SELECT 100 + n, 2, nullif(99 + n, 100), false FROM generate_series(1, 900) n;
CALL see('deep');
INSERT INTO deep SELECT 1000 + n, 2, 999 + n, false FROM generate_series(1, 200) n;
CALL see('deep');

--
-- While triggers are off.
--
CALL build('off');
CALL see('off');
SET session_replication_role = replica;
UPDATE off SET above = 5 WHERE id = 2;
RESET session_replication_role;
CALL see('off');
UPDATE off SET above = 1 WHERE id = 2;
SELECT clearance.repair('off');
CALL see('off');
SET session_replication_role = replica;
INSERT INTO off VALUES (14, 4, 15, false);
INSERT INTO off VALUES (15, 4, 14, false);
RESET session_replication_role;
CALL see('off');
DELETE FROM off WHERE id > 13;
SELECT clearance.repair('off');
CALL see('off');
ALTER TABLE off DISABLE TRIGGER ALL;
CALL see('off');
UPDATE off SET above = 5 WHERE id = 2;
ALTER TABLE off ENABLE TRIGGER ALL;
CALL see('off');
SELECT clearance.repair('off');
CALL see('off');
UPDATE off SET above = 1 WHERE id = 2;
SELECT clearance.repair('off');
CALL see('off');
-- by the catalog, which only superusers write
UPDATE pg_trigger SET tgenabled = 'O' WHERE tgrelid = 'off'::regclass AND tgname = '00_clearance_children_circle';
CALL see('off');
UPDATE pg_trigger SET tgenabled = 'A' WHERE tgrelid = 'off'::regclass AND tgname = '00_clearance_children_circle';
CALL see('off');
-- they are not there (as after an upgrade)
SET clearance.maintaining = on;
DROP TRIGGER "00_clearance_circle" ON off;
RESET clearance.maintaining;
CALL see('off');
SELECT clearance.repair('off');
CALL see('off');

--
-- Rows that were there before the table was protected; parents that lie apart; a
-- parent that a row must have, or two; none.
--
CALL build('early', bind => false);
UPDATE early SET above = 5 WHERE id = 2;
CALL bind('early');
CALL see('early');
CALL build('torn');
SET session_replication_role = replica;
UPDATE torn SET project_id = 4 WHERE id = 3;
RESET session_replication_role;
SELECT clearance.repair('torn');
CALL see('torn');
CALL build('required', optional => false);
CALL see('required');
CALL build('two', link => ', like_it integer REFERENCES two');
SELECT clearance.add_parent('two', 'like_it', 'two', optional => true, same_project => false);
UPDATE two SET like_it = 5 WHERE id = 2;
CALL see('two');
CALL build('rootless');
TRUNCATE rootless;
CALL see('rootless');
INSERT INTO rootless SELECT n, 1 FROM generate_series(1, 5) n;
CALL see('rootless');
-- whom row security binds makes no circle: what others see would be closed
CALL build('moved');
SET ROLE regress_whole_trees;
SELECT clearance.set_actor(key => 'ada', local => false) > 0 AS set;
UPDATE moved SET above = id WHERE id = 3;
BEGIN;
UPDATE moved SET above = m.low FROM (SELECT max(id) AS low FROM moved WHERE project_id = 1) m WHERE id = 1;
COMMIT;
UPDATE moved SET above = 1 WHERE id = 5;
SELECT count(*) FROM moved;
SELECT clearance.reset_actor();
RESET ROLE;
CALL see('moved');
-- projects in projects
CREATE TABLE program (id integer PRIMARY KEY, above integer REFERENCES program);
CREATE INDEX ON program (above);
INSERT INTO program VALUES (101, NULL), (102, 101), (103, 102);
GRANT ALL ON program TO regress_whole_trees;
CREATE FUNCTION digest_of_program() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) || coalesce(md5(string_agg(id::text, ',' ORDER BY id)), '') FROM app.program); END $$;
\o /dev/null
SELECT clearance.unprotect(b.relation) FROM clearance.binding b ORDER BY b.relation = 'project'::regclass, b.relation = 'folder'::regclass;
DELETE FROM clearance.project;
SELECT clearance.protect('program', 'project', 'id');
SELECT clearance.add_parent('program', 'above', 'program', optional => true, same_project => false);
\o
CALL see('program');
UPDATE program SET above = 103 WHERE id = 102;
CALL see('program');

\c postgres
SET client_min_messages = warning;
DROP DATABASE regress_whole_trees;
DROP ROLE regress_whole_trees;
