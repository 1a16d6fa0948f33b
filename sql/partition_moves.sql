-- A row that an UPDATE moves to another partition is judged as an update, and
-- no row but that one: whatever a statement inserts besides is new, though it
-- looks the same.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_moves;
CREATE SCHEMA regress_moves;
GRANT USAGE ON SCHEMA regress_moves TO regress_moves;
SET LOCAL search_path = regress_moves;
SELECT clearance.trust_role('regress_moves');
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.create_level('clerk', 'vendor') > 0;
SELECT clearance.create_feature('deed', '{view,create,edit,delete,approve}');
SELECT clearance.allow('clerk', 'deed', a) FROM unnest('{view,create,edit}'::text[]) a;
SELECT clearance.allow('clerk', 'project', 'view', reach => 'account');
SELECT clearance.create_role('clerk', access_level => 'clerk') > 0;
SELECT clearance.add_member('moe', roles => '{clerk}') > 0;
SELECT clearance.create_project(p) > 0 FROM generate_series(1, 4) p;

-- one partition with its columns in another order, one of partitions again
CREATE TABLE deed (id integer NOT NULL, project integer NOT NULL, title text, approved boolean DEFAULT false, author text,
    PRIMARY KEY (id, project)) PARTITION BY LIST (project);
CREATE TABLE deed_1 PARTITION OF deed FOR VALUES IN (1);
CREATE TABLE deed_2 (approved boolean DEFAULT false, gone integer, author text, title text, project integer NOT NULL, id integer NOT NULL);
ALTER TABLE deed_2 DROP COLUMN gone;
ALTER TABLE deed ATTACH PARTITION deed_2 FOR VALUES IN (2);
CREATE TABLE deed_3 PARTITION OF deed FOR VALUES IN (3) PARTITION BY RANGE (id);
CREATE TABLE deed_3_low PARTITION OF deed_3 FOR VALUES FROM (0) TO (100);
CREATE TABLE deed_3_high PARTITION OF deed_3 FOR VALUES FROM (100) TO (200);
-- by the vendor's head, who approves; one has no author
INSERT INTO deed VALUES (1, 1, 'one', true, 'moe'), (2, 1, 'two', true, NULL), (3, 3, 'three', true, 'moe');
SELECT clearance.protect('deed', 'deed', project => 'project', owner => 'author') > 0;
SELECT clearance.guard_column('deed', 'approved', 'approve');
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA regress_moves TO regress_moves;

SELECT clearance.set_actor(key => 'moe') > 0;
SET LOCAL ROLE regress_moves;
-- who may not approve creates nothing approved
INSERT INTO deed VALUES (10, 1, 'new', true, 'moe');
INSERT INTO deed VALUES (10, 2, 'new', true, 'moe');
INSERT INTO deed VALUES (10, 3, 'new', true, 'moe');

-- It moves what is approved: one row, several, to every kind of partition and back.
SAVEPOINT moves;
UPDATE deed SET project = 2 WHERE id = 1 RETURNING tableoid::regclass, id, approved, author;
UPDATE deed SET project = 3 RETURNING tableoid::regclass, id, approved, author;
UPDATE deed SET id = id + 100 RETURNING tableoid::regclass, id, approved, author;
UPDATE deed SET id = id - 100, project = 1 RETURNING tableoid::regclass, id, approved, author;
UPDATE deed_3 SET id = id + 100 RETURNING tableoid::regclass, id;
MERGE INTO deed USING (VALUES (1), (2)) AS v (id) ON deed.id = v.id WHEN MATCHED THEN UPDATE SET project = 2;
MERGE INTO deed USING (VALUES (1), (2)) AS v (id) ON deed.id = v.id WHEN MATCHED THEN UPDATE SET project = 3;
-- … and becomes nobody's, who had none
SELECT tableoid::regclass, id, title, approved, author FROM deed ORDER BY id, project;
-- but approves nothing on the way
UPDATE deed SET approved = false, project = 2 WHERE id = 1;
ROLLBACK TO moves;
-- what is new gets its author, in the same statement too
WITH u AS (UPDATE deed SET project = 2 WHERE id = 2 RETURNING id)
INSERT INTO deed (id, project) SELECT 20, 2 FROM u RETURNING id, approved, author;
MERGE INTO deed USING (VALUES (2), (21)) AS v (id) ON deed.id = v.id
WHEN MATCHED THEN UPDATE SET project = 1 WHEN NOT MATCHED THEN INSERT (id, project) VALUES (v.id, 2);
SELECT tableoid::regclass, id, title, approved, author FROM deed WHERE id IN (2, 20, 21) ORDER BY id;
ROLLBACK TO moves;

-- A row that was only changed lends its values to no new one,
WITH u AS (UPDATE deed SET title = title || '!' WHERE id = 1 RETURNING id)
INSERT INTO deed SELECT 1, 2, 'one!', true, 'moe' FROM u;
WITH u AS (UPDATE deed SET title = title || '!' WHERE id = 1 RETURNING *)
INSERT INTO deed SELECT 10, project, title, approved, author FROM u;
-- nor a row that was moved, in whatever order, once or often, from one WITH or two
WITH u AS (UPDATE deed SET project = 2 WHERE id = 1 RETURNING *)
INSERT INTO deed SELECT 10, project, title, approved, author FROM u;
WITH u AS (UPDATE deed SET project = 2 WHERE id = 1 RETURNING *)
INSERT INTO deed SELECT id, 3, title, approved, author FROM u;
WITH i AS (INSERT INTO deed VALUES (1, 2, 'one', true, 'moe') RETURNING id)
UPDATE deed SET project = 3 FROM i WHERE deed.id = 1;
WITH u AS (UPDATE deed SET project = 2 WHERE id = 1), i AS (INSERT INTO deed VALUES (1, 3, 'one', true, 'moe')) SELECT;
WITH u AS (UPDATE deed SET project = 2 WHERE id = 1 RETURNING *),
     v AS (UPDATE deed SET project = 2 WHERE id = 3 RETURNING *)
INSERT INTO deed SELECT id + 100, 3, title, approved, author FROM (SELECT * FROM u UNION ALL SELECT * FROM v) w;
INSERT INTO deed SELECT 10 + n, 2, 'one', true, 'moe' FROM generate_series(1, 2) n;

-- MERGE: what it inserts beside what it changes or moves
MERGE INTO deed USING (VALUES (1, 1), (10, 2)) AS v (id, project) ON deed.id = v.id
WHEN MATCHED THEN UPDATE SET title = 'same' WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.project, 'same', true, 'moe');
MERGE INTO deed USING (VALUES (1, 2), (1000, 2)) AS v (id, project) ON deed.id = v.id
WHEN MATCHED THEN UPDATE SET project = 2 WHEN NOT MATCHED THEN INSERT VALUES (1, 3, 'one', true, 'moe');
MERGE INTO deed USING (VALUES (1000, 2), (1, 2)) AS v (id, project) ON deed.id = v.id
WHEN MATCHED THEN UPDATE SET project = 2 WHEN NOT MATCHED THEN INSERT VALUES (1, 3, 'one', true, 'moe');
WITH u AS (UPDATE deed SET project = 2 WHERE id = 1 RETURNING id) SELECT count(*) FROM u;
MERGE INTO deed USING (VALUES (3), (11)) AS v (id) ON deed.id = v.id
WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (v.id, 2, 'one', true, 'moe');

-- ON CONFLICT: the row that is proposed is a new one
INSERT INTO deed VALUES (1, 2, 'one', true, 'moe') ON CONFLICT (id, project) DO UPDATE SET title = 'taken';
INSERT INTO deed VALUES (1, 1, 'one', true, 'moe') ON CONFLICT DO NOTHING;
WITH u AS (UPDATE deed SET title = 'one' WHERE id = 1 RETURNING id)
INSERT INTO deed SELECT 10, 2, 'one', true, 'moe' FROM u ON CONFLICT DO NOTHING;
-- … one that conflicts is changed as any other
INSERT INTO deed (id, project) VALUES (1, 2) ON CONFLICT (id, project) DO UPDATE SET title = 'changed' RETURNING tableoid::regclass, id, title, approved;
ROLLBACK TO moves;

-- Functions and triggers that insert while rows are moved
RESET ROLE;
CREATE FUNCTION regress_moves.copied(integer) RETURNS integer LANGUAGE sql AS $$
    INSERT INTO regress_moves.deed VALUES (10, 2, 'one', true, 'moe') RETURNING id
$$;
CREATE FUNCTION regress_moves.copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO regress_moves.deed VALUES (NEW.id + 10, NEW.project, NEW.title, NEW.approved, NEW.author);
    RETURN NEW;
END
$$;
CREATE FUNCTION regress_moves.stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.project := OLD.project;
    RETURN CASE TG_ARGV[0] WHEN 'stay' THEN NEW END;
END
$$;
SET LOCAL ROLE regress_moves;
UPDATE deed SET project = 2, id = copied(id) WHERE id = 1;
RESET ROLE;
SAVEPOINT triggers;
CREATE TRIGGER copy BEFORE UPDATE ON deed FOR EACH ROW EXECUTE FUNCTION copy();
SET LOCAL ROLE regress_moves;
UPDATE deed SET project = 2 WHERE id = 1;
ROLLBACK TO triggers;
CREATE TRIGGER copy AFTER UPDATE ON deed FOR EACH ROW EXECUTE FUNCTION copy();
SET LOCAL ROLE regress_moves;
UPDATE deed SET title = 'one' WHERE id = 1;
ROLLBACK TO triggers;
-- a trigger that keeps rows where they are, or skips the change, does not pay for another row
CREATE TRIGGER stay BEFORE UPDATE ON deed_1 FOR EACH ROW EXECUTE FUNCTION stay('stay');
SET LOCAL ROLE regress_moves;
UPDATE deed SET project = 2 WHERE id = 1 RETURNING tableoid::regclass, id;
MERGE INTO deed USING (VALUES (1), (1000)) AS v (id) ON deed.id = v.id
WHEN MATCHED THEN UPDATE SET project = 2 WHEN NOT MATCHED THEN INSERT VALUES (1, 2, 'one', true, 'moe');
ROLLBACK TO triggers;
CREATE TRIGGER stay BEFORE UPDATE ON deed_1 FOR EACH ROW EXECUTE FUNCTION stay('skip');
SET LOCAL ROLE regress_moves;
UPDATE deed SET project = 2 WHERE id = 1 RETURNING tableoid::regclass, id;
MERGE INTO deed USING (VALUES (1), (1000)) AS v (id) ON deed.id = v.id
WHEN MATCHED THEN UPDATE SET project = 2 WHEN NOT MATCHED THEN INSERT VALUES (1, 2, 'one', true, 'moe');
-- nothing of all that is there
RESET ROLE;
SELECT tableoid::regclass, id, title, approved, author FROM deed ORDER BY id, project;

-- A cascade moves rows, too.
ROLLBACK TO moves;
RESET ROLE;
CREATE TABLE place (id integer PRIMARY KEY);
INSERT INTO place VALUES (1), (2), (3);
ALTER TABLE deed ADD FOREIGN KEY (project) REFERENCES place ON UPDATE CASCADE;
UPDATE place SET id = 4 WHERE id = 2;
UPDATE place SET id = 2 WHERE id = 1;
SELECT tableoid::regclass, id, title, approved, author FROM deed ORDER BY id, project;
ROLLBACK;
