-- Tables that Citus distributes are not protected, and protected tables not
-- distributed. Citus itself need not be here: what it keeps of its tables is
-- made by a superuser, in a database of its own, as test/tap/025_citus.pl does
-- with Citus where that is installed.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE DATABASE regress_citus;
\c regress_citus
SET client_min_messages = error;
CREATE EXTENSION pg_clearance;
SET client_min_messages = warning;
CREATE ROLE regress_citus LOGIN;
SELECT clearance.create_account('Regress') AS account \gset
SELECT clearance.create_partner('Acme', 'moderate') AS acme \gset
SELECT clearance.add_member('max', partner => :acme) AS max \gset
CREATE TABLE project (id integer PRIMARY KEY);
INSERT INTO project VALUES (1);
CREATE TABLE task (id integer PRIMARY KEY, project_id integer);
INSERT INTO task SELECT n, 1 FROM generate_series(1, 3) n;
CREATE TABLE spread (id integer PRIMARY KEY, project_id integer);
CREATE TABLE spread_102008 (LIKE spread INCLUDING ALL);
CREATE TABLE spread_2024 (LIKE spread INCLUDING ALL);
SELECT clearance.protect('project', 'project', 'id') > 0, clearance.protect('task', 'task', 'project_id') > 0;
SELECT clearance.add_partner_to_project('1', :acme), clearance.add_member_to_project('1', :max), clearance.map_role('regress_citus', member => :max);
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO regress_citus;

-- Without Citus, functions and tables of such names are anybody's.
CREATE FUNCTION create_distributed_table(regclass, text) RETURNS void BEGIN ATOMIC END;
SELECT create_distributed_table('task', 'id');

-- With it:
SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass NOT NULL UNIQUE, partmethod "char" NOT NULL);
CREATE TABLE pg_catalog.pg_dist_shard (logicalrelid regclass NOT NULL, shardid bigint NOT NULL UNIQUE);
INSERT INTO pg_catalog.pg_dist_partition VALUES ('spread', 'h');
INSERT INTO pg_catalog.pg_dist_shard VALUES ('spread', 102008);
CREATE FUNCTION pg_catalog.citus_add_local_table_to_metadata(t regclass, boolean DEFAULT false) RETURNS void LANGUAGE sql AS
$$ INSERT INTO pg_catalog.pg_dist_partition VALUES (t, 'n'); $$;
CREATE FUNCTION pg_catalog.create_reference_table(t regclass) RETURNS void LANGUAGE sql AS
$$ INSERT INTO pg_catalog.pg_dist_partition VALUES (t, 'n'); $$;
CREATE FUNCTION pg_catalog.create_distributed_table(t regclass, text) RETURNS void LANGUAGE sql AS
$$ INSERT INTO pg_catalog.pg_dist_partition VALUES (t, 'h'); $$;
RESET allow_system_table_mods;

-- What is distributed cannot be protected, nor can its shards. Others with a number behind the name can.
SELECT clearance.protect('spread', 'task', 'project_id');
SELECT clearance.protect('spread_102008', 'task', 'project_id');
SELECT clearance.protect('spread_2024', 'task', 'project_id') > 0, clearance.unprotect('spread_2024');
-- Nor can it come to a protected table: as a partition or child, as a link table.
CREATE TABLE parted (id integer, project_id integer, PRIMARY KEY (id)) PARTITION BY RANGE (id);
SELECT clearance.protect('parted', 'task', 'project_id') > 0;
ALTER TABLE parted ATTACH PARTITION spread FOR VALUES FROM (1) TO (10);
DROP TABLE parted;
CREATE TABLE spread_link (task_id integer REFERENCES task, member text, PRIMARY KEY (task_id, member));
INSERT INTO pg_catalog.pg_dist_partition VALUES ('spread_link', 'h');
SELECT clearance.relate('task', 'assigned', member_column => 'member', link => 'spread_link', link_column => 'task_id');

-- What is protected is not distributed: the call is refused, and what says by itself which table, when it commits.
SELECT pg_catalog.create_distributed_table('task', 'id');
SELECT pg_catalog.create_reference_table('task');
SELECT pg_catalog.citus_add_local_table_to_metadata('task');
WITH a AS (SELECT pg_catalog.citus_add_local_table_to_metadata('task', true)) SELECT FROM a;
DO $$ BEGIN PERFORM pg_catalog.create_distributed_table(c.oid, 'id') FROM pg_class c WHERE c.oid = 'task'::regclass; END $$;
BEGIN;
SAVEPOINT s;
DO $$ BEGIN PERFORM pg_catalog.create_reference_table(c.oid) FROM pg_class c WHERE c.oid = 'task'::regclass; END $$;
RELEASE s;
COMMIT;
SELECT count(*) FROM pg_catalog.pg_dist_partition WHERE logicalrelid = 'task'::regclass;
-- Others are.
SELECT pg_catalog.create_distributed_table('spread_2024', 'id');

-- One that is nevertheless: who is bound by row security reads and writes nothing, by whatever road.
CREATE TABLE kept AS SELECT 'task'::regclass AS logicalrelid, 'h'::"char" AS partmethod;
SET allow_system_table_mods = on;
ALTER TABLE pg_catalog.pg_dist_partition RENAME TO pg_dist_partition_before;
ALTER TABLE kept SET SCHEMA pg_catalog;
RESET allow_system_table_mods;
SET SESSION AUTHORIZATION regress_citus;
SELECT count(*) FROM task;    -- as long as it has another name
RESET SESSION AUTHORIZATION;
SET allow_system_table_mods = on;
ALTER TABLE pg_catalog.kept RENAME TO pg_dist_partition;
RESET allow_system_table_mods;
SET SESSION AUTHORIZATION regress_citus;
SELECT count(*) FROM task;
INSERT INTO task VALUES (4, 1);
INSERT INTO task SELECT id + 10, 1 FROM project;
UPDATE task SET id = 5;
DELETE FROM task;
EXPLAIN SELECT FROM task;
COPY task TO STDOUT;
COPY task (id, project_id) FROM STDIN;
7	1
\.
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM task;
ROLLBACK;
SELECT count(*) FROM project;    -- this one is not
RESET SESSION AUTHORIZATION;
SELECT count(*) FROM task;       -- nor is a superuser bound
-- and it can be mended
SELECT clearance.unprotect('task');
SELECT count(*) FROM task;

-- A shard with policies that came from a protected table says what it is.
CREATE TABLE task_77 (LIKE project INCLUDING ALL);
GRANT SELECT ON task_77 TO regress_citus;
ALTER TABLE task_77 ENABLE ROW LEVEL SECURITY;
DO $$ BEGIN EXECUTE format('CREATE POLICY of_shard ON task_77 USING (clearance.visible(%s, id))', (SELECT id FROM clearance.binding)); END $$;
SET SESSION AUTHORIZATION regress_citus;
\set VERBOSITY terse
SELECT * FROM task_77;
RESET SESSION AUTHORIZATION;
INSERT INTO pg_catalog.pg_dist_shard VALUES ('task', 77);
SET SESSION AUTHORIZATION regress_citus;
SELECT * FROM task_77;
RESET SESSION AUTHORIZATION;

\c postgres
DROP DATABASE regress_citus;
DROP ROLE regress_citus;
