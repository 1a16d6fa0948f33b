-- An owner that an UPDATE leaves empty stays: ORMs write back what they did not
-- know. Only who may change owners takes one away.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_owners;
SELECT clearance.trust_role('regress_owners');
CREATE SCHEMA regress_owners;
SET LOCAL search_path = regress_owners;
SELECT clearance.create_account('Regress owners', key => 'regress-owners') AS account \gset
SELECT clearance.add_member('ann', roles => '{account_admin}', account => :account) > 0;
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm \gset
SELECT clearance.add_member('pat', partner => :perm, partner_admin => true, account => :account) AS pat \gset
SELECT clearance.add_member('pim', partner => :perm, partner_admin => true, account => :account) AS pim \gset
SELECT clearance.create_project('ro', :account) > 0;
SELECT clearance.add_partner_to_project('ro', :perm);
CREATE TABLE task (id integer PRIMARY KEY, project text DEFAULT 'ro', creator text, "Maker" text, authors text[], notes text, status text NOT NULL DEFAULT 'open');
INSERT INTO task (id, creator, "Maker", authors) VALUES (1, 'ann', 'ann', '{ann,pim}'), (2, 'pat', NULL, NULL), (3, 'pim', 'pat', '{pat}');
CREATE TABLE part (LIKE task INCLUDING DEFAULTS, PRIMARY KEY (id, status)) PARTITION BY LIST (status);
CREATE TABLE part_open PARTITION OF part FOR VALUES IN ('open');
CREATE TABLE part_done PARTITION OF part FOR VALUES IN ('done');
INSERT INTO part SELECT * FROM task;
CREATE FUNCTION declare_table(tab regclass) RETURNS void LANGUAGE sql AS $$
    SELECT clearance.protect(tab, 'task', 'project', owner => 'creator');
    -- more columns that make owners
    SELECT clearance.relate(tab, 'own', 'Maker'), clearance.relate(tab, 'own', 'authors');
$$;
SELECT declare_table('task'), declare_table('part');
GRANT USAGE ON SCHEMA regress_owners TO regress_owners;
GRANT SELECT, INSERT, UPDATE, DELETE ON task, part TO regress_owners;
SET LOCAL ROLE regress_owners;

--
-- NULL keeps the owner, and the rest of the UPDATE counts, on rows of others
-- and on one's own.
--
SELECT clearance.set_actor('pat') > 0;
UPDATE task SET creator = NULL, "Maker" = NULL, authors = NULL, notes = 'saved by pat' RETURNING *;
-- also in a prepared statement, and by UPDATE ... FROM
PREPARE save (integer, text, text) AS UPDATE task SET creator = $2, notes = $3 WHERE id = $1 RETURNING id, creator, notes;
EXECUTE save (1, NULL, 'prepared');
UPDATE task t SET creator = v.creator, notes = v.notes FROM (VALUES (1, NULL, 'joined')) v (id, creator, notes) WHERE v.id = t.id RETURNING t.id, t.creator, t.notes;
-- naming somebody is another thing: still refused, oneself too
UPDATE task SET creator = 'pat' WHERE id = 1;
UPDATE task SET creator = '' WHERE id = 1;
UPDATE task SET "Maker" = 'pat' WHERE id = 1;
UPDATE task SET authors = '{}' WHERE id = 1;
UPDATE task SET authors = '{NULL}' WHERE id = 1;
-- and what else the statement changes is judged as ever
SELECT clearance.set_actor('pim') > 0;
UPDATE task SET creator = NULL, "Maker" = 'pim' WHERE id = 2;
SELECT id, creator, "Maker", authors FROM task ORDER BY id;

--
-- Who may change owners takes them away.
--
SAVEPOINT emptied;
SELECT clearance.set_actor('ann') > 0;
UPDATE task SET creator = NULL, "Maker" = NULL, authors = NULL WHERE id = 1 RETURNING id, creator, "Maker", authors;
-- a row without owner gets none by being saved
SELECT clearance.set_actor('pat') > 0;
UPDATE task SET creator = NULL, notes = 'saved' WHERE id = 1 RETURNING id, creator, notes;
ROLLBACK TO emptied;
-- so does whom row security does not bind
RESET ROLE;
SAVEPOINT emptied;
UPDATE task SET creator = NULL WHERE id = 1 RETURNING id, creator;
ROLLBACK TO emptied;
-- and a foreign key's own action, whoever brings it about
CREATE TABLE person (key text PRIMARY KEY);
INSERT INTO person VALUES ('ann'), ('pat'), ('pim');
ALTER TABLE task ADD FOREIGN KEY (creator) REFERENCES person ON DELETE SET NULL;
GRANT SELECT, DELETE ON person TO regress_owners;
SET LOCAL ROLE regress_owners;
SELECT clearance.set_actor('pat') > 0;
DELETE FROM person WHERE key = 'ann';
SELECT id, creator FROM task ORDER BY id;
ROLLBACK TO emptied;
SET LOCAL ROLE regress_owners;

--
-- INSERT ... ON CONFLICT DO UPDATE: the row that is there keeps its owner, where
-- the statement says NULL, or passes on what was filled in for the new row.
--
SELECT clearance.set_actor('pat') > 0;
INSERT INTO task (id, notes) VALUES (1, 'upserted'), (2, 'upserted'), (4, 'new')
ON CONFLICT (id) DO UPDATE SET notes = excluded.notes, creator = excluded.creator RETURNING id, creator, notes;
INSERT INTO task (id, creator, notes) VALUES (3, NULL, 'upserted again')
ON CONFLICT (id) DO UPDATE SET notes = excluded.notes, creator = excluded.creator RETURNING id, creator, notes;
INSERT INTO task (id, notes) VALUES (1, 'emptied') ON CONFLICT (id) DO UPDATE SET notes = excluded.notes, creator = NULL RETURNING id, creator, notes;
WITH saved AS (INSERT INTO task (id, notes) VALUES (1, 'within WITH')
    ON CONFLICT (id) DO UPDATE SET notes = excluded.notes, creator = excluded.creator RETURNING id, creator, notes) SELECT * FROM saved;
-- but not what the statement says
INSERT INTO task (id, creator) VALUES (1, 'pat') ON CONFLICT (id) DO UPDATE SET creator = excluded.creator;
WITH new AS (INSERT INTO task (id) VALUES (5) RETURNING id) UPDATE task SET creator = 'pat' FROM new WHERE task.id = 1;

--
-- MERGE, and a row that moves to another partition.
--
MERGE INTO task t USING (VALUES (1, NULL, 'merged'), (6, NULL, 'merged')) v (id, creator, notes) ON v.id = t.id
WHEN MATCHED THEN UPDATE SET creator = v.creator, notes = v.notes
WHEN NOT MATCHED THEN INSERT (id, notes) VALUES (v.id, v.notes);
SELECT id, creator, notes FROM task WHERE notes = 'merged' ORDER BY id;
UPDATE part SET creator = NULL, "Maker" = NULL, authors = NULL, status = 'done' RETURNING tableoid::regclass, id, creator, "Maker", authors;
INSERT INTO part (id, notes, status) VALUES (1, 'upserted', 'done')
ON CONFLICT (id, status) DO UPDATE SET notes = excluded.notes, creator = excluded.creator RETURNING id, creator, notes;
RESET ROLE;
ROLLBACK;
