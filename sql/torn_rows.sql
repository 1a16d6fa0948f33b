-- A row and its parents are in one project. A write that takes them apart is
-- refused, at the latest at commit; one that finds them apart is not, unless it
-- changes what tells the project. What one statement moves counts together.
-- Every statement here is a transaction of its own.
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_torn;
CREATE SCHEMA regress_torn;
GRANT USAGE ON SCHEMA regress_torn TO regress_torn;
SET search_path = regress_torn;
SELECT clearance.trust_role('regress_torn');
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
SELECT clearance.add_member('ann', roles => '{super_user}', account => :account) > 0;
SELECT clearance.create_project(p, :account) > 0 FROM generate_series(1, 4) p;
CREATE TABLE space (id integer PRIMARY KEY, project integer NOT NULL, name text);
CREATE TABLE document (id integer PRIMARY KEY, project integer NOT NULL, space integer NOT NULL, title text);
-- a link with two parents, a row that says by a type what its parent is, and
-- rows without a project, with such below them
CREATE TABLE link (id integer PRIMARY KEY, one integer NOT NULL, other integer NOT NULL, note text);
CREATE TABLE file (id integer PRIMARY KEY, project integer NOT NULL, of_kind text, of_id integer, name text);
CREATE TABLE note (id integer PRIMARY KEY, document integer NOT NULL, text text);
CREATE TABLE reaction (id integer PRIMARY KEY, project integer NOT NULL, note integer NOT NULL, sign text);
SELECT clearance.protect('space', 'space', project => 'project') > 0, clearance.protect('document', 'document', project => 'project') > 0,
       clearance.protect('link', 'task') > 0, clearance.protect('file', 'milestone', project => 'project') > 0,
       clearance.protect('note', 'phase') > 0, clearance.protect('reaction', 'raid_item', project => 'project') > 0;
SELECT clearance.add_parent('document', 'space', 'space'), clearance.add_parent('link', 'one', 'document'), clearance.add_parent('link', 'other', 'document'),
       clearance.add_parent('file', 'of_id', 'space', type_column => 'of_kind', type_value => 'space'),
       clearance.add_parent('file', 'of_id', 'document', type_column => 'of_kind', type_value => 'document'),
       clearance.add_parent('note', 'document', 'document'), clearance.add_parent('reaction', 'note', 'note');
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA regress_torn TO regress_torn;
INSERT INTO space VALUES (1, 1), (2, 2), (3, 3), (10, 1), (4, 4);
-- what is torn came in where no trigger looked
SET session_replication_role = replica;
INSERT INTO document VALUES (1, 1, 1, 'whole'), (2, 2, 2, 'whole'), (3, 1, 2, 'torn'), (11, 1, 10, 'whole'), (4, 4, 4, 'whole');
INSERT INTO link VALUES (1, 1, 11, 'whole'), (2, 1, 2, 'torn');
INSERT INTO file VALUES (1, 1, 'space', 1, 'whole'), (2, 1, 'space', 2, 'torn'), (3, 1, 'document', 2, 'torn');
INSERT INTO note VALUES (1, 1, 'whole'), (2, 2, 'whole');
INSERT INTO reaction VALUES (1, 1, 1, 'whole'), (2, 1, 2, 'torn');
RESET session_replication_role;
SELECT clearance.set_actor(key => 'ann', local => false) > 0;
SET ROLE regress_torn;

--
-- Torn rows: whoever may edit them mends other columns, one by one or many
-- with others.
--
UPDATE document SET title = 'mended' WHERE id = 3 RETURNING id, title;
UPDATE document SET title = title || '.', project = project, space = space RETURNING id, project, title;
UPDATE file SET name = 'mended' WHERE name = 'torn' RETURNING id;
UPDATE reaction SET sign = 'mended' WHERE sign = 'torn' RETURNING id;
MERGE INTO document d USING (VALUES (3)) v (id) ON d.id = v.id WHEN MATCHED THEN UPDATE SET title = 'merged';
INSERT INTO document VALUES (3, 1, 1) ON CONFLICT (id) DO UPDATE SET title = 'upserted' RETURNING title;
-- a row whose parents are in two projects is in none: nobody's to mend, but for those whom no policy binds
UPDATE link SET note = 'mended' WHERE id = 2 RETURNING id;
RESET ROLE;
UPDATE link SET note = 'mended' WHERE id = 2 RETURNING id;
SET ROLE regress_torn;
-- what tells the project is not changed while they stay apart: the project, a parent, a parent's kind
UPDATE document SET project = 3 WHERE id = 3;
UPDATE document SET space = 3 WHERE id = 3;
UPDATE document SET title = 'moved', space = 4 WHERE id = 3;
UPDATE file SET of_id = 3 WHERE id = 2;
UPDATE file SET of_kind = 'document' WHERE id = 2;
UPDATE reaction SET project = 3 WHERE id = 2;
-- nor one parent of two, though it is not the one that lies apart
RESET ROLE;
UPDATE link SET one = 11 WHERE id = 2;
UPDATE link SET other = 4 WHERE id = 2;
SET ROLE regress_torn;
-- new rows are whole
INSERT INTO document VALUES (5, 1, 2, 'new');
INSERT INTO reaction VALUES (5, 1, 2, 'new');
MERGE INTO document d USING (VALUES (5)) v (id) ON d.id = v.id WHEN NOT MATCHED THEN INSERT VALUES (v.id, 1, 2);
-- one row that breaks refuses the statement, mended ones or not
UPDATE document SET title = 'half', project = CASE id WHEN 11 THEN 3 ELSE project END WHERE id IN (3, 11);
-- what mends the tear is fine: from the child's side, by the project or the parent
UPDATE document SET project = 2 WHERE id = 3 RETURNING id, project;
UPDATE document SET project = 1, space = 1 WHERE id = 3 RETURNING id, project;
UPDATE file SET of_kind = 'document', of_id = 1 WHERE id = 2 RETURNING id;
UPDATE reaction SET note = 1 WHERE id = 2 RETURNING id;
RESET ROLE;
UPDATE link SET other = 11 WHERE id = 2 RETURNING id;
SET ROLE regress_torn;

--
-- Parents that move leave no child behind, in a statement of their own either.
--
UPDATE space SET project = 3 WHERE id = 10;
UPDATE document SET project = 3 WHERE id = 2;
-- of two parents one
RESET ROLE;
UPDATE document SET project = 2, space = 2 WHERE id = 11;
-- one without a project of its own, below which there are rows with one
UPDATE note SET document = 2 WHERE id = 1;
SET ROLE regress_torn;
-- a key that was free takes on whatever named it: not across projects
RESET ROLE;
SET session_replication_role = replica;
INSERT INTO document VALUES (20, 1, 99, 'without a parent');
RESET session_replication_role;
SET ROLE regress_torn;
UPDATE space SET id = 99 WHERE id = 3;
UPDATE space SET id = 99, project = 1 WHERE id = 3 RETURNING id, project;
-- children that lay apart before are left behind as well, until the parent comes to them
RESET ROLE;
SET session_replication_role = replica;
INSERT INTO document VALUES (21, 1, 4, 'torn');
DELETE FROM document WHERE id = 4;
RESET session_replication_role;
SET ROLE regress_torn;
UPDATE space SET name = 'renamed' WHERE id = 4 RETURNING id;
UPDATE space SET project = 2 WHERE id = 4;
UPDATE space SET project = 1 WHERE id = 4 RETURNING id, project;

-- With their children in one statement: WITH, in every order,
WITH s AS (UPDATE space SET project = 2 WHERE id = 4 RETURNING id) UPDATE document d SET project = 2 FROM s WHERE d.space = s.id RETURNING d.id;
WITH d AS (UPDATE document SET project = 3 WHERE id = 21 RETURNING space) UPDATE space s SET project = 3 FROM d WHERE s.id = d.space RETURNING s.id;
WITH s AS (UPDATE space SET project = 4 WHERE id = 4), d AS (UPDATE document SET project = 4 WHERE id = 21) SELECT;
-- … with new ones, and not with some of them
WITH s AS (UPDATE space SET project = 3 WHERE id = 4 RETURNING id) INSERT INTO document SELECT 22, 3, id FROM s;
WITH s AS (UPDATE space SET project = 3 WHERE id = 4 RETURNING id), d AS (UPDATE document SET project = 3 WHERE id = 21)
INSERT INTO document SELECT 22, 3, id FROM s RETURNING id;
-- a row below a parent that has no project goes with that one
RESET ROLE;
WITH n AS (UPDATE note SET document = 2 WHERE id = 1 RETURNING id) UPDATE reaction r SET project = 2 FROM n WHERE r.note = n.id RETURNING r.id, r.project;
-- a trigger of the application's, or a cascade
CREATE FUNCTION regress_torn.take_along() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE regress_torn.document SET project = NEW.project WHERE space = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER take_along AFTER UPDATE OF project ON space FOR EACH ROW EXECUTE FUNCTION take_along();
SET ROLE regress_torn;
UPDATE space SET project = 2 WHERE id = 4 RETURNING id;
RESET ROLE;
DROP TRIGGER take_along ON space;
CREATE UNIQUE INDEX ON space (id, project);
ALTER TABLE document ADD FOREIGN KEY (space, project) REFERENCES space (id, project) ON UPDATE CASCADE NOT VALID;
SET ROLE regress_torn;
UPDATE space SET project = 3 WHERE id = 4 RETURNING id;
RESET ROLE;
SELECT id, project FROM document WHERE space = 4 ORDER BY id;
-- nobody is apart
SELECT d.id, d.project, s.project FROM document d JOIN space s ON s.id = d.space WHERE d.project <> s.project ORDER BY 1;
SELECT l.id, d.project, e.project FROM link l JOIN document d ON d.id = l.one JOIN document e ON e.id = l.other WHERE d.project <> e.project ORDER BY 1;
SELECT r.id, r.project, d.project FROM reaction r JOIN note n ON n.id = r.note JOIN document d ON d.id = n.document WHERE d.project <> r.project ORDER BY 1;


--
-- Partitions: old and new rows belong together there as well, moved or not.
--
CREATE TABLE page (id integer, project integer, space integer, text text) PARTITION BY LIST (project);
CREATE TABLE page_1 (text text, space integer, project integer, id integer);
ALTER TABLE page ATTACH PARTITION page_1 FOR VALUES IN (1);
CREATE TABLE page_rest PARTITION OF page DEFAULT;
SELECT clearance.protect('page', 'milestone', project => 'project') > 0;
SELECT clearance.add_parent('page', 'space', 'space');
SET session_replication_role = replica;
INSERT INTO page VALUES (1, 1, 10, 'torn'), (2, 2, 10, 'whole'), (3, 3, 10, 'torn'), (4, 1, 99, 'whole');
RESET session_replication_role;
UPDATE page SET text = 'mended' RETURNING id;
UPDATE page_1 SET text = 'mended' RETURNING id;
UPDATE page SET text = 'moved', space = CASE id WHEN 2 THEN 99 ELSE space END, project = CASE id WHEN 2 THEN 1 ELSE project END RETURNING id, project;
UPDATE page SET text = 'moved', project = 3 WHERE id IN (1, 2, 3);
-- a trigger that drops a row on its way: nobody knows which is which, so all count as changed
CREATE FUNCTION regress_torn.drop_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER drop_row BEFORE INSERT ON page_1 FOR EACH ROW EXECUTE FUNCTION drop_row();
INSERT INTO page VALUES (5, 2, 2, 'whole');
UPDATE page SET project = CASE id WHEN 5 THEN 1 ELSE project END WHERE id IN (3, 5);
UPDATE page SET text = 'mended' WHERE id = 3 RETURNING id;

-- the error names the table, for clients
DO $$
DECLARE
    tab text;
    schema text;
BEGIN
    UPDATE page SET project = 3 WHERE id = 1;
EXCEPTION WHEN integrity_constraint_violation THEN
    GET STACKED DIAGNOSTICS tab = TABLE_NAME, schema = SCHEMA_NAME;
    RAISE WARNING '% of %', tab, schema;
END
$$;

RESET search_path;
SELECT clearance.reset_actor();
SELECT clearance.distrust_role('regress_torn');
DROP SCHEMA regress_torn CASCADE;
DELETE FROM clearance.account WHERE id = :account;
DROP OWNED BY regress_torn;
DROP ROLE regress_torn;
