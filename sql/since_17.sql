-- PostgreSQL 17: MERGE that returns rows, goes by rows that the source has not, or into views; JSON_TABLE;
-- the privilege MAINTAIN; COPY that ignores errors. Masks, policies and triggers hold in all of them.
\set SHOW_CONTEXT never
\set VERBOSITY default
\pset format unaligned
\pset tuples_only on
\pset null (null)
SET client_min_messages = warning;
CREATE ROLE regress_17_app;
CREATE ROLE regress_17_keeper;
CREATE SCHEMA regress_17;
SET search_path = regress_17;
SELECT clearance.trust_role('regress_17_app');
SELECT clearance.create_account('Regress 17', key => 'regress-17') AS account \gset
SELECT clearance.create_action('task', 'view_price_17', reads => true);
SELECT clearance.create_partner('Acme', 'permissive', account => :account) AS acme \gset
SELECT clearance.add_member('ann-17', roles => '{account_admin}', account => :account) AS ann \gset
SELECT clearance.add_member('pat-17', partner => :acme, partner_admin => true, account => :account) AS pat \gset
SELECT clearance.create_project('17-1', :account) > 0, clearance.create_project('17-2', :account) > 0;
SELECT clearance.add_partner_to_project('17-1', :acme);
CREATE TABLE task (id integer PRIMARY KEY, project text, title text, price integer, data jsonb);
CREATE TABLE part (id integer, project text, title text, PRIMARY KEY (id, project)) PARTITION BY LIST (project);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN ('17-1');
CREATE TABLE part_2 PARTITION OF part FOR VALUES IN ('17-2');
INSERT INTO task SELECT n, CASE WHEN n < 4 THEN '17-1' ELSE '17-2' END, 'task ' || n, 7770000 + n, jsonb_build_object('n', 7770000 + n) FROM generate_series(1, 5) n;
INSERT INTO part SELECT id, project, title FROM task;
CREATE TABLE open (id integer, word text);
INSERT INTO open VALUES (1, 'one'), (5, 'five'), (9, 'nine');
SELECT clearance.protect('task', 'task', project => 'project') > 0, clearance.protect('part', 'task', project => 'project') > 0;
SELECT clearance.mask_column('task', 'price', 'view_price_17'), clearance.mask_column('task', 'data', 'view_price_17', mask => '''{"n": 0}''');
CREATE VIEW tasks WITH (security_invoker = true) AS SELECT * FROM task;
GRANT USAGE ON SCHEMA regress_17 TO regress_17_app, regress_17_keeper;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA regress_17 TO regress_17_app;
SET ROLE regress_17_app;
SELECT clearance.set_actor(id => :pat, local => false) = :pat;

--
-- What MERGE returns is masked, and of rows that are visible; its condition compares masks.
--
BEGIN;
MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED THEN UPDATE SET title = o.word RETURNING merge_action(), o.id, t.*;
MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED THEN DELETE RETURNING merge_action(), t.price, t.data, t;
ROLLBACK;
BEGIN;
MERGE INTO task t USING open o ON t.price = o.id + 7770000 WHEN MATCHED THEN DELETE RETURNING t.id;
MERGE INTO task t USING (VALUES ('{"n": 7770001}'::jsonb)) v (data) ON t.data = v.data WHEN MATCHED THEN DELETE RETURNING t.id;
-- rows that the source has not: of the visible ones
MERGE INTO task t USING open o ON t.id = o.id WHEN NOT MATCHED BY SOURCE THEN UPDATE SET title = 'left' RETURNING t.id, t.title, t.price;
MERGE INTO task t USING open o ON t.id = o.id WHEN NOT MATCHED BY SOURCE AND t.price > 0 THEN DELETE RETURNING t.id;
SELECT count(*) FROM task;
ROLLBACK;
-- into a view
BEGIN;
MERGE INTO tasks t USING open o ON t.id = o.id WHEN MATCHED THEN UPDATE SET title = o.word RETURNING merge_action(), t.*;
MERGE INTO tasks t USING open o ON t.price = o.id + 7770000 WHEN MATCHED THEN DELETE RETURNING t.id;
ROLLBACK;
-- a new row elsewhere is refused, and so is one that is moved there
MERGE INTO task t USING open o ON t.id = o.id WHEN NOT MATCHED THEN INSERT (id, project) VALUES (o.id + 100, '17-2') RETURNING t.*;
MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED THEN UPDATE SET project = '17-2' RETURNING t.*;
-- nothing masked goes elsewhere
MERGE INTO open o USING task t ON t.id = o.id WHEN MATCHED THEN UPDATE SET word = t.price RETURNING o.*;
BEGIN;
WITH m AS (MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED THEN UPDATE SET title = o.word RETURNING t.price, t.data) SELECT * FROM m;
ROLLBACK;
-- partitions, whose table has indexes of its own since 16
BEGIN;
SELECT id, project FROM part WHERE id = 1;
SELECT p.id, o.word FROM part p JOIN open o ON o.id = p.id ORDER BY 1;
SELECT o.id, (SELECT p.title FROM part p WHERE p.id = o.id) FROM open o ORDER BY 1;
MERGE INTO part p USING open o ON p.id = o.id WHEN MATCHED THEN UPDATE SET title = o.word RETURNING merge_action(), p.tableoid::regclass, p.id, p.title;
ROLLBACK;

--
-- JSON_TABLE reads the mask, and who may see it the column.
--
SELECT t.id, j.n FROM task t, JSON_TABLE(t.data, '$' COLUMNS (n integer PATH '$.n')) j ORDER BY 1;
SELECT t.id, j.n FROM task t, JSON_TABLE('{}'::jsonb, '$' PASSING t.price AS p COLUMNS (n integer PATH '$p')) j ORDER BY 1;
SELECT t.id, JSON_VALUE(t.data, '$.n'), JSON_QUERY(t.data, '$'), JSON_EXISTS(t.data, '$ ? (@.n > 0)'), JSON_SCALAR(t.price) FROM task t WHERE id = 1;
SELECT clearance.set_actor(id => :ann, local => false) = :ann;
SELECT t.id, j.n FROM task t, JSON_TABLE(t.data, '$' COLUMNS (n integer PATH '$.n')) j ORDER BY 1;
SELECT clearance.reset_actor();
SELECT t.id, j.n FROM task t, JSON_TABLE(t.data, '$' COLUMNS (n integer PATH '$.n')) j ORDER BY 1;
MERGE INTO task t USING open o ON t.id = o.id WHEN MATCHED THEN DELETE RETURNING t.*;
SELECT clearance.set_actor(id => :pat, local => false) = :pat;
-- COPY into a protected table is refused, errors ignored or not; out of it, it is masked
COPY task FROM STDIN (ON_ERROR ignore);
\.
COPY task (id, price) TO STDOUT;

-- plans are not for outsiders, by no new option; nor is one for nobody's parameters
SELECT clearance.set_actor(id => :pat, local => false) = :pat;
EXPLAIN (GENERIC_PLAN) SELECT * FROM task WHERE id = $1;
EXPLAIN (ANALYZE, SERIALIZE, MEMORY) SELECT * FROM task;
RESET ROLE;
-- nor does a column that is computed become computed from a masked one
ALTER TABLE task ADD twice integer GENERATED ALWAYS AS (id * 2) STORED;
ALTER TABLE task ALTER twice SET EXPRESSION AS (price);
ALTER TABLE task ALTER twice SET EXPRESSION AS (id * 3);

--
-- Who maintains tables reads none of their rows; members of pg_maintain may lock our tables, too.
--
GRANT pg_maintain TO regress_17_keeper;
SET ROLE regress_17_keeper;
BEGIN;
LOCK TABLE task, clearance.member IN ACCESS EXCLUSIVE MODE;
ROLLBACK;
ANALYZE task;
REINDEX TABLE task;
SELECT count(*) FROM task;
SELECT count(*) FROM clearance.member;
CREATE INDEX ON task ((price + 0));
RESET ROLE;
-- that is told of roles that act, and of outsiders on protected tables; not of whose task it is
SELECT code, severity, object, why, mend FROM clearance.lint() WHERE object LIKE '%regress_17%' AND why LIKE '%aintain%';
BEGIN;
GRANT pg_maintain TO regress_17_app;
GRANT MAINTAIN ON task TO PUBLIC, regress_17_keeper;
GRANT MAINTAIN, TRUNCATE ON part_1 TO regress_17_keeper;
SELECT code, severity, object, why, mend FROM clearance.lint() WHERE object LIKE '%regress_17%' AND why ~ 'MAINTAIN|TRUNCATE|pg_maintain';
SELECT mend FROM clearance.lint() WHERE why LIKE '%(MAINTAIN)%'
\gexec
SELECT code, object FROM clearance.lint() WHERE why LIKE '%(MAINTAIN)%';
ROLLBACK;

-- nothing turns the event triggers off but a superuser
SET ROLE regress_17_app;
SET event_triggers = off;
RESET ROLE;

SET client_min_messages = error;
DROP SCHEMA regress_17 CASCADE;
DROP OWNED BY regress_17_app, regress_17_keeper;
DROP ROLE regress_17_app, regress_17_keeper;
