-- An UPDATE needs the actions of the columns that it changes. Whether it changes
-- one, the type's own equality says, or the looks where a type has none.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
BEGIN;
CREATE ROLE regress_changed;
SELECT clearance.trust_role('regress_changed');
CREATE SCHEMA regress_changed;
SET LOCAL search_path = regress_changed, public;
SELECT clearance.create_account('Regress changed', key => 'regress-changed') AS account \gset
SELECT clearance.create_partner('Perm', 'permissive', account => :account) AS perm \gset
SELECT clearance.add_member('pat', partner => :perm, partner_admin => true, account => :account) > 0;
SELECT clearance.create_project('rc', :account) > 0, clearance.create_project('RC', :account) > 0;
SELECT clearance.add_partner_to_project('rc', :perm), clearance.add_partner_to_project('RC', :perm);

CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN price AS numeric;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TYPE pair AS (amount numeric, unit text);
CREATE TYPE opaque_pair AS (amount numeric, body json);
CREATE TABLE task (id integer PRIMARY KEY, project text DEFAULT 'rc', n numeric, d price, f double precision, c char(8),
    t text, ci text COLLATE any_case, a numeric[], r numrange, m nummultirange, p pair, o opaque_pair, e mood,
    j json, jb jsonb, jn json[], pt point, iv interval, ts timestamptz, notes text);
SELECT clearance.protect('task', 'task', 'project') > 0;
GRANT USAGE ON SCHEMA regress_changed TO regress_changed;
GRANT SELECT, INSERT, UPDATE, DELETE ON task TO regress_changed;
INSERT INTO task VALUES (1, 'rc', 8.50, 8.50, 0, 'a', 'A', 'A', '{8.50}', '[8.50,9)', '{[8.50,9)}', '(8.50,h)', '(8.50,{})',
    'good', '{"a": 1}', '{"a": 1}', '{"{}"}', '(1,2)', '1 day', '2020-01-01 00:00+00');
-- every column asks for what nobody here holds
SELECT count(clearance.guard_column('task', a.attname, 'change_owner')) FROM pg_attribute a
WHERE a.attrelid = 'task'::regclass AND a.attnum > 2 AND a.attname <> 'notes';

-- whether an assignment is taken for a change
CREATE FUNCTION is_change(assignment text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('UPDATE task SET %s, notes = %L WHERE id = 1', assignment, assignment);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN CASE n WHEN 1 THEN 'none' ELSE 'no row' END;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN 'change';
END
$$;
SET LOCAL ROLE regress_changed;
SELECT clearance.set_actor('pat') > 0;

--
-- Equal is equal, however it is written; what differs is a change.
--
SELECT a, is_change(a) FROM unnest(ARRAY['n = 8.5', 'n = 8.500', 'n = 8.51', 'n = NULL', 'd = 8.5', 'd = 8.6', 'f = ''-0''', 'f = ''NaN''',
    'c = ''a  ''', 'c = ''b''', 'a = ''{8.5}''', 'a = ''{8.5,1}''', 'a = ''[2:2]={8.5}''', 'r = ''[8.5,9)''', 'r = ''[8.5,9]''',
    'm = ''{[8.5,9)}''', 'm = ''{}''', 'p = ''(8.5,h)''', 'p = ''(8.5,H)''', 'e = ''good''', 'e = ''bad''',
    'jb = ''{"a": 1.0}''', 'jb = ''{"a": 2}''', 'iv = ''24 hours''', 'iv = ''25 hours''', 'ts = ''2020-01-01 01:00+01''', 'ts = ''2020-01-02 00:00+00''']) a;
-- texts are compared as the rule reads them, byte by byte: a collation may take two keys for one
SELECT a, is_change(a) FROM unnest(ARRAY['t = ''A''', 't = ''a''', 'ci = ''A''', 'ci = ''a''']) a;
-- types without equality, also where they are parts: the looks
SELECT a, is_change(a) FROM unnest(ARRAY['j = ''{"a": 1}''', 'j = ''{"a":1}''', 'jn = ''{"{}"}''', 'jn = ''{"{ }"}''',
    'o = ''(8.50,{})''', 'o = ''(8.5,{})''', 'pt = ''(1,2)''', 'pt = ''(1,3)''']) a;
-- NaN is one value
RESET ROLE;
UPDATE task SET f = 'NaN', n = 'NaN' WHERE id = 1;
SET LOCAL ROLE regress_changed;
SELECT a, is_change(a) FROM unnest(ARRAY['f = ''NaN''', 'n = ''NaN''', 'f = 1', 'n = 1']) a;
-- and so in MERGE and ON CONFLICT
RESET ROLE;
UPDATE task SET n = 8.50 WHERE id = 1;
SET LOCAL ROLE regress_changed;
MERGE INTO task t USING (VALUES (1, 8.5)) v (id, n) ON v.id = t.id WHEN MATCHED THEN UPDATE SET n = v.n, notes = 'merged';
INSERT INTO task (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 8.5, notes = 'upserted' RETURNING notes;
INSERT INTO task (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 8.6, notes = 'upserted';

--
-- A guarded value that a new row is born with is its default by the same rule.
--
RESET ROLE;
ALTER TABLE task ALTER n SET DEFAULT 8.50, ALTER j SET DEFAULT '{"a": 1}';
SET LOCAL ROLE regress_changed;
INSERT INTO task (id, n, j) VALUES (2, 8.5, '{"a": 1}') RETURNING id, n;
INSERT INTO task (id, n) VALUES (3, 8.6);
INSERT INTO task (id, j) VALUES (3, '{"a":1}');

--
-- A row moves to another project though the collation of its column takes the two for one.
--
RESET ROLE;
CREATE TABLE parent (id integer PRIMARY KEY, project text COLLATE any_case);
CREATE TABLE child (id integer PRIMARY KEY, project text, parent_id integer);
SELECT clearance.protect('parent', 'task', 'project') > 0, clearance.protect('child', 'task', 'project') > 0, clearance.add_parent('child', 'parent_id', 'parent');
INSERT INTO parent VALUES (1, 'rc');
INSERT INTO child VALUES (1, 'rc', 1);
UPDATE parent SET project = 'RC';
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
