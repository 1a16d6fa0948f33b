-- Partitions and inheritance children are protected with their parent: asked
-- directly, from whenever they join.
\set SHOW_CONTEXT never
CREATE SCHEMA regress_partitions;
CREATE ROLE regress_partitions_owner;
CREATE ROLE regress_partitions_app;
GRANT ALL ON SCHEMA regress_partitions TO regress_partitions_owner;
GRANT USAGE ON SCHEMA regress_partitions TO regress_partitions_app;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_partitions_owner IN SCHEMA regress_partitions GRANT ALL ON TABLES TO regress_partitions_app;
SELECT clearance.trust_role('regress_partitions_app');
SELECT clearance.create_account('regress_partitions') AS account \gset
SELECT clearance.create_partner('Acme', 'moderate', account => :account) AS acme \gset
SELECT clearance.add_member(key => 1, name => 'Ann', roles => '{account_admin}', account => :account) AS ann \gset
SELECT clearance.add_member(key => 2, name => 'Bob', partner => :acme, account => :account) AS bob \gset
SELECT clearance.create_project(key, :account) > 0 AS ok FROM unnest('{1001,1002,1003}'::text[]) AS key;
SELECT clearance.add_partner_to_project(1001, :acme);
SELECT clearance.add_partner_to_project(1002, :acme);
SELECT clearance.add_member_to_project(1001, :bob);
SELECT clearance.add_member_to_project(1002, :bob);
-- what row security each table of a tree has, and which of the extension's policies and row triggers
CREATE FUNCTION pg_temp.tree(relation regclass, OUT "table" text, OUT rls boolean, OUT force boolean, OUT policies bigint, OUT triggers boolean)
RETURNS SETOF record LANGUAGE sql AS $$
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid AND polname LIKE 'clearance%'),
           EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal AND tgname LIKE '00_clearance%' AND tgtype & 1 = 1)
    FROM clearance_internal.table_tree(relation) AS t (relid) JOIN pg_class c ON c.oid = t.relid ORDER BY 1
$$;

--
-- A partitioned table: by list, and one of its partitions by range.
--
SET ROLE regress_partitions_owner;
CREATE TABLE regress_partitions.task (id integer, project_id integer, is_private boolean NOT NULL DEFAULT false, author integer, title text,
    PRIMARY KEY (id, project_id)) PARTITION BY LIST (project_id);
CREATE TABLE regress_partitions.task_1 PARTITION OF regress_partitions.task FOR VALUES IN (1001);
CREATE TABLE regress_partitions.task_2 PARTITION OF regress_partitions.task FOR VALUES IN (1002) PARTITION BY RANGE (id);
CREATE TABLE regress_partitions.task_2_low PARTITION OF regress_partitions.task_2 FOR VALUES FROM (0) TO (100);
INSERT INTO regress_partitions.task VALUES (1, 1001, false, 2, 'shared'), (2, 1001, true, 1, 'private'), (3, 1002, false, 1, 'shared'), (4, 1002, true, 1, 'private');
RESET ROLE;
SELECT clearance.protect('regress_partitions.task', 'task', project => 'project_id', visibility => 'is_private', shared_values => '{false}',
    key => 'id', owner => 'author') > 0 AS ok;
SELECT * FROM pg_temp.tree('regress_partitions.task');
SELECT count(*) AS bindings FROM clearance.protected_tables WHERE "table"::text LIKE 'regress_partitions.%';

-- The parent, and each partition asked directly, show what the rule allows.
CREATE FUNCTION regress_partitions.seen(OUT "table" text, OUT ids integer[]) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    FOR "table" IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'regress_partitions'::regnamespace AND c.relkind IN ('r', 'p')
        AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1
    LOOP
        BEGIN
            EXECUTE format('SELECT array_agg(id ORDER BY id) FROM regress_partitions.%I', "table") INTO ids;
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            "table" := "table" || ': an error';
            ids := NULL;
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT * FROM regress_partitions.seen();
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT * FROM regress_partitions.seen();
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT * FROM regress_partitions.seen();
COMMIT;
-- the owner of the tables too
SET ROLE regress_partitions_owner;
SELECT * FROM regress_partitions.seen();
RESET ROLE;

-- Writes: through the parent and directly, new rows go where they belong.
BEGIN;
\set ON_ERROR_ROLLBACK on
SET LOCAL ROLE regress_partitions_app;
-- moderate members edit shared tasks, and create none
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
UPDATE regress_partitions.task SET title = 'by bob' RETURNING tableoid::regclass, id;
UPDATE regress_partitions.task_1 SET title = 'by bob, directly' RETURNING tableoid::regclass, id;
UPDATE regress_partitions.task_2_low SET is_private = true;
DELETE FROM regress_partitions.task_2_low WHERE id = 4 RETURNING id;
INSERT INTO regress_partitions.task VALUES (5, 1001, false, 2, 'new');
INSERT INTO regress_partitions.task_1 VALUES (5, 1001, false, 2, 'new');
-- an owner column names its creator, also where a partition is written directly
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
INSERT INTO regress_partitions.task (id, project_id) VALUES (5, 1001) RETURNING tableoid::regclass, id, author;
INSERT INTO regress_partitions.task_2_low (id, project_id) VALUES (6, 1002) RETURNING tableoid::regclass, id, author;
-- an update moves a row to another partition if both are open to the actor
UPDATE regress_partitions.task SET project_id = 1002 WHERE id = 5 RETURNING tableoid::regclass, id, author;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
UPDATE regress_partitions.task SET project_id = 1002 WHERE id = 1 RETURNING tableoid::regclass, id, title;
UPDATE regress_partitions.task SET project_id = 1003 WHERE id = 1;
-- … and makes nobody the owner of a row that has none
RESET ROLE;
UPDATE regress_partitions.task SET author = NULL WHERE id = 3;
SET LOCAL ROLE regress_partitions_app;
UPDATE regress_partitions.task SET project_id = 1001 WHERE id = 3 RETURNING tableoid::regclass, id, author;
UPDATE regress_partitions.task SET author = 2 WHERE id = 3;
ROLLBACK;
\set ON_ERROR_ROLLBACK off

--
-- Partitions that come later are protected from their first moment, whoever
-- makes or attaches them.
--
SET ROLE regress_partitions_owner;
CREATE TABLE regress_partitions.task_2_high PARTITION OF regress_partitions.task_2 FOR VALUES FROM (100) TO (200);
CREATE TABLE regress_partitions.task_3 (LIKE regress_partitions.task INCLUDING ALL);
INSERT INTO regress_partitions.task_3 VALUES (31, 1003, false, 1, 'shared');
ALTER TABLE regress_partitions.task ATTACH PARTITION regress_partitions.task_3 FOR VALUES IN (1003);
CREATE TABLE regress_partitions.task_rest PARTITION OF regress_partitions.task DEFAULT PARTITION BY HASH (project_id);
CREATE TABLE regress_partitions.task_rest_0 PARTITION OF regress_partitions.task_rest FOR VALUES WITH (MODULUS 1, REMAINDER 0);
RESET ROLE;
INSERT INTO regress_partitions.task VALUES (150, 1002, false, 1, 'shared'), (41, 404, false, 1, 'no such project');
SELECT * FROM pg_temp.tree('regress_partitions.task');
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT * FROM regress_partitions.seen();
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT * FROM regress_partitions.seen();
COMMIT;
-- Neither may row security of a partition be switched off, nor its policies go.
SET ROLE regress_partitions_owner;
ALTER TABLE regress_partitions.task_1 DISABLE ROW LEVEL SECURITY;
\set VERBOSITY sqlstate
ALTER TABLE regress_partitions.task_2_low NO FORCE ROW LEVEL SECURITY;
\set VERBOSITY default
DROP POLICY clearance_select ON regress_partitions.task_1;
ALTER TABLE regress_partitions.task_1 DISABLE TRIGGER "00_clearance_write";
RESET ROLE;
SELECT clearance.unprotect('regress_partitions.task_1');
SELECT clearance.protect('regress_partitions.task_1', 'task', project => 'project_id');

--
-- A detached partition keeps its policies, and is closed by them. Attached
-- again it is what the others are, whatever happened to it in between.
--
SET ROLE regress_partitions_owner;
ALTER TABLE regress_partitions.task DETACH PARTITION regress_partitions.task_1;
RESET ROLE;
SELECT * FROM pg_temp.tree('regress_partitions.task_1');
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT id FROM regress_partitions.task_1 ORDER BY id;
ROLLBACK;
SET ROLE regress_partitions_owner;
ALTER TABLE regress_partitions.task_1 NO FORCE ROW LEVEL SECURITY;
DROP POLICY clearance_delete ON regress_partitions.task_1;
ALTER TABLE regress_partitions.task ATTACH PARTITION regress_partitions.task_1 FOR VALUES IN (1001);
RESET ROLE;
SELECT * FROM pg_temp.tree('regress_partitions.task_1');
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT id FROM regress_partitions.task_1 ORDER BY id;
COMMIT;
-- partitions that leave and come back at once, with row security off in between
SET ROLE regress_partitions_owner;
BEGIN;
ALTER TABLE regress_partitions.task DETACH PARTITION regress_partitions.task_2;
ALTER TABLE regress_partitions.task_2 DISABLE ROW LEVEL SECURITY;
ALTER TABLE regress_partitions.task_2_low DISABLE ROW LEVEL SECURITY;
ALTER TABLE regress_partitions.task ATTACH PARTITION regress_partitions.task_2 FOR VALUES IN (1002);
COMMIT;
RESET ROLE;
SELECT * FROM pg_temp.tree('regress_partitions.task_2');
-- a table with a protection of its own does not become a partition
CREATE TABLE regress_partitions.own (LIKE regress_partitions.task INCLUDING ALL);
SELECT clearance.protect('regress_partitions.own', 'file', project => 'project_id') > 0 AS ok;
DO $$
BEGIN
    ALTER TABLE regress_partitions.task ATTACH PARTITION regress_partitions.own FOR VALUES IN (1009);
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'refused';
END
$$;
SELECT clearance.unprotect('regress_partitions.own');
DROP TABLE regress_partitions.own;
-- unprotect() takes the protection off the whole tree
SELECT clearance.unprotect('regress_partitions.task');
SELECT * FROM pg_temp.tree('regress_partitions.task');
DROP TABLE regress_partitions.task;

--
-- A partitioned table of projects: moving a project's row to another partition
-- changes nobody's membership, and a row's children move with their project.
--
SET ROLE regress_partitions_owner;
CREATE TABLE regress_partitions.project (id integer, region text NOT NULL, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE regress_partitions.project_north PARTITION OF regress_partitions.project FOR VALUES IN ('north');
CREATE TABLE regress_partitions.project_south PARTITION OF regress_partitions.project FOR VALUES IN ('south');
INSERT INTO regress_partitions.project VALUES (1002, 'north'), (1003, 'north');
RESET ROLE;
SELECT clearance.protect('regress_partitions.project', 'project', project => 'id', key => 'id') > 0 AS ok;
SET ROLE regress_partitions_owner;
CREATE TABLE regress_partitions.project_west PARTITION OF regress_partitions.project FOR VALUES IN ('west');
RESET ROLE;
SELECT * FROM pg_temp.tree('regress_partitions.project');
SELECT p.key, m.name, pm.is_owner FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id
JOIN clearance.member m ON m.id = pm.member_id WHERE pm.account_id = :account ORDER BY 1, 2;
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
UPDATE regress_partitions.project SET region = 'south' WHERE id = 1002 RETURNING tableoid::regclass, id;
COMMIT;
SELECT p.key, m.name, pm.is_owner FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id
JOIN clearance.member m ON m.id = pm.member_id WHERE pm.account_id = :account ORDER BY 1, 2;
-- a new project is registered whatever partition it comes to
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
INSERT INTO regress_partitions.project VALUES (1004, 'west') RETURNING tableoid::regclass, id;
COMMIT;
SELECT p.key, m.name, pm.is_owner FROM clearance.project_member pm JOIN clearance.project p ON p.id = pm.project_id
JOIN clearance.member m ON m.id = pm.member_id WHERE pm.account_id = :account ORDER BY 1, 2;
DROP TABLE regress_partitions.project;
-- a document in a partitioned space
CREATE TABLE regress_partitions.space (id integer, project_id integer, PRIMARY KEY (id, project_id)) PARTITION BY LIST (project_id);
CREATE TABLE regress_partitions.space_1 PARTITION OF regress_partitions.space FOR VALUES IN (1001);
CREATE TABLE regress_partitions.space_2 PARTITION OF regress_partitions.space FOR VALUES IN (1002);
CREATE TABLE regress_partitions.document (id integer PRIMARY KEY, project_id integer, space_id integer);
INSERT INTO regress_partitions.space VALUES (1, 1001);
INSERT INTO regress_partitions.document VALUES (1, 1001, 1);
SELECT clearance.protect('regress_partitions.space', 'space', project => 'project_id', key => 'id') > 0 AS ok;
SELECT clearance.protect('regress_partitions.document', 'document', project => 'project_id') > 0 AS ok;
SELECT clearance.add_parent('regress_partitions.document', 'space_id', 'regress_partitions.space');
BEGIN;
UPDATE regress_partitions.space SET project_id = 1002 WHERE id = 1;
COMMIT;
BEGIN;
UPDATE regress_partitions.space SET project_id = 1002 WHERE id = 1;
UPDATE regress_partitions.document SET project_id = 1002 WHERE id = 1;
COMMIT;
SELECT s.project_id AS space_is_in, d.project_id AS document_is_in FROM regress_partitions.space s JOIN regress_partitions.document d ON d.space_id = s.id;
SELECT clearance.unprotect('regress_partitions.document');
SELECT clearance.unprotect('regress_partitions.space');
DROP TABLE regress_partitions.document, regress_partitions.space;

--
-- Inheritance: the same.
--
SET ROLE regress_partitions_owner;
CREATE TABLE regress_partitions.file (id integer PRIMARY KEY, project_id integer, is_private boolean);
CREATE TABLE regress_partitions.image (width integer) INHERITS (regress_partitions.file);
INSERT INTO regress_partitions.file VALUES (1, 1001, false), (2, 1001, true);
INSERT INTO regress_partitions.image VALUES (11, 1001, false, 80), (12, 1001, true, 80);
RESET ROLE;
SELECT clearance.protect('regress_partitions.file', 'file', project => 'project_id', visibility => 'is_private', shared_values => '{false}') > 0 AS ok;
SET ROLE regress_partitions_owner;
CREATE TABLE regress_partitions.icon () INHERITS (regress_partitions.image);
CREATE TABLE regress_partitions.video (width integer, LIKE regress_partitions.file);
INSERT INTO regress_partitions.video VALUES (90, 21, 1001, false), (90, 22, 1001, true);
ALTER TABLE regress_partitions.video INHERIT regress_partitions.file;
RESET ROLE;
INSERT INTO regress_partitions.icon VALUES (31, 1001, false, 8), (32, 1001, true, 8);
SELECT * FROM pg_temp.tree('regress_partitions.file');
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT * FROM regress_partitions.seen();
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT * FROM regress_partitions.seen();
COMMIT;
-- a column is renamed with those of its children; a child that leaves stays closed
SET ROLE regress_partitions_owner;
ALTER TABLE regress_partitions.file RENAME COLUMN is_private TO hidden;
ALTER TABLE regress_partitions.video NO INHERIT regress_partitions.file;
RESET ROLE;
SELECT * FROM pg_temp.tree('regress_partitions.video');
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT * FROM regress_partitions.seen();
SELECT clearance.set_actor(id => :bob) = :bob AS bob;
SELECT * FROM regress_partitions.seen();
COMMIT;
SET ROLE regress_partitions_owner;
ALTER TABLE regress_partitions.video DISABLE ROW LEVEL SECURITY;
ALTER TABLE regress_partitions.video INHERIT regress_partitions.file;
RESET ROLE;
SELECT * FROM pg_temp.tree('regress_partitions.video');
-- one that stays away keeps closed policies when its former parent is unprotected
SET ROLE regress_partitions_owner;
ALTER TABLE regress_partitions.video NO INHERIT regress_partitions.file;
RESET ROLE;
SELECT clearance.unprotect('regress_partitions.file');
SELECT * FROM pg_temp.tree('regress_partitions.file');
BEGIN;
SET LOCAL ROLE regress_partitions_app;
SELECT clearance.set_actor(id => :ann) = :ann AS ann;
SELECT count(*) FROM regress_partitions.image;
\set VERBOSITY sqlstate
SELECT count(*) FROM regress_partitions.video;
\set VERBOSITY default
ROLLBACK;

-- nothing stays behind
SELECT clearance.distrust_role('regress_partitions_app');
SET client_min_messages = warning;
DROP SCHEMA regress_partitions CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP OWNED BY regress_partitions_owner, regress_partitions_app;
DROP ROLE regress_partitions_owner, regress_partitions_app;
