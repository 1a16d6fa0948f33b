-- What a declaration binds are stored columns: a generated one would change
-- with what it is computed from, past the checks of the column itself.
-- Everything happens in a transaction that leaves nothing.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE SCHEMA regress_generated;
SET LOCAL search_path = regress_generated;
SELECT clearance.create_account('Regress', key => 'regress') AS account \gset
CREATE TABLE project (id integer PRIMARY KEY);
CREATE TABLE item (id integer PRIMARY KEY, project integer, meta jsonb, stored integer, label text,
    number integer GENERATED ALWAYS AS ((meta ->> 'n')::integer) STORED,
    numbers integer[] GENERATED ALWAYS AS (ARRAY[(meta ->> 'n')::integer]) STORED,
    word text GENERATED ALWAYS AS (meta ->> 'w') STORED,
    flag boolean GENERATED ALWAYS AS ((meta ->> 'f')::boolean) STORED,
    UNIQUE (number));
CREATE TABLE link (item integer, member integer, number integer GENERATED ALWAYS AS (member) STORED);
SELECT clearance.protect('project', 'project', project => 'id') > 0;

-- none of the columns that protect() names
SELECT clearance.protect('item', 'task', project => 'number');
SELECT clearance.protect('item', 'task', project => 'project', owner => 'number');
SELECT clearance.protect('item', 'task', project => 'project', key => 'number');
SELECT clearance.protect('item', 'task', account => 'word');
SELECT clearance.protect('item', 'task', project => 'project', visibility => 'flag', shared_values => '{false}');
SELECT clearance.protect('item', 'task', project => 'project', client_visibility => 'word');
SELECT clearance.protect('item', 'task', project => 'project', kind => 'word');
SELECT clearance.protect('item', 'task', project => 'project', published => 'flag', publish_action => 'edit');
SELECT count(*) FROM clearance.binding WHERE relation = 'item'::regclass;
-- nor those that its companions name
SELECT clearance.protect('item', 'task', project => 'project') > 0;
SELECT clearance.relate('item', relation, member_column => 'number') FROM unnest('{assigned,followed,invited,own}'::text[]) relation;
SELECT clearance.relate('item', 'own', member_column => 'number');
SELECT clearance.relate('item', 'assigned', member_column => 'numbers');
SELECT clearance.relate('item', 'assigned', member_column => 'number', link => 'link', link_column => 'item');
SELECT clearance.relate('item', 'assigned', member_column => 'member', link => 'link', link_column => 'number');
SELECT clearance.add_parent('item', 'number', 'project');
SELECT clearance.add_parent('item', 'stored', 'project', type_column => 'word', type_value => 'project');
SELECT clearance.guard_column('item', 'flag', 'edit');
SELECT relations, parents, guards FROM clearance.protected_tables WHERE "table" = 'item'::regclass;
SELECT count(*) FROM clearance.binding WHERE relation = 'link'::regclass;

--
-- A bound column does not become one, by no road. Identity columns are stored.
--
SELECT clearance.relate('item', 'assigned', member_column => 'stored');
ALTER TABLE item DROP COLUMN stored, ADD stored integer GENERATED ALWAYS AS (project) STORED;
ALTER TABLE item DROP COLUMN stored CASCADE, ADD stored integer GENERATED ALWAYS AS (project) STORED;
-- under another's name it is another: the declaration stays with the stored one
ALTER TABLE item RENAME stored TO s;
ALTER TABLE item RENAME number TO stored;
SELECT relations FROM clearance.protected_tables WHERE "table" = 'item'::regclass;
ALTER TABLE item ALTER s SET NOT NULL;
ALTER TABLE item ALTER s ADD GENERATED ALWAYS AS IDENTITY;
SELECT clearance.repair('item');

--
-- Nor does it in children, which may generate what their parent stores.
--
CREATE TABLE child (id integer, s integer GENERATED ALWAYS AS (project) STORED, project integer) INHERITS (item);
CREATE TABLE child (LIKE item INCLUDING GENERATED);
ALTER TABLE child DROP s, ADD s integer NOT NULL GENERATED ALWAYS AS (project) STORED;
ALTER TABLE child INHERIT item;
CREATE TABLE parts (id integer, project integer, owner integer) PARTITION BY LIST (id);
CREATE TABLE part (id integer, project integer, owner integer GENERATED ALWAYS AS (project) STORED);
SELECT clearance.protect('parts', 'task', project => 'project', owner => 'owner') > 0;
ALTER TABLE parts ATTACH PARTITION part DEFAULT;
-- nor with a table that has such children already
SELECT clearance.unprotect('parts');
ALTER TABLE parts ATTACH PARTITION part DEFAULT;
SELECT clearance.protect('parts', 'task', project => 'project', owner => 'owner') > 0;
-- columns that nothing binds may be generated, and a mirrored table's too
SELECT clearance.protect('parts', 'task', project => 'project') > 0;
CREATE TABLE crew (id integer PRIMARY KEY, project integer, word text, member text GENERATED ALWAYS AS (lower(word)) STORED);
SELECT clearance.mirror_membership('crew', 'project', 'member') > 0;
SELECT clearance.add_member('ann', account => :account) > 0;
INSERT INTO project VALUES (1);
INSERT INTO crew VALUES (1, 1, 'NOBODY');
UPDATE crew SET word = 'ANN';
SELECT count(*) FROM clearance.project_member WHERE source LIKE 'mirror:%';
ROLLBACK;
